"""The live host when something fails: a bug, a disk, a view, a collector, a stop at the worst moment."""

import asyncio
from pathlib import Path

import pytest

from clri.app.assemble import build_pipeline
from clri.hosts import live
from clri.hosts.live import LiveHost
from clri.hosts.spool import Spool
from clri.model.control import FeedStatus
from clri.model.errors import StoreError
from clri.model.facts import Liquidation
from clri.model.reading import MarketReading
from clri.model.timebase import HOUR, MINUTE, SECOND
from clri.stores.fact_log import FactLogFiles
from clri.stores.memory import MemoryStore
from clri.testing import builders as b
from tests.hosts.running import START, SYMBOLS, VENUES, ManualClock, Pushed, facts, host, started, stop


async def played(at: LiveHost, clock: ManualClock, fed: list, until: int) -> None:
    """Feed facts as they come, and stop at a time."""
    task = await started(at, clock)
    for fact in fed:
        await clock.to(max(fact.ts, clock.now))
        await at.emit([fact])
    await clock.through(until)
    await stop(task)


def of_liquidations(facts: list) -> list[tuple]:
    return [
        (fact.venue, fact.state, fact.gap_from, fact.gap_to)
        for fact in facts
        if isinstance(fact, FeedStatus) and fact.channel == "liquidation"
    ]


# ---------------------------------------------------------------- bugs
def test_a_fact_on_which_the_pipeline_raises_is_stored_counted_and_passed_over(tmp_path: Path) -> None:
    fed, outputs, store = facts(70), [], MemoryStore("live", minutes=600)
    clock = ManualClock()
    at = host(tmp_path, clock, outputs, store)
    feed = at.pipeline.feed
    bad = next(fact for fact in fed if isinstance(fact, Liquidation))

    def raising(fact):
        if fact is bad:
            raise ZeroDivisionError("float division by zero")
        return feed(fact)

    at.pipeline.feed = raising
    asyncio.run(played(at, clock, fed, START + MINUTE + SECOND))
    assert at.counts["failed"] == 1
    assert at.trouble["pipeline"] == "Liquidation of bybit: error in clri: ZeroDivisionError: float division by zero"
    assert len(store.liquidations(None, 0, 1 << 62, limit=1000)) == 70
    assert any(isinstance(out, MarketReading) for out in outputs)


def test_an_error_of_the_view_ends_the_run_and_begins_no_source_anew(tmp_path: Path) -> None:
    clock, source = ManualClock(), Pushed()

    def broken(_) -> None:
        raise BrokenPipeError

    async def go() -> None:
        at = host(tmp_path, clock, [])
        at._on_facts = broken
        task = asyncio.create_task(at.run((source,)))
        await clock.to(clock.now)
        await at.emit(facts(1)[:1])
        with pytest.raises(ExceptionGroup) as caught:
            await task
        assert isinstance(caught.value.exceptions[0], BrokenPipeError)

    asyncio.run(go())
    assert source.runs == 1


# ---------------------------------------------------------------- gaps that no collector tells
def test_a_collector_that_fails_is_a_gap_of_its_liquidations(tmp_path: Path) -> None:
    clock, taken = ManualClock(), []
    fed = facts(5)
    down = b.feed_status(
        ts=fed[-1].ts + SECOND, venue="bybit", symbol="MARKET", channel="collector", state="down", ts_venue=None
    )
    up = b.feed_status(ts=down.ts + 9 * SECOND, venue="bybit", symbol="MARKET", channel="liquidation", state="up")
    last = max(fact.ts for fact in fed if fact.venue == "bybit")
    at = host(tmp_path, clock, [])
    at._on_facts = taken.extend
    asyncio.run(played(at, clock, [*fed, down, up], up.ts))
    assert of_liquidations(taken)[2:] == [
        ("bybit", "down", last, None),
        ("bybit", "gap", last, up.ts),
        ("bybit", "up", None, None),
    ]


def test_a_machine_that_slept_declares_the_time_and_goes_on(tmp_path: Path) -> None:
    clock, taken = ManualClock(), []
    fed = facts(5)
    at = host(tmp_path, clock, [])
    at._on_facts = taken.extend

    async def go() -> None:
        task = await started(at, clock)
        for fact in fed:
            await clock.to(fact.ts)
            await at.emit([fact])
        await clock.to(START + 2 * MINUTE)
        await stop(task)

    asyncio.run(go())
    told = of_liquidations(taken)[2:]
    assert [(venue, state) for venue, state, *_ in told] == [(v, s) for v in VENUES for s in ("gap", "up")]
    assert all(fed[-1].ts - SECOND <= since <= fed[-1].ts < until for _, state, since, until in told if state == "gap")


