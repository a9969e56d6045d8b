"""Own logarithm and exponential against the C library and against exact decimals."""

import math
import random
from decimal import Decimal, localcontext
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.maths.kernel import cache_state
from clri.maths.log import exp, ln
from tests.maths.panels import series

COUNT = 20_000 if cache_state().mode == "interpreted" else 200_000


def apart(found, wanted):
    """Distance in ulp of the wanted value."""
    return abs(found - wanted) / math.ulp(wanted)


def spread(count, low, high, seed):
    """Positive values with exponents low..high-1."""
    rng = random.Random(seed)
    return [math.ldexp(1.0 + rng.random(), rng.randrange(low, high)) for _ in range(count)]


@pytest.mark.parametrize(("low", "high"), [(-1074, 1024), (-30, 45), (-1, 1)])
def test_ln_is_within_one_ulp_of_the_library(low, high):
    worst = max(apart(ln(x), math.log(x)) for x in spread(COUNT, low, high, 1) if x != 1.0)
    assert worst <= 1.0


def test_exp_is_within_one_ulp_of_the_library():
    values = [v * 78.0 for v in series(COUNT, 2)] + series(COUNT, 3)
    assert max(abs(v) for v in values) > 690.0
    assert max(apart(exp(v), math.exp(v)) for v in values) <= 1.0


def test_errors_against_exact_decimals_stay_below_one_ulp():
    with localcontext() as context:
        context.prec = 60
        for x in [0.5, 0.75, 0.9999999, 1.0000001, 1.4142135, 3.0, 1e6, 5.2e7, *spread(500, -40, 50, 4)]:
            exact = Decimal(x).ln()
            assert abs(Decimal(ln(x)) - exact) <= Decimal(math.ulp(float(exact)))
        for x in series(500, 5):
            exact = Decimal(x).exp()
            assert abs(Decimal(exp(x)) - exact) <= Decimal(math.ulp(float(exact)))


@given(x=st.floats(min_value=5e-324, max_value=1.7e308))
@settings(max_examples=500, deadline=None)
def test_ln_of_any_positive_number(x):
    assert ln(x) == 0.0 if x == 1.0 else apart(ln(x), math.log(x)) <= 1.0


@given(x=st.floats(-708.0, 709.78))
@settings(max_examples=500, deadline=None)
def test_exp_of_any_number_with_normal_result(x):
    assert apart(exp(x), math.exp(x)) <= 1.0


def test_edges():
    assert [ln(1.0), ln(math.inf)] == [0.0, math.inf]
    assert all(math.isnan(ln(x)) for x in (0.0, -0.0, -1.0, -math.inf, math.nan))
    assert [exp(0.0), exp(-0.0), exp(-math.inf), exp(-746.0)] == [1.0, 1.0, 0.0, 0.0]
    assert [exp(math.inf), exp(710.0), exp(1e308)] == [math.inf] * 3
    assert math.isnan(exp(math.nan))
    assert exp(709.782712893384) < math.inf
    assert exp(-745.0) == 5e-324
    assert ln(5e-324) == math.log(5e-324)


def test_never_falls_where_the_argument_rises():
    x = np.sort(np.array(spread(5000, -5, 5, 6)))
    logs = [ln(v) for v in x]
    assert all(a <= b for a, b in pairwise(logs))
