"""clri's own sockets and calls against the fake venues, on a clock that the test moves."""

import asyncio
import contextlib
import functools
import random
from collections import Counter

import aiohttp

from clri.collect.decoders import mapper_class
from clri.collect.transport.poller import Poller
from clri.collect.transport.socket import SocketRunner
from clri.model.control import FeedStatus
from clri.model.facts import Liquidation
from clri.model.instrument import Instrument
from clri.testing.fake_venues import FakeVenues
from tests.collect.transport.clocks import FakeClock, turns
from tests.testing.fake_venues.market import SmallWorld

COINS = ("BTC", "SOL", "DOGE")
GATE = {"X-Gate-Size-Decimal": "1"}


class Collected:
    """One venue as clri collects it."""

    def __init__(self, run: "Run", venue: str, coins) -> None:
        self.venue, self.facts, self.mappers = venue, [], []
        self.mapper = mapper_class(venue)()
        self.run, self.coins = run, coins

        async def emit(facts) -> None:
            self.facts.extend(facts)

        self._emit = emit
        self.poller = self._poller(run.venues.urls[venue])
        self.runner: SocketRunner

    def _poller(self, urls) -> Poller:
        return Poller(
            self.venue,
            {"rest": urls.rest_url, "spot": urls.spot_rest_url},
            self.mapper.polls(self.coins),
            self.mapper,
            self._emit,
            session=self.run.session,
            rng=random.Random(5),
            clock=self.run.venues.clock,
            headers=GATE if self.venue == "gate" else {},
        )

    def start(self, *, sockets=True, polls=True) -> list[asyncio.Task]:
        def mapper():
            if not self.mapper.shared:
                self.mappers.append(mapper_class(self.venue)(self.mapper.table))
            return self.mapper if self.mapper.shared else self.mappers[-1]

        self.poller = self._poller(self.run.venues.urls[self.venue])
        self.runner = SocketRunner(
            self.venue,
            self.run.venues.urls[self.venue].ws_url,
            self.mapper.subscriptions(self.coins),
            mapper,
            self._emit,
            session=self.run.session,
            rng=random.Random(7),
            clock=self.run.venues.clock,
        )
        found = [self.runner.run()] if sockets else []
        return [asyncio.create_task(part) for part in (*found, *([self.poller.run()] if polls else []))]

    async def read_list(self) -> None:
        """Fetch the contract list before the sockets open, as a collector does."""
        urls = self.run.venues.urls[self.venue]
        for poll in self.mapper.lists():
            async with self.run.session.request(poll.method, urls.rest_url + poll.path, data=poll.body) as reply:
                facts = self.mapper.reply(poll.asked, await reply.read(), self.run.venues.clock.wall_ns())
                self.mapper.table.update(fact for fact in facts if isinstance(fact, Instrument))

    def of(self, kind) -> list:
        return [fact for fact in self.facts if isinstance(fact, kind)]

    def newest(self, kind, coin):
        return [fact for fact in self.of(kind) if fact.symbol == coin][-1]

    def states(self, channel=None) -> list[str]:
        return [fact.state for fact in self.of(FeedStatus) if channel in {None, fact.channel}]

    def quarantined(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for mapper in (self.mapper, *self.mappers):
            for counts in (mapper.tally.frames, mapper.tally.rows):
                found += Counter({name: n for name, n in counts.items() if name.startswith("quarantined")})
        return found

    def liquidations(self) -> Counter:
        return Counter(
            (f.symbol, f.side, f.price, f.qty, f.usd, f.ts_venue, f.backfill)
            for f in self.of(Liquidation)
            if f.src == "ws"
        )


class Run:
    def __init__(self, venues: FakeVenues, clock: FakeClock, session: aiohttp.ClientSession) -> None:
        self.venues, self.clock, self.session = venues, clock, session
        self.tasks: list[asyncio.Task] = []

    async def collect(self, venue: str, coins=COINS, **names) -> Collected:
        found = Collected(self, venue, coins)
        listed = asyncio.create_task(found.read_list())
        await self.clock.until(listed.done, 5.0)
        listed.result()
        self.tasks += found.start(**names)
        return found

    async def advance(self, seconds: float) -> None:
        await self.clock.advance(seconds)
        await turns(100)

    async def until(self, condition, within_s: float = 30.0) -> float:
        return await self.clock.until(condition, within_s)

    def told(self, venue: str, *, faulty=False) -> Counter:
        """What the truth says was sent, as `Collected.liquidations` counts it."""
        rows = [row for row in self.venues.truth.sent if row.venue == venue and (faulty or not row.fault)]
        return Counter((row.symbol, row.side, row.price, row.qty, row.usd, row.at, row.backfill) for row in rows)


@contextlib.asynccontextmanager
async def running(world=None, **names):
    clock = FakeClock()
    venues = FakeVenues(world or SmallWorld, clock=clock, **names)
    async with venues, aiohttp.ClientSession() as session:
        run = Run(venues, clock, session)
        try:
            yield run
        finally:
            for task in run.tasks:
                task.cancel()
            found = await asyncio.gather(*run.tasks, return_exceptions=True)
            assert not [one for one in found if isinstance(one, Exception)], found


def on_loop(test):
    """Run an async test."""

    @functools.wraps(test)
    def run(**names) -> None:
        asyncio.run(test(**names))

    return run
