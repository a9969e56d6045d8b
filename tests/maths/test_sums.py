"""Exact sums of money against Python integers."""

import math
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.maths import money, sums
from clri.maths.money import LIMIT_USD, from_micro, micro
from tests.maths.panels import panel

amount = st.one_of(
    st.just(math.nan),
    st.floats(-LIMIT_USD, LIMIT_USD),
    st.floats(-1e6, 1e6),
    st.sampled_from([0.0, -0.0, 1e-6, 5e-7, -5e-7, 9.2e12, 9.2000001e12, 1e300, math.inf, -math.inf]),
)


def run(x, t0, state, cuts=()):
    out = [np.full(x.shape, -1.0) for _ in range(2)]
    edges = [0, *cuts, x.shape[0]]
    for start, end in pairwise(edges):
        sums.roll(*state, t0 + start, x[start:end], *(column[start:end] for column in out))
    return out


def raw(arrays):
    return [array.tobytes() for array in arrays]


@given(values=st.lists(amount, min_size=1, max_size=50), window=st.integers(1, 9), t0=st.integers(0, 99))
@settings(max_examples=300, deadline=None)
def test_every_row_equals_python_integers(values, window, t0):
    rows = [micro(v) if abs(v) <= LIMIT_USD else None for v in values]
    state = sums.allocate(1, window)
    found, count = run(np.array(values)[:, None], t0, state)
    for row in range(len(values)):
        held = [v for v in rows[max(0, row - window + 1) : row + 1] if v is not None]
        assert count[row, 0] == len(held)
        if held:
            assert found[row, 0] == float(sum(held)) / 1e6  # float(): the nearest double of the integer
        else:
            assert math.isnan(found[row, 0])
    high, low = state[1][0].tolist()
    assert high * 2**32 + low == sum(v for v in rows[-window:] if v is not None)


@given(
    values=st.lists(amount, min_size=1, max_size=40),
    window=st.integers(1, 9),
    t0=st.integers(0, 99),
    cut=st.integers(0, 40),
    need=st.floats(0.0, 9.0),
)
@settings(max_examples=200, deadline=None)
def test_sliding_a_lane_equals_pushing_its_rows(values, window, t0, cut, need):
    amounts = np.array([sums.micro_or_missing(v) for v in values], np.int64)
    one, many = sums.allocate(1, window), sums.allocate(1, window)
    found, rows = np.empty(len(values)), np.empty(len(values), np.int64)
    count = 0
    for start, end in pairwise((0, min(cut, len(values)), len(values))):
        part = slice(start, end)
        count = sums.slide(one[0][0], one[1][0], count, t0 + start, amounts[part], need, 1e6, found[part], rows[part])
    for row, pushed in enumerate(amounts.tolist()):
        many[2][0] = sums.push(many[0][0], many[1][0], many[2][0], t0 + row, pushed)
        assert rows[row] == many[2][0]
        wanted = sums.usd(many[1][0]) if many[2][0] + 1e-9 >= need else math.nan
        assert np.float64(found[row]).tobytes() == np.float64(wanted).tobytes()
    assert (count, one[0].tobytes(), one[1].tobytes()) == (many[2][0], many[0].tobytes(), many[1].tobytes())


def test_sums_beyond_int64_are_exact_and_leave_no_trace():
    x = np.full((3000, 1), LIMIT_USD)
    x[1500:] = 0.25
    state = sums.allocate(1, 1440)
    found, _ = run(x, 0, state)
    assert found[1499, 0] == pytest.approx(1440 * LIMIT_USD, rel=1e-15)
    assert found[-1, 0] == 360.0


def test_order_of_rows_does_not_matter():
    x = panel(60, 1, 3) * 1e9
    forward, _ = run(x, 0, sums.allocate(1, 60))
    backward, _ = run(x[::-1].copy(), 0, sums.allocate(1, 60))
    assert forward[-1, 0] == backward[-1, 0]


@pytest.mark.parametrize("later", [1, 7, 59])
def test_later_start_ends_in_equal_bytes_after_one_window(later):
    x = panel(later + 60, 2, 4, missing=0.2) * 1e9
    early, late = sums.allocate(2, 60), sums.allocate(2, 60)
    run(x, 11, early, cuts=[5, 20, 21])
    run(x[later:], 11 + later, late)
    assert raw(early) == raw(late)


def test_outputs_are_optional():
    x = panel(50, 2, 5, missing=0.2)
    found, count = run(x, 0, sums.allocate(2, 7))
    alone = np.full(x.shape, -1.0)
    sums.roll(*sums.allocate(2, 7), 0, x, alone, None)
    assert alone.tobytes() == found.tobytes()
    sums.roll(*sums.allocate(2, 7), 0, x, None, alone)
    assert alone.tobytes() == count.tobytes()


@given(usd=amount)
@settings(max_examples=500, deadline=None)
def test_compiled_and_plain_conversion_agree(usd):
    found = int(sums.micro_or_missing(usd))
    if abs(usd) <= LIMIT_USD:
        assert found == micro(usd)
        assert micro(-usd) == -micro(usd)
        assert abs(Decimal(found) - Decimal(usd) * 10**6) <= Decimal("0.5") + Decimal(math.ulp(usd * 1e6))
    else:
        assert found == sums.MISSING
        with pytest.raises(ValueError, match=r"notional was .* USD; expected a finite amount"):
            micro(usd)


def test_limit_fits_int64():
    assert micro(LIMIT_USD) == 9_200_000_000_000_000_000 < 2**63
    with pytest.raises(ValueError, match=r"9\.2e\+12"):
        micro(math.nextafter(LIMIT_USD, math.inf))


def test_halves_go_away_from_zero():
    assert [micro(v) for v in (5e-7, -5e-7, 1.5e-6, 2.5e-6, 4.9e-7)] == [1, -1, 2, 3, 0]


def test_money_round_trip():
    assert from_micro(micro(875_200.123456)) == 875_200.123456
    assert from_micro(3 * 2**63) == 3 * 2**63 / 1e6  # totals may pass int64
    assert money.nearest_micro(4503599627.370497) == 4503599627370497  # odd, above 2**52: adding 0.5 would round up


@pytest.mark.parametrize("window", [0, 65_536])
def test_wrong_windows_are_refused(window):
    with pytest.raises(ValueError, match=f"window was {window}"):
        sums.allocate(1, window)
