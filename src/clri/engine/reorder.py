"""Event-time order for the event tier: a buffer of 2 s for all symbols (SCORES 1, VENUES 8)."""

import heapq
from collections import Counter
from collections.abc import Mapping
from typing import Final, TypeAlias

import msgspec

from clri.engine.snapshot import pack, unpack
from clri.model.control import Tick
from clri.model.errors import SnapshotError
from clri.model.facts import Liquidation, event_time
from clri.model.timebase import SECOND

REORDER_NS: Final = 2 * SECOND
LATE_NS: Final = 30 * SECOND
AHEAD_NS: Final = 5 * SECOND

Held: TypeAlias = Liquidation | Tick
Key: TypeAlias = tuple[int, int, str, str, str, int]

_START: Final[Key] = (-1, 0, "", "", "", 0)


class _State(msgspec.Struct, array_like=True):
    newest: int
    last: Key
    held: list[Liquidation | Tick]
    late: list[Liquidation]
    backfill: list[Liquidation]
    counts: list[list[tuple[str, int]]]
    late_ticks: int


def order_key(fact: Held) -> Key:
    """Place in the order of release: (event time, venue, event_id); Ticks after all events of their time.

    Ticks of one time go by period: the 1-s Tick before the 60-s Tick that closes the minute.
    """
    if isinstance(fact, Tick):
        return fact.boundary, 1, fact.venue, f"{fact.period_s:06d}", fact.symbol, fact.ts
    return event_time(fact), 0, fact.venue, fact.event_id, fact.symbol, fact.ts


