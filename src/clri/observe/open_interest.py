"""Open interest of a symbol in USD and coins, and the index that no venue's coming or going moves."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from math import fsum
from typing import Any, Final, TypeAlias

import msgspec

from clri.engine.operator import Shares
from clri.model.facts import MarkFunding, OpenInterest
from clri.model.names import Venue
from clri.model.timebase import MINUTE
from clri.observe.freshness import evidence
from clri.observe.intake import Intake, When, keep
from clri.observe.state import from_bytes, to_bytes


@dataclass(frozen=True, slots=True)
class Params:
    """Numbers of the open interest.

    Parameters
    ----------
    limit_ns
        Age at which a venue leaves, and at which its mark no longer values its coins, ns: 15 min.
    """

    limit_ns: int = 15 * MINUTE


DEFAULT: Final = Params()

_UNKNOWN: Final = -1.0  # USD of a fact that gives none; open interest is never negative

Holding: TypeAlias = tuple[When, float, float]  # coins, USD as the fact gives it
Quote: TypeAlias = tuple[When, float]


class _State(msgspec.Struct, array_like=True):
    holdings: dict[str, Holding]
    marks: dict[str, Quote]
    linked: dict[str, float]
    index: float | None


class OpenInterestTotals(Intake):
    """oi_usd, oi_base, oi_index, oi_top_venue, oi_top_share and the evidence of `oi`.

    A venue's USD are its coins times its own newest mark; the USD that its fact gives stand in while no mark of the
    last 15 minutes is known. A venue that cannot be valued is left out of coins too, so that both sums speak of the
    same venues. History rows (`period_s` set) never enter.

    Parameters
    ----------
    symbol
        Base coin.

    Notes
    -----
    oi_index, in coins: I(t) = I(t-1) * sum(coins(t)) / sum(coins(t-1)), both sums over the venues present at both
    minutes; it starts as the total of the first minute with any venue. With no venue at both, or a sum of 0, the last
    value stays and the next minute links to it. It moves on even while coverage is too low to publish it.

    Examples
    --------
    >>> from clri.observe.shares import OpenInterestShares
    >>> oi, shares = OpenInterestTotals("BTC"), OpenInterestShares("BTC", ["okx", "gate"])
    >>> head = ("BTC", "okx", "perp", None, "rest", None, False)
    >>> oi.add(OpenInterest(1, None, *head, 200.0, None, 50.0, None, None))
    >>> row = oi.close(MINUTE, shares)
    >>> row["oi_base"], row["oi_usd"], row["oi_index"], row["oi_top_venue"], row["oi_top_share"], row["cov_oi"]
    (200.0, 10000.0, 200.0, 'okx', 1.0, 0.5)
    """

    def __init__(self, symbol: str, params: Params = DEFAULT) -> None:
        super().__init__(symbol)
        self._params = params
        self._holdings: dict[str, Holding] = {}
        self._marks: dict[str, Quote] = {}
        self._linked: dict[str, float] = {}  # coins by venue at the last minute
        self._index: float | None = None
        self.handlers = {MarkFunding: self._mark, OpenInterest: self._holding}

    def usd(self, boundary: int) -> dict[str, float]:
        """Fresh open interest of every venue at `boundary` (ns), USD: what the shares are made of."""
        found = {}
        oldest = boundary - self._params.limit_ns
        for venue, (at, coins, given) in self._holdings.items():
            if at[2] < oldest:
                continue
            mark = self._marks.get(venue)
            if mark is not None and mark[0][2] >= oldest:
                found[venue] = coins * mark[1]
            elif given >= 0.0:
                found[venue] = given
        return found

    def close(self, boundary: int, shares: Shares) -> Mapping[str, Any]:
        """Observation fields of the minute that ends at `boundary` (ns)."""
        values = self.usd(boundary)
        usd: dict[Venue, float] = {venue: values[venue] for venue in shares.enabled() if venue in values}
        coins = {venue: self._holdings[venue][1] for venue in usd}
        index = self._link(coins)
        found = evidence({venue: self._holdings[venue][0][2] for venue in usd}, boundary, shares)
        row: dict[str, Any] = found.fields("oi")
        if found.enough:
            total = fsum(usd.values())
            top = max(usd, key=usd.__getitem__)
            row["oi_usd"] = total
            row["oi_base"] = fsum(coins.values())
            row["oi_index"] = index
            row["oi_top_venue"] = top if total > 0.0 else None
            row["oi_top_share"] = usd[top] / total if total > 0.0 else None
        return row

    def snapshot(self) -> bytes:
        """State as bytes."""
        return to_bytes(_State(self._holdings, self._marks, self._linked, self._index))

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes."""
        state = from_bytes(data, _State)
        self._holdings, self._marks = state.holdings, state.marks
        self._linked, self._index = state.linked, state.index

    def _mark(self, fact: MarkFunding, at: When) -> None:
        if fact.market == "perp" and fact.kind != "settled":
            slot = (at, fact.mark)
            old = self._marks.get(fact.venue)
            if old is None or slot > old:
                self._marks[fact.venue] = slot

    def _holding(self, fact: OpenInterest, at: When) -> None:
        if fact.period_s is not None or fact.market != "perp":
            return
        usd = fact.oi_usd
        if usd is None:
            usd = _UNKNOWN if fact.price_used is None else fact.oi_base * fact.price_used
        keep(self._holdings, fact.venue, (at, fact.oi_base, usd))

    def _link(self, coins: Mapping[Venue, float]) -> float | None:
        """Move the index on to the coins of this minute."""
        both = [venue for venue in coins if venue in self._linked]
        if self._index is None:
            self._index = fsum(coins.values()) or None
        elif both:
            before = fsum(self._linked[venue] for venue in both)
            now = fsum(coins[venue] for venue in both)
            linked = self._index * now / before if before > 0.0 else 0.0
            if 0.0 < linked < math.inf:
                self._index = linked
        self._linked = {str(venue): amount for venue, amount in coins.items()}
        return self._index
