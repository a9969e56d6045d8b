"""The live host: same bytes as a replay of its log, over kills and restarts, whatever a source does."""

import asyncio
from pathlib import Path

import pytest

from clri.app.assemble import build_pipeline
from clri.hosts.live import LiveHost
from clri.hosts.ticker import with_ticks
from clri.model.codec import encode
from clri.model.control import FeedStatus, Tick
from clri.model.facts import Liquidation
from clri.model.reading import MarketReading
from clri.model.timebase import HOUR, MINUTE, SECOND
from clri.stores.memory import MemoryStore
from clri.testing import builders as b
from tests.hosts.running import START, SYMBOLS, VENUES, ManualClock, Pushed, facts, host, started, stop


def test_live_gives_the_bytes_of_a_replay(tmp_path: Path) -> None:
    fed = facts(130)
    outputs: list = []

    async def go() -> None:
        clock = ManualClock()
        at = host(tmp_path, clock, outputs)
        task = await started(at, clock)
        for fact in fed:
            await clock.to(fact.ts)
            await at.emit([fact])
        await clock.through(START + 3 * MINUTE + SECOND)
        await stop(task)

    asyncio.run(go())
    replayed = build_pipeline(SYMBOLS, "live", VENUES).run(with_ticks(fed))
    assert [encode(out) for out in outputs] == [encode(out) for out in replayed]
    assert sum(isinstance(out, MarketReading) for out in outputs) == 3


@pytest.mark.parametrize("cut", [1, 40, 260, 500])
def test_a_kill_and_a_restart_lose_nothing_that_was_acknowledged(tmp_path: Path, cut: int) -> None:
    fed = facts(130)
    first: list = []
    second: list = []
    held = MemoryStore("live", minutes=600)

    async def until_killed() -> None:
        clock = ManualClock()
        at = host(tmp_path, clock, first, held)
        task = await started(at, clock)
        for fact in fed[:cut]:
            await clock.to(fact.ts)
            await at.emit([fact])
        at._write()  # what the second's commit does; a kill follows
        at._save = at._write = lambda: None  # type: ignore[method-assign]
        await stop(task)

    async def again() -> None:
        clock = ManualClock(fed[cut].ts)
        at = host(tmp_path, clock, second, held)
        assert at.resume()
        assert max(at.since.values()) <= fed[cut - 1].ts
        at._heard._lost.clear()  # no pause: the gap has its own test
        task = await started(at, clock)
        for fact in fed[cut:]:
            await clock.to(fact.ts)
            await at.emit([fact])
        await clock.through(START + 3 * MINUTE + SECOND)
        await stop(task)

    asyncio.run(until_killed())
    asyncio.run(again())
    replayed = build_pipeline(SYMBOLS, "live", VENUES).run(with_ticks(fed))
    markets = [encode(out) for out in replayed if isinstance(out, MarketReading)]
    assert [encode(out) for out in held.market(0, 1 << 62)] == markets
    stored = held.liquidations(None, 0, 1 << 62, limit=10_000)
    assert {fact.event_id for fact in stored} == {fact.event_id for fact in fed if isinstance(fact, Liquidation)}
    assert len(stored) == 130


def test_the_pause_between_two_runs_is_a_gap(tmp_path: Path) -> None:
    fed = facts(5)
    taken: list = []

    async def run(part: list, now: int) -> LiveHost:
        clock = ManualClock(now)
        at = host(tmp_path, clock, [])
        at._on_facts = taken.extend
        at.resume()
        task = await started(at, clock)
        for fact in part:
            await clock.to(max(fact.ts, now))
            await at.emit([fact])
        await stop(task)
        return at

    asyncio.run(run(fed, START))
    last = fed[-1].ts
    taken.clear()
    later = facts(1, START + 4 * MINUTE)
    asyncio.run(run(later, START + 4 * MINUTE))
    gaps = [fact for fact in taken if isinstance(fact, FeedStatus) and fact.state == "gap"]
    assert {(fact.venue, fact.gap_to) for fact in gaps} == {(fact.venue, fact.ts) for fact in later[:2]}
    assert all(last - SECOND <= fact.gap_from <= last for fact in gaps)


def test_history_warms_the_first_minute(tmp_path: Path) -> None:
    now = START + 10 * HOUR
    history = [
        b.open_interest(
            ts=now, ts_venue=at, symbol="BTC", venue="bybit", oi_base=100.0 + n, period_s=300, backfill=True
        )
        for n, at in enumerate(range(START, now, 5 * MINUTE))
    ]
    history += [
        b.mark_funding(ts=now, ts_venue=at, symbol="BTC", venue="bybit", kind="settled", backfill=True)
        for at in range(START, now, 8 * HOUR)
    ]
    outputs: list = []

    async def go() -> None:
        clock = ManualClock(now)
        at = host(tmp_path, clock, outputs)
        source = Pushed()
        source.begun.clear()
        task = await started(at, clock, source)
        await at.emit(history)
        await at.emit(facts(1, now))
        source.begun.set()
        while at._waiting is not None:  # noqa: ASYNC110 - a thread is at work
            await asyncio.sleep(0.001)
        await clock.to(now + MINUTE + SECOND)
        await stop(task)
        assert at.counts["history_rows"] == 8 * 12 + 120

    asyncio.run(go())
    market = next(out for out in outputs if isinstance(out, MarketReading))
    reading = next(out for out in outputs if getattr(out, "clri_raw", 0) != 0 and out.symbol == "BTC")
    assert market.ts == now + MINUTE
    assert reading.oi_change_1h_pct is not None


def test_a_source_that_raises_is_told_and_begins_again(tmp_path: Path) -> None:
    taken: list = []

    async def go() -> None:
        clock = ManualClock()
        at = host(tmp_path, clock, [])
        at._on_facts = taken.extend
        source = Pushed()
        source.fails.append(RuntimeError("no such thing"))
        task = await started(at, clock, source, Pushed())
        for n in range(1, 12):
            await clock.to(START + n * SECOND // 4)
        assert source.runs == 2
        await stop(task)

    asyncio.run(go())
    (said,) = [fact for fact in taken if isinstance(fact, FeedStatus)]
    assert (said.channel, said.state, said.code) == ("collector", "down", "CLRI-FEED-013")
    assert "RuntimeError: no such thing" in str(said.detail)


def test_time_goes_on_without_facts_and_leaps_over_a_day_of_sleep(tmp_path: Path) -> None:
    outputs: list = []

    async def go() -> None:
        clock = ManualClock()
        at = host(tmp_path, clock, outputs)
        task = await started(at, clock)
        await clock.to(START + MINUTE + SECOND)
        assert at.boundary == START + MINUTE
        await clock.to(START + 49 * HOUR)
        assert at.boundary >= START + 49 * HOUR - 2 * SECOND
        assert at.counts["skipped_s"] > 48 * 3600
        await clock.to(START + 49 * HOUR + MINUTE + SECOND)
        await stop(task)

    asyncio.run(go())
    closed = [out.ts - START for out in outputs if isinstance(out, MarketReading)]
    assert closed == [MINUTE, 49 * HOUR, 49 * HOUR + MINUTE]
    assert not any(isinstance(out, Tick) for out in outputs)
