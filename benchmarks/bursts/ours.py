"""The collector as a contender: sockets of some venues up to facts, or through the live host and its pipeline.

`python -m benchmarks.bursts.ours facts|host`: no store, no log, no calls but those for the lists of contracts.
`python -m benchmarks.bursts.ours slow`: as `facts`, but what takes the facts is slower than they come.
`python -m benchmarks.bursts.ours FOLDER`: all that `clri up` runs, with its store and log in the folder.
"""

import asyncio
import gc
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import aiohttp

from benchmarks.bursts import memory
from benchmarks.bursts.talk import serve
from clri.app.assemble import build_pipeline, load
from clri.app.live import Live, venue_settings
from clri.app.settings.model import Collect, General, Settings, VenueAccess, Venues
from clri.collect.crosscheck.stage import CrossCheck
from clri.collect.instruments import InstrumentTable
from clri.collect.live.lists import Lists
from clri.collect.simulate.coins import SYMBOLS
from clri.collect.transport.clock import SteadyClock
from clri.collect.transport.queue import MAX_FRAMES, FactQueue
from clri.collect.transport.socket import Emit, SocketRunner
from clri.collect.venues import VENUES
from clri.hosts.live import LiveHost
from clri.model.facts import Fact, Liquidation
from clri.model.names import Venue

QUIET_S: Final = 0.25
"""A process that used less than a tenth of this time as CPU, and has nothing queued, has nothing left to do."""
SLOW_S: Final = 0.2
SLOW_FRAMES: Final = 2048
"""What `slow` takes for a batch of at most 1,024 frames, and how many may queue."""


class Nowhere:
    """A store that keeps nothing."""

    mode = "live"

    def write(self, items: Iterable[Any]) -> None:
        """Take items."""

    def flush(self) -> None:
        """Nothing is to be made durable."""

    def retain(self, now: int) -> dict[str, int]:  # noqa: ARG002
        """Nothing is kept."""
        return {}

    def close(self) -> None:
        """Nothing is to be released."""


class Sockets:
    """Sockets of one venue as a source of the live host."""

    def __init__(self, venue: Venue, urls: dict[str, str], emit: Emit, queue: FactQueue | None = None) -> None:
        self.venue, self._urls, self._emit, self._queue = venue, urls, emit, queue
        self.begun = asyncio.Event()

    async def run(self) -> None:
        """Ask for the lists, then serve the sockets."""
        table, make, clock = InstrumentTable(), load(VENUES[self.venue]), SteadyClock()
        own, rng = venue_settings(self.venue), random.Random(1)
        headers = dict(getattr(own, "headers", ()))
        bases = {"rest": self._urls["rest_url"], "spot": self._urls["spot_rest_url"]}
        async with aiohttp.ClientSession() as session:
            mapper = make(table, infer=False)
            asked = Lists(self.venue, bases, mapper, self._emit, session=session, rng=rng, clock=clock, headers=headers)
            await asked.load()
            runner = SocketRunner(
                *(self.venue, self._urls["ws_url"], mapper.subscriptions(SYMBOLS)),
                *(lambda: make(table, infer=False), self._emit),
                session=session,
                rng=rng,
                clock=clock,
                queue=self._queue,
            )
            self.begun.set()
            await runner.run()


class Contender:
    """Receives bursts and says what it took.

    Parameters
    ----------
    through
        `facts`, `slow`; `host`: through cross-checks and pipeline; else a folder, for all that `clri up` runs.
    """

    def __init__(self, through: str) -> None:
        self._through = through
        self._got: list[tuple[int, Sequence[Fact]]] = []
        self._queues: list[FactQueue] = []
        self._kept, self._count, self._seen = True, 0, set()
        self._tasks: list[asyncio.Task[None]] = []

    def _take(self, facts: Sequence[Fact]) -> None:
        self._count += len(facts)
        if self._kept:
            self._got.append((time.time_ns(), facts))

    async def _emit(self, facts: Sequence[Fact]) -> None:
        self._take(facts)
        if self._through == "slow":
            await asyncio.sleep(SLOW_S)

    async def open(self, asked: dict[str, Any]) -> None:
        """Open the sockets of the venues in `urls`, and wait until all their feeds are up."""
        urls = asked["urls"]
        if self._through in {"facts", "slow"}:
            frames = MAX_FRAMES if self._through == "facts" else SLOW_FRAMES
            sources = [Sockets(venue, urls[venue], self._emit, FactQueue(frames)) for venue in urls]
            self._tasks = [asyncio.create_task(source.run()) for source in sources]
        elif self._through == "host":
            pipeline, check = build_pipeline(SYMBOLS, "live", tuple(urls)), CrossCheck(SYMBOLS)
            host = LiveHost(pipeline, Nowhere(), SteadyClock(), check=check, on_facts=self._take)
            sources = [Sockets(venue, urls[venue], host.emit) for venue in urls]
            self._tasks = [asyncio.create_task(host.run(sources))]
        else:
            access = Venues(**{venue: VenueAccess(**one) for venue, one in urls.items()})
            general = General(symbols=SYMBOLS, venues=tuple(urls), data_dir=Path(self._through))
            settings = Settings(general=general, collect=Collect(venue=access))
            live = Live(settings, on_facts=self._take, seed=1, history=False)
            self._tasks = [asyncio.create_task(live.run())]
        while not self._all_up(set(urls)):
            await asyncio.sleep(0.2)
            for task in self._tasks:
                if task.done():
                    task.result()

    def _all_up(self, venues: set[str]) -> bool:
        for _, facts in self._got:
            self._seen |= {fact.venue for fact in facts if getattr(fact, "channel", None) == "liquidation"}
        self._got.clear()
        return self._seen >= venues

    async def begin(self, asked: dict[str, Any]) -> None:
        """Start measuring; with `keep` what comes is kept to be told."""
        self._got, self._kept, self._count = [], bool(asked["keep"]), 0
        self._queues = [one for one in gc.get_objects() if isinstance(one, FactQueue)]  # whoever holds them
        gc.collect()
        gc.freeze()
        memory.reset()
        self._before, self._cpu = memory.held(), time.process_time()

    async def end(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Wait until all is done, then tell CPU seconds, memory, and what came: as `server` tells it, and when."""
        used = await quiet(self._queues)
        gc.unfreeze()
        rows = [
            (fact.venue, fact.symbol, fact.side, fact.price, fact.qty, (fact.ts_venue or 0) // 1_000_000, at)
            for at, facts in self._got
            for fact in facts
            if isinstance(fact, Liquidation)
        ]
        grown = memory.peak() - self._before
        dropped: Counter[str] = Counter()
        for queue in self._queues:
            dropped.update(queue.dropped)
        self._got = []
        return {"cpu_s": used - self._cpu, "grown": grown, "rows": rows, "facts": self._count, "dropped": dropped}

    async def close(self) -> None:
        """Stop; what was taken is durable then."""
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)


async def quiet(queues: Sequence[FactQueue] = ()) -> float:
    """CPU seconds of the process, once it has nothing left to do."""
    used = time.process_time()
    while True:
        await asyncio.sleep(QUIET_S)
        now = time.process_time()
        if now - used < QUIET_S / 10 and not any(queues):
            return now
        used = now


async def main() -> None:
    one = Contender(sys.argv[1])
    await serve({"open": one.open, "begin": one.begin, "end": one.end})
    await one.close()


if __name__ == "__main__":
    asyncio.run(main())
