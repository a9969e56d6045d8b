"""CLRI: the table of SCORES 2.3 to four digits, regimes, coverage rules, scale."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.engine.cadence import Cadence
from clri.model.errors import ConfigError
from clri.model.levels import risk_level
from clri.scores.clri import SCALE_1, Clri, Params
from tests.scores.vectors import NAN, ROWS, composite, run

COMPONENTS = ("funding", "oi", "volume", "liquidation", "imbalance")
EXPECTED = {
    "A": ((12.8, 36.8, 24.3566, 5.1622, 9.0909), 0, 0.0, 18.4496, 39.8319, 40, "MODERATE"),
    "B": ((72.0, 64.0, 69.3227, 21.6351, 29.4118), 2, 1.0, 53.6710, 90.7915, 91, "EXTREME"),
    "C": ((72.0, 64.0, 69.3227, 69.0393, 29.4118), 1, 0.9887, 62.7068, 95.0716, 95, "EXTREME"),
    "D": ((72.0, 64.0, NAN, 69.0393, 29.4118), 1, 0.9887, 61.9670, 94.7212, 95, "EXTREME"),
}


@pytest.mark.parametrize("name", ROWS)
def test_vectors_of_the_table(name: str) -> None:
    parts, regime, intensity, raw, exact, score, level = EXPECTED[name]
    row = ROWS[name]
    assert [row[f"{c}_score"] for c in COMPONENTS] == pytest.approx(parts, abs=5e-5, nan_ok=True)
    out = composite(row)
    assert out["regime"] == regime
    assert out["regime_intensity"] == pytest.approx(intensity, abs=5e-5)
    assert out["clri_raw"] == pytest.approx(raw, abs=5e-5)
    assert out["clri_exact"] == pytest.approx(exact, abs=5e-5)
    assert out["clri_score"] == score
    assert risk_level(out["clri_score"]) == level


def test_z_values_of_the_table() -> None:
    assert ROWS["A"]["funding_z"] == pytest.approx(0.4)
    assert ROWS["A"]["liq_z"] == pytest.approx(0.2497, abs=5e-5)
    assert ROWS["B"]["funding_z"] == pytest.approx(4.0)
    assert ROWS["B"]["liq_z"] == pytest.approx(1.1428, abs=5e-5)
    assert ROWS["C"]["liq_z"] == pytest.approx(2.9773, abs=5e-5)


def test_contributions_of_b() -> None:
    out = composite(ROWS["B"])
    points = [out[f"contribution_{c}"] for c in COMPONENTS]
    assert points == pytest.approx([42.6291, 21.6529, 11.7268, 7.3197, 7.4631], abs=5e-5)
    assert sum(points) == pytest.approx(out["clri_exact"])


def test_weights_without_volume() -> None:
    out = composite(ROWS["D"])
    assert out["coverage"] == pytest.approx(0.8994, abs=5e-5)
    assert [out[f"weight_{c}"] for c in COMPONENTS] == pytest.approx([0.2230, 0.2230, 0, 0.3872, 0.1668], abs=5e-5)


def test_first_hour_without_history_is_partial() -> None:
    score = Clri(Cadence())
    evidence = [0.4, 0.6, 0.0, 0.5, 1.0]
    out = run(score, [[10.0], [10.0], [NAN], [10.0], [10.0], *([e] for e in evidence), [NAN], [NAN], [NAN]])
    assert out["coverage"] == pytest.approx(0.50)
    assert out["clri_score"] == out["clri_score"]


@pytest.mark.parametrize(("evidence", "known"), [(0.40, True), (0.3999, False), (0.0, False)])
def test_below_least_coverage_there_is_no_score(evidence: float, known: bool) -> None:
    out = run(Clri(Cadence()), [*[[50.0]] * 5, *[[evidence]] * 5, [NAN], [NAN], [NAN]])
    assert (out["clri_score"] == out["clri_score"]) is known
    assert out["coverage"] == pytest.approx(evidence)
    if not known:
        assert np.isnan([out["clri_exact"], out["clri_raw"], out["weight_oi"], out["contribution_oi"]]).all()


@pytest.mark.parametrize(
    ("z", "regime", "intensity"),
    [
        ((2.0, 9.0, 9.0), 1, 0.5),
        ((1.99, 2.0, 9.0), 2, 0.5),
        ((1.99, 1.99, 2.5), 3, 0.5),
        ((1.99, 1.99, 2.49), 0, 0.0),
        ((3.0, 0.0, 0.0), 1, 1.0),
        ((0.0, 0.0, 3.5), 3, 1.0),
        ((NAN, 2.5, 0.0), 2, 0.75),
        ((NAN, NAN, NAN), 0, 0.0),
        ((-9.0, -9.0, -9.0), 0, 0.0),
    ],
)
def test_first_regime_that_matches_wins(z, regime, intensity) -> None:
    out = run(Clri(Cadence()), [*[[50.0]] * 5, *[[1.0]] * 5, *([v] for v in z)])
    assert (out["regime"], out["regime_intensity"]) == (regime, pytest.approx(intensity))


@pytest.mark.parametrize(("raw", "points"), SCALE_1)
def test_scale_at_its_knots(raw: float, points: float) -> None:
    out = run(Clri(Cadence()), [*[[raw]] * 5, *[[1.0]] * 5, [0.0], [0.0], [0.0]])
    assert out["clri_exact"] == pytest.approx(points)


@pytest.mark.parametrize("edge", [25, 45, 65, 80])
def test_levels_on_both_sides_of_their_edges(edge: int) -> None:
    below, at = risk_level(edge - 1), risk_level(edge)
    assert below != at


def test_weights_must_sum_to_one() -> None:
    with pytest.raises(ConfigError, match="sum to 1"):
        Params(weights=(0.3, 0.25, 0.15, 0.20, 0.15))
    with pytest.raises(ConfigError):
        Params(weights=(-0.25, 0.75, 0.15, 0.20, 0.15))


score = st.one_of(st.just(NAN), st.floats(0, 100))
evidence = st.floats(0, 1)
z = st.one_of(st.just(NAN), st.floats(-50, 1e6))


@given(
    st.lists(score, min_size=5, max_size=5),
    st.lists(evidence, min_size=5, max_size=5),
    st.lists(z, min_size=3, max_size=3),
)
def test_always_in_range_and_parts_sum(scores, shares, zs) -> None:
    shares = [0.0 if s != s else e for s, e in zip(scores, shares, strict=True)]
    out = run(Clri(Cadence()), [*([s] for s in scores), *([e] for e in shares), *([v] for v in zs)])
    assert 0.0 <= out["coverage"] <= 1.0
    assert 0.0 <= out["regime_intensity"] <= 1.0
    if out["clri_score"] == out["clri_score"]:
        assert 0.0 <= out["clri_exact"] <= 100.0
        assert sum(out[f"weight_{c}"] for c in COMPONENTS) == pytest.approx(1.0)
        assert sum(out[f"contribution_{c}"] for c in COMPONENTS) == pytest.approx(out["clri_exact"], abs=1e-9)
        assert min(s for s, e in zip(scores, shares, strict=True) if e > 0) - 1e-9 <= out["clri_raw"]
