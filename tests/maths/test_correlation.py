"""Rolling Pearson correlation against numpy and the vectors of SCORES 7.5."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.maths import correlation
from tests.maths.panels import panel

WINDOW = 24


def run(a, b, t0, state, n_min=3, cuts=()):
    """Roll both in blocks that end at `cuts`; returns r, n."""
    out = [np.full(a.shape, -2.0) for _ in range(2)]
    edges = [0, *cuts, a.shape[0]]
    for start, end in pairwise(edges):
        part = [column[start:end] for column in out]
        correlation.roll(*state, t0 + start, a[start:end], b[start:end], *part, n_min)
    return out


def raw(arrays):
    return [array.tobytes() for array in arrays]


def pair(rows, lanes, seed, **kinds):
    """Two series with something in common."""
    common = panel(rows, lanes, seed, **kinds)
    return common + 0.5 * panel(rows, lanes, seed + 10), common - 0.8 * panel(rows, lanes, seed + 20)


def column(values):
    return np.array(values, dtype=np.float64)[:, None]


@pytest.mark.parametrize("window", [3, 7, 24])
@pytest.mark.parametrize("missing", [0.0, 0.4])
@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_every_row_is_near_numpy(window, missing, offset):
    a, b = pair(200, 2, 3, missing=missing)
    b[::17] = math.nan  # missing in one series only
    r, n = run(a + offset, b - offset, 1000, correlation.allocate(2, window))
    for row, lane in np.ndindex(*a.shape):
        left, right = (v[max(0, row - window + 1) : row + 1, lane] for v in (a, b))
        both = ~np.isnan(left + right)
        assert n[row, lane] == both.sum()
        if both.sum() >= 3:
            assert r[row, lane] == pytest.approx(np.corrcoef(left[both], right[both])[0, 1], abs=1e-8)
        else:
            assert math.isnan(r[row, lane])


def test_vectors_of_scores_7_5():
    a, b = column([0.4, -0.2, 0.1, 0.3, -0.5, 0.2]), column([0.5, -0.1, 0, 0.4, -0.6, 0.3])
    assert round(run(a, b, 0, correlation.allocate(1, 6))[0][-1, 0], 4) == 0.9781
    a, b = column([1, -2, 3, 0, -1, 2, 1, -3]), column([0, 1, -2, 3, 0, -1, 2, 1])
    forward = run(a[:-1], b[1:], 0, correlation.allocate(1, 7))[0][-1, 0]
    backward = run(b[:-1], a[1:], 0, correlation.allocate(1, 7))[0][-1, 0]
    assert [round(v, 4) for v in (forward, backward, forward - backward)] == [1.0, -0.3143, 1.3143]


@pytest.mark.parametrize("flat", [0.0, 0.1, -1e9])
def test_a_series_that_does_not_vary_has_no_correlation(flat):
    a, b = pair(100, 1, 4)
    a[30:80] = flat
    r, _ = run(a, b, 7, correlation.allocate(1, WINDOW))
    assert np.isnan(r[29 + WINDOW : 80]).all()
    assert not np.isnan(r[80:]).any()
    other, _ = run(b, a, 7, correlation.allocate(1, WINDOW))
    assert np.allclose(other, r, rtol=0, atol=1e-12, equal_nan=True)


def test_rounding_noise_is_not_variation():
    a, b = pair(100, 1, 4)
    a[:, 0] = [1e9 + (row % 2) * 2.0**-23 for row in range(100)]  # one ulp up and down
    r, _ = run(a, b, 7, correlation.allocate(1, WINDOW))
    assert np.isnan(r).all()


def test_digits_survive_large_values_that_left():
    a, b = pair(200, 1, 5)
    clean, _ = run(a, b, 1, correlation.allocate(1, WINDOW))
    a[40:42] = [[1e12], [-3e9]]
    b[44] = 1e13
    r, _ = run(a, b, 1, correlation.allocate(1, WINDOW))
    assert np.abs(r[45 + WINDOW :] - clean[45 + WINDOW :]).max() < 1e-12


@given(
    rows=st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=60),
    window=st.integers(1, 10),
)
@settings(max_examples=200, deadline=None)
def test_never_leaves_minus_one_to_one(rows, window):
    a, b = (column(part) for part in zip(*rows, strict=True))
    r, _ = run(a, b, 3, correlation.allocate(1, window), n_min=2)
    assert (np.isnan(r) | (np.abs(r) <= 1.0)).all()
    same, _ = run(a, a, 3, correlation.allocate(1, window), n_min=2)
    assert np.allclose(same[~np.isnan(same)], 1.0, rtol=0, atol=1e-9)


@given(cuts=st.lists(st.integers(0, 120), max_size=5), t0=st.integers(0, 10**9))
@settings(max_examples=50, deadline=None)
def test_any_cuts_give_equal_bytes(cuts, t0):
    a, b = pair(120, 2, 6, missing=0.2)
    one, many = correlation.allocate(2, WINDOW), correlation.allocate(2, WINDOW)
    assert raw(run(a, b, t0, one)) == raw(run(a, b, t0, many, cuts=sorted(cuts)))
    assert raw(one) == raw(many)


@pytest.mark.parametrize("t0", [0, 5, 23])
@pytest.mark.parametrize("later", [1, 10, 47])
def test_later_start_ends_in_equal_bytes_after_a_window_and_an_anchor(t0, later):
    a, b = pair(later + 2 * WINDOW, 2, 8, missing=0.2)
    early, late = correlation.allocate(2, WINDOW), correlation.allocate(2, WINDOW)
    run(a, b, t0, early)
    run(a[later:], b[later:], t0 + later, late)
    assert raw(early) == raw(late)


def test_resume_from_bytes():
    a, b = pair(120, 2, 9, missing=0.2)
    whole, state = correlation.allocate(2, WINDOW), correlation.allocate(2, WINDOW)
    wanted = run(a, b, 5, whole)
    run(a[:50], b[:50], 5, state)
    state = tuple(np.frombuffer(part.tobytes(), part.dtype).reshape(part.shape).copy() for part in state)
    assert raw(run(a[50:], b[50:], 55, state)) == raw(v[50:] for v in wanted)
    assert raw(state) == raw(whole)
