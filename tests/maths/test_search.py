"""Places among sorted samples against numpy, for every number of samples and every value sought."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.maths import search
from clri.maths.history import filled
from clri.maths.order import mad, mad_at, median, nearest

value = st.one_of(st.sampled_from([-1.0, 0.0, 1.0, 1.0 + 2**-52, 2.0]), st.floats(-1e9, 1e9, allow_nan=False))
samples = st.lists(value, min_size=1, max_size=70)


def test_the_vector_of_the_docstring():
    ring, order, n = filled([1, 2, 2, 3, 5, 8, 9, 12, 20, 40])
    assert [int(search.below(ring, order, n, x)) for x in (0.0, 2.0, 2.5, 50.0)] == [0, 1, 3, 10]


@given(held=samples, sought=st.lists(value, min_size=6, max_size=6))
@settings(max_examples=300, deadline=None)
def test_every_way_of_seeking_equals_numpy(held, sought):
    ring, order, n = filled(held)
    wanted = np.searchsorted(np.sort(held), sought, side="left").tolist()
    assert [int(search.below(ring, order, n, x)) for x in sought] == wanted
    assert [int(at) for at in search.below_both(ring, order, n, *sought[:2])] == wanted[:2]
    assert [int(at) for at in search.below_six(ring, order, n, *sought)] == wanted


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 8, 9, 63, 64, 65, 1000])
def test_both_ends_of_every_size(n):
    ring, order, _ = filled(np.arange(n, dtype=float)[::-1])
    sought = (-1.0, 0.0, 0.5, n - 1.0, float(n), float(n // 2))
    wanted = np.searchsorted(np.arange(n), sought).tolist()
    assert [int(at) for at in search.below_six(ring, order, n, *sought)] == wanted


def test_an_empty_history_and_a_missing_value_have_nothing_below():
    ring, order, n = np.full(4, math.nan), np.zeros(4, np.uint16), 0
    assert [int(at) for at in search.below_six(ring, order, n, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)] == [0] * 6
    assert [int(at) for at in search.below_both(ring, order, n, 1.0, 2.0)] == [0, 0]
    ring, order, n = filled([1.0, 2.0, 3.0])
    assert [int(at) for at in search.below_both(ring, order, n, math.nan, math.nan)] == [0, 0]
    assert int(search.below(ring, order, n, math.nan)) == 0


@given(held=st.lists(st.integers(0, 4), min_size=1, max_size=70))
@settings(max_examples=200, deadline=None)
def test_runs_of_equal_samples_and_places_in_them(held):
    ring, order, n = filled([float(x) for x in held])
    in_order = sorted((x, slot) for slot, x in enumerate(held))
    for x in set(held):
        start = np.searchsorted(np.sort(held), x, side="left")
        end = np.searchsorted(np.sort(held), x, side="right")
        assert int(search.run_end(ring, order, n, np.uint64(start))) == end
        for slot in range(len(held) + 1):
            wanted = sum(pair < (x, slot) for pair in in_order)
            assert int(search.at_slot(ring, order, n, float(x), slot, np.uint64(start))) == wanted


@given(held=samples, near=st.integers(0, 80))
@settings(max_examples=200, deadline=None)
def test_the_nearest_samples_are_found_from_anywhere(held, near):
    ring, order, n = filled(held)
    center = median(ring, order, n)
    low = nearest(ring, order, n, center, np.uint64(near))
    wanted = np.median(np.abs(np.array(held) - center))
    assert np.float64(mad_at(ring, order, n, center, low)).tobytes() == np.float64(wanted).tobytes()
    assert mad(ring, order, n, center) == wanted
