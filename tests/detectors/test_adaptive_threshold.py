"""The adaptive threshold against numpy over the samples of the last days."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.detectors.adaptive_threshold import AdaptiveThreshold
from clri.model.errors import SnapshotError
from clri.model.timebase import DAY, MINUTE

PER_DAY = DAY // MINUTE


def test_thirty_days_equal_numpy_bit_for_bit() -> None:
    rng = np.random.default_rng(5)
    quiet = rng.random(50_000) < 0.8
    sums = np.where(quiet, 0.0, rng.pareto(1.2, 50_000) * 5_000.0)
    missing = rng.random(50_000) < 0.05
    ours = AdaptiveThreshold(100_000.0, 0.999, 30, 10_080)
    first = 29_000_000
    for i in range(50_000):
        ours.sample((first + i) * MINUTE, None if missing[i] else float(sums[i]))
        if i % 9_973 == 0 or i in {10_600, 10_700, 49_999}:
            recent = slice(max(0, i + 1 - 43_200), i + 1)
            held = sums[recent][~missing[recent]]
            quantile = float(np.quantile(held, 0.999)) if held.size >= 10_080 else 0.0
            assert ours.n == held.size
            assert ours.value == max(100_000.0, quantile)
            assert ours.source == ("adaptive" if quantile > 100_000.0 else "floor")
    assert ours.source == "adaptive"


def test_warm_up_ends_at_exactly_n_min_samples() -> None:
    ours = AdaptiveThreshold(100_000.0, 0.999, 30, 10_080)
    for minute in range(10_079):
        ours.sample(minute * MINUTE, 1e6)
    assert (ours.value, ours.source) == (100_000.0, "floor")
    ours.sample(10_079 * MINUTE, None)
    assert ours.source == "floor"
    ours.sample(10_080 * MINUTE, 1e6)
    assert (ours.value, ours.source) == (1e6, "adaptive")


def test_missing_minutes_are_no_zeros() -> None:
    ours = AdaptiveThreshold(1.0, 0.5, 1, 2)
    for minute, usd in enumerate((100.0, None, None, None, 300.0)):
        ours.sample(minute * MINUTE, usd)
    assert (ours.n, ours.value) == (2, 200.0)
    ours.sample(9 * MINUTE, 500.0)  # minutes without any Tick are missing too
    assert (ours.n, ours.value) == (3, 300.0)


def test_a_minute_counts_once() -> None:
    ours = AdaptiveThreshold(1.0, 0.5, 1, 1)
    ours.sample(5 * MINUTE, 100.0)
    ours.sample(5 * MINUTE, 900.0)
    ours.sample(4 * MINUTE, 900.0)
    assert (ours.n, ours.value) == (1, 100.0)


def test_a_sample_leaves_after_exactly_the_look_back() -> None:
    ours = AdaptiveThreshold(1.0, 1.0, 1, 1)
    ours.sample(7 * MINUTE, 1_000.0)
    ours.sample((7 + PER_DAY - 1) * MINUTE, 10.0)
    assert ours.value == 1_000.0
    ours.sample((7 + PER_DAY) * MINUTE, 20.0)
    assert ours.value == 20.0


def test_a_gap_longer_than_the_look_back_leaves_nothing() -> None:
    ours = AdaptiveThreshold(1.0, 0.5, 1, 1)
    for minute in range(20):
        ours.sample(minute * MINUTE, 100.0)
    ours.sample((20 + 3 * PER_DAY) * MINUTE, None)
    assert (ours.n, ours.value, ours.source) == (0, 1.0, "floor")


@settings(max_examples=40)
@given(steps=st.lists(st.tuples(st.integers(1, 700), st.none() | st.sampled_from((0.0, 0.0, 5.0)) | st.floats(0, 1e9))))
def test_any_samples_equal_numpy_and_resume_with_equal_bytes(steps) -> None:
    ours, minute, samples = AdaptiveThreshold(10.0, 0.9, 1, 3), 0, {}
    for step, usd in steps:
        minute += step
        samples[minute] = usd
        ours.sample(minute * MINUTE, usd)
        held = [v for m, v in samples.items() if v is not None and m > minute - PER_DAY]
        quantile = float(np.quantile(held, 0.9)) if len(held) >= 3 else 0.0
        assert ours.value == max(10.0, quantile)
        again = AdaptiveThreshold(10.0, 0.9, 1, 3)
        again.restore(ours.snapshot())
        assert (again.value, again.source, again.n) == (ours.value, ours.source, ours.n)
        assert again.snapshot() == ours.snapshot()
        ours = again


def test_a_later_start_ends_in_equal_bytes() -> None:
    early, late = AdaptiveThreshold(1.0, 0.9, 1, 3), AdaptiveThreshold(1.0, 0.9, 1, 3)
    for minute in range(2 * PER_DAY):
        early.sample(minute * MINUTE, float(minute % 97))
        if minute >= PER_DAY:
            late.sample(minute * MINUTE, float(minute % 97))
    assert early.snapshot() == late.snapshot()


def test_state_of_another_length_is_refused() -> None:
    with pytest.raises(SnapshotError):
        AdaptiveThreshold(1.0, 0.5, 1, 1).restore(AdaptiveThreshold(1.0, 0.5, 2, 1).snapshot())
