from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.observe.weighted import mean, median, weigh
from tests.observe import truth
from tests.observe.facts import GivenShares

pairs = st.lists(st.tuples(st.floats(-1e6, 1e6), st.integers(0, 5) | st.integers(0, 10**18)), min_size=1, max_size=7)


@given(pairs)
def test_the_median_is_the_middle_of_the_lower_and_the_upper_one(rows):
    values = {index: value for index, (value, _) in enumerate(rows)}
    weights = {index: Fraction(weight) for index, (_, weight) in enumerate(rows)}
    assert median(rows) == truth.median(values, weights)


@given(pairs)
def test_the_median_is_the_median_of_repeated_values(rows):
    small = [(value, weight % 4) for value, weight in rows]
    repeated = sorted(value for value, weight in small for _ in range(weight))
    if repeated:
        middle = len(repeated) // 2
        assert median(small) == 0.5 * (repeated[middle] + repeated[-middle - 1])


@given(pairs)
def test_the_mean_is_exact_and_never_outside_the_values(rows):
    values = {index: value for index, (value, _) in enumerate(rows)}
    weights = {index: Fraction(weight) for index, (_, weight) in enumerate(rows)}
    found = mean(rows)
    assert found == pytest.approx(truth.mean(values, weights), rel=1e-12, abs=1e-9)
    assert min(values.values()) <= found <= max(values.values())


def test_exactly_half_takes_the_mean_even_over_values_without_weight():
    assert median([(1.0, 2), (2.0, 0), (5.0, 2)]) == 3.0
    assert median([(1.0, 3), (2.0, 0), (5.0, 2)]) == 1.0


def test_weights_are_open_interest_and_average_shares_at_the_same_scale():
    shares = GivenShares({"binance": 0.5, "okx": 0.25, "gate": 0.25}, {"binance": 2e9, "okx": 1e9})
    assert weigh(shares) == {"binance": 2 * 10**15, "okx": 10**15, "gate": 10**15}


def test_weights_without_any_open_interest_are_the_shares():
    found = weigh(GivenShares({"binance": 0.5, "okx": 0.25, "gate": 0.25}))
    assert found["binance"] == 2 * found["okx"] == 2 * found["gate"] > 0