def test_liquidations_that_were_down_at_the_end_are_missed_since_then(tmp_path: Path) -> None:
    """The calls of the venue went on, but they prove nothing about its liquidations."""
    fed = facts(5)
    lost = fed[-1].ts - SECOND
    status = {"venue": "bybit", "symbol": "MARKET", "channel": "liquidation"}
    down = b.feed_status(**status, ts=fed[-1].ts + SECOND, state="down", gap_from=lost)
    calls = [
        b.open_interest(ts=down.ts + n * SECOND, symbol="BTC", venue="bybit", oi_base=100.0, src="rest")
        for n in range(1, 9)
    ]
    clock = ManualClock()
    asyncio.run(played(host(tmp_path, clock, []), clock, [*fed, down, *calls], calls[-1].ts))
    for n in range(1, 4):  # runs in which it never comes back change nothing
        clock = ManualClock(calls[-1].ts + n * SECOND)
        at = host(tmp_path, clock, [])
        assert at.resume()
        assert at.since["bybit"] == lost
        asyncio.run(played(at, clock, calls[:0], clock.now + SECOND // 2))


# ---------------------------------------------------------------- other settings
def test_other_settings_begin_anew_from_nothing_but_know_since_when(tmp_path: Path) -> None:
    fed = facts(70)
    clock = ManualClock()
    first = host(tmp_path, clock, [])
    asyncio.run(played(first, clock, fed, START + 80 * SECOND))
    store = MemoryStore("live", minutes=600)
    at = LiveHost(
        build_pipeline(SYMBOLS, "live", ("binance",)), store, ManualClock(clock.now), log=FactLogFiles(tmp_path)
    )
    fresh = at.pipeline.snapshot()
    assert not at.resume()
    assert at.pipeline.snapshot() == fresh
    assert "not used" in at.trouble["state"]
    assert at.boundary == 0
    assert at.since.keys() == set(VENUES)
    assert max(at.since.values()) <= fed[-1].ts


def test_a_state_of_a_later_time_is_not_used(tmp_path: Path) -> None:
    clock = ManualClock()
    asyncio.run(played(host(tmp_path, clock, []), clock, facts(5), START + 10 * SECOND))
    outputs: list = []
    back = ManualClock(START - HOUR)
    at = host(tmp_path, back, outputs)
    assert not at.resume()
    assert "set back" in at.trouble["state"]
    asyncio.run(played(at, back, [], START - HOUR + MINUTE + SECOND))
    assert any(isinstance(out, MarketReading) for out in outputs)


# ---------------------------------------------------------------- a stop at the worst moment
def test_a_stop_before_the_history_is_in_keeps_what_came_and_no_half_state(tmp_path: Path) -> None:
    store, clock, source = MemoryStore("live", minutes=600), ManualClock(), Pushed()
    source.begun.clear()
    fed = facts(3)

    async def go() -> None:
        at = host(tmp_path, clock, [], store)
        task = await started(at, clock, source)
        await at.emit(fed)
        await stop(task)

    asyncio.run(go())
    assert len(store.liquidations(None, 0, 1 << 62)) == 3
    assert FactLogFiles(tmp_path).load()[0] is None


def test_a_crowd_of_facts_ends_the_wait_for_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "WAITING_MOST", 10)
    clock, source = ManualClock(), Pushed()
    source.begun.clear()

    async def go() -> None:
        at = host(tmp_path, clock, [])
        task = await started(at, clock, source)
        await at.emit(facts(5))
        while at._waiting is not None:  # noqa: ASYNC110 - a thread is at work
            await asyncio.sleep(0.001)
        assert at.counts["facts"] == len(facts(5))
        await stop(task)

    asyncio.run(go())


# ---------------------------------------------------------------- disks
class Full:
    """A store whose disk is full as long as `full` says so."""

    def __init__(self) -> None:
        self.full = True
        self.taken: list = []

    def write(self, items) -> None:
        self.taken += items

    def flush(self) -> None:
        if self.full:
            raise StoreError("no room on the disk", code="CLRI-STORE-004", retryable=True)


def test_a_full_disk_is_told_while_it_lasts_and_costs_states_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clri.hosts.spool.SHED_FROM", 10)
    monkeypatch.setattr("clri.hosts.spool.MOST", 20)
    trouble: dict[str, str] = {}
    store = Full()
    spool = Spool(store, trouble)
    spool.put([b.mark_funding() for _ in range(10)])
    spool.flush()
    assert trouble == {"store": "CLRI-STORE-004 no room on the disk"}
    spool.put([b.mark_funding(), *(b.liquidation(qty=n) for n in range(1, 10))])
    assert (len(store.taken), spool.shed) == (19, 1)
    spool.put([b.liquidation(qty=20.0)])
    spool.put([b.liquidation(qty=21.0)])
    assert (len(store.taken), spool.shed) == (20, 2)
    spool.flush()
    assert trouble == {"store": "CLRI-STORE-004 no room on the disk; 2 items were given up"}
    store.full = False
    spool.flush()
    assert trouble == {}
    spool.put([b.mark_funding()])
    assert (len(store.taken), spool.shed) == (21, 0)


def test_the_log_refuses_and_the_run_goes_on_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, outputs = ManualClock(), []
    at = host(tmp_path, clock, outputs)

    def full(_) -> None:
        raise StoreError("no room on the disk", code="CLRI-STORE-004", retryable=True)

    with monkeypatch.context() as patch:
        patch.setattr(FactLogFiles, "sync", full)
        asyncio.run(played(at, clock, facts(70), START + 80 * SECOND))
    assert at.trouble["log"] == "CLRI-STORE-004 no room on the disk"
    assert any(isinstance(out, MarketReading) for out in outputs)


def test_statuses_of_the_host_itself_are_in_the_log_once(tmp_path: Path) -> None:
    """What the log holds after all of the above kinds of statuses gives the same state again."""
    clock = ManualClock()
    at = host(tmp_path, clock, [])
    fed = facts(5)
    down = b.feed_status(ts=fed[-1].ts + 1, venue="bybit", symbol="MARKET", channel="collector", state="down")
    at._save = lambda: None if at._saved else (setattr(at, "_saved", True), LiveHost._save(at))  # only the first
    at._saved = False
    asyncio.run(played(at, clock, [*fed, down], START + 2 * MINUTE))
    again = host(tmp_path, ManualClock(clock.now), [])
    assert again.resume()
    assert again.pipeline.snapshot() == at.pipeline.snapshot()
    assert again._heard.last == at._heard.last
