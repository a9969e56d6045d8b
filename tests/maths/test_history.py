"""Blocks of rows: against a slow truth, and equal bytes however the rows are cut."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.maths import history
from tests.maths.panels import panel

SHAPE = history.History(cap=30, every=5, n_min=6, floor=0.05)


def run(x, t0, state, shape=SHAPE, cuts=()):
    """Roll `x` in blocks that end at `cuts`; returns z, rank, n."""
    out = [np.full(x.shape, -1.0) for _ in range(3)]
    edges = [0, *cuts, x.shape[0]]
    for start, end in pairwise(edges):
        part = [column[start:end] for column in out]
        history.roll(*state, t0 + start, x[start:end], *part, shape.n_min, shape.floor, shape.every)
    return out


def raw(arrays):
    return [array.tobytes() for array in arrays]


def truth(x, t0, shape):
    """Median, MAD and rank recomputed at each row from the grid samples of [T - window, T)."""
    out = [np.full(x.shape, math.nan) for _ in range(3)]
    for row, lane in np.ndindex(*x.shape):
        t = t0 + row
        grid = [u for u in range(max(t0, t - shape.cap * shape.every), t) if u % shape.every == 0]
        held = np.array([x[u - t0, lane] for u in grid])
        held = held[~np.isnan(held)]
        v = x[row, lane]
        out[2][row, lane] = held.size
        if held.size >= shape.n_min and not math.isnan(v):
            center = np.median(held)
            out[0][row, lane] = (v - center) / max(shape.floor, 1.4826 * np.median(np.abs(held - center)))
            out[1][row, lane] = 100 * (np.sum(held < v) + 0.5 * np.sum(held == v)) / held.size
    return out


@pytest.mark.parametrize("t0", [0, 3, 12_345])
@pytest.mark.parametrize("kind", [{}, {"missing": 0.3}, {"missing": 0.1, "tied": True}])
def test_every_row_equals_numpy(t0, kind):
    x = panel(420, 2, 21, **kind)
    assert raw(run(x, t0, SHAPE.allocate(2))) == raw(truth(x, t0, SHAPE))


@pytest.mark.parametrize("every", [1, 2, 5, 6, 7, 12, 30])
@pytest.mark.parametrize("kind", [{"missing": 0.1}, {"missing": 0.05, "tied": True}])
def test_any_number_of_rows_may_see_one_history(every, kind):
    shape = history.History(cap=12, every=every, n_min=4, floor=0.05)
    x = panel(300, 2, 23, **kind)
    assert raw(run(x, 3, shape.allocate(2), shape, cuts=(1, 2, 100, 101))) == raw(truth(x, 3, shape))


def test_history_is_kept_the_same_whatever_is_asked_of_it():
    x = panel(300, 2, 24, missing=0.1, tied=True)
    states = []
    for z, share in ((True, True), (True, False), (False, True), (False, False)):
        state = SHAPE.allocate(2)
        wanted = (np.empty_like(x) if z else None, np.empty_like(x) if share else None, None)
        history.roll(*state, 0, x, *wanted, SHAPE.n_min, SHAPE.floor, SHAPE.every)
        states.append(raw(state))
    assert all(state == states[0] for state in states)


def test_vector_of_scores_1():
    x = np.array([1.0, 2, 2, 3, 5, 8, 9, 12, 20, 40, 20, 3, 8])[:, None]
    shape = history.History(cap=10, every=10, n_min=10, floor=0.1)  # rows 10, 11, 12 see nothing new but row 10
    state = shape.allocate(1)
    for row in range(10):  # every row of H is a grid row
        history.roll(*state, row, x[row : row + 1], None, None, None, 10, 0.1, 1)
    z, share, n = run(x[10:], 101, state, shape)
    assert [round(v, 4) for v in z[:, 0]] == [2.0235, -0.5246, 0.2248]
    assert share[:, 0].tolist() == [85.0, 35.0, 55.0]
    assert n[:, 0].tolist() == [10.0, 10.0, 10.0]


def test_one_call_per_row_equals_one_big_call():
    x = panel(300, 3, 31, missing=0.2)
    one, many = SHAPE.allocate(3), SHAPE.allocate(3)
    assert raw(run(x, 7, one)) == raw(run(x, 7, many, cuts=range(1, 300)))
    assert raw(one) == raw(many)


@given(cuts=st.lists(st.integers(0, 200), max_size=6), t0=st.integers(0, 10**9))
@settings(max_examples=50, deadline=None)
def test_any_cuts_give_equal_bytes(cuts, t0):
    x = panel(200, 1, 41, missing=0.2, tied=True)
    one, many = SHAPE.allocate(1), SHAPE.allocate(1)
    assert raw(run(x, t0, one)) == raw(run(x, t0, many, cuts=sorted(cuts)))
    assert raw(one) == raw(many)


def test_resume_from_bytes():
    x = panel(300, 2, 51, missing=0.2)
    whole = SHAPE.allocate(2)
    wanted = run(x, 4, whole)
    state = SHAPE.allocate(2)
    run(x[:137], 4, state)
    ring = np.frombuffer(state[0].tobytes()).reshape(state[0].shape).copy()
    resumed = (ring, *history.rebuild(ring))  # order and n may stay out of the snapshot
    assert raw(resumed) == raw(state)
    assert raw(run(x[137:], 141, resumed)) == raw(column[137:] for column in wanted)
    assert raw(resumed) == raw(whole)


@pytest.mark.parametrize("later", [1, 5, 33, 149])
def test_later_start_ends_in_equal_bytes_after_one_window(later):
    window = SHAPE.cap * SHAPE.every
    x = panel(later + window + 40, 2, 61, missing=0.2)
    early, late = SHAPE.allocate(2), SHAPE.allocate(2)
    wanted = run(x, 1000, early)
    found = run(x[later:], 1000 + later, late)
    assert raw(late) == raw(early)
    assert raw(column[window:] for column in found) == raw(column[later + window :] for column in wanted)


def test_any_subset_of_lanes_gives_the_same():
    x = panel(300, 4, 71, missing=0.2)
    wanted = run(x, 0, SHAPE.allocate(4))
    some = np.ascontiguousarray(x[:, [2, 0]])
    assert raw(run(some, 0, SHAPE.allocate(2))) == raw(np.ascontiguousarray(column[:, [2, 0]]) for column in wanted)


def test_outputs_are_optional_and_rank_only_needs_no_floor():
    x = panel(200, 2, 81, tied=True)
    both, single = SHAPE.allocate(2), SHAPE.allocate(2)
    z, share, _ = run(x, 0, both)
    alone = np.full(x.shape, -1.0)
    history.roll(*single, 0, x, None, alone, None, SHAPE.n_min, math.nan, SHAPE.every)
    assert raw([alone, *single]) == raw([share, *both])
    alone[:] = -1.0
    history.roll(*SHAPE.allocate(2), 0, x, alone, None, None, SHAPE.n_min, SHAPE.floor, SHAPE.every)
    assert raw([alone]) == raw([z])


def test_no_infinite_z_when_all_samples_are_equal():
    state = history.History(cap=4).allocate(1)
    z = np.empty((5, 1))
    history.roll(*state, 0, np.full((5, 1), 2.0), z, None, None, 1, 0.0, 1)  # floor 0 is a mistake: null, not inf
    assert np.isnan(z).all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"cap": 0},
        {"cap": 65_536},
        {"cap": 5, "every": 0},
        {"cap": 5, "n_min": 6},
        {"cap": 5, "n_min": 0},
        {"cap": 5, "floor": 0.0},
        {"cap": 5, "floor": -1.0},
    ],
)
def test_wrong_shapes_are_refused(wrong):
    with pytest.raises(ValueError, match=f"{list(wrong)[-1]}.*expected"):
        history.History(**wrong)
