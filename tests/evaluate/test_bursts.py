"""Bursts by the definition: against a list walked event by event, the simulator's own truth, and the detector."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.collect.simulate.bursts import Bursts, Hit
from clri.detectors.cascade import CascadeDetector
from clri.evaluate.bursts import Burst, bursts, minute_sums, thresholds
from clri.evaluate.sorted_window import SortedWindow
from clri.model.timebase import MINUTE, SECOND
from tests.detectors.streams import T0 as START
from tests.detectors.streams import liquidations, ticks

FLOOR = 100_000.0


@st.composite
def events(draw) -> tuple[np.ndarray, np.ndarray]:
    """Draw (times ns, micro-USD): clusters, many on full seconds, some at equal times."""
    starts = draw(st.lists(st.integers(0, 400), min_size=1, max_size=8))
    at = sorted(
        start * SECOND + draw(st.integers(0, 40)) * 500_000_000
        for start in starts
        for _ in range(draw(st.integers(1, 9)))
    )
    usd = [draw(st.sampled_from((4_000, 20_000, 25_000, 90_000))) * 1_000_000 for _ in at]
    return np.array(at, np.int64), np.array(usd, np.int64)


def slowly(at: list[int], usd: list[int], level: list[float]) -> list[Burst]:
    """Walk through every event and every second, summing the window anew."""
    moments = sorted(
        [(t, 0, k) for k, t in enumerate(at)] + [(s * SECOND, 1, -1) for s in range(at[-1] // SECOND + 200)]
    )
    found, running, last, seen = [], False, 0, 0
    for t, is_tick, k in moments:
        seen = max(seen, k + 1)
        window = [n for n in range(seen) if t - 60 * SECOND < at[n] <= t]
        total = sum(usd[n] for n in window)
        met = len(window) >= 5 and total / 1e6 >= level[min(len(level) - 1, max(0, (t - 1) // MINUTE))]
        if met and not running and not is_tick:
            running = True
            found.append(Burst(at[window[0]], t, t, 0, 0.0))
        if met and running:
            last = t
            own = [n for n in range(seen) if at[n] >= found[-1].started_at]
            found[-1] = found[-1]._replace(last_met_at=t, events=len(own), usd=sum(usd[n] for n in own) / 1e6)
        if running and is_tick and t - last >= 60 * SECOND:
            running = False
    return found


@given(events(), st.lists(st.sampled_from((100_000.0, 150_000.0, 400_000.0)), min_size=1, max_size=9))
@settings(max_examples=150, deadline=None)
def test_bursts_equal_a_walk_through_every_second(drawn, level) -> None:
    at, usd = drawn
    assert bursts(at, usd, np.array(level), 0) == slowly(at.tolist(), usd.tolist(), level)


@given(events())
@settings(max_examples=60, deadline=None)
def test_bursts_equal_the_truth_that_the_simulator_writes(drawn) -> None:
    at, usd = drawn
    plain, found = Bursts(), []
    for second in range(int(at[-1]) // SECOND + 200):
        own = [
            Hit(int(t), float(u) / 1e6, True, 0, 0)
            for t, u in zip(at, usd, strict=True)
            if second * SECOND < t <= (second + 1) * SECOND or (second == 0 and t == 0)
        ]
        found += plain.second((second + 1) * SECOND, own)
    mine = bursts(at, usd, np.array([FLOOR]), 0)
    assert [(b.started_at, b.last_met_at, b.events, b.usd) for b in mine] == [
        (b.started_at, b.ended_at, b.orders, b.usd) for b in found
    ]


@given(liquidations())
@settings(max_examples=60, deadline=None)
def test_the_detector_finds_every_burst_the_moment_it_is_met(facts) -> None:
    at = np.array([fact.ts_venue for fact in facts], np.int64)
    usd = np.array([round(fact.usd * 1e6) for fact in facts], np.int64)
    last = int(at[-1] - START) // SECOND + 130
    times = {id(fact): (fact.ts_venue, 0) for fact in facts}
    stream = sorted([*facts, *ticks(1, last)], key=lambda fact: times.get(id(fact), (fact.ts, 1)))
    detector, first = CascadeDetector("BTC", "replay-simulated"), {}
    for fact in stream:
        for update in detector.on_fact(fact):
            first.setdefault(update.started_at, update.detected_at)
    minute = START // MINUTE * MINUTE
    assert list(first.items()) == [(b.started_at, b.met_at) for b in bursts(at, usd, np.array([FLOOR]), minute)]


def test_worked_vector() -> None:
    at = np.array([0, 10, 20, 30, 40, 41, 200], np.int64) * SECOND
    usd = np.array([10, 30, 30, 20, 10, 40, 500], np.int64) * 1_000_000_000
    [one] = bursts(at, usd, np.array([FLOOR]), 0)
    # 100,000 at 40 s, 140,000 at 41 s; the first event leaves at 60 s, the second at 70 s
    assert one.last_met_at == 69 * SECOND
    assert (one.started_at, one.met_at, one.events, one.usd) == (0, 40 * SECOND, 6, 140_000.0)
    assert bursts(np.zeros(0, np.int64), np.zeros(0, np.int64), np.array([FLOOR]), 0) == []


@pytest.mark.parametrize(("again", "count"), [(120_750, 1), (121_000, 1), (121_001, 2)])
def test_a_burst_ends_at_the_first_full_second_after_60_s(again: int, count: int) -> None:
    # last met at 60.5 s: the first event leaves at 60.9 s, before the next full second
    at = np.array([900, *[60_500] * 4, *[again] * 5], np.int64) * 1_000_000
    usd = np.array([80, *[10] * 4, *[25] * 5], np.int64) * 1_000_000_000
    assert len(bursts(at, usd, np.array([FLOOR]), 0)) == count


def test_thresholds_need_seven_days_and_pass_missing_minutes_over() -> None:
    few = thresholds([5e5] * 10_079, [5e5, 5e5])
    assert few.tolist() == [FLOOR, 5e5, 5e5]
    assert thresholds([math.nan] * 20_000, [0.0]).tolist() == [FLOOR, FLOOR]
    rng = np.random.default_rng(3)
    before, after = rng.exponential(1e6, 43_300), rng.exponential(1e6, 5)
    every = np.concatenate([before, after])
    wanted = [np.quantile(every[max(0, n - 43_200) : n], 0.999) for n in range(43_300, 43_306)]
    assert thresholds(before.tolist(), after.tolist()) == pytest.approx(wanted, rel=1e-12)


def test_minutes_hold_what_ended_in_them() -> None:
    at = np.array([1, MINUTE, MINUTE + 1, 2 * MINUTE], np.int64)
    assert minute_sums(at, np.array([1, 2, 4, 8]), 0, 3).tolist() == [3, 12, 0]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.floats(0, 1), st.integers(0, 39))
def test_sorted_window_equals_numpy(values, q, gone) -> None:
    window = SortedWindow()
    for value in values:
        window.add(value)
    if gone < len(values) - 1:
        window.remove(values.pop(gone))
    assert window.n == len(values)
    assert window.quantile(q) == pytest.approx(np.quantile(values, q), rel=1e-9, abs=1e-6)
