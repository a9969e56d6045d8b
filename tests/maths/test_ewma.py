"""Time-aware mean: the vector of SCORES 2.1, semigroup property, late and missing samples."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.maths.ewma import Ewma, blend

S = 1_000_000_000


def test_vector_of_scores_2_1():
    bid, ask = Ewma(60.0), Ewma(60.0)
    for ts, b, a in ((5 * S, 40e6, 40e6), (15 * S, 30e6, 50e6)):
        bid.update(ts, b)
        ask.update(ts, a)
    assert [round(side.get() / 1e6, 4) for side in (bid, ask)] == [38.4648, 41.5352]
    assert round(abs(bid.get() - ask.get()) / (bid.get() + ask.get()) * 100, 4) == 3.8380


def test_step_equals_the_formula():
    for dt in (1e-9, 0.5, 10.0, 600.0, 1e9):
        wanted = 40.0 + (1.0 - math.exp(-dt / 60.0)) * (7.0 - 40.0)
        assert blend(40.0, 7.0, dt, 60.0) == pytest.approx(wanted, rel=1e-15)


@given(x=st.floats(-1e9, 1e9), first=st.floats(0.001, 1e4), second=st.floats(0.001, 1e4))
@settings(max_examples=200, deadline=None)
def test_the_same_value_twice_counts_as_once_over_the_whole_time(x, first, second):
    twice = blend(blend(5.0, x, first, 60.0), x, second, 60.0)
    assert twice == pytest.approx(blend(5.0, x, first + second, 60.0), rel=1e-9, abs=1e-6)


def test_missing_late_and_simultaneous_samples_change_nothing():
    mean = Ewma(60.0)
    mean.update(1 * S, None)
    mean.update(2 * S, math.nan)
    assert mean.get() is None
    assert mean.state() == (None, None)
    mean.update(10 * S, 4.0)
    for ts, x in ((9 * S, 100.0), (10 * S, 100.0), (11 * S, None), (12 * S, math.nan)):
        mean.update(ts, x)
        assert mean.state() == (4.0, 10 * S)
    assert math.isnan(blend(math.nan, math.nan, 1.0, 60.0))
    assert blend(math.nan, 3.0, 1.0, 60.0) == 3.0
    assert blend(4.0, 9.0, math.nan, 60.0) == 4.0


def test_goes_on_from_its_state():
    whole, first = Ewma(60.0), Ewma(60.0)
    for ts in range(1, 50):
        whole.update(ts * S, float(ts % 7))
        if ts == 20:
            first = Ewma(60.0, *whole.state())
        elif ts > 20:
            first.update(ts * S, float(ts % 7))
    assert first.state() == whole.state()


@pytest.mark.parametrize("tau_s", [0.0, -1.0, math.nan])
def test_wrong_time_constants_are_refused(tau_s):
    with pytest.raises(ValueError, match="tau_s was"):
        Ewma(tau_s)
