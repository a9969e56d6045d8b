"""A live host under a clock that the test moves, and facts of two venues for it."""

import asyncio
from pathlib import Path

import pytest

from clri.app.assemble import build_pipeline
from clri.hosts.live import LiveHost
from clri.model.timebase import MINUTE, SECOND
from clri.stores.fact_log import FactLogFiles
from clri.stores.memory import MemoryStore
from clri.testing import builders as b

START = 29_833_333 * MINUTE
SYMBOLS, VENUES = ("BTC", "ETH"), ("binance", "bybit")


class ManualClock:
    """Wall time as the test sets it; a sleep ends when the time has come."""

    def __init__(self, now: int = START) -> None:
        self.now = now
        self.moved = asyncio.Event()

    def monotonic(self) -> float:
        return self.now / SECOND

    def wall_ns(self) -> int:
        return self.now

    async def sleep(self, seconds: float) -> None:
        until = self.now + round(seconds * SECOND)
        await asyncio.sleep(0)
        while self.now < until:
            await self.moved.wait()

    async def to(self, now: int) -> None:
        self.now = now
        self.moved.set()
        self.moved = asyncio.Event()
        for _ in range(20):
            await asyncio.sleep(0)

    async def through(self, until: int, step_s: int = 20) -> None:
        """As `to`, in steps that are no leap in time."""
        while self.now < until:
            await self.to(min(until, self.now + step_s * SECOND))


class Pushed:
    """A source that pushes what the test gives it."""

    venue = "bybit"

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.begun.set()
        self.runs = 0
        self.fails: list[Exception] = []

    async def run(self) -> None:
        self.runs += 1
        if self.fails:
            raise self.fails.pop()
        await asyncio.Event().wait()


def facts(seconds: int, start: int = START) -> list:
    made = [
        b.feed_status(ts=start + 1 + n, ts_venue=None, symbol="MARKET", venue=venue, channel="liquidation", state="up")
        for n, venue in enumerate(VENUES)
    ]
    for n in range(seconds):
        at = start + n * SECOND + 1000
        for k, venue in enumerate(VENUES):
            made.append(b.mark_funding(ts=at + k, ts_venue=at, symbol="BTC", venue=venue, mark=60_000.0 + n))
            made.append(b.open_interest(ts=at + 10 + k, ts_venue=at, symbol="BTC", venue=venue, oi_base=100.0 + n))
        liq = {"symbol": "BTC", "venue": "bybit", "price": 60_000.0, "qty": 1.0 + n, "usd": 60_000.0 * (1 + n)}
        made.append(b.liquidation(ts=at + 30, ts_venue=at, event_id=f"{start}-{n}", **liq))
    return sorted(made, key=lambda fact: fact.ts)


def host(folder: Path, clock: ManualClock, outputs: list, store: MemoryStore | None = None) -> LiveHost:
    return LiveHost(
        build_pipeline(SYMBOLS, "live", VENUES),
        store or MemoryStore("live", minutes=600),
        clock,
        log=FactLogFiles(folder),
        on_outputs=outputs.extend,
    )


async def started(at: LiveHost, clock: ManualClock, *sources: Pushed) -> asyncio.Task:
    task = asyncio.create_task(at.run(sources or (Pushed(),)))
    await clock.to(clock.now)
    return task


async def stop(task: asyncio.Task) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
