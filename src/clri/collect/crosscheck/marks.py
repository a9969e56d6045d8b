"""A mark far from those of all other venues: held, then taken out; a crash that others show passes (VENUES 8)."""

from math import ceil
from statistics import median
from typing import ClassVar, Final

import msgspec

from clri.collect.crosscheck.known import PRICE_NS, Known
from clri.model.facts import Book, Depth, Fact, MarkFunding
from clri.model.names import Venue
from clri.model.timebase import SECOND
from clri.observe.intake import is_second
from clri.observe.state import from_bytes, to_bytes

FAR: Final = 0.05
NEAR: Final = 0.02
"""Closer than this to the last judged price, no older than `CENTER_NS`, a mark needs no judgement."""
CENTER_NS: Final = 5 * SECOND
PEER_NS: Final = 60 * SECOND
"""Age up to which another venue's mark is compared with."""
SAMPLES: Final = 3
SAMPLE_NS: Final = SECOND
"""Marks closer together than this are one sample."""
FOLLOWERS: Final = 2
UNITS: Final = (10.0, 100.0, 1000.0)


class _Lane(msgspec.Struct):
    bad: int = 0
    bad_at: int = 0
    good: int = 0
    told: str = ""
    held: MarkFunding | None = None


class _State(msgspec.Struct, array_like=True):
    seen: dict[str, dict[Venue, tuple[int, float]]]
    center: dict[str, tuple[int, float]]
    lanes: dict[str, dict[Venue, _Lane]]


