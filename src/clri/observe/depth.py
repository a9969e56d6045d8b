"""Depth of the order books near the middle: USD per side, smoothed per venue and summed."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import fsum
from typing import Any, Final, TypeAlias

import msgspec

from clri.engine.operator import Shares
from clri.maths.ewma import Ewma
from clri.model.facts import Depth
from clri.model.timebase import SECOND
from clri.observe.freshness import evidence_of, fresh
from clri.observe.intake import Intake, When, keep
from clri.observe.state import from_bytes, to_bytes
from clri.observe.weighted import median


@dataclass(frozen=True, slots=True)
class Params:
    """Numbers of the depth.

    Parameters
    ----------
    limit_ns
        Age of a venue's last sound sample at which it leaves, ns: 120 s.
    min_reach_pct
        Least distance from mid that both sides of a book must cover, percent.
    tau_s
        Time constant of the smoothing, seconds.
    """

    limit_ns: int = 120 * SECOND
    min_reach_pct: float = 0.05
    tau_s: float = 60.0


DEFAULT: Final = Params()

Sides: TypeAlias = tuple[float, float]  # USD of bids, of asks
Sample: TypeAlias = tuple[int, str, int, int, float, float, float, float]  # time, venue, not ws, receipt, four USD
Mean: TypeAlias = tuple[float | None, int | None]
Spread: TypeAlias = tuple[When, float]

_NONE: Final = -1.0  # a band that the book does not reach; depth is never negative


class _State(msgspec.Struct, array_like=True):
    samples: list[Sample]
    near: dict[str, tuple[Mean, Mean]]
    far: dict[str, tuple[Mean, Mean]]
    reached: dict[str, Spread]
    spreads: dict[str, Spread]


class BookDepth(Intake):
    """bid_depth_usd, ask_depth_usd (1 % band), the same for 2 %, spread_bps and the evidence of `book`.

    A sample that is invalid, or reaches less than 0.05 % from mid on a side, is left out; both sides of a Depth are
    cut to the same reach when it is made. Book facts (at most 50 levels) reach too little and take no part.

    Parameters
    ----------
    symbol
        Base coin.

    Notes
    -----
    Per venue and side: E += (1 - exp(-dt/60 s)) * (x - E), dt by the venue's time; a first sample counts in full, a
    sample older than the last one not at all. Samples of a minute are applied at its end, ordered by time.
    The sums run over the venues of which a sound sample came within 120 s; spread_bps is the plain median of their
    last spreads. Each band needs 0.30 of the weight.

    Examples
    --------
    >>> from clri.observe.shares import OpenInterestShares
    >>> depth, shares = BookDepth("BTC"), OpenInterestShares("BTC", ["okx"])
    >>> for ts, bid, ask in ((10 * SECOND, 40e6, 40e6), (20 * SECOND, 30e6, 50e6)):
    ...     head = (ts, None, "BTC", "okx", "perp", None, "rest", None, False)
    ...     depth.add(Depth(*head, 100.0, 1.0, bid, ask, None, None, 1.0, 1.0, valid=True))
    >>> row = depth.close(60 * SECOND, shares)
    >>> round(row["bid_depth_usd"] / 1e6, 4), round(row["ask_depth_usd"] / 1e6, 4), row["spread_bps"]
    (38.4648, 41.5352, 1.0)
    """

    def __init__(self, symbol: str, params: Params = DEFAULT) -> None:
        super().__init__(symbol)
        self._params = params
        self._samples: list[Sample] = []
        self._near: dict[str, tuple[Ewma, Ewma]] = {}
        self._far: dict[str, tuple[Ewma, Ewma]] = {}
        self._spreads: dict[str, Spread] = {}
        self._reached: dict[str, Spread] = {}  # last sample that reached past 1 %
        self.handlers = {Depth: self._depth}

    def close(self, boundary: int, shares: Shares) -> Mapping[str, Any]:
        """Observation fields of the minute that ends at `boundary` (ns)."""
        for time, venue, _, _, bid, ask, far_bid, far_ask in sorted(self._samples):
            self._blend(self._near, venue, time, (bid, ask))
            if far_bid >= 0.0:
                self._blend(self._far, venue, time, (far_bid, far_ask))
        self._samples = []
        limit = self._params.limit_ns
        near = fresh(self._spreads, boundary, limit, shares)
        far = fresh(self._reached, boundary, limit, shares)
        found = evidence_of(near, boundary, shares)
        row: dict[str, Any] = found.fields("book")
        if found.enough:
            row["bid_depth_usd"] = fsum(self._near[venue][0].get() or 0.0 for venue in near)
            row["ask_depth_usd"] = fsum(self._near[venue][1].get() or 0.0 for venue in near)
            row["spread_bps"] = median([(spread, 1) for _, spread in near.values()])
        if evidence_of(far, boundary, shares).enough:
            row["bid_depth_2pct_usd"] = fsum(self._far[venue][0].get() or 0.0 for venue in far)
            row["ask_depth_2pct_usd"] = fsum(self._far[venue][1].get() or 0.0 for venue in far)
        return row

    def snapshot(self) -> bytes:
        """State as bytes."""
        near = {venue: (bid.state(), ask.state()) for venue, (bid, ask) in self._near.items()}
        far = {venue: (bid.state(), ask.state()) for venue, (bid, ask) in self._far.items()}
        return to_bytes(_State(sorted(self._samples), near, far, self._reached, self._spreads))

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes."""
        state = from_bytes(data, _State)
        tau = self._params.tau_s
        self._samples, self._reached, self._spreads = state.samples, state.reached, state.spreads
        self._near = {venue: (Ewma(tau, *bid), Ewma(tau, *ask)) for venue, (bid, ask) in state.near.items()}
        self._far = {venue: (Ewma(tau, *bid), Ewma(tau, *ask)) for venue, (bid, ask) in state.far.items()}

    def _depth(self, fact: Depth, at: When) -> None:
        reach = min(fact.reach_bid_pct, fact.reach_ask_pct)
        if not fact.valid or reach < self._params.min_reach_pct or fact.market != "perp":
            return
        time, ws, received = at
        venue = fact.venue
        far_bid, far_ask = fact.bid_usd_2pct, fact.ask_usd_2pct
        if far_bid is None or far_ask is None:
            far_bid = far_ask = _NONE
        else:
            keep(self._reached, venue, (at, 0.0))
        near = (fact.bid_usd_1pct, fact.ask_usd_1pct)
        self._samples.append((time, venue, 1 - ws, received, *near, far_bid, far_ask))
        keep(self._spreads, venue, (at, fact.spread_bps))

    def _blend(self, means: dict[str, tuple[Ewma, Ewma]], venue: str, time: int, sides: Sides) -> None:
        pair = means.get(venue)
        if pair is None:
            pair = means[venue] = (Ewma(self._params.tau_s), Ewma(self._params.tau_s))
        for mean, usd in zip(pair, sides, strict=True):
            mean.update(time, usd)
