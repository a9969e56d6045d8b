"""Liquidation Risk: vectors, each part's shape, warm-up, missing parts, and the joint level."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.engine.cadence import Cadence
from clri.maths.history import History
from clri.scores.joint_level import Joint, joint_level
from clri.scores.liquidation_risk import PARTS, RISK_1, LiquidationRisk, Params
from clri.scores.track import Track
from tests.scores import lanes
from tests.scores.lanes import NAN, fill

COARSE = Cadence(4 * 3600)
NAMES = LiquidationRisk.inputs


def warm(ranks: tuple[float, ...], params: Params | None = None) -> LiquidationRisk:
    """The score with histories of 200 samples."""
    score = LiquidationRisk(COARSE, params)
    score.tracks = tuple(Track(t.key, History(cap=200, n_min=200, floor=math.nan)) for t in score.tracks)
    assert len(ranks) == 4
    return score


def run(f8, oi, price, lsr, liq, oi_usd, ranks=(NAN,) * 4, params=None) -> dict[str, float]:
    """Outputs of the last of 201 rows; before it stand 200 samples, of which `ranks` percent lie below."""
    inputs = [f8, oi, lsr, liq]
    if all(r != r for r in ranks):
        x = np.array([f8, oi, price, lsr, liq, oi_usd])[:, None, None]
        return {n: v[-1, 0].item() for n, v in fill(LiquidationRisk(COARSE, params), x).items()}
    past = np.empty((4, 200))
    for k, (value, rank) in enumerate(zip(inputs, ranks, strict=True)):
        below = round(2 * rank) if rank == rank else 0
        near = value if value == value else 1.0
        past[k] = [near * (0.999 if j < below else 1.001) for j in range(200)]
    x = np.full((6, 201, 1), NAN)
    for at, k in ((0, 0), (1, 1), (3, 2), (4, 3)):
        x[at, :200, 0], x[at, 200] = past[k], inputs[k]
    x[2], x[5] = price, oi_usd
    return {n: v[-1, 0].item() for n, v in fill(warm(ranks, params), x).items()}


def test_first_vector() -> None:
    out = run(5.5e-4, 6.4, -1.1, 2.4, 12.4e6, 30.9e9, (96, 98, 90, 99))
    assert [round(out[f"lr_{p}"], 4) for p in PARTS] == [20.0855, 23.4462, 11.1282, 13.7565]
    assert (round(out["liquidation_risk_raw"], 4), round(out["liquidation_risk"], 4)) == (68.4164, 92.2967)
    assert out["liquidation_risk_coverage"] == 1.0


def test_second_vector_without_the_ratio() -> None:
    out = run(5.5e-4, 6.4, -1.1, NAN, 12.4e6, 30.9e9, (96, 98, NAN, 99))
    assert (round(out["liquidation_risk_raw"], 4), round(out["liquidation_risk"], 4)) == (71.6102, 93.0757)
    assert (out["liquidation_risk_coverage"], out["lr_long_short"]) == (
        pytest.approx(0.8),
        pytest.approx(NAN, nan_ok=True),
    )


def test_third_vector() -> None:
    out = run(2e-4, 1.5, 0.4, 1.3, 1.2e6, 30.9e9, (85, 83, 70, 60))
    assert (round(out["liquidation_risk_raw"], 4), round(out["liquidation_risk"], 4)) == (11.2922, 19.7555)


@pytest.mark.parametrize(
    ("bp", "absolute"), [(-5, 0), (0, 0), (1, 0), (2, 1 / 6), (3, 1 / 3), (7.5, 2 / 3), (8.75, 5 / 6), (10, 1), (99, 1)]
)
def test_funding_is_piecewise_linear_and_one_sided(bp: float, absolute: float) -> None:
    assert run(bp * 1e-4, NAN, NAN, NAN, NAN, NAN)["lr_funding"] == pytest.approx(15 * absolute, abs=1e-9)
    both = run(-bp * 1e-4, NAN, NAN, NAN, NAN, NAN, params=Params(funding_side="both"))["lr_funding"]
    assert both == pytest.approx(15 * (absolute if bp != -5 else 0.4814814814), abs=1e-6)


@pytest.mark.parametrize(
    ("rise", "moved", "absolute"),
    [(5, 0, 0.5), (5, -2, 0.5), (5, 3, 5 * 2.5 / 30), (5, 4, 1 / 3), (5, -9, 1 / 3), (-5, 0, 0), (99, 0, 1)],
)
def test_leverage_counts_more_where_the_price_stands_still(rise: float, moved: float, absolute: float) -> None:
    assert run(NAN, rise, moved, NAN, NAN, NAN)["lr_oi"] == pytest.approx(15 * absolute)


@pytest.mark.parametrize(
    ("ratio", "absolute"), [(1.5, 0), (1 / 1.5, 0), (2.25, 0.5), (1 / 2.25, 0.5), (3, 1), (0.1, 1)]
)
def test_both_sides_of_the_ratio_count(ratio: float, absolute: float) -> None:
    assert run(NAN, NAN, NAN, ratio, NAN, NAN)["lr_long_short"] == pytest.approx(10 * absolute, abs=1e-9)


def test_liquidations_against_open_interest() -> None:
    assert run(NAN, NAN, NAN, NAN, 5e5, 1e9)["lr_liquidations"] == pytest.approx(5.0)
    for missing in (NAN, 0.0):
        assert math.isnan(run(NAN, NAN, NAN, NAN, 5e5, missing)["lr_liquidations"])


def test_without_history_half_of_the_points_can_be_given() -> None:
    out = run(5.5e-4, 6.4, -1.1, 2.4, 12.4e6, 30.9e9)
    assert out["liquidation_risk_coverage"] == 0.5
    given_points = math.fsum(out[f"lr_{p}"] for p in PARTS)
    assert out["liquidation_risk_raw"] == pytest.approx(given_points / 50 * 100)
    assert math.isnan(run(5.5e-4, 6.4, -1.1, NAN, 12.4e6, 30.9e9)["liquidation_risk"])


def test_the_price_change_is_part_of_the_oi_input() -> None:
    assert math.isnan(run(NAN, 6.4, NAN, NAN, NAN, NAN)["lr_oi"])


def test_a_day_of_change_stands_for_four_hours_with_its_root() -> None:
    day = LiquidationRisk(Cadence(86_400))
    x = np.array([NAN, 5.0, 0.0, NAN, NAN, NAN])[:, None, None]
    assert fill(day, x)["lr_oi"][0, 0] == pytest.approx(7.5 / math.sqrt(6))


def test_every_row_equals_the_slow_truth() -> None:
    rng = np.random.default_rng(2)
    x = np.empty((6, 400, 1))
    x[0, :, 0], x[1, :, 0], x[2, :, 0] = rng.normal(2e-4, 3e-4, 400), rng.normal(0, 4, 400), rng.normal(0, 2, 400)
    x[3, :, 0], x[4, :, 0], x[5, :, 0] = rng.lognormal(0.3, 0.5, 400), rng.pareto(1.2, 400) * 1e6, 2e9
    x[rng.random(x.shape) < 0.1] = NAN
    found = fill(LiquidationRisk(COARSE), x)
    f8, rise, moved, lsr, liq, oi = (np.array(row) for row in x[:, :, 0])
    m = np.maximum(lsr, 1 / lsr)
    terms = [np.maximum(f8, 0), np.maximum(rise, 0), m, liq]
    q = 1 - np.clip((np.abs(moved) - 2) / 2, 0, 1)
    absolute = [
        np.interp(terms[0], [1e-4, 3e-4, 7.5e-4, 1e-3], [0, 1 / 3, 2 / 3, 1]),
        np.minimum(30, (2 + q) * terms[1]) / 30,
        np.clip((m - 1.5) / 1.5, 0, 1),
        np.clip(liq / (0.001 * oi), 0, 1),
    ]
    windows, needs, most = (180, 180, 180, 42), (42, 42, 42, 12), (30, 30, 20, 20)
    full = 0
    for t in range(400):
        points = present = 0.0
        for k in range(4):
            a, past = absolute[k][t], terms[k][max(0, t - windows[k]) : t]
            past = past[~np.isnan(past)]
            if a != a:
                assert np.isnan(found[f"lr_{PARTS[k]}"][t, 0])
                continue
            got, share = 0.5 * a, 0.5
            if len(past) >= needs[k]:
                v = terms[k][t]
                rank = 100 * (np.sum(past < v) + 0.5 * np.sum(past == v)) / len(past)
                got, share = got + 0.5 * min(1, max(0, (rank - 80) / 19.5)), 1.0
            assert found[f"lr_{PARTS[k]}"][t, 0] == pytest.approx(most[k] * got, rel=1e-9, abs=1e-12)
            points, present = points + most[k] * got, present + most[k] * share
        assert found["liquidation_risk_coverage"][t, 0] == pytest.approx(present / 100)
        risk = np.interp(100 * points / present, *np.array(RISK_1).T) if present >= 50 else NAN
        assert found["liquidation_risk"][t, 0] == pytest.approx(risk, rel=1e-9, nan_ok=True)
        full += present == 100
    assert full > 100


free = st.one_of(st.floats(-1e3, 1e3), st.sampled_from([0.0, 1e-12, 1e12]))
COLUMNS = {
    n: free if n.startswith(("fund", "oi_chg", "price")) else st.one_of(st.just(0.0), st.floats(1e-12, 1e12))
    for n in NAMES
}


@given(lanes.panels(COLUMNS))
@settings(max_examples=60)
def test_any_input_gives_numbers_in_range(x: np.ndarray) -> None:
    lanes.assert_in_range(LiquidationRisk(COARSE), x)


@given(lanes.panels(COLUMNS, lanes=2), lanes.cuts)
@settings(max_examples=25)
def test_live_equals_block(x: np.ndarray, cuts: list[int]) -> None:
    lanes.assert_same_in_any_cut(lambda: LiquidationRisk(COARSE), x, 50, cuts)


# ---------------------------------------------------------------- joint level
def test_vector_of_the_joint_level() -> None:
    assert joint_level(80.0, -57) == Joint("CRITICAL", 137, pressure_unknown=False)


@pytest.mark.parametrize(
    ("risk", "pressure", "level"),
    [
        *((70.4, -31, "WARNING"), (70.5, -31, "CRITICAL"), (71, -30, "WARNING"), (99, 1, "INFO"), (99, 0, "INFO")),
        *((50.4, -99, "INFO"), (50.5, -1, "WARNING"), (30.4, -99, "NONE"), (30.5, 99, "INFO"), (0, -99, "NONE")),
        *((71, None, "WARNING"), (70, None, "INFO"), (31, None, "INFO"), (30, None, "NONE"), (None, -99, None)),
        (None, None, None),
    ],
)
def test_bounds_of_the_joint_level(risk, pressure, level) -> None:
    found = joint_level(risk, pressure)
    assert (found.level, found.pressure_unknown) == (level, pressure is None)
    assert (found.combined is None) == (risk is None or pressure is None)


@given(st.floats(0, 100), st.integers(-100, 100))
def test_a_lost_pressure_never_looks_safer_than_a_calm_one(risk: float, pressure: int) -> None:
    order = ("NONE", "INFO", "WARNING", "CRITICAL")
    alone, calm = joint_level(risk, None).level, joint_level(risk, abs(pressure)).level
    assert order.index(alone) >= order.index(calm)
