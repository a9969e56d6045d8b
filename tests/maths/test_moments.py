"""Rolling mean and deviation against numpy, and equal bytes however the rows are cut."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.maths import moments
from tests.maths.panels import panel

WINDOW = 24


def run(x, t0, state, n_min=2, ddof=1, cuts=()):
    """Roll `x` in blocks that end at `cuts`; returns mean, deviation, n."""
    out = [np.full(x.shape, -1.0) for _ in range(3)]
    edges = [0, *cuts, x.shape[0]]
    for start, end in pairwise(edges):
        moments.roll(*state, t0 + start, x[start:end], *(column[start:end] for column in out), n_min, ddof)
    return out


def raw(arrays):
    return [array.tobytes() for array in arrays]


def check(x, window, mean, sd, ddof=1, n_min=2):
    """Compare with numpy on each window; the error may be 1e-9 of the deviation and 1e-13 of the values."""
    for row, lane in np.ndindex(*x.shape):
        held = x[max(0, row - window + 1) : row + 1, lane]
        held = held[~np.isnan(held)]
        if held.size < max(n_min, ddof + 1):
            assert math.isnan(sd[row, lane])
            continue
        true = np.std(held - held[0], ddof=ddof)  # the shift keeps numpy exact on close values
        size = np.abs(held).max()
        assert abs(mean[row, lane] - np.mean(held)) <= 1e-13 * size + 1e-11 * true
        assert abs(sd[row, lane] - true) <= 1e-9 * true + 1e-13 * size


@pytest.mark.parametrize("window", [1, 2, 5, 24])
@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("kind", [{}, {"missing": 0.4}, {"tied": True, "missing": 0.1}])
def test_every_row_is_near_numpy(window, ddof, kind):
    x = panel(200, 2, 7, **kind) + 50.0
    mean, sd, n = run(x, 1000, moments.allocate(2, window), ddof=ddof)
    check(x, window, mean, sd, ddof)
    present = ~np.isnan(x)
    assert n.tolist() == [present[max(0, row - window + 1) : row + 1].sum(axis=0).tolist() for row in range(200)]


def test_digits_survive_a_large_value_that_left():
    x = panel(300, 1, 8) * 1e-3
    x[40:43] = [[3e9], [-1e12], [7.0]]
    mean, sd, _ = run(x, 1, moments.allocate(1, WINDOW))
    for row in range(43 + WINDOW, 300):
        held = x[row - WINDOW + 1 : row + 1, 0]
        assert sd[row, 0] == pytest.approx(np.std(held, ddof=1), rel=1e-12)
        assert mean[row, 0] == pytest.approx(np.mean(held), rel=1e-9, abs=1e-15)


def test_digits_survive_a_slow_decay():
    x = (10.0 ** -np.arange(40.0) * np.where(np.arange(40) % 2, 1.0, -1.0))[:, None]  # no single step is large
    _, sd, _ = run(x, 1, moments.allocate(1, 8))
    for row in range(8, 40):
        assert sd[row, 0] == pytest.approx(np.std(x[row - 7 : row + 1, 0], ddof=1), rel=1e-9)


def test_equal_values_have_no_deviation():
    x = np.full((60, 1), 0.1)
    x[:10, 0] = [5.0, 3.0, 0.7, 0.2, 0.1 + 1e-9, 12.0, 0.3, -4.0, 1e5, 0.1]
    mean, sd, _ = run(x, 3, moments.allocate(1, WINDOW))
    assert sd[9 + WINDOW :, 0].tolist() == [0.0] * (51 - WINDOW)
    assert mean[9 + WINDOW :, 0].tolist() == [0.1] * (51 - WINDOW)


finite = st.one_of(st.just(math.nan), st.floats(-1e6, 1e6), st.sampled_from([1e9, -1e12, 1e-9, 0.0, 1e5, 1e5 + 1e-5]))


@given(values=st.lists(finite, min_size=1, max_size=80), window=st.integers(1, 12), t0=st.integers(0, 99))
@settings(max_examples=300, deadline=None)
def test_any_values_are_near_numpy(values, window, t0):
    x = np.array(values)[:, None]
    mean, sd, _ = run(x, t0, moments.allocate(1, window))
    check(x, window, mean, sd)


@given(cuts=st.lists(st.integers(0, 120), max_size=5), t0=st.integers(0, 10**9))
@settings(max_examples=50, deadline=None)
def test_any_cuts_give_equal_bytes(cuts, t0):
    x = panel(120, 2, 9, missing=0.2)
    one, many = moments.allocate(2, WINDOW), moments.allocate(2, WINDOW)
    assert raw(run(x, t0, one)) == raw(run(x, t0, many, cuts=sorted(cuts)))
    assert raw(one) == raw(many)


@pytest.mark.parametrize("t0", [0, 5, 23])
@pytest.mark.parametrize("later", [1, 10, 47])
def test_later_start_ends_in_equal_bytes_after_a_window_and_an_anchor(t0, later):
    x = panel(later + 3 * WINDOW, 2, 10, missing=0.2) * 1e3
    early, late = moments.allocate(2, WINDOW), moments.allocate(2, WINDOW)
    wanted, found = run(x, t0, early), run(x[later:], t0 + later, late)
    assert raw(early) == raw(late)
    full = t0 + later + WINDOW - 1
    anchor = -(-full // WINDOW) * WINDOW - t0  # first anchor with a full window
    assert raw(column[anchor - later :] for column in found) == raw(column[anchor:] for column in wanted)
    assert anchor < x.shape[0]


def test_resume_from_bytes_and_any_subset_of_lanes():
    x = panel(150, 3, 11, missing=0.2)
    whole = moments.allocate(3, WINDOW)
    wanted = run(x, 5, whole)
    state = moments.allocate(1, WINDOW)
    some = np.ascontiguousarray(x[:, 2:])
    run(some[:77], 5, state)
    state = tuple(np.frombuffer(part.tobytes(), part.dtype).reshape(part.shape).copy() for part in state)
    found = run(some[77:], 82, state)
    assert raw(found) == raw(np.ascontiguousarray(column[77:, 2:]) for column in wanted)
    assert raw(state) == raw(np.ascontiguousarray(part[2:]) for part in whole)


def test_below_n_min_is_null_and_outputs_are_optional():
    x = panel(60, 2, 12, missing=0.5)
    mean, sd, n = run(x, 0, moments.allocate(2, 6), n_min=3)
    assert np.array_equal(np.isnan(mean), n < 3)
    assert np.array_equal(np.isnan(sd), n < 3)
    alone = np.full(x.shape, -1.0)
    moments.roll(*moments.allocate(2, 6), 0, x, None, alone, None, 3, 1)
    assert alone.tobytes() == sd.tobytes()


def test_one_value_has_no_sample_deviation():
    x = np.array([[3.0], [math.nan], [math.nan], [math.nan]])
    mean, sd, n = run(x, 0, moments.allocate(1, 3), n_min=0)
    assert np.isnan(sd).all()
    assert n[:, 0].tolist() == [1.0, 1.0, 1.0, 0.0]
    assert mean[:3, 0].tolist() == [3.0] * 3
    assert math.isnan(mean[3, 0])
    assert run(x, 0, moments.allocate(1, 3), n_min=1, ddof=0)[1][:3, 0].tolist() == [0.0] * 3


def test_vol_of_vol_of_scores_7_3():
    x = np.array([3, 3.1, 3.3, 3.2, 3.4, 3.9, 4.1, 4, 3.8, 3.7, 3.6, 3.5])[:, None]
    _, sd, _ = run(x, 0, moments.allocate(1, 12))
    assert round(sd[-1, 0], 4) == 0.3606
