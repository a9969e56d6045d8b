"""How much of the flow of liquidations was set off by liquidations: the branching ratio (SCORES 5)."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import msgspec
import numpy as np

from clri.detectors.feed_health import FeedHealth
from clri.engine.snapshot import pack, pack_arrays, unpack, unpack_into
from clri.maths.history import History, rebuild
from clri.maths.order import rank, replace
from clri.model.control import LIQUIDATION, FeedStatus, Tick
from clri.model.errors import SnapshotError
from clri.model.facts import Fact, Liquidation, event_time
from clri.model.names import MARKET, Mode, Venue
from clri.model.reading import Reading
from clri.model.timebase import DAY, HOUR, MINUTE, SECOND

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Params:
    """Numbers of the branching ratio (SCORES 5).

    Parameters
    ----------
    hours
        Look-back of the counts, h.
    min_events
        Events in the look-back below which there is no ratio, n.
    min_share
        Least share of the look-back's minutes in which the feed was up, 0..1.
    days, n_min
        History of the rank: look-back in d, samples (one per 5 min) before it counts.

    Raises
    ------
    ValueError
        If a field is out of its range.
    """

    hours: int = 6
    min_events: int = 100
    min_share: float = 0.9
    days: int = 30
    n_min: int = 2_016

    def __post_init__(self) -> None:
        names = ("hours", "min_events", "days", "n_min")
        wrong = [f"{name}={getattr(self, name)} (expected >= 1)" for name in names if getattr(self, name) < 1]
        if not 0.0 < self.min_share <= 1.0:
            wrong.append(f"min_share={self.min_share} (expected above 0, at most 1)")
        if wrong:
            raise ValueError("branching parameters: " + ", ".join(wrong))


DEFAULTS: Final = Params()
GRID: Final = 5 * MINUTE
"""Spacing of the history's samples, ns."""


def branching_ratio(counts: Sequence[int]) -> float | None:
    """Share of events that other events set off: max(0, 1 - sqrt(mean/var)) of counts per 60 s.

    Parameters
    ----------
    counts
        Events per minute, at least two minutes; else None.

    Returns
    -------
    float or None
        0..1; 0 if the counts vary no more than a Poisson process, 1 = critical.

    Notes
    -----
    Variance over mean of a self-exciting process tends to 1/(1 - n)^2; sample variance. A feed that sends at most
    one event per second hides the clusters: 0.8 reads as 0.58.

    Examples
    --------
    >>> round(branching_ratio([0, 1, 0, 0, 2, 7, 12, 9, 3, 1, 0, 0]), 4), branching_ratio([3, 3, 3])
    (0.5857, 0.0)
    """
    return _ratio(len(counts), sum(counts), sum(count * count for count in counts))


def _ratio(n: int, total: int, squares: int) -> float | None:
    """Ratio from the number of counts, their sum and the sum of their squares: whole numbers, no drift."""
    if n <= 1:
        return None
    mean, variance = total * (n - 1), n * squares - total * total  # both times n * (n - 1)
    return 1.0 - math.sqrt(mean / variance) if variance > mean else 0.0


class _Lane:
    """One venue: counts of the last minutes (-1 = feed not up), their sums, and the history of its ratio."""

    __slots__ = (
        "complete",
        "counts",
        "held",
        "known",
        "last",
        "now",
        "order",
        "rank",
        "ratio",
        "ring",
        "squares",
        "total",
        "whole",
    )  # fmt: skip

    def __init__(self, minutes: int, history: History) -> None:
        self.counts = [-1] * minutes
        self.known = self.total = self.squares = 0
        self.now = 0  # events of the running minute
        self.whole = False  # the feed was up throughout the running minute so far
        self.complete = False  # the newest event said so
        self.ratio: float | None = None
        self.rank: float | None = None
        self.last = np.full(1, -1, np.int64)  # newest grid point of the history
        self.ring, self.order, self.held = history.allocate(lanes=1)

    def put(self, slot: int, count: int) -> None:
        """Replace the count of one slot."""
        old = self.counts[slot]
        if old >= 0:
            self.known -= 1
            self.total -= old
            self.squares -= old * old
        if count >= 0:
            self.known += 1
            self.total += count
            self.squares += count * count
        self.counts[slot] = count


