"""One history against numpy on the same samples, at every step, bit for bit."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.maths import order
from clri.maths.history import History, filled, rebuild
from tests.maths.panels import H, series

EMPTY = math.nan


def bits(value):
    return np.float64(value).tobytes()


def check(ring, slots, n, asked):
    """Compare every statistic and the canonical state with numpy."""
    held = ring[~np.isnan(ring)]
    assert n == held.size
    wanted = sorted((value, slot) for slot, value in enumerate(ring) if not math.isnan(value))
    assert slots[:n].tolist() == [slot for _, slot in wanted]
    assert not slots[n:].any()
    center = order.median(ring, slots, n)
    if n == 0:
        assert math.isnan(center)
        assert math.isnan(order.mad(ring, slots, n, 0.0))
        assert math.isnan(order.rank(ring, slots, n, 1.0))
        return
    assert bits(center) == bits(np.median(held))
    assert bits(order.mad(ring, slots, n, center)) == bits(np.median(np.abs(held - np.median(held))))
    for x in asked:
        mid_rank = 100 * (np.sum(held < x) + 0.5 * np.sum(held == x)) / n
        assert bits(order.rank(ring, slots, n, x)) == bits(mid_rank)


def slide(values, cap):
    """Feed values to consecutive slots and check after each."""
    ring, slots, _ = History(cap=cap).allocate(1)
    n = 0
    for g, value in enumerate(values):
        n = order.replace(ring[0], slots[0], n, g % cap, value)
        asked = [x for x in (value, -0.25, 0.0, 100.0, -100.0) if not math.isnan(x)]
        check(ring[0], slots[0], n, asked)
    return ring[0], slots[0], n


def test_vector_of_scores_1():
    ring, slots, n = filled(H)
    assert [order.rank(ring, slots, n, x) for x in (8.0, 2.0, 50.0)] == [55.0, 20.0, 100.0]
    center = order.median(ring, slots, n)
    scale = max(0.1, 1.4826 * order.mad(ring, slots, n, center))
    assert round((20.0 - center) / scale, 4) == 2.0235
    assert round(min((20.0 - center) / scale, 3.0) / 3.0 * 100.0, 4) == 67.4491
    assert max(0.0, (3.0 - center) / scale) == 0.0


@pytest.mark.parametrize("cap", [1, 2, 3, 7, 30, 47])
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("missing", [0.0, 0.3, 0.9])
def test_every_step_equals_numpy(cap, tied, missing):
    slide(series(3 * cap + 40, 11, missing=missing, tied=tied), cap)


sample = st.one_of(
    st.just(EMPTY),
    st.sampled_from([-0.0, 0.0, 1.0, 1.0 + 2**-52, -1.0, 5e-324, 1e-300]),
    st.floats(-1e150, 1e150, allow_nan=False),
)


@given(values=st.lists(sample, max_size=60), cap=st.integers(1, 20))
@settings(max_examples=200, deadline=None)
def test_any_values_equal_numpy(values, cap):
    slide([value + 0.0 for value in values], cap)


@given(moves=st.lists(st.tuples(st.integers(0, 12), sample), max_size=60))
@settings(max_examples=200, deadline=None)
def test_slots_may_be_replaced_in_any_order(moves):
    ring, slots, _ = History(cap=13).allocate(1)
    n = 0
    for slot, value in moves:
        n = order.replace(ring[0], slots[0], n, slot, value)
    check(ring[0], slots[0], n, [0.0, 1.0])
    again, count = rebuild(ring)
    assert again.tobytes() == slots.tobytes()
    assert count[0] == n


def test_ties_of_a_long_history_stay_in_slot_order():
    slide(series(700, 12, tied=True, missing=0.1), 600)
    ring, slots, count = (part[0] for part in History(cap=600).allocate(1))
    n = int(count)
    for slot, value in enumerate(series(600, 13, tied=True)):
        n = order.replace(ring, slots, n, slot, value)
    assert rebuild(ring[None, :])[0][0].tobytes() == slots.tobytes()


def test_negative_zero_is_stored_as_zero():
    ring, slots, _ = History(cap=2).allocate(1)
    n = order.replace(ring[0], slots[0], 0, 0, -0.0)
    assert ring[0, :1].tobytes() == bits(0.0)
    assert bits(order.median(ring[0], slots[0], n)) == bits(0.0)


def test_a_missing_value_has_no_rank():
    ring, slots, n = filled(H)
    assert math.isnan(order.rank(ring, slots, n, math.nan))


def test_largest_cap_keeps_slots_above_32767_apart():
    cap = order.MAX_CAP
    ring = np.arange(cap, 0.0, -1.0)[None, :]
    slots, count = rebuild(ring)
    n = order.replace(ring[0], slots[0], int(count[0]), cap - 1, 70_000.0)  # from first to last place
    assert (n, slots[0, -1], slots[0, 0]) == (cap, cap - 1, cap - 2)
    n = order.replace(ring[0], slots[0], n, 0, 0.5)
    assert (n, slots[0, 0], slots[0, -2]) == (cap, 0, 1)
    assert slots.tobytes() == rebuild(ring)[0].tobytes()
