"""Ticks between facts."""

from hypothesis import given
from hypothesis import strategies as st

from clri.hosts.ticker import with_ticks
from clri.model.control import Tick
from clri.model.timebase import MINUTE, SECOND
from clri.testing.builders import mark_funding

START = 29_833_333 * MINUTE


def at(offsets):
    return [mark_funding(ts=START + offset, ts_venue=None) for offset in offsets]


def test_nothing_in_nothing_out() -> None:
    assert list(with_ticks([])) == []


def test_a_fact_on_the_boundary_comes_before_its_tick() -> None:
    kinds = [type(fact).__name__ for fact in with_ticks(at([SECOND]))]
    assert kinds[:2] == ["MarkFunding", "Tick"]


def test_the_minute_of_the_last_fact_is_closed() -> None:
    ticks = [fact for fact in with_ticks(at([5 * SECOND, 70 * SECOND])) if isinstance(fact, Tick)]
    assert [t.boundary - START for t in ticks if t.period_s == 60] == [MINUTE, 2 * MINUTE]
    assert len([t for t in ticks if t.period_s == 1]) == 116


@given(st.lists(st.integers(0, 400 * SECOND), min_size=1, max_size=40).map(sorted))
def test_time_never_runs_back_and_no_second_is_left_out(offsets) -> None:
    out = list(with_ticks(at(offsets)))
    assert [fact.ts for fact in out] == sorted(fact.ts for fact in out)
    seconds = [fact.boundary for fact in out if isinstance(fact, Tick) and fact.period_s == 1]
    assert seconds == list(range(seconds[0], seconds[-1] + 1, SECOND))
    assert seconds[-1] % MINUTE == 0
    assert sum(not isinstance(fact, Tick) for fact in out) == len(offsets)
