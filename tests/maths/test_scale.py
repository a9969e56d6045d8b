"""Tables, limits and the two roundings."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.maths import rounding, scale

XS = np.array([0.0, 14.0, 20.0, 29.0, 41.0, 52.0, 71.0, 100.0])
YS = np.array([0.0, 25.0, 45.0, 65.0, 80.0, 90.0, 99.0, 100.0])
UP = [scale.round_half_up, rounding.round_half_up]
AWAY = [scale.round_half_away, rounding.round_half_away]


@pytest.mark.parametrize("up", UP)
@pytest.mark.parametrize(
    ("x", "wanted"),
    [
        (64.5, 65.0),
        (64.49999999949, 64.0),
        (64.4999999996, 65.0),  # 64.500000000 at 9 decimals
        (64.4999999994, 64.0),  # 64.499999999
        (0.499999999999, 1.0),
        (0.49999999949, 0.0),
        (0.5, 1.0),
        (-0.5, 0.0),
        (-0.5000000004, 0.0),
        (-0.5000000006, -1.0),
        (-1.5, -1.0),
        (-57.2, -57.0),
        (2.5, 3.0),
        (-1e-300, 0.0),
        (1e300, 1e300),
        (4503599627370497.0, 4503599627370497.0),
    ],
)
def test_half_up(up, x, wanted):
    assert up(x) == wanted
    assert math.copysign(1.0, up(x)) == (1.0 if wanted >= 0.0 else -1.0)  # no negative zero


@pytest.mark.parametrize("away", AWAY)
@pytest.mark.parametrize(
    ("x", "wanted"),
    [(64.5, 65.0), (-64.5, -65.0), (-0.5, -1.0), (-0.4, 0.0), (-0.0, 0.0), (-0.499999999999, -1.0), (-57.2, -57.0)],
)
def test_half_away(away, x, wanted):
    assert away(x) == wanted
    assert math.copysign(1.0, away(x)) == (1.0 if wanted >= 0.0 else -1.0)


@pytest.mark.parametrize("f", UP + AWAY)
def test_missing_and_infinite_pass_through(f):
    assert math.isnan(f(math.nan))
    assert [f(math.inf), f(-math.inf)] == [math.inf, -math.inf]


@given(x=st.one_of(st.floats(-1e6, 1e6), st.integers(-(10**15), 10**15).map(lambda v: v / 1e9)))
@settings(max_examples=1000, deadline=None)
def test_rounding_equals_its_definition(x):
    wanted = math.floor(round(x, 9) + 0.5)  # Python's round to 9 decimals is correctly rounded
    assert scale.round_half_up(x) == rounding.round_half_up(x) == wanted
    sized = math.copysign(math.floor(round(abs(x), 9) + 0.5), x)
    assert scale.round_half_away(x) == rounding.round_half_away(x) == sized


@pytest.mark.parametrize(
    ("raw", "exact"),
    [(18.4496, 39.8319), (53.6710, 90.7915), (62.7068, 95.0716), (61.9670, 94.7212), (-3.0, 0.0), (140.0, 100.0)],
)
def test_vectors_of_scale_1(raw, exact):
    assert scale.interpolate(raw, XS, YS) == pytest.approx(exact, abs=2e-4)  # raw is printed with 4 digits


def test_tables_are_exact_at_their_knots():
    assert [scale.interpolate(x, XS, YS) for x in XS] == YS.tolist()
    assert scale.interpolate(7.0, XS[:1], YS[:1]) == 0.0
    assert math.isnan(scale.interpolate(math.nan, XS, YS))
    assert [scale.interpolate(x, XS, -YS) for x in XS] == (-YS).tolist()
    xs, ys = np.array([0.1, 0.7, 9.0]), np.array([0.2, 0.9, 9.0])  # 0.2 + 0.7 * 0.6 / 0.6 falls short of 0.9
    assert [scale.interpolate(x, xs, ys) for x in xs] == ys.tolist()


def test_rounding_inside_a_segment_never_passes_its_end():
    xs, ys = np.array([0.4, 3.8, 4.0]), np.array([4.3, 12.6, 12.6])
    for sign in (1.0, -1.0):  # (12.6 - 4.3) * (x - 0.4) / 3.4 rounds to more than 8.3 at both
        assert abs(scale.interpolate(math.nextafter(3.8, 0.0), xs, sign * ys)) <= 12.6
        assert scale.interpolate(3.8, xs, sign * ys) == sign * 12.6


@given(
    steps=st.lists(st.tuples(st.floats(1e-3, 1e3), st.floats(0.0, 1e3)), min_size=1, max_size=8),
    at=st.lists(st.floats(-1.0, 2.0), min_size=2, max_size=20),
)
@settings(max_examples=300, deadline=None)
def test_rising_tables_never_fall(steps, at):
    xs, ys = np.cumsum(np.array(steps), axis=0).T.copy()
    points = sorted(xs[0] + share * (xs[-1] - xs[0]) for share in at)
    found = [scale.interpolate(x, xs, ys) for x in points]
    assert found == sorted(found)
    assert [scale.interpolate(x, xs, ys) for x in xs] == ys.tolist()
    assert found == pytest.approx(np.interp(points, xs, ys), rel=1e-12, abs=1e-9)


def test_squash_clip_and_positive():
    assert round(scale.squash(2.0234719), 4) == 67.4491
    assert [scale.squash(z) for z in (-1.0, 0.0, 1.5, 3.0, 99.0, math.inf)] == [0.0, 0.0, 50.0, 100.0, 100.0, 100.0]
    assert [scale.clip(x, -1.0, 1.0) for x in (-2.0, -0.3, 2.0)] == [-1.0, -0.3, 1.0]
    assert [scale.positive(z) for z in (-2.0, 0.0, 7.5)] == [0.0, 0.0, 7.5]
    assert all(
        math.isnan(f) for f in (scale.squash(math.nan), scale.clip(math.nan, 0.0, 1.0), scale.positive(math.nan))
    )
