"""Each venue's clock against ours: rolling least of receipt - venue time, and what follows for late rows (VENUES 8)."""

from statistics import median
from typing import ClassVar, Final

import msgspec

from clri.collect.channels import CLOCK
from clri.collect.crosscheck.known import Known
from clri.engine.reorder import AHEAD_NS, LATE_NS
from clri.model.control import Tick
from clri.model.facts import Book, Fact, Liquidation, MarkFunding, Ticker
from clri.model.names import MARKET, Venue
from clri.model.timebase import MINUTE, SECOND
from clri.observe.state import from_bytes, to_bytes

SHOWN_NS: Final = 2 * SECOND
"""From here on a clock counts as wrong: stamps are corrected."""
ALERT_NS: Final = 30 * SECOND
CALM_NS: Final = 25 * SECOND
"""Below this a clock that was told as wrong is told as right again."""
AGREE_NS: Final = SECOND
AGREE_N: Final = 3
"""So many venues that agree so well: it is our own clock."""
WINDOW_MIN: Final = 10
ENOUGH: Final = 20
"""Stamps before which nothing is known, and stamps in a row that make a jump of a clock."""
JUMP_NS: Final = 5 * SECOND
"""Time that stamps in a row must span to be a jump."""


class _Lane(msgspec.Struct):
    first: list[int] = []
    floor: int | None = None
    lows: list[tuple[int, int]] = []  # minute, least of it; the last one runs
    run_n: int = 0
    run_since: int = 0
    run_low: int = 0
    told: bool = False


