"""Price of a symbol: the OI-weighted median of the venues' marks, and its path through the minute."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec

from clri.engine.operator import Shares
from clri.model.facts import MarkFunding, Ticker
from clri.model.names import Venue
from clri.model.timebase import MINUTE, SECOND
from clri.observe.freshness import evidence_of, fresh
from clri.observe.intake import Intake, When, keep
from clri.observe.state import from_bytes, to_bytes
from clri.observe.weighted import median, weigh


@dataclass(frozen=True, slots=True)
class Params:
    """Numbers of the price.

    Parameters
    ----------
    limit_ns
        Age at which a mark, index or spot price leaves, ns: 2 min.
    """

    limit_ns: int = 2 * MINUTE


DEFAULT: Final = Params()

Quote: TypeAlias = tuple[When, float]


class _State(msgspec.Struct, array_like=True):
    marks: dict[str, Quote]
    steps: list[tuple[int, dict[str, Quote]]]
    seconds: list[int]
    indexes: dict[str, Quote]
    spots: dict[str, Quote]


class Price(Intake):
    """price, open, high, low, close, index_price, spot_price and the evidence of `price`.

    The newest mark of each venue at the end of each second is kept, and the price of every second is worked out at
    `close`, with the weights of that minute: so no order of arrival inside the minute changes the row. Only
    perpetuals have a mark here, and a settled funding rate brings none: its mark may be hours old.

    Parameters
    ----------
    symbol
        Base coin.

    Notes
    -----
    Each of price, index_price and spot_price needs venues with 0.30 of the weight behind it, else it is None. open,
    high and low are taken over the price at each `second` of the minute and at its end; seconds without a price are
    left out.

    Examples
    --------
    >>> from clri.observe.shares import OpenInterestShares
    >>> price, shares = Price("BTC"), OpenInterestShares("BTC", ["okx", "gate"])
    >>> head = ("BTC", "okx", "perp", None, "ws", None, False)
    >>> price.add(MarkFunding(10 * SECOND, None, *head, 100.0, 99.5, None, None, None, None, None, None, "current"))
    >>> price.second(11 * SECOND)
    >>> price.add(MarkFunding(20 * SECOND, None, *head, 102.0, 99.5, None, None, None, None, None, None, "current"))
    >>> row = price.close(MINUTE, shares)
    >>> row["open"], row["price"], row["index_price"], row["cov_price"], row["age_price_s"], row["n_price"]
    (100.0, 102.0, 99.5, 0.5, 40.0, 1)
    """

    def __init__(self, symbol: str, params: Params = DEFAULT) -> None:
        super().__init__(symbol)
        self._params = params
        self._marks: dict[str, Quote] = {}
        self._steps: dict[int, dict[str, Quote]] = {}  # by the second at whose end a mark counts first
        self._seconds: list[int] = []
        self._indexes: dict[str, Quote] = {}
        self._spots: dict[str, Quote] = {}
        self.handlers = {MarkFunding: self._mark, Ticker: self._ticker}

    def second(self, boundary: int) -> None:
        """Note that the price is wanted at `boundary` (ns)."""
        self._seconds.append(boundary)

    def close(self, boundary: int, shares: Shares) -> Mapping[str, Any]:
        """Observation fields of the minute that ends at `boundary` (ns)."""
        weights = weigh(shares)
        path = []
        for second in sorted({second for second in self._seconds if second < boundary}):
            self._advance(second)
            path.append(self._at(self._marks, second, shares, weights))
        self._seconds = [second for second in self._seconds if second > boundary]
        self._advance(boundary)
        price = self._at(self._marks, boundary, shares, weights)
        known = [value for value in (*path, price) if value is not None]
        row: dict[str, Any] = {
            "price": price,
            "open": known[0] if price is not None else None,
            "high": max(known) if price is not None else None,
            "low": min(known) if price is not None else None,
            "close": price,
            "index_price": self._at(self._indexes, boundary, shares, weights),
            "spot_price": self._at(self._spots, boundary, shares, weights),
        }
        used = fresh(self._marks, boundary, self._params.limit_ns, shares)
        return row | evidence_of(used, boundary, shares).fields("price")

    def snapshot(self) -> bytes:
        """State as bytes."""
        steps = sorted(self._steps.items())
        return to_bytes(_State(self._marks, steps, sorted(self._seconds), self._indexes, self._spots))

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes."""
        state = from_bytes(data, _State)
        self._marks, self._steps, self._seconds = state.marks, dict(state.steps), state.seconds
        self._indexes, self._spots = state.indexes, state.spots

    def _mark(self, fact: MarkFunding, at: When) -> None:
        if fact.market != "perp" or fact.kind == "settled":
            return
        second = -(-at[2] // SECOND)
        step = self._steps.get(second)
        if step is None:
            step = self._steps[second] = {}
        venue = fact.venue
        slot = (at, fact.mark)
        old = step.get(venue)
        if old is None or slot > old:
            step[venue] = slot
        if fact.index is not None:
            slot = (at, fact.index)
            old = self._indexes.get(venue)
            if old is None or slot > old:
                self._indexes[venue] = slot

    def _ticker(self, fact: Ticker, at: When) -> None:
        if fact.market == "spot":
            keep(self._spots, fact.venue, (at, fact.last))

    def _advance(self, boundary: int) -> None:
        """Let marks received at or before `boundary` (a whole second, ns) count."""
        for second in sorted(second for second in self._steps if second * SECOND <= boundary):
            for venue, slot in self._steps.pop(second).items():
                keep(self._marks, venue, slot)

    def _at(
        self, quotes: Mapping[str, Quote], boundary: int, shares: Shares, weights: Mapping[Venue, int]
    ) -> float | None:
        used = fresh(quotes, boundary, self._params.limit_ns, shares)
        if not evidence_of(used, boundary, shares).enough:
            return None
        return median([(value, weights[venue]) for venue, (_, value) in used.items()])
