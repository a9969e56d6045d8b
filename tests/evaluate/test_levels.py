"""Maps of levels: bins, ranks against scipy, and baselines."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from clri.evaluate.levels import WIDTH, Bins, ranks, spearman, top_share
from clri.model.errors import InputError


@given(st.lists(st.integers(0, 6), min_size=3, max_size=30), st.randoms(use_true_random=False))
def test_ranks_and_spearman_equal_scipy(values, rng) -> None:
    a = np.array(values, float)
    b = np.array([rng.choice(values) for _ in values], float)
    assert ranks(a) == pytest.approx(stats.rankdata(a))
    found = spearman(a, b)
    if len(set(a)) == 1 or len(set(b)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(stats.spearmanr(a, b).statistic, abs=1e-12)


def test_too_few_bins_rank_nothing_and_lengths_must_agree() -> None:
    assert spearman(np.array([1.0, 2.0]), np.array([1.0, 2.0])) is None
    with pytest.raises(InputError, match="3 and 2 bins"):
        spearman(np.ones(3), np.ones(2))


@given(st.floats(1e-4, 1e6), st.floats(0.01, 0.3), st.lists(st.floats(-0.29, 0.29), max_size=20))
def test_amounts_fall_into_their_bins(price, span, offsets) -> None:
    bins = Bins(price, span)
    filled = bins.fill((price * math.exp(x), 2.0) for x in offsets)
    reach = bins.count // 2 * WIDTH
    inside = [x for x in offsets if -reach + 1e-9 < x < reach - 1e-9]
    outside = [x for x in offsets if abs(x) > reach + 1e-9]
    assert 2.0 * len(inside) <= filled.sum() <= 2.0 * (len(offsets) - len(outside))
    assert bins.count >= 2 * span / WIDTH - 1e-6


def test_distance_grows_on_both_sides_alike() -> None:
    distance = Bins(50.0, 0.1).distance()
    assert len(distance) == 80
    assert distance == pytest.approx(distance[::-1])
    assert distance[40:] == pytest.approx([(k + 0.5) * WIDTH for k in range(40)])


def test_bins_that_a_price_touched() -> None:
    bins = Bins(100.0, 0.01)
    assert np.flatnonzero(bins.within(99.3, 100.3)).tolist() == [1, 2, 3, 4, 5]
    assert np.flatnonzero(bins.within(100.0, 100.0)).tolist() == [4]
    assert bins.within(50.0, 200.0).all()


@pytest.mark.parametrize(("price", "span"), [(0.0, 0.1), (-1.0, 0.1), (1.0, 0.0), (math.nan, 0.1)])
def test_impossible_bins_are_refused(price, span) -> None:
    with pytest.raises(InputError):
        Bins(price, span)


def test_share_of_the_best_bins() -> None:
    predicted, realised = np.arange(20.0), np.zeros(20)
    assert top_share(predicted, realised) is None
    realised[[3, 18, 19]] = 5.0, 2.0, 3.0
    assert top_share(predicted, realised) == 0.5
    assert top_share(predicted, realised, 0.05) == 0.3
    assert top_share(predicted, realised, 1.0) == 1.0