class Clocks:
    """Skew of each venue's clock: the least of receipt - venue time in 10 minutes, ns, of what sockets bring.

    A skew holds the shortest way of the data too, some 10 to 200 ms. The stamp of a liquidation is moved by a skew
    beyond 2 s (counted `clock_corrected`). After that a row more than 30 s old at receipt is back-fill (`late`), and
    one stamped more than 5 s after receipt is set to its receipt (`clamped`).

    Notes
    -----
    Nothing is known before 20 stamps. One stamp that is 5 s below the least changes nothing: 20 in a row over 5 s do,
    for nothing arrives before it happens. A least that grew by more than 30 s may be a slow line as well, hence it
    counts after 10 min, or at once if three venues show it.

    A skew beyond 30 s is told on channel `clock` of the venue. Three venues that agree within 1 s speak of our own
    clock: then it is told once under venue `clri`, and venues are judged by what differs from it.
    """

    name: ClassVar[str] = "clocks"
    listens: ClassVar[frozenset[type[Fact]]] = frozenset({MarkFunding, Book, Ticker, Liquidation, Tick})
    held: Final = 0

    def __init__(self, known: Known) -> None:
        self._known = known
        self._lanes: dict[Venue, _Lane] = {}
        self._own_told = False

    def skew_ns(self, venue: Venue) -> int | None:
        """Receipt - venue time at best, ns; positive = the venue's clock is behind ours. None before 20 stamps."""
        lane = self._lanes.get(venue)
        return None if lane is None else lane.floor

    def own_ns(self) -> int:
        """How far our own clock is ahead, ns; 0 unless three venues agree that it is off by more than 2 s."""
        skews = sorted(
            lane.floor for lane in self._lanes.values() if lane.floor is not None and abs(lane.floor) > SHOWN_NS
        )
        for first in range(len(skews) - AGREE_N + 1):
            near = [skew for skew in skews[first:] if skew - skews[first] <= AGREE_NS]
            if len(near) >= AGREE_N:
                return int(median(near))
        return 0

    def take(self, fact: Fact, out: list[Fact]) -> Fact | None:
        """Learn from a stamp; a liquidation goes on with its stamp corrected."""
        if isinstance(fact, Tick):
            if fact.period_s > 1:
                self._jump_together()
                self._judge(fact, out)
            return fact
        said = fact.ts_venue
        if said is not None and fact.src != "rest" and not fact.backfill:
            self._saw(fact.venue, fact.ts - said, fact.ts)
        return self._placed(fact) if isinstance(fact, Liquidation) else fact

    def _saw(self, venue: Venue, lag: int, ts: int) -> None:
        lane = self._lanes.get(venue)
        if lane is None:
            lane = self._lanes[venue] = _Lane()
        floor = lane.floor
        if floor is None:
            lane.first.append(lag)
            if len(lane.first) >= ENOUGH:
                middle = median(lane.first)
                self._reset(lane, min(lag for lag in lane.first if lag >= middle - AHEAD_NS), ts)
            return
        if not -AHEAD_NS <= lag - floor <= LATE_NS:
            self._strange(lane, lag, ts)
            return
        lane.run_n = 0
        minute = ts // MINUTE
        if minute > lane.lows[-1][0]:
            lane.lows = [*(low for low in lane.lows if low[0] > minute - WINDOW_MIN), (minute, lag)]
            lane.floor = min(low for _, low in lane.lows)
        elif lag < lane.lows[-1][1]:
            lane.lows[-1] = (lane.lows[-1][0], lag)
            lane.floor = min(floor, lag)

    def _strange(self, lane: _Lane, lag: int, ts: int) -> None:
        """A stamp far from the rest: wrong by itself, unless many in a row say the same."""
        floor = lane.floor or 0
        if lane.run_n and (lane.run_low < floor) != (lag < floor):
            lane.run_n = 0
        if not lane.run_n:
            lane.run_since, lane.run_low = ts, lag
        lane.run_n += 1
        lane.run_low = min(lane.run_low, lag)
        if lane.run_n >= ENOUGH:
            wait = JUMP_NS if lag < floor else WINDOW_MIN * MINUTE
            if ts - lane.run_since >= wait:
                self._reset(lane, lane.run_low, ts)

    def _jump_together(self) -> None:
        """Three venues whose lag grew: our clock was set forward, which no slow line does to all."""
        risen = [lane for lane in self._lanes.values() if lane.run_n >= ENOUGH and lane.run_low > (lane.floor or 0)]
        if len(risen) >= AGREE_N:
            for lane in risen:
                self._reset(lane, lane.run_low, lane.run_since)

    @staticmethod
    def _reset(lane: _Lane, floor: int, ts: int) -> None:
        lane.first, lane.floor, lane.lows, lane.run_n = [], floor, [(ts // MINUTE, floor)], 0

    def _placed(self, fact: Liquidation) -> Liquidation:
        if fact.backfill or fact.ts_venue is None:
            return fact
        skew = self.skew_ns(fact.venue) or 0
        if abs(skew) > SHOWN_NS:
            fact = msgspec.structs.replace(fact, ts_venue=fact.ts_venue + skew)
            self._known.note(fact, "clock_corrected")
        lag = fact.ts - (fact.ts_venue or fact.ts)
        if lag > LATE_NS:
            self._known.note(fact, "late")
            return msgspec.structs.replace(fact, backfill=True)
        if lag < -AHEAD_NS:
            self._known.note(fact, "clamped")
            return msgspec.structs.replace(fact, ts_venue=fact.ts)
        return fact

    def _judge(self, tick: Tick, out: list[Fact]) -> None:
        own = self.own_ns()
        if abs(own) > (CALM_NS if self._own_told else ALERT_NS):
            if not self._own_told:
                self._own_told = True
                detail = f"own clock is {_seconds(own)} venues; all times are shifted"
                out.append(self._told(tick, "clri", detail))
        elif self._own_told:
            self._own_told = False
            out.append(self._told(tick, "clri", ""))
        for venue in sorted(self._lanes):
            lane = self._lanes[venue]
            off = (lane.floor or 0) - own
            if abs(off) > (CALM_NS if lane.told else ALERT_NS):
                if not lane.told:
                    lane.told = True
                    out.append(
                        self._told(tick, venue, f"own clock is {_seconds(off)} {venue}; its stamps are corrected")
                    )
            elif lane.told:
                lane.told = False
                out.append(self._told(tick, venue, ""))

    def _told(self, tick: Tick, venue: Venue, detail: str) -> Fact:
        state = "stale" if detail else "up"
        label = "clock" if detail else ""
        return self._known.tell(tick, state, label, detail, symbol=MARKET, channel=CLOCK, venue=venue)  # type: ignore[arg-type]

    def snapshot(self) -> bytes:
        """State as bytes."""
        return to_bytes((self._own_told, dict(self._lanes)))

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes."""
        self._own_told, self._lanes = from_bytes(data, tuple[bool, dict[Venue, _Lane]])


def _seconds(span: int) -> str:
    return f"{abs(span) / SECOND:.0f} s {'ahead of' if span > 0 else 'behind'}"
