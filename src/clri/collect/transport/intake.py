"""What one socket receives: all frames of a wake-up decoded as one batch, no delay added (VENUES 5)."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Final

import aiohttp
import msgspec

from clri.collect.mapper import HEAD, Control, VenueMapper
from clri.collect.transport.clock import Clock, Pacer
from clri.collect.transport.feeds import Feeds
from clri.collect.transport.limits import Limits
from clri.collect.transport.queue import FactQueue
from clri.collect.transport.refusal import Loss
from clri.collect.transport.tap import Tap
from clri.collect.transport.topics import Topics, broken
from clri.collect.transport.watchdog import Watchdog
from clri.model.facts import Fact

ANSWER: Final = b"subscribe"
"""In the venues' answers about subscriptions, which name topics and are no data of them."""


class Wire(msgspec.Struct, frozen=True):
    """What all sockets of a venue share; `counts` = losses, rotations, stalls, renewals, nacks, sockets."""

    base: str
    session: aiohttp.ClientSession
    mapper: Callable[[], VenueMapper]
    queue: FactQueue
    feeds: Feeds
    clock: Clock
    limits: Limits
    connects: Pacer
    counts: Counter[str]
    tap: Tap | None = None


class Intake:
    """Decodes the frames of one socket, with a mapper of its own: merge state dies with the socket.

    Parameters
    ----------
    slot
        Number under which its feeds are known.
    control
        Takes what a frame says about the connection, with the monotonic time.
    end
        Gets the error, if the mapper has a bug: a callback of the loop has no caller to raise to.
    """

    def __init__(
        self,
        wire: Wire,
        slot: int,
        topics: Topics,
        watch: Watchdog,
        control: Callable[[Control, float], None],
        end: asyncio.Future[Loss],
    ) -> None:
        self._wire, self._slot, self._topics, self._watch = wire, slot, topics, watch
        self._control, self._end = control, end
        self._clock, self._tap = wire.clock, wire.tap
        self._mapper = wire.mapper()
        wire.counts["sockets"] += 1
        self.connection = wire.counts["sockets"] & 0xFFFF
        self._batch: list[tuple[int, bytes]] = []
        wire.feeds.coins.update((row.raw, row.symbol) for row in self._mapper.table if row.raw is not None)

    def arrived(self, raw: bytes) -> None:
        """Take a frame; it is decoded when the loop has handed out all frames of this wake-up."""
        if not self._batch:
            asyncio.get_running_loop().call_soon(self.flush)
        now = self._clock.wall_ns()
        self._batch.append((now, raw))
        if self._tap is not None:
            self._tap.frame(self.connection, now, raw)

    def flush(self) -> None:
        """Decode what has arrived."""
        batch, self._batch = self._batch, []
        now = self._clock.monotonic()
        if batch:
            self._watch.heard(now, pong=False)
        try:
            for recv_ns, raw in batch:
                self._frame(raw, recv_ns, now)
        except Exception as error:  # noqa: BLE001 - raised where the socket's end is awaited
            if not self._end.done():
                self._end.set_exception(error)

    def _frame(self, raw: bytes, recv_ns: int, now: float) -> None:
        items = self._mapper.decode(raw, recv_ns)
        if len(items) == 1 and isinstance(items[0], Fact):  # by far the most frequent
            self._data(raw, items, recv_ns, now)  # type: ignore[arg-type]
            self._wire.queue.put(items, len(raw))  # type: ignore[arg-type]
            return
        controls = [item for item in items if isinstance(item, Control)]
        facts = [item for item in items if isinstance(item, Fact)]
        if any(control.kind == "pong" for control in controls):
            self._watch.heard(now, pong=True)
        if facts or not (controls or ANSWER in raw[:HEAD] or broken(self._mapper.tally, raw)):
            self._data(raw, facts, recv_ns, now)
        for control in controls:
            self._control(control, now)
        if facts:
            self._wire.queue.put(facts, len(raw))

    def _data(self, raw: bytes, facts: list[Fact], recv_ns: int, now: float) -> None:
        feeds = self._wire.feeds
        for key in self._topics.of(raw, facts):
            if self._watch.saw(key, now):
                feeds.coins.update((fact.raw, fact.symbol) for fact in facts if fact.raw is not None)
                feeds.alive(self._slot, key, recv_ns)
