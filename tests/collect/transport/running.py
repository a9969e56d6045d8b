"""A runner against the fake venue, on a clock that the test moves."""

import asyncio
import contextlib
import random

import aiohttp

from clri.collect.mapper import Control
from clri.collect.transport.limits import LIMITS
from clri.collect.transport.queue import FactQueue
from clri.collect.transport.socket import SocketRunner
from clri.collect.venues.binance.mapper import BinanceMapper
from clri.collect.venues.bybit.mapper import BybitMapper
from clri.model.control import FeedStatus
from tests.collect.transport.clocks import FakeClock, turns
from tests.collect.transport.venue import FakeVenue

MAPPERS = {"binance": BinanceMapper, "bybit": BybitMapper}


class Run:
    def __init__(self, venue: FakeVenue, clock: FakeClock, runner: SocketRunner, facts: list) -> None:
        self.venue, self.clock, self.runner, self.facts = venue, clock, runner, facts
        self.task: asyncio.Task[None]

    def statuses(self, channel=None) -> list[FeedStatus]:
        found = [fact for fact in self.facts if isinstance(fact, FeedStatus)]
        return [fact for fact in found if channel in {None, fact.channel}]

    def states(self, channel) -> list[str]:
        return [fact.state for fact in self.statuses(channel)]

    def data(self) -> list:
        return [fact for fact in self.facts if not isinstance(fact, FeedStatus)]

    async def until(self, condition, within_s: float = 20.0) -> float:
        return await self.clock.until(condition, within_s, self.venue.push)

    async def advance(self, seconds: float) -> None:
        await self.clock.advance(seconds, self.venue.push)

    async def stop(self) -> None:
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


@contextlib.asynccontextmanager
async def running(
    name="bybit", coins=("BTC",), emit=None, queue: FactQueue | None = None, answer="ack", mapper=None, clock=None
):
    venue, clock, facts = FakeVenue(), clock or FakeClock(), []
    venue.answer = answer

    async def collect(batch) -> None:
        facts.extend(batch)

    async with venue.server, aiohttp.ClientSession() as session:
        mapper = mapper or MAPPERS[name]
        runner = SocketRunner(
            name,
            venue.base,
            mapper().subscriptions(coins),
            mapper,
            emit or collect,
            session=session,
            rng=random.Random(7),
            clock=clock,
            limits=LIMITS[name],
            queue=queue,
        )
        run = Run(venue, clock, runner, facts)
        run.task = asyncio.create_task(runner.run())
        await turns()
        try:
            yield run
        finally:
            await run.stop()


class Told(BybitMapper):
    """Understands three frames of the tests' own."""

    def decode(self, raw: bytes, recv_ns: int) -> list:
        if raw == b"closing for an upgrade":
            return [Control("notice", reason="upgrade")]
        if raw == b"a hole":
            return [Control("book_invalid", "orderbook.50", "BTCUSDT", "u jumps")]
        if raw == b"a bug":
            raise KeyError(raw)
        return super().decode(raw, recv_ns)


def on_loop(test):
    """Run an async test."""

    def run(**names) -> None:
        asyncio.run(test(**names))

    run.__name__ = test.__name__
    return run
