"""The sockets of a venue, exchanged without a gap when other topics are wanted."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from clri.collect.mapper import Conn
from clri.collect.transport.clock import Clock
from clri.collect.transport.socket import Emit, SocketRunner
from clri.model.control import LIQUIDATION, FeedStatus
from clri.model.facts import Fact
from clri.model.names import MARKET

PATIENCE_S: Final = 30.0
"""Time that new sockets get to deliver before the former ones are kept instead."""
TURN_S: Final = 0.5

Make = Callable[[list[Conn], Emit], SocketRunner]


class _Turn:
    """Sockets for one set of topics; while they are `held`, what they say about their feeds is not passed on."""

    def __init__(self, conns: list[Conn], make: Make, emit: Emit, *, held: bool) -> None:
        self._emit = emit
        self._newest: dict[tuple[str, str], FeedStatus] = {}
        self.conns, self.held, self.ended = conns, held, False
        self.runner = make(conns, self._take)
        self.task = asyncio.create_task(self.runner.run())

    async def _take(self, facts: Sequence[Fact]) -> None:
        if self.held or self.ended:
            for fact in facts:
                if isinstance(fact, FeedStatus) and fact.state != "gap":
                    self._newest[fact.channel, fact.symbol] = fact
            facts = [fact for fact in facts if not isinstance(fact, FeedStatus)]
        if facts:
            await self._emit(facts)

    @property
    def delivers(self) -> bool:
        """Whether its liquidations are known to come."""
        told = self._newest.get((LIQUIDATION, MARKET))
        return told is not None and told.state == "up"

    async def lead(self, ts: int) -> None:
        """Say from now on, and at once what was not said so far."""
        self.held = False
        await self._emit([msgspec.structs.replace(fact, ts=ts) for fact in self._newest.values()])

    async def end(self) -> None:
        """Close; what comes until then is passed on, but for its last words about feeds that others carry."""
        self.ended = True
        self.task.cancel()
        await asyncio.wait((self.task,))


class Sockets:
    """Keeps the sockets of a venue open.

    Parameters
    ----------
    make
        Makes the runner of some connections.
    emit
        Takes what they bring.

    Attributes
    ----------
    counts
        Of all runners so far, among them `dropped`, and `queued` of the present one.

    Notes
    -----
    Others are opened beside the former ones, which are closed as soon as the new ones deliver: what both bring counts
    once by its id. If the new ones do not deliver within 30 s they are closed instead, and `change` says so.
    """

    def __init__(self, make: Make, emit: Emit, clock: Clock) -> None:
        self._make, self._emit, self._clock = make, emit, clock
        self._ended: Counter[str] = Counter()
        self._turn: _Turn | None = None
        self._changed = asyncio.Event()

    async def run(self, conns: list[Conn]) -> None:
        """Serve until cancelled."""
        self._turn = _Turn(conns, self._make, self._emit, held=False)
        try:
            while True:
                turn = self._turn
                self._changed.clear()
                changed = asyncio.create_task(self._changed.wait())
                await asyncio.wait((turn.task, changed), return_when=asyncio.FIRST_COMPLETED)
                changed.cancel()
                if turn is self._turn:
                    turn.task.result()
        finally:
            self._turn.task.cancel()
            await asyncio.wait((self._turn.task,))

    async def change(self, conns: list[Conn]) -> bool:
        """Serve other topics from now on; True if they are served, also if they are the same."""
        old = self._turn
        if old is None or topics(conns) == topics(old.conns):
            return True
        heir = _Turn(conns, self._make, self._emit, held=True)
        try:
            until = self._clock.monotonic() + PATIENCE_S
            while not heir.delivers and not heir.task.done() and self._clock.monotonic() < until:
                await self._clock.sleep(TURN_S)
            well = heir.delivers and not heir.task.done()
            if well:
                self._turn = heir
                self._changed.set()
                await heir.lead(self._clock.wall_ns())
            gone = old if well else heir
            await gone.end()
            self._ended.update(_counts(gone.runner))
        except BaseException:
            heir.task.cancel()
            old.task.cancel()
            await asyncio.wait((heir.task, old.task))
            raise
        return well

    @property
    def counts(self) -> Counter[str]:
        """Losses, rotations and renewals, and facts that were dropped."""
        found = Counter(self._ended)
        if self._turn is not None:
            found.update(_counts(self._turn.runner))
            found["queued"] = len(self._turn.runner.queue)
        return found


def _counts(runner: SocketRunner) -> dict[str, int]:
    return dict(runner.counts) | {"dropped": runner.queue.dropped.total()}


def topics(conns: list[Conn]) -> set[tuple[str, str | None]]:
    """What connections are to deliver."""
    return {(one.channel, one.symbol) for conn in conns for one in conn.expect}