class _SavedLane(msgspec.Struct, array_like=True):
    venue: Venue
    counts: list[int]
    now: int
    whole: bool
    complete: bool
    ratio: float | None
    rank: float | None
    history: bytes


class _State(msgspec.Struct, array_like=True):
    minute: int
    feeds: list[tuple[Venue, str]]
    lanes: list[_SavedLane]


class BranchingDetector:
    """Branching ratio of one symbol on each venue with a complete feed; an `Operator`.

    Parameters
    ----------
    symbol
        Base coin; facts of other symbols are passed over, except FeedStatus and Tick of MARKET.
    mode
        Kept for the state's fingerprint.
    params
        Numbers of SCORES 5.

    Notes
    -----
    At each 60-s Tick: `branching_ratio` of the venue's counts per minute over the last 6 h, one sum and one sum of
    squares in whole numbers. The rank is the mid-rank R of the ratio among the venue's own of the last 30 d, one per
    5 min, the present one excluded. A measure of criticality, not scored and no alarm by itself.

    *Missing input*: None unless the venue's newest event came from a complete feed (`completeness` all), with
    `min_events` events, and the feed up in `min_share` of the minutes; a minute in which the feed was down at some
    moment does not count. *Warm-up*: so 5.4 h; the rank 7 d. Ranges 0..1 and 0..100. A late event is added to
    its minute.

    *Row*: `branching_ratio` and `branching_percentile` of the venue with most events among those that have one.

    O(1) per event and per minute; 6 h of counts and 86 kB of history per venue.

    Examples
    --------
    >>> from clri.testing.builders import T0, feed_status, liquidation, tick
    >>> detector = BranchingDetector("BTC", "replay-simulated", Params(hours=1, min_events=10, min_share=0.05))
    >>> detector.on_fact(feed_status(ts=T0, state="up"))
    ()
    >>> for minute, count in enumerate([0, 0, 1, 0, 20, 3, 0]):
    ...     at = T0 + minute * 60_000_000_000
    ...     for n in range(count):
    ...         _ = detector.on_fact(liquidation(ts=at + n + 1, ts_venue=at + n + 1))
    ...     _ = detector.on_fact(tick(ts=at + 60_000_000_000, period_s=60))
    >>> round(detector.ratios()["bybit"], 4), detector.row()["branching_percentile"]
    (0.7476, None)
    """

    listens: ClassVar[frozenset[type[Fact]]] = frozenset({FeedStatus})

    def __init__(self, symbol: str, mode: Mode, params: Params = DEFAULTS) -> None:
        self.symbol = symbol
        self.mode = mode
        self.params = params
        self._symbols = (symbol, MARKET)
        self._minutes = params.hours * (HOUR // MINUTE)
        self._history = History(cap=params.days * (DAY // GRID), n_min=params.n_min)
        self._feeds = FeedHealth(LIQUIDATION)
        self._lanes: dict[Venue, _Lane] = {}
        self._minute = -1  # newest minute that has ended

    def on_fact(self, fact: Fact) -> Iterable[Any]:
        """Take one fact; O(1). It has no output but its row."""
        if fact.backfill or fact.symbol not in self._symbols:
            return ()
        if isinstance(fact, Liquidation):
            self._on_liquidation(fact)
        elif isinstance(fact, Tick):
            if fact.period_s * SECOND == MINUTE:
                self._on_minute(fact.boundary // MINUTE)
        elif isinstance(fact, FeedStatus):
            self._feeds.on_status(fact)
            for venue, lane in self._lanes.items():
                lane.whole = lane.whole and self._feeds.up(venue)
            if self._feeds.up(fact.venue):
                self._lane(fact.venue)
        return ()

    def on_late(self, fact: Liquidation) -> Iterable[Any]:
        """Count a late event in its minute; the ratio follows at the next Tick."""
        return self.on_fact(fact)

    def on_reading(self, reading: Reading) -> Iterable[Any]:  # noqa: ARG002 - events say it all
        """Take the reading of the minute that ended: not used."""
        return ()

    def row(self) -> Mapping[str, Any]:
        """Fields of the minute that ends now.

        Returns
        -------
        Mapping
            `branching_ratio` 0..1 and `branching_percentile` 0..100 of the venue with most events; None without.
        """
        best: _Lane | None = None
        for _, lane in sorted(self._lanes.items()):
            if lane.ratio is not None and (best is None or lane.total > best.total):
                best = lane
        return {
            "branching_ratio": None if best is None else best.ratio,
            "branching_percentile": None if best is None else best.rank,
        }

    def ratios(self) -> dict[Venue, float]:
        """Ratio of each venue that has one."""
        return {venue: lane.ratio for venue, lane in sorted(self._lanes.items()) if lane.ratio is not None}

    def snapshot(self) -> bytes:
        """State as bytes; equal states give equal bytes."""
        lanes = [
            _SavedLane(
                venue,
                lane.counts,
                lane.now,
                lane.whole,
                lane.complete,
                lane.ratio,
                lane.rank,
                pack_arrays({"last": lane.last, "ring": lane.ring}),
            )
            for venue, lane in sorted(self._lanes.items())
        ]
        state = _State(self._minute, self._feeds.state(), lanes)
        return pack(self._fingerprint(), {"state": msgspec.msgpack.encode(state)})

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes.

        Raises
        ------
        SnapshotError
            If the bytes are damaged or of another version, symbol, mode or parameters.
        """
        try:
            state = msgspec.msgpack.decode(unpack(self._fingerprint(), data)["state"], type=_State)
        except (KeyError, msgspec.DecodeError) as error:
            raise SnapshotError(f"saved branching ratios are unreadable: {error}") from error
        self._minute = state.minute
        self._feeds.set_state(state.feeds)
        self._lanes = {}
        for saved in state.lanes:
            lane = self._lane(saved.venue)
            for slot, count in enumerate(saved.counts):
                lane.put(slot, count)
            lane.now, lane.whole, lane.complete = saved.now, saved.whole, saved.complete
            lane.ratio, lane.rank = saved.ratio, saved.rank
            unpack_into(saved.history, {"last": lane.last, "ring": lane.ring})
            lane.order, lane.held = rebuild(lane.ring)

    def _lane(self, venue: Venue) -> _Lane:
        lane = self._lanes.get(venue)
        if lane is None:
            lane = self._lanes[venue] = _Lane(self._minutes, self._history)
        return lane

    def _on_liquidation(self, fact: Liquidation) -> None:
        venue = fact.venue
        self._feeds.on_event(venue)
        lane = self._lanes.get(venue) or self._lane(venue)
        lane.complete = fact.completeness == "all"
        t = event_time(fact)
        minute = -(-t // MINUTE)
        if minute > self._minute:
            lane.now += 1
        elif minute > self._minute - self._minutes:
            slot = minute % self._minutes
            if lane.counts[slot] >= 0:
                lane.put(slot, lane.counts[slot] + 1)

    def _on_minute(self, minute: int) -> None:
        if minute <= self._minute:
            return
        skipped = range(max(self._minute + 1, minute - self._minutes + 1), minute) if self._minute >= 0 else ()
        for venue, lane in self._lanes.items():
            for gap in skipped:
                lane.put(gap % self._minutes, -1)
            up = self._feeds.up(venue)
            lane.put(minute % self._minutes, lane.now if lane.whole and up and not skipped else -1)
            lane.now, lane.whole = 0, up
            lane.ratio = lane.rank = None
            known = lane.known >= self.params.min_share * self._minutes
            if lane.complete and known and lane.total >= self.params.min_events:
                lane.ratio = _ratio(lane.known, lane.total, lane.squares)
            self._rank(lane, minute)
        self._minute = minute

    def _rank(self, lane: _Lane, minute: int) -> None:
        """Compare the ratio with the past, then let it join at a grid point."""
        n = int(lane.held[0])
        if lane.ratio is not None and n >= self.params.n_min:
            lane.rank = float(rank(lane.ring[0], lane.order[0], n, lane.ratio))
        grid, rest = divmod(minute, GRID // MINUTE)
        if rest:
            return
        cap, last = self._history.cap, int(lane.last[0])
        for gap in range(max(last + 1, grid - cap + 1), grid) if last >= 0 else ():
            lane.held[0] = replace(lane.ring[0], lane.order[0], int(lane.held[0]), gap % cap, math.nan)
        value = math.nan if lane.ratio is None else lane.ratio
        lane.held[0] = replace(lane.ring[0], lane.order[0], int(lane.held[0]), grid % cap, value)
        lane.last[0] = grid

    def _fingerprint(self) -> str:
        return f"branching/{VERSION} {self.symbol} {self.mode} {self.params!r}"
