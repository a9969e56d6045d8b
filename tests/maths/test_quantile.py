"""Quantiles against numpy's linear method, bit for bit."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.maths.history import History, filled
from clri.maths.quantile import quantile, roll_quantile
from tests.maths.panels import panel

SHARES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0)


def bits(value):
    return np.float64(value).tobytes()


@given(
    samples=st.lists(st.floats(-1e150, 1e150, allow_nan=False), min_size=1, max_size=50),
    q=st.one_of(st.sampled_from(SHARES), st.floats(0.0, 1.0)),
)
@settings(max_examples=400, deadline=None)
def test_equals_numpy(samples, q):
    held = np.array(samples) + 0.0
    assert bits(quantile(*filled(held), q)) == bits(np.quantile(held, q, method="linear"))


def test_whole_amounts_at_full_size():
    sums = np.floor(np.array(panel(43_200, 1, 3))[:, 0] ** 2 * 1e5)
    for q in SHARES:
        assert bits(quantile(*filled(sums), q)) == bits(np.quantile(sums, q))


def test_nothing_gives_nan():
    assert math.isnan(quantile(np.full(3, np.nan), np.zeros(3, np.uint16), 0, 0.5))


@pytest.mark.parametrize("every", [1, 4])
def test_rolling_equals_numpy_and_excludes_the_current_row(every):
    x = panel(150, 2, 9, missing=0.2)
    out = np.full(x.shape, -1.0)
    state = History(cap=20).allocate(2)
    for start, end in ((0, 1), (1, 70), (70, 150)):
        roll_quantile(*state, 1000 + start, x[start:end], out[start:end], 0.9, 5, every)
    for row, lane in np.ndindex(*x.shape):
        t = 1000 + row
        held = np.array([x[u - 1000, lane] for u in range(max(1000, t - 20 * every), t) if u % every == 0] or [np.nan])
        held = held[~np.isnan(held)]
        wanted = np.quantile(held, 0.9) if held.size >= 5 else math.nan
        assert bits(out[row, lane]) == bits(wanted)
