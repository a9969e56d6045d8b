"""Funding rate of a symbol per 8 h: OI-weighted over venues, its range, and what was settled."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import fsum
from typing import Any, Final, TypeAlias

import msgspec

from clri.engine.operator import Shares
from clri.model.facts import MarkFunding
from clri.model.names import Venue
from clri.model.timebase import HOUR, MINUTE
from clri.observe.freshness import evidence, evidence_of, fresh
from clri.observe.intake import Intake, When, keep
from clri.observe.state import from_bytes, to_bytes
from clri.observe.weighted import mean, weigh


@dataclass(frozen=True, slots=True)
class Params:
    """Numbers of the funding.

    Parameters
    ----------
    limit_ns
        Age at which a running rate leaves, ns: 10 min. A settled one stays for its interval and this.
    large
        Share of the open interest from which a venue counts for the range, fraction (SCORES 2.6).
    """

    limit_ns: int = 10 * MINUTE
    large: float = 0.05


DEFAULT: Final = Params()

PER_YEAR: Final = 1095.0  # 8-hour intervals: apr = rate * 8760 / interval_h
SLOT: Final = 8 * HOUR

Rate: TypeAlias = tuple[When, float, float, int]
"""Rank, rate per 8 h, rate per year, next settlement (ns; 0 = not given)."""

Settled: TypeAlias = tuple[When, float, float, int]
"""Rank (its time is the settlement), rate per 8 h, rate per year, interval (ns)."""

Predicted: TypeAlias = tuple[When, float]

Slot: TypeAlias = tuple[int, list[float]]
"""End of a slot (ns), rates per 8 h that were settled in it."""


class _State(msgspec.Struct, array_like=True):
    running: dict[str, Rate]
    predicted: dict[str, Predicted]
    due: dict[str, Rate]
    settled: dict[str, Settled]
    told: dict[str, int]
    slots: dict[str, Slot]


class Funding(Intake):
    """funding_8h, its min and max, funding_apr, predicted_8h, next_funding_ts, settled_8h, evidence of `funding`.

    All rates are fractions, positive = longs pay. A venue speaks through its running rate, or, where that is missing,
    through its last settled one. Facts without `rate_8h` (interval unknown) are passed over.

    Parameters
    ----------
    symbol
        Base coin.

    Notes
    -----
    funding_8h = sum(w*f8) / sum(w) over the fresh venues, w their open interest (`weigh`). The range (min, max) is that
    of the venues with at least 5 % of the open interest; if none of them is fresh, of all.
    settled_8h is the same over what the venues settled in a slot of 8 hours that ends at 00, 08 or 16 UTC (SCORES
    7.2): the mean of a venue's settlements of the slot, per 8 h, so that eight hourly ones count as much as one of
    8 hours. It stands in the minute that ends the slot, and again, with all venues known by then, in each of the 10
    minutes after in which a further settlement becomes known; in no other minute. A venue settles in the minute in
    which the `next_funding_ts` lies that its newest rate before it named, or when a settled rate arrives that is at
    most 10 min old; the settled rate goes before the running one. A settlement counts once.

    Examples
    --------
    >>> from clri.observe.shares import OpenInterestShares
    >>> funding, shares = Funding("BTC"), OpenInterestShares("BTC", ["hyperliquid"])
    >>> head = ("BTC", "hyperliquid", "perp", None, "ws", None, False)
    >>> rate = (0.0000125, 1.0, 0.0001, 0.1095, SLOT, None, "current")
    >>> funding.add(MarkFunding(SLOT - 30, None, *head, 103_105.0, None, *rate))
    >>> row = funding.close(SLOT, shares)
    >>> row["funding_8h"], row["funding_apr"], row["settled_8h"], row["next_funding_ts"], row["cov_funding"]
    (0.0001, 0.1095, 0.0001, None, 1.0)
    """

    def __init__(self, symbol: str, params: Params = DEFAULT) -> None:
        super().__init__(symbol)
        self._limit = params.limit_ns
        self._large = params.large
        self._running: dict[str, Rate] = {}
        self._predicted: dict[str, Predicted] = {}
        self._due: dict[str, Rate] = {}  # newest rate that was told shortly before its settlement
        self._settled: dict[str, Settled] = {}
        self._told: dict[str, int] = {}  # time of the last settlement that is in a slot
        self._slots: dict[str, Slot] = {}
        self.handlers = {MarkFunding: self._rate}

    def close(self, boundary: int, shares: Shares) -> Mapping[str, Any]:
        """Observation fields of the minute that ends at `boundary` (ns)."""
        weights = weigh(shares)
        used = self._used(boundary, shares)
        settled = self._settle(boundary, shares)
        found = evidence({venue: received for venue, (_, _, received) in used.items()}, boundary, shares)
        row: dict[str, Any] = found.fields("funding")
        if not found.enough:
            return row
        rates = {venue: rate for venue, (rate, _, _) in used.items()}
        row["funding_8h"] = _mean(rates, weights)
        row["funding_apr"] = _mean({venue: apr for venue, (_, apr, _) in used.items()}, weights)
        large = [rate for venue, rate in rates.items() if shares.weight(venue) >= self._large] or list(rates.values())
        row["funding_min_8h"] = min(large)
        row["funding_max_8h"] = max(large)
        row["settled_8h"] = _mean(settled, weights)
        running = fresh(self._running, boundary, self._limit, shares)
        row["next_funding_ts"] = min((slot[3] for slot in running.values() if slot[3] > boundary), default=None)
        predicted = fresh(self._predicted, boundary, self._limit, shares)
        if evidence_of(predicted, boundary, shares).enough:
            row["predicted_8h"] = _mean({venue: rate for venue, (_, rate) in predicted.items()}, weights)
        return row

    def snapshot(self) -> bytes:
        """State as bytes."""
        return to_bytes(_State(self._running, self._predicted, self._due, self._settled, self._told, self._slots))

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes."""
        state = from_bytes(data, _State)
        self._running, self._predicted, self._due = state.running, state.predicted, state.due
        self._settled, self._told, self._slots = state.settled, state.told, state.slots

    def _rate(self, fact: MarkFunding, at: When) -> None:
        rate = fact.rate_8h
        if rate is None or fact.market != "perp":
            return
        venue = fact.venue
        apr = fact.apr
        if apr is None:
            apr = rate * PER_YEAR
        if fact.kind == "settled":
            interval = round((fact.interval_h or 8.0) * HOUR)
            keep(self._settled, venue, (at, rate, apr, interval))
            return
        coming = fact.next_funding_ts or 0
        slot = (at, rate, apr, coming)
        old = self._running.get(venue)
        if old is None or slot > old:
            self._running[venue] = slot
        if 0 <= coming - at[0] <= self._limit:
            keep(self._due, venue, slot)
        if fact.predicted_8h is not None:
            keep(self._predicted, venue, (at, fact.predicted_8h))

    def _used(self, boundary: int, shares: Shares) -> dict[Venue, tuple[float, float, int]]:
        """Rate per 8 h, rate per year and time of each venue with a fresh rate."""
        limit = self._limit
        used = {}
        for venue in shares.enabled():
            running, settled = self._running.get(venue), self._settled.get(venue)
            if running is not None and boundary - running[0][2] <= limit:
                used[venue] = (running[1], running[2], running[0][2])
            elif settled is not None and boundary - settled[0][0] <= settled[3] + limit:
                used[venue] = (settled[1], settled[2], settled[0][0])
        return used

    def _settle(self, boundary: int, shares: Shares) -> dict[Venue, float]:
        """What each venue settled in the slot that has just ended, if this minute ends it or adds to it."""
        end = boundary // SLOT * SLOT
        news = boundary == end
        for venue, (at, rate) in self._settled_now(boundary, shares).items():
            slot = -(-(at - MINUTE) // SLOT) * SLOT  # a venue's own time may be some ms past the end
            held, rates = self._slots.get(venue, (slot, []))
            if slot >= held:
                self._slots[venue] = (slot, [*(rates if slot == held else []), rate])
                news = news or slot == end
        if not news:
            return {}
        told = {venue: self._slots[venue] for venue in shares.enabled() if venue in self._slots}
        return {venue: fsum(rates) / len(rates) for venue, (slot, rates) in told.items() if slot == end}

    def _settled_now(self, boundary: int, shares: Shares) -> dict[Venue, tuple[int, float]]:
        """Settlements that become known in this minute, each once: time and rate per 8 h."""
        rates: dict[Venue, tuple[int, float]] = {}
        for venue in shares.enabled():
            if (due := self._due.get(venue)) is not None and boundary - MINUTE < due[3] <= boundary:
                rates[venue] = due[3], due[1]
                self._told[venue] = due[3]
            if (settled := self._settled.get(venue)) is None:
                continue
            (at, _, _), rate, _, interval = settled
            told = self._told.get(venue)
            if told is None or at - told > interval // 2:  # a settlement that no slot holds yet
                self._told[venue] = at
                if boundary - at <= self._limit:
                    rates[venue] = at, rate
            elif venue in rates and told - at <= interval // 2:  # the one that fell due in this very minute
                rates[venue] = told, rate
        return rates


def _mean(values: Mapping[Venue, float], weights: Mapping[Venue, int]) -> float | None:
    return mean([(value, weights[venue]) for venue, value in values.items()])
