"""References to earlier rows against a plain search."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.maths import asof
from tests.maths.panels import panel


def run(x, t0, ring, span, tol):
    out = np.full(x.shape, -1.0)
    asof.roll(ring, t0, x, out, span, tol)
    return out


@given(
    values=st.lists(st.one_of(st.just(math.nan), st.integers(-99, 99).map(float)), min_size=1, max_size=40),
    span=st.integers(0, 8),
    tol=st.integers(0, 4),
    t0=st.integers(0, 50),
)
@settings(max_examples=300, deadline=None)
def test_equals_a_plain_search(values, span, tol, t0):
    found = run(np.array(values)[:, None], t0, asof.allocate(1, span, tol), span, tol)[:, 0]
    for row, value in enumerate(found):
        older = [values[row - age] for age in range(span, span + tol + 1) if row - age >= 0]
        wanted = next((v for v in older if not math.isnan(v)), math.nan)
        assert np.float64(value).tobytes() == np.float64(wanted).tobytes()


def test_one_ring_serves_several_spans():
    x = panel(400, 2, 3, missing=0.1)
    ring = asof.allocate(2, 240, 5)
    for row in range(400):
        for lane in range(2):
            asof.push(ring[lane], 9 + row, x[row, lane])
    for span, tol in ((5, 2), (60, 5), (240, 5)):
        alone = run(x, 9, asof.allocate(2, span, tol), span, tol)
        assert [asof.reference(ring[lane], 408, span, tol) for lane in range(2)] == alone[-1].tolist()


def test_rows_the_ring_does_not_hold_are_missing():
    ring = np.array([1.0, 2.0, 3.0])
    assert math.isnan(asof.reference(ring, 2, 3, 9))  # would be row -1: never the newest row again
    assert asof.reference(ring, 2, 2, 9) == 1.0


def test_blocks_later_starts_and_lanes_give_equal_bytes():
    x = panel(100, 3, 4, missing=0.3)
    whole, parts, late = (asof.allocate(3, 12, 3) for _ in range(3))
    wanted = run(x, 7, whole, 12, 3)
    found = [run(x[a:b], 7 + a, parts, 12, 3) for a, b in ((0, 1), (1, 40), (40, 100))]
    assert np.concatenate(found).tobytes() == wanted.tobytes()
    assert run(x[30:], 37, late, 12, 3)[15:].tobytes() == wanted[45:].tobytes()
    assert whole.tobytes() == parts.tobytes() == late.tobytes()
    some = np.ascontiguousarray(x[:, 1:2])
    assert run(some, 7, asof.allocate(1, 12, 3), 12, 3).tobytes() == wanted[:, 1].tobytes()


@pytest.mark.parametrize(("span", "tol"), [(-1, 0), (0, -1)])
def test_negative_spans_are_refused(span, tol):
    with pytest.raises(ValueError, match="expected both >= 0"):
        asof.allocate(1, span, tol)
