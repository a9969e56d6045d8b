"""Components one by one: missing terms, one-sidedness, coarse references, warm-up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.engine.cadence import Cadence
from clri.scores.changes import Changes
from clri.scores.direction import Direction
from clri.scores.funding import Funding
from clri.scores.imbalance import Imbalance
from clri.scores.liquidation import Liquidation
from clri.scores.liquidation_sums import LiquidationSums
from clri.scores.open_interest import OpenInterest
from clri.scores.signals import Signals
from clri.scores.stress import Stress
from clri.scores.volume import Volume
from tests.scores.vectors import NAN, N, run, short

COARSE = Cadence(4 * 3600)


def same(value: float) -> bool:
    return value != value


@pytest.mark.parametrize(
    ("row", "d"),
    [
        ((3e-4, 1.8, 0.85e6, 0.15e6, 1e9), 0.5444),
        ((-6e-4, 0.7, NAN, NAN, 1e9), -0.5680),
        ((10e-4, NAN, 1e6, 0.0, 1e9), 1.0),
    ],
)
def test_direction_vectors(row, d) -> None:
    assert run(Direction(Cadence()), [[v] for v in row])["direction_value"] == pytest.approx(d, abs=5e-5)


def test_direction_needs_weight_and_flow() -> None:
    assert same(run(Direction(Cadence()), [[NAN], [NAN], [1e6], [0.0], [1e9]])["direction_value"])  # flow alone: .2
    assert run(Direction(Cadence()), [[NAN], [2.0], [NAN], [NAN], [NAN]])["direction_value"] == pytest.approx(1.0)
    tiny = run(Direction(Cadence()), [[1e-4], [NAN], [9_999.0], [0.0], [1e9]])
    assert tiny["direction_value"] == pytest.approx(0.1)  # below 0.001 % of OI the flow is missing


def test_coarse_flow_bound_grows_with_the_span() -> None:
    row = [[1e-4], [NAN], [20_000.0], [0.0], [1e9]]
    assert run(Direction(Cadence()), row)["direction_value"] == pytest.approx((0.1 * 0.5 + 0.2) / 0.7)
    assert run(Direction(COARSE), row)["direction_value"] == pytest.approx(0.1)


def test_signal_vector() -> None:
    row = (103_120, 103_000, NAN, 3e-4, 30.9e9, 4.0, 1.2, 9e6, NAN, NAN, NAN)
    out = run(Signals(Cadence()), [[v] for v in row])
    assert out["basis_pct"] == pytest.approx(0.1165, abs=5e-5)
    assert out["liquidation_oi_ratio"] == pytest.approx(0.0291, abs=5e-5)
    assert out["funding_oi_stress"] == pytest.approx(1.015065e10)
    assert out["oi_price_divergence"] == pytest.approx(2.8)


@pytest.mark.parametrize(("oi", "hour", "rate"), [(30.9e9, 50e6, 1e6), (3e9, 7.5e6, 150e3), (400e6, 1e6, 50e3)])
def test_liquidation_event_bounds(oi, hour, rate) -> None:
    def spike(liq, per_min):
        row = (NAN, NAN, NAN, NAN, oi, NAN, NAN, liq, per_min, NAN, NAN)
        return run(Signals(Cadence()), [[v] for v in row])["liq_is_spike"]

    assert spike(hour, NAN) == 1.0
    assert spike(hour - 1, 0.0) == 0.0
    assert spike(0.0, rate) == 1.0
    assert spike(0.0, rate - 1) == 0.0
    assert same(spike(NAN, NAN))


def test_stress_vector() -> None:
    stress = Stress(Cadence())
    stress.tracks = tuple(short(track) for track in stress.tracks)
    past = [float(v) for v in range(N)]
    ranks = {90.0: 8.5, 80.0: 7.5, 100.0: 99.0}  # between samples: 9, 8 and 10 of 10 lie below
    columns = [[*past, ranks[r]] for r in (90.0, 80.0, 100.0, 90.0)]
    out = run(stress, columns)
    assert out["composite_stress"] == pytest.approx(89.5)
    assert out["stress_coverage"] == pytest.approx(1.0)


def test_stress_needs_half_its_weight() -> None:
    stress = Stress(Cadence())
    stress.tracks = tuple(short(track) for track in stress.tracks)
    past = [float(v) for v in range(N)]
    assert same(run(stress, [[*past, 5.0], [NAN] * 11, [NAN] * 11, [*past, 5.0]])["composite_stress"])
    assert run(stress, [[NAN] * 11, [*past, 99.0], [NAN] * 11, [*past, 99.0]])["composite_stress"] == pytest.approx(
        100.0
    )


def test_calm_never_raises_risk() -> None:
    past = [1e-4, 1.2e-4, 0.8e-4, 1e-4, 1.1e-4, 0.9e-4, 1e-4, 1.3e-4, 1e-4, 1e-4]
    funding = Funding(Cadence())
    funding.track = short(funding.track)
    out = run(funding, [[*past, 0.0], [1.0] * 11])
    assert out["funding_score"] == 0.0
    assert out["funding_z"] < 0


def test_falling_open_interest_scores_by_its_level_alone() -> None:
    out = run(OpenInterest(Cadence()), [[100.0], [-5.0], [1.0]])
    assert out["oi_score"] == 0.0
    assert out["oi_evidence"] == pytest.approx(0.6)


def test_coarse_references() -> None:
    assert run(OpenInterest(COARSE), [[100.0], [4.0], [1.0]])["oi_score"] == pytest.approx(20.0)  # of 10 % * sqrt(4)
    liquidation = run(Liquidation(COARSE), [[1.0], [15.45e6], [30.9e9], [1.0]])
    assert liquidation["liquidation_score"] == pytest.approx(5.0)  # of 0.25 % * 4


@pytest.mark.parametrize("score", [Funding, Volume, Liquidation, OpenInterest, Imbalance])
def test_nothing_in_nothing_out(score) -> None:
    at = score(Cadence())
    out = run(at, [[NAN]] * len(at.inputs))
    name = at.outputs[0].name
    assert same(out[name])
    assert out[name.replace("score", "evidence")] == 0.0


def test_both_sides_empty_is_missing() -> None:
    assert same(run(Imbalance(Cadence()), [[0.0], [0.0], [1.0]])["imbalance_score"])
    assert run(Imbalance(Cadence()), [[0.0], [5.0], [1.0]])["imbalance_score"] == 100.0


def test_volume_is_missing_without_spot_market() -> None:
    row = (NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, 5e9, 0.0)
    assert same(run(Signals(Cadence()), [[v] for v in row])["volume_ln"])


def test_as_of_reference_is_at_most_five_minutes_older() -> None:
    rows = 61 + 10
    oi = [100.0] * 4 + [NAN] * (rows - 5) + [110.0]
    assert run(Changes(Cadence()), [oi, [NAN] * rows])["oi_chg_1h_pct"] != run(Changes(Cadence()), [oi, oi])
    for age, known in ((60, True), (65, True), (66, False)):
        series = [100.0] + [NAN] * (age - 1) + [110.0]
        got = run(Changes(Cadence()), [series, series])
        assert (not same(got["oi_chg_1h_pct"])) is known, age
        if known:
            assert got["oi_chg_1h_pct"] == pytest.approx(10.0)
            assert got["price_chg_1h_pct"] == pytest.approx(10.0)


@pytest.mark.parametrize(("missing", "known"), [(6, True), (7, False)])
def test_an_hour_needs_nine_tenths_of_its_rows(missing, known) -> None:
    longs = [NAN] * missing + [1000.0] * (60 - missing)
    out = run(LiquidationSums(Cadence()), [longs, longs, [0.9] * 60])
    assert (not same(out["liq_1h_usd"])) is known
    if known:
        assert out["liq_1h_usd"] == 2 * 1000.0 * (60 - missing)
        assert out["liq_1h_cov"] == pytest.approx(0.9)


def test_coarse_sums_are_the_rows_own() -> None:
    out = run(LiquidationSums(COARSE), [[1e6, 3e6], [0.0, 1e6], [1.0, 1.0]])
    assert out["liq_1h_usd"] == 4e6
    assert out["liq_5m_usd"] == 4e6 / 4 / 2
    assert out["liq_rate_per_min"] == pytest.approx(4e6 / 240)


amounts = st.lists(st.one_of(st.just(NAN), st.floats(0, 1e9)), min_size=1, max_size=90)


@given(amounts)
def test_hour_equals_a_plain_sum(longs) -> None:
    out = run(LiquidationSums(Cadence()), [longs, longs, longs])
    window = np.array(([NAN] * 60 + longs)[-60:])
    known = np.count_nonzero(~np.isnan(window)) >= 54
    assert (not same(out["liq_1h_usd"])) == known
    if known:
        assert out["liq_1h_usd"] == pytest.approx(2 * np.nansum(window), rel=1e-9, abs=1e-3)
