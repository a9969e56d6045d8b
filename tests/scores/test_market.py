"""Market index: the vector of SCORES 3, coverage, floors, members that come and go."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.scores.market import Market

NAN = float("nan")
NAMES = [column.name for column in Market.outputs]


def index(oi, exact, coverage=None, d=None, regime=None, pct=None, market=None, state=None):
    n = len(oi)
    x = np.array([oi, exact, coverage or [1.0] * n, d or [NAN] * n, regime or [0.0] * n, pct or [NAN] * n])[:, None, :]
    market = market or Market()
    y, lanes = market.update(state if state is not None else market.state(n), x)
    return dict(zip(NAMES, y[:, 0].tolist(), strict=True)), lanes[0, 0], lanes[1, 0]


def test_vector() -> None:
    out, weights, _ = index(
        [30e9, 16e9, 4.5e9, 3.9e9, 1.2e9, 0.5e9],
        [79.2, 74.1, 71.8, 62.0, 48.0, 45.2],
        d=[0.55, 0.41, 0.35, 0.10, -0.15, NAN],
    )
    assert weights == pytest.approx([0.5193, 0.2770, 0.0779, 0.0675, 0.0291, 0.0291], abs=5e-5)
    assert out["market_exact"] == pytest.approx(74.1501, abs=5e-5)
    assert out["market_clri"] == 74
    assert out["market_direction_value"] == pytest.approx(0.4417, abs=5e-5)


def test_without_open_interest_weights_are_equal() -> None:
    out, weights, _ = index([NAN, NAN], [40.0, 60.0])
    assert weights == pytest.approx([0.5, 0.5])
    assert out["market_exact"] == 50.0
    assert out["total_oi"] != out["total_oi"]


def test_a_symbol_without_score_has_no_weight_but_lowers_coverage() -> None:
    out, weights, ranks = index([75e9, 25e9], [60.0, NAN])
    assert weights.tolist() == [1.0, 0.0]
    assert out["market_exact"] == 60.0
    assert out["market_coverage"] == pytest.approx(0.75)
    assert np.isnan(ranks[1])


def test_the_index_is_unknown_when_the_large_symbols_are() -> None:
    out, _, _ = index([75e9, 25e9], [NAN, 60.0])
    assert out["market_coverage"] == pytest.approx(0.25)
    assert out["market_clri"] != out["market_clri"]


def test_last_known_open_interest_counts_for_coverage() -> None:
    market = Market()
    state = market.state(2)
    index([75e9, 25e9], [60.0, 60.0], market=market, state=state)
    out, _, _ = index([NAN, 25e9], [NAN, 60.0], market=market, state=state)
    assert out["market_coverage"] == pytest.approx(0.25)


def test_regime_breadth_and_rank() -> None:
    out, _, ranks = index([50e9, 30e9, 20e9], [10.0, 30.0, 30.0], regime=[0, 2, 2], pct=[95.0, 91.0, 90.0])
    assert out["market_regime"] == 0.0  # equal weights .5 and .5: the first wins
    assert out["breadth"] == pytest.approx(2 / 3)
    assert ranks == pytest.approx([100 * 0.5 / 3, 100 * 2 / 3, 100 * 2 / 3])


@given(
    st.lists(
        st.tuples(
            st.one_of(st.just(NAN), st.floats(1, 1e12)),
            st.one_of(st.just(NAN), st.floats(0, 100)),
            st.floats(0, 1),
            st.one_of(st.just(NAN), st.floats(-1, 1)),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_always_in_range(rows) -> None:
    oi, exact, coverage, d = (list(column) for column in zip(*rows, strict=True))
    out, weights, ranks = index(oi, exact, coverage=coverage, d=d)
    members = [e for e in exact if e == e]
    assert 0.0 <= out["market_coverage"] <= 1.0
    assert sum(weights) == pytest.approx(1.0 if members else 0.0)
    if members and out["market_exact"] == out["market_exact"]:
        assert min(members) - 1e-9 <= out["market_exact"] <= max(members) + 1e-9
    assert all(0.0 <= r <= 100.0 for r in ranks if r == r)