class Reorder:
    """Holds liquidations and Ticks until nothing that should precede them is expected any more.

    watermark = largest receipt seen - `reorder_ns`. What lies *before* the watermark is released, in the order of
    `order_key`. An event that would have to precede one already released is late: not released, but given by
    `drain_late`. An event received more than `late_ns` after its time is back-fill, whatever was released:
    `drain_backfill` gives it with `backfill` set. An event stamped more than `ahead_ns` after its receipt is clamped:
    its `ts_venue` becomes its `ts`, counted in `clamped`.

    Parameters
    ----------
    reorder_ns
        How long events wait, ns of receipt (`collect.reorder_s`).
    late_ns
        Lag at receipt up to which an event still corrects totals, ns.
    ahead_ns
        How far a venue's stamp may lie after receipt, ns.

    Notes
    -----
    Any arrival order in which no event comes more than `reorder_ns` behind the newest receipt gives the same
    sequence. The comparison is strict so that an event exactly `reorder_ns` old still finds its place among equals.
    Give every other fact's receipt to `advance` *before* handing that fact on: then a FeedStatus meets the same
    released events in live and in replay. A Tick that comes too late is released at once (a minute must close) and
    counted. Duplicates are removed before (`clri.engine.dedupe`). O(log n) per fact.

    Live stamps come here corrected for the venue's clock, with late and clamped rows already marked
    (`clri.collect.crosscheck.clocks`, which uses `LATE_NS` and `AHEAD_NS`); then the two rules find nothing more.

    Examples
    --------
    >>> from clri.testing.builders import T0, liquidation
    >>> second, buffer = 1_000_000_000, Reorder()
    >>> one, two = (liquidation(ts=T0 + lag, ts_venue=T0 - lag) for lag in (1, 2))
    >>> buffer.push(one), buffer.push(two)
    ([], [])
    >>> buffer.advance(T0 + 3 * second) == [two, one]
    True
    """

    def __init__(self, reorder_ns: int = REORDER_NS, late_ns: int = LATE_NS, ahead_ns: int = AHEAD_NS) -> None:
        if not 0 <= reorder_ns <= late_ns or ahead_ns < 0:
            raise ValueError(
                f"reorder had {reorder_ns}, {late_ns}, {ahead_ns} ns; expected 0 <= reorder <= late, ahead >= 0"
            )
        self._reorder = reorder_ns
        self._late = late_ns
        self._ahead = ahead_ns
        self._newest = 0
        self._last = _START
        self._heap: list[tuple[Key, int, Held]] = []
        self._serial = 0
        self._late_facts: list[Liquidation] = []
        self._backfill_facts: list[Liquidation] = []
        self._counts: tuple[Counter[str], Counter[str], Counter[str]] = (Counter(), Counter(), Counter())
        self.late_ticks = 0

    def push(self, fact: Held) -> list[Held]:
        """Take one fact in order of receipt; the facts that its receipt releases."""
        if isinstance(fact, Liquidation):
            self._admit(fact)
            return self.advance(fact.ts)
        key = order_key(fact)
        if key < self._last:
            self.late_ticks += 1
            return [fact, *self.advance(fact.ts)]
        self._hold(key, fact)
        return self.advance(fact.ts)

    def advance(self, ts: int) -> list[Held]:
        """Take the receipt time (ns) of a fact that is not held here; the facts that it releases."""
        if ts > self._newest:
            self._newest = ts
        mark = self._newest - self._reorder
        out: list[Held] = []
        heap = self._heap
        while heap and heap[0][0][0] < mark:
            self._last, _, fact = heapq.heappop(heap)
            out.append(fact)
        return out

    def flush(self) -> list[Held]:
        """Release everything, in order: the recording is over."""
        out: list[Held] = []
        while self._heap:
            self._last, _, fact = heapq.heappop(self._heap)
            out.append(fact)
        return out

    @property
    def aside(self) -> bool:
        """True while events wait for `drain_late` or `drain_backfill`."""
        return bool(self._late_facts or self._backfill_facts)

    def drain_late(self) -> list[Liquidation]:
        """Late events since the last call, in order of arrival: for `Operator.on_late`."""
        out, self._late_facts = self._late_facts, []
        return out

    def drain_backfill(self) -> list[Liquidation]:
        """Back-fill since the last call, in order of arrival: to be stored, never detected on."""
        out, self._backfill_facts = self._backfill_facts, []
        return out

    @property
    def watermark(self) -> int:
        """Event time before which everything was released, ns."""
        return self._newest - self._reorder

    @property
    def held(self) -> int:
        """Facts now waiting, n."""
        return len(self._heap)

    @property
    def late(self) -> Mapping[str, int]:
        """Late events so far by venue."""
        return self._counts[0]

    @property
    def backfill(self) -> Mapping[str, int]:
        """Live events so far by venue that came so late that they became back-fill."""
        return self._counts[1]

    @property
    def clamped(self) -> Mapping[str, int]:
        """Events so far by venue whose stamp lay too far after their receipt."""
        return self._counts[2]

    def snapshot(self) -> bytes:
        """State as bytes; equal states give equal bytes."""
        state = _State(
            self._newest,
            self._last,
            [fact for _, _, fact in sorted(self._heap, key=lambda entry: entry[:2])],
            self._late_facts,
            self._backfill_facts,
            [sorted(counter.items()) for counter in self._counts],
            self.late_ticks,
        )
        return pack(self._fingerprint(), {"buffer": msgspec.msgpack.encode(state)})

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes.

        Raises
        ------
        SnapshotError
            If the bytes are damaged or of other settings.
        """
        body = unpack(self._fingerprint(), data)
        try:
            state = msgspec.msgpack.decode(body["buffer"], type=_State)
            late, backfill, clamped = (Counter(dict(rows)) for rows in state.counts)
        except (KeyError, ValueError) as error:
            raise SnapshotError(f"saved reorder buffer is unreadable: {error}") from error
        self._newest, self._last, self.late_ticks = state.newest, state.last, state.late_ticks
        self._late_facts, self._backfill_facts = state.late, state.backfill
        self._counts = (late, backfill, clamped)
        self._heap, self._serial = [], 0
        for fact in state.held:
            self._hold(order_key(fact), fact)

    def _admit(self, fact: Liquidation) -> None:
        """Hold an event, or put it aside as late or back-fill."""
        if fact.backfill:
            self._backfill_facts.append(fact)
            return
        lag = fact.ts - event_time(fact)
        if lag > self._late:
            self._counts[1][fact.venue] += 1
            self._backfill_facts.append(msgspec.structs.replace(fact, backfill=True))
            return
        if lag < -self._ahead:
            self._counts[2][fact.venue] += 1
            fact = msgspec.structs.replace(fact, ts_venue=fact.ts)
        key = order_key(fact)
        if key < self._last:
            self._counts[0][fact.venue] += 1
            self._late_facts.append(fact)
            return
        self._hold(key, fact)

    def _hold(self, key: Key, fact: Held) -> None:
        """Put a fact into the heap; the serial number decides between facts that are equal in every key."""
        heapq.heappush(self._heap, (key, self._serial, fact))
        self._serial += 1

    def _fingerprint(self) -> str:
        return f"reorder/1 {self._reorder} {self._late} {self._ahead}"
