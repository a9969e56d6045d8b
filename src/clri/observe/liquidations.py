"""Liquidations of a minute in whole micro-USD, and whether the feeds were well enough to say so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec

from clri.engine.operator import Shares
from clri.maths.money import from_micro, nearest_micro
from clri.model.control import LIQUIDATION, FeedStatus
from clri.model.facts import (
    Bar,
    Book,
    Depth,
    Fact,
    Liquidation,
    LiquidationAggregate,
    LongShortRatio,
    MarkFunding,
    OpenInterest,
    Ticker,
    Trade,
)
from clri.model.timebase import MINUTE, SECOND
from clri.observe.freshness import evidence
from clri.observe.intake import Handler, Intake, When, keep
from clri.observe.state import from_bytes, to_bytes


@dataclass(frozen=True, slots=True)
class Params:
    """Numbers of the liquidations.

    Parameters
    ----------
    channel
        Name of the feed in `FeedStatus`.
    limit_ns
        Silence of a venue's sockets after which its feed is not known to be alive, ns: 60 s.
    aggregate_s
        Window of the provider sums that are shown, seconds: 1 h.
    aggregate_limit_ns
        Age at which a provider sum leaves, ns: 15 min (it is polled every 5).
    """

    channel: str = LIQUIDATION
    limit_ns: int = 60 * SECOND
    aggregate_s: int = 3600
    aggregate_limit_ns: int = 15 * MINUTE


DEFAULT: Final = Params()

_LIVE: Final = ("ws", "sim")
_PROOFS: Final[tuple[type[Fact], ...]] = (MarkFunding, OpenInterest, Book, Depth, Ticker, Trade, Bar, LongShortRatio)

Aggregate: TypeAlias = tuple[When, int, float, float]  # rank, venues in it, long USD, short USD


class _State(msgspec.Struct, array_like=True):
    sums: list[int]
    status: dict[str, tuple[int, int]]
    delivered: dict[str, int]
    alive: dict[str, int]
    aggregates: dict[str, Aggregate]


class Liquidations(Intake):
    """liq_long_usd, liq_short_usd, their counts, liq_max_usd, liq_complete_share, provider sums, evidence of `liq`.

    A quiet minute is 0 where feeds with 0.30 of the weight are known to be well, and None where they are not: silence
    of a dead feed is no calm. Sums are whole micro-USD, hence the same in any order. Duplicates were removed before;
    back-fill and events told by a provider (`aggregate`) never count. `_est` stays None: no coverage was measured.

    Parameters
    ----------
    symbol
        Base coin.

    Notes
    -----
    A venue's feed is well if

    - its newest `FeedStatus` of channel `liquidation` (under the symbol or MARKET) is `up`; a venue without any
      such status must have delivered a liquidation before (of two states at one time the worse counts;
      `rate_limited` says nothing), and
    - one of its socket facts of this symbol, or an `up`, arrived within the last 60 s.

    age_liq_s is the age of that sign of life. liq_complete_share is the USD share of `all` feeds, None if no USD.
    liq_agg_1h_* are the newest provider sums over 3600 s, at most 15 min old; at one time the one with more venues.

    Examples
    --------
    >>> from clri.observe.shares import OpenInterestShares
    >>> liquidations, shares = Liquidations("BTC"), OpenInterestShares("BTC", ["okx"])
    >>> liquidations.close(MINUTE, shares).get("liq_long_usd") is None
    True
    >>> head = (61 * SECOND, None, "MARKET", "okx", "perp", None, "ws", None, False)
    >>> liquidations.add(FeedStatus(*head, "liquidation", "up"))
    >>> row = liquidations.close(2 * MINUTE, shares)
    >>> row["liq_long_usd"], row["liq_short_n"], row["cov_liq"], row["age_liq_s"], row["liq_complete_share"]
    (0.0, 0, 1.0, 59.0, None)
    """

    def __init__(self, symbol: str, params: Params = DEFAULT) -> None:
        super().__init__(symbol)
        self._params = params
        self._sums = [0] * 6  # long, short, largest, from complete feeds (micro-USD); number of longs, of shorts
        self._status: dict[str, tuple[int, int]] = {}  # receipt, 0 = up and 1 = anything else
        self._delivered: dict[str, int] = {}
        self._alive: dict[str, int] = {}
        self._aggregates: dict[str, Aggregate] = {}
        handlers: dict[type[Fact], Handler] = dict.fromkeys(_PROOFS, self._proof)
        handlers[Liquidation] = self._liquidation
        handlers[LiquidationAggregate] = self._aggregate
        handlers[FeedStatus] = self._feed
        self.handlers = handlers

    def close(self, boundary: int, shares: Shares) -> Mapping[str, Any]:
        """Observation fields of the minute that ends at `boundary` (ns)."""
        longs, shorts, largest, complete, long_n, short_n = self._sums
        self._sums = [0] * 6
        oldest = boundary - self._params.limit_ns
        well = {
            venue: self._alive[venue]
            for venue in shares.enabled()
            if self._alive.get(venue, -1) >= oldest and self._works(venue)
        }
        found = evidence(well, boundary, shares)
        row: dict[str, Any] = found.fields("liq")
        if found.enough:
            row["liq_long_usd"] = from_micro(longs)
            row["liq_short_usd"] = from_micro(shorts)
            row["liq_long_n"] = long_n
            row["liq_short_n"] = short_n
            row["liq_max_usd"] = from_micro(largest)
            row["liq_complete_share"] = complete / (longs + shorts) if longs + shorts else None
        told = [slot for slot in self._aggregates.values() if boundary - slot[0][2] <= self._params.aggregate_limit_ns]
        if told:
            _, _, row["liq_agg_1h_long_usd"], row["liq_agg_1h_short_usd"] = max(told)
        return row

    def snapshot(self) -> bytes:
        """State as bytes."""
        return to_bytes(_State(self._sums, self._status, self._delivered, self._alive, self._aggregates))

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes."""
        state = from_bytes(data, _State)
        self._sums, self._status, self._delivered = state.sums, state.status, state.delivered
        self._alive, self._aggregates = state.alive, state.aggregates

    def _works(self, venue: str) -> bool:
        status = self._status.get(venue)
        return venue in self._delivered if status is None else status[1] == 0

    def _proof(self, fact: Fact, at: When) -> None:
        if fact.src in _LIVE and at[2] > self._alive.get(fact.venue, -1):
            self._alive[fact.venue] = at[2]

    def _liquidation(self, fact: Liquidation, at: When) -> None:
        if fact.completeness == "aggregate":
            return
        sums = self._sums
        amount = nearest_micro(fact.usd)
        if fact.side == "LONG":
            sums[0] += amount
            sums[4] += 1
        else:
            sums[1] += amount
            sums[5] += 1
        sums[2] = max(sums[2], amount)
        if fact.completeness == "all":
            sums[3] += amount
        self._delivered[fact.venue] = 1
        self._proof(fact, at)

    def _aggregate(self, fact: LiquidationAggregate, at: When) -> None:
        if fact.window_s == self._params.aggregate_s:
            keep(self._aggregates, fact.venue, (at, len(fact.venues), fact.long_usd, fact.short_usd))

    def _feed(self, fact: FeedStatus, at: When) -> None:
        if fact.channel != self._params.channel or fact.state == "rate_limited":  # which says nothing about delivery
            return
        bad = 0 if fact.state == "up" else 1
        state = (at[2], bad)
        self._status[fact.venue] = max(state, self._status.get(fact.venue, state))
        if not bad:
            self._alive[fact.venue] = max(at[2], self._alive.get(fact.venue, -1))