class Marks:
    """Mark of each venue against the median of the other venues' marks of the last minute.

    A mark more than 5 % off is held back. It passes as soon as two other venues (one, where there are at most two
    others) or its own book stand within 5 % of it, so that a true crash is delayed by a moment and never filtered.
    The third such sample, at least 1 s apart, is told as stale, label `price`, and from then on such marks are dropped:
    the venue's price leaves after 2 min by age. If the factor is near 10, 100 or 1000, and the venue did not come
    there step by step, the label is `unit`: then its own book is no witness, and no other fact of that contract passes.
    A mark within 5 % passes at any time; three of them end the state.

    Notes
    -----
    With one other venue a mark passes while it is within 5 % of its own former one: it is the other that moved. Where
    nobody else has a mark nothing can be said, and everything passes. Only the first contract of a coin is compared,
    as rows use no other.
    """

    name: ClassVar[str] = "marks"
    listens: ClassVar[frozenset[type[Fact]]] = frozenset({MarkFunding, Book, Depth})

    def __init__(self, known: Known) -> None:
        self._known = known
        self._seen: dict[str, dict[Venue, tuple[int, float]]] = {symbol: {} for symbol in sorted(known.symbols)}
        self._center: dict[str, tuple[int, float]] = {}
        self._lanes: dict[str, dict[Venue, _Lane]] = {}  # of venues in doubt

    @property
    def held(self) -> int:
        """Marks held back now."""
        return sum(lane.held is not None for lanes in self._lanes.values() for lane in lanes.values())

    def take(self, fact: Fact, out: list[Fact]) -> Fact | None:
        """Judge a mark; a book may release one."""
        if fact.symbol not in self._seen or fact.backfill or fact.market != "perp":
            return fact
        if not isinstance(fact, MarkFunding):
            self._book(fact, out)
            return fact
        if fact.kind == "settled" or is_second(fact):
            return fact
        symbol, venue, ts, mark = fact.symbol, fact.venue, fact.ts, fact.mark
        self._seen[symbol][venue] = (ts, mark)
        if symbol not in self._lanes:
            center = self._center.get(symbol)
            if center is not None and ts - center[0] <= CENTER_NS and abs(mark - center[1]) <= NEAR * center[1]:
                self._known.marks[symbol][venue] = (ts, mark)
                return fact
        trouble = self._trouble(symbol, venue, ts, mark)
        passed = None
        if trouble:
            self._doubted(fact, trouble, out)
        else:
            passed = self._passes(fact, out)
        if symbol in self._lanes:
            self._release(symbol, ts, out, but=venue)
        return passed

    def _trouble(self, symbol: str, venue: Venue, ts: int, mark: float) -> str:
        """Why a mark cannot be believed: `price`, `unit`, or nothing."""
        lanes = self._lanes.get(symbol, {})
        seen = self._seen[symbol]
        fresh = {name: value for name, (at, value) in seen.items() if name != venue and ts - at <= PEER_NS}
        others = [value for name, value in fresh.items() if name not in lanes or not lanes[name].told]
        if not others:
            return ""
        middle = median(others)
        if abs(mark - middle) <= FAR * middle:
            if venue not in lanes:
                self._center[symbol] = (ts, median([*others, mark]))
            return ""
        self._center.pop(symbol, None)  # venues differ: each mark is judged
        followers = sum(abs(value - mark) <= FAR * mark for value in fresh.values())
        if followers >= min(FOLLOWERS, ceil(len(fresh) / 2)):
            return ""
        former = self._known.marks[symbol].get(venue)
        stayed = former is not None and ts - former[0] <= PRICE_NS and abs(mark - former[1]) <= FAR * former[1]
        ratio = mark / middle
        unit = not stayed and any(
            abs(ratio / factor - 1.0) <= FAR or abs(ratio * factor - 1.0) <= FAR for factor in UNITS
        )
        if unit:
            return "unit"
        mid = self._known.mid(symbol, venue, ts)
        if mid is not None and abs(mid - mark) <= FAR * mark:
            return ""
        return "" if len(others) == 1 and (stayed or former is None) else "price"

    def _passes(self, fact: MarkFunding, out: list[Fact]) -> Fact:
        lane = self._lanes.get(fact.symbol, {}).get(fact.venue)
        if lane is not None:
            if lane.held is not None:
                self._known.drop(lane.held, "mark_superseded")
                lane.held = None
            lane.bad, lane.good = 0, lane.good + 1
            if not lane.told or lane.good >= SAMPLES:
                self._end(fact, lane, out)
        self._known.marks[fact.symbol][fact.venue] = (fact.ts, fact.mark)
        return fact

    def _end(self, fact: Fact, lane: _Lane, out: list[Fact]) -> None:
        """The venue is believed again."""
        if lane.told:
            self._known.off.discard((fact.venue, fact.raw))
            out.append(self._known.tell(fact, "up"))
        lanes = self._lanes[fact.symbol]
        del lanes[fact.venue]
        if not lanes:
            del self._lanes[fact.symbol]

    def _doubted(self, fact: MarkFunding, trouble: str, out: list[Fact]) -> None:
        lane = self._lanes.setdefault(fact.symbol, {}).setdefault(fact.venue, _Lane())
        lane.good = 0
        if lane.told:
            self._known.drop(fact, f"mark_{trouble}")
            return
        if not lane.bad or fact.ts - lane.bad_at >= SAMPLE_NS:
            lane.bad, lane.bad_at = lane.bad + 1, fact.ts
        if lane.held is not None:
            self._known.drop(lane.held, f"mark_{trouble}" if lane.bad >= SAMPLES else "mark_superseded")
        if lane.bad < SAMPLES:
            lane.held = fact
            return
        lane.held, lane.told = None, trouble
        self._known.drop(fact, f"mark_{trouble}")
        if trouble == "unit":
            self._known.off.add((fact.venue, fact.raw))
        others = [value for name, (_, value) in self._seen[fact.symbol].items() if name != fact.venue]
        detail = f"{fact.symbol} mark {fact.mark:.10g} where {len(others)} other venues have {median(others):.10g}"
        out.append(self._known.tell(fact, "stale", trouble, f"{detail}; its price does not count"))

    def _book(self, fact: Fact, out: list[Fact]) -> None:
        if isinstance(fact, Book):
            if not fact.valid or is_second(fact):
                return
            mid = (fact.bids[0][0] + fact.asks[0][0]) / 2.0
        elif isinstance(fact, Depth) and fact.valid and not is_second(fact):
            mid = fact.mid
        else:
            return
        symbol, venue = fact.symbol, fact.venue
        self._known.mids[symbol][venue] = (fact.ts, mid)
        if symbol in self._lanes and venue in self._lanes[symbol]:
            self._release(symbol, fact.ts, out, only=venue)

    def _release(
        self, symbol: str, ts: int, out: list[Fact], *, but: Venue | None = None, only: Venue | None = None
    ) -> None:
        """Let marks go on that are now confirmed."""
        lanes = self._lanes[symbol]
        for venue in sorted(lanes):
            held = lanes[venue].held
            if venue == but or (only is not None and venue != only) or held is None:
                continue
            if not self._trouble(symbol, venue, ts, held.mark):
                lanes[venue].held = None
                out.append(self._passes(held, out))

    def snapshot(self) -> bytes:
        """State as bytes."""
        return to_bytes(_State(self._seen, self._center, self._lanes))

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes."""
        state = from_bytes(data, _State)
        self._seen = {symbol: state.seen.get(symbol, {}) for symbol in sorted(self._known.symbols)}
        self._center, self._lanes = state.center, state.lanes
