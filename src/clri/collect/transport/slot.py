"""One socket kept alive for ever: reconnect with backoff, and rotation without a gap (VENUES 5)."""

import asyncio
import random
from typing import Final

from clri.collect.mapper import Conn
from clri.collect.transport.backoff import Backoff
from clri.collect.transport.clock import limited
from clri.collect.transport.intake import Wire
from clri.collect.transport.link import TICK_S, Link
from clri.collect.transport.refusal import Loss, bug
from clri.collect.transport.watchdog import Key

ROTATE_S: Final = 23 * 3600.0
ROTATE_SPREAD_S: Final = 1800.0
READY_S: Final = 30.0
RETRY_S: Final = 60.0
"""Wait before a rotation that failed is tried again; the old socket serves meanwhile."""


class Slot:
    """Keeps the socket of one `Conn` open.

    Parameters
    ----------
    number
        Tells the slots of a venue apart.
    rng
        Spreads waits and rotations.
    """

    def __init__(self, wire: Wire, number: int, conn: Conn, rng: random.Random) -> None:
        self._wire, self._number, self._conn, self._rng = wire, number, conn, rng
        self._backoff = Backoff(rng)
        self._given_up: frozenset[Key] = frozenset()
        self._keys = [(one.channel, one.symbol) for one in conn.expect]
        sparse = [(one.channel, one.symbol) for one in conn.expect if one.max_silence_s is None]
        wire.feeds.expect(number, self._keys, sparse)

    async def run(self) -> None:
        """Serve until cancelled."""
        clock = self._wire.clock
        while True:
            await self._wire.connects.turn()
            self._link = self._new(leading=True)
            try:
                loss = await self._serve()
            except Exception as error:  # noqa: BLE001 - the supervisor's edge: one venue's bug stays with it
                loss = bug(error)
            self._wire.counts["losses"] += 1
            for key in self._keys:
                self._link.silent(key, loss.state, loss.label, loss.detail)
            self._given_up = self._link.watch.given_up | set(loss.keys)
            wait_s = self._backoff.lost(clock.monotonic(), opened=self._link.opened)
            self._judge(clock.monotonic())
            await clock.sleep(max(wait_s, loss.wait_s))

    def _new(self, *, leading: bool) -> Link:
        link = Link(self._wire, self._number, self._conn, self._given_up, leading=leading)
        link.on_tick = self._judge
        return link

    def _judge(self, now: float) -> None:
        if self._link.watch.delivered and self._link.watch.fresh:
            self._backoff.data(now)
        self._wire.feeds.hold(self._number, self._wire.clock.wall_ns(), held=self._backoff.flapping(now))

    async def _serve(self) -> Loss:
        """Run the socket and its successors until one is lost."""
        at_s = self._life_s()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._link.run())
            while True:
                due = group.create_task(self._due(self._link, at_s))
                await asyncio.wait((task, due), return_when=asyncio.FIRST_COMPLETED)
                due.cancel()
                if task.done():
                    return task.result()
                heir = self._new(leading=False)
                served = group.create_task(heir.run())
                ready = group.create_task(self._ready(heir))
                await asyncio.wait((task, served, ready), return_when=asyncio.FIRST_COMPLETED)
                # If the old one is lost meanwhile, a successor that delivers is better than a third socket.
                well = ready.result() if ready.done() else task.done() and heir.watch.delivered and heir.watch.sounding
                well = well and not served.done()
                ready.cancel()
                old, old_task = (self._link, task) if well else (heir, served)
                if well:
                    self._link, task, at_s = heir, served, self._life_s()
                    self._wire.counts["rotations"] += 1
                else:
                    self._link.notice.clear()
                    at_s = RETRY_S
                old.leading = False
                self._link.leading = True
                old.close()
                await asyncio.wait((old_task,))
                self._announce()

    def _life_s(self) -> float:
        return ROTATE_S + self._rng.uniform(-ROTATE_SPREAD_S, ROTATE_SPREAD_S)

    def _announce(self) -> None:
        """What the present socket delivers is up, what it lacks is stale, whatever the other one said last."""
        for key in self._link.watch.fresh:
            self._wire.feeds.alive(self._number, key, self._wire.clock.wall_ns())
        for key in self._link.watch.stale:
            self._link.silent(key, "stale", "silent", "no data")

    async def _due(self, link: Link, seconds: float) -> None:
        try:
            await limited(self._wire.clock, seconds, link.notice.wait())
        except TimeoutError:
            return

    async def _ready(self, heir: Link) -> bool:
        """Whether the new socket delivers on each topic, or after 30 s at least on each channel."""
        clock = self._wire.clock
        until = clock.monotonic() + READY_S
        while not heir.watch.complete:
            if clock.monotonic() >= until:
                return heir.watch.sounding and heir.watch.delivered
            await clock.sleep(TICK_S)
        return True
