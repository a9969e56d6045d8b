"""The socket runner: all sockets of one venue, from subscription to facts (VENUES 5)."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import aiohttp

from clri.collect.mapper import Conn, VenueMapper
from clri.collect.transport.clock import Clock, Pacer, SystemClock
from clri.collect.transport.feeds import Feeds
from clri.collect.transport.intake import Wire
from clri.collect.transport.limits import LIMITS, Limits
from clri.collect.transport.queue import FactQueue
from clri.collect.transport.slot import Slot
from clri.collect.transport.tap import Tap
from clri.model.control import FeedStatus
from clri.model.facts import Fact
from clri.model.names import Venue

STOP_S: Final = 5.0
"""Real seconds that the consumer gets to take what is left after a cancel."""

Emit = Callable[[Sequence[Fact]], Awaitable[None]]


class SocketRunner:
    """Sockets of one venue; `run` serves until it is cancelled.

    Parameters
    ----------
    base
        Base URL of the venue's sockets (its settings).
    conns
        Sockets to keep open (`VenueMapper.subscriptions`).
    mapper
        Makes the mapper of a new socket: merge state dies with the socket, so mappers may share nothing but the
        instrument table.
    emit
        Takes batches of facts in order of receipt, among them FeedStatus. While it waits facts queue up; in a
        full queue the newest book, mark and ticker per symbol stay, and reading pauses rather than lose anything else.
    session
        HTTP session of the caller, who closes it.
    rng
        Seeded; spreads waits and rotations.
    clock, limits, queue
        Default: the machine's clocks, the venue's limits, 65,536 frames or 64 MiB.
    tap
        Hears every frame as it came, for recordings.

    Attributes
    ----------
    counts
        Losses, rotations, stalls of the own loop, renewals and nacks since the start.
    queue
        What has not been handed out yet, and what was dropped.

    Notes
    -----
    A cancel closes each socket with code 1000, emits a gap for each feed that was up, and hands out what is queued.
    """

    def __init__(
        self,
        venue: Venue,
        base: str,
        conns: Sequence[Conn],
        mapper: Callable[[], VenueMapper],
        emit: Emit,
        *,
        session: aiohttp.ClientSession,
        rng: random.Random,
        clock: Clock | None = None,
        limits: Limits | None = None,
        queue: FactQueue | None = None,
        tap: Tap | None = None,
    ) -> None:
        self._emit = emit
        self._clock = clock or SystemClock()
        self.queue = FactQueue() if queue is None else queue  # an empty one is false
        self._feeds = Feeds(venue, self._status)
        limits = limits or LIMITS[venue]
        connects = Pacer(self._clock, limits.connects_s)
        self.counts: Counter[str] = Counter()
        wire = Wire(base, session, mapper, self.queue, self._feeds, self._clock, limits, connects, self.counts, tap)
        self._slots = [Slot(wire, number, conn, rng) for number, conn in enumerate(conns)]

    def _status(self, fact: FeedStatus) -> None:
        self.queue.put((fact,), 0)

    async def run(self) -> None:
        """Serve until cancelled."""
        async with asyncio.TaskGroup() as outer:
            drain = outer.create_task(self._drain())
            try:
                async with asyncio.TaskGroup() as group:
                    for slot in self._slots:
                        group.create_task(slot.run())
            except asyncio.CancelledError:
                self._feeds.stop(self._clock.wall_ns())
                self.queue.close()
                await asyncio.wait((drain,), timeout=STOP_S)
                drain.cancel()
                raise

    async def _drain(self) -> None:
        while facts := await self.queue.get():
            await self._emit(facts)
