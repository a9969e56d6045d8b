"""The replay host: what it counts, when it commits, and that its pace changes nothing."""

from collections.abc import Iterator

import pytest

from clri.app.assemble import build_pipeline
from clri.engine.pipeline import MarketPipeline
from clri.hosts import replay as module
from clri.hosts.backtest import backtest
from clri.hosts.replay import Summary, replay
from clri.model.codec import encode
from clri.model.facts import Fact, Liquidation
from clri.model.observation import Observation
from clri.model.reading import MarketReading, Reading
from clri.model.timebase import MINUTE, SECOND
from clri.stores.memory import MemoryStore
from clri.testing.builders import T0, liquidation, mark_funding, open_interest
from tests.scores.panel_data import matrix, tier


class Listed:
    """A source of the facts in a list."""

    def __init__(self, facts: list[Fact]) -> None:
        self._facts = facts

    def facts(self) -> Iterator[Fact]:
        return iter(self._facts)

    def describe(self) -> str:
        return "a list"


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def recorded(seconds: int = 150) -> Listed:
    """A mark, open interest and a liquidation, again and again."""
    facts: list[Fact] = []
    for n in range(0, seconds, 3):
        ts = T0 + n * SECOND + 7
        facts += [mark_funding(ts=ts), open_interest(ts=ts + 1), liquidation(ts=ts + 2, qty=1.0 + n)]
    return Listed(facts)


def pipeline() -> MarketPipeline:
    return build_pipeline(("BTC",), "replay-recorded", ("bybit",))


def outputs(**options) -> tuple[Summary, list[bytes]]:
    found: list[bytes] = []
    summary = replay(recorded(), pipeline(), on_output=lambda out: found.append(encode(out)), **options)
    return summary, found


def test_it_counts_facts_without_ticks_and_the_span(clock: Clock) -> None:
    summary, found = outputs()
    assert (summary.facts, summary.outputs) == (150, len(found))
    assert (summary.start, summary.end) == (T0 + 7, T0 + 3 * MINUTE)
    assert (summary.took_s, clock.slept) == (0.0, [])


def test_nothing_in_nothing_out() -> None:
    summary = replay(Listed([]), pipeline())
    assert (summary.facts, summary.outputs, summary.start, summary.end) == (0, 0, 0, 0)


def test_the_pace_changes_no_byte_and_takes_its_time(clock: Clock) -> None:
    _, flat_out = outputs()
    assert clock.now == 0.0
    for speed, took in ((1.0, 180.0), (60.0, 3.0)):
        clock.now = 0.0
        summary, paced = outputs(speed=speed)
        assert paced == flat_out
        assert summary.took_s == pytest.approx(took, abs=1 / speed)
        assert max(clock.slept) <= 1.0 + 1e-9


def test_facts_and_outputs_reach_the_store_in_order_and_are_durable_once_a_second(clock: Clock) -> None:
    log: list[str] = []

    class Noting(MemoryStore):
        def write(self, items) -> None:
            log.extend(type(item).__name__ for item in items)
            super().write(items)

        def flush(self) -> None:
            log.append("flush")
            super().flush()

    with Noting("replay-recorded") as store:
        summary = replay(recorded(), pipeline(), store, speed=1.0)
        flushes = [at for at, what in enumerate(log) if what == "flush"]
        assert len(flushes) == pytest.approx(summary.took_s, abs=3)
        assert log[-1] == "flush"  # what came last is durable too
        assert log.index("Reading") > log.index("Observation") > log.index("Tick")
        assert log.count("Liquidation") == 50
        assert [r.ts for r in store.readings("BTC", 0, 2**62)] == [T0 + n * MINUTE for n in (1, 2, 3)]
        assert len(store.liquidations(None, 0, 2**62, 1000)) == 50


def test_flat_out_is_one_flush_unless_it_takes_long(clock: Clock) -> None:
    class Slow(MemoryStore):
        flushed = 0

        def write(self, items) -> None:
            clock.now += 0.05
            super().write(items)

        def flush(self) -> None:
            self.flushed += 1

    store = Slow("replay-recorded")
    summary = replay(recorded(), pipeline(), store)
    assert store.flushed == pytest.approx(summary.took_s, abs=2)
    assert summary.took_s > 2


def test_an_error_of_the_source_goes_up() -> None:
    class Broken(Listed):
        def facts(self) -> Iterator[Fact]:
            yield from self._facts[:4]
            raise RuntimeError("torn")

    with pytest.raises(RuntimeError, match="torn"):
        replay(Broken(recorded()._facts), pipeline())


def test_readings_come_with_the_market_of_their_minute() -> None:
    found: list = []
    replay(recorded(), pipeline(), on_output=found.append)
    kinds = [type(out).__name__ for out in found if isinstance(out, Observation | Reading | MarketReading)]
    assert kinds == ["Observation", "Reading", "MarketReading"] * 3
    assert [out.ts for out in found if isinstance(out, MarketReading)] == [T0 + n * MINUTE for n in (1, 2, 3)]
    assert not any(isinstance(out, Liquidation) for out in found)


# ---------------------------------------------------------------- backtest
class Cut:
    """A table of 50 rows, only what `backtest` reads of it."""

    t0, offset_ns, height = 120_000, 0, 50
    values = matrix(50, 3, seed=9)


@pytest.mark.parametrize("block", [1, 7, 49, 50, 8_192])
def test_how_a_table_is_cut_changes_no_byte(block: int) -> None:
    def lines(size: int) -> list[bytes]:
        rows = backtest(Cut(), tier(), "replay-recorded", block=size)
        return [encode(item) for minute in rows for item in minute.outputs()]

    done: list[int] = []
    list(backtest(Cut(), tier(), "replay-recorded", block=block, on_rows=done.append))
    assert sum(done) == 50
    assert lines(block) == lines(13)
