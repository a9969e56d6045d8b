"""Liquidations of four hours: totals, velocity, adaptive threshold, side, and what is missing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.engine.cadence import Cadence
from clri.scores.cascade4h import Cascade4h, Params
from tests.scores import lanes
from tests.scores.lanes import NAN, fill

HOUR = Cadence(3600)


def rows(longs, shorts, n=(3.0, 1.0), complete=0.5) -> np.ndarray:
    """One lane."""
    many = np.broadcast_to
    longs = np.asarray(longs, dtype=np.float64)
    shape = longs.shape
    parts = [longs, many(shorts, shape), many(n[0], shape), many(n[1], shape), many(complete, shape)]
    return np.array(parts, dtype=np.float64)[:, :, None]


def last(found) -> dict[str, float]:
    return {name: values[-1, 0].item() for name, values in found.items()}


def test_vector_of_the_floor() -> None:
    out = last(fill(Cascade4h(HOUR), rows([3e5] * 4, 7.5e4)))
    assert (out["liq_4h_usd"], out["liq_4h_long_usd"], out["liq_velocity_usd_h"]) == (1.5e6, 1.2e6, 375_000.0)
    assert (out["cascade4h_side"], out["cascade4h_severity"], out["cascade4h_met"]) == (1.0, 1.875, 1.0)
    assert (out["liq_velocity_threshold_usd_h"], out["liq_velocity_adaptive"]) == (200_000.0, 0.0)
    assert (out["cascade4h_events"], out["cascade4h_complete"], out["cascade4h_hours"]) == (16.0, 0.5, 4.0)


def test_vector_of_a_threshold_of_250_000() -> None:
    past = [250_000.0] * 400  # three rows on the way up are less than 1 % of them
    out = last(fill(Cascade4h(HOUR), rows([*past, *[375_000.0] * 4], 0.0)))
    assert (out["liq_velocity_adaptive"], out["liq_velocity_threshold_usd_h"]) == (1.0, 250_000.0)
    assert out["cascade4h_severity"] == 1.5
    plain = Cascade4h(HOUR, Params(critical_velocity=250_000.0))
    assert last(fill(plain, rows([3e5] * 4, 7.5e4)))["cascade4h_severity"] == 1.5


@pytest.mark.parametrize(
    ("longs", "side"), [(0.61e6, 1.0), (0.6e6, 0.0), (0.5e6, 0.0), (0.4e6, 0.0), (0.39e6, -1.0), (0.0, -1.0)]
)
def test_a_side_needs_more_than_sixty_percent(longs: float, side: float) -> None:
    assert last(fill(Cascade4h(HOUR), rows([longs], 1e6 - longs)))["cascade4h_side"] == side


@pytest.mark.parametrize(
    ("usd", "count", "met"),
    [
        (2e5, 1, 0.0),  # fast enough, too little in total
        (5e5, 1, 1.0),
        (4.99e5, 1, 0.0),
        (2e5, 4, 1.0),
        (1.99e5, 4, 0.0),  # enough in total, too slow
    ],
)
def test_both_thresholds_must_be_met(usd: float, count: int, met: float) -> None:
    assert last(fill(Cascade4h(HOUR), rows([usd] * count, 0.0)))["cascade4h_met"] == met


def test_a_young_feed_is_measured_over_its_time_and_at_least_an_hour() -> None:
    quarter = Cadence(900)
    for count, hours in ((1, 1.0), (4, 1.0), (6, 1.5), (16, 4.0), (30, 4.0)):
        out = last(fill(Cascade4h(quarter), rows([1e5] * count, 0.0)))
        assert out["cascade4h_hours"] == hours
        assert out["liq_velocity_usd_h"] == min(count, 16) * 1e5 / hours


def test_no_feed_is_no_calm() -> None:
    out = last(fill(Cascade4h(HOUR), rows([3e5, 3e5, 3e5, NAN], 1e5)))
    missing = {name for name, value in out.items() if value != value}
    assert missing == {
        *("liq_4h_usd", "liq_4h_long_usd", "liq_4h_short_usd", "liq_velocity_usd_h", "cascade4h_severity"),
        *("cascade4h_side", "cascade4h_events", "cascade4h_complete", "cascade4h_met", "cascade4h_hours"),
    }
    back = last(fill(Cascade4h(HOUR), rows([3e5, 3e5, NAN, 3e5], 1e5)))
    assert (back["liq_4h_usd"], back["cascade4h_hours"]) == (1.2e6, 3.0)


def test_rows_without_counts_or_shares_hold_their_money() -> None:
    out = last(fill(Cascade4h(HOUR), rows([3e5] * 4, 7.5e4, n=(NAN, NAN), complete=NAN)))
    assert (out["liq_4h_usd"], out["cascade4h_events"], out["cascade4h_complete"]) == (1.5e6, 0.0, 0.0)
    quiet = last(fill(Cascade4h(HOUR), rows([0.0], 0.0, n=(0.0, 0.0), complete=NAN)))
    assert (quiet["cascade4h_severity"], quiet["cascade4h_met"]) == (0.0, 0.0)
    assert quiet["cascade4h_complete"] != quiet["cascade4h_complete"]


def test_coarse_rows_are_the_window() -> None:
    day = Cascade4h(Cadence(86_400))
    out = last(fill(day, rows([2.9e6], 0.0)))
    assert (out["cascade4h_hours"], out["cascade4h_met"]) == (24.0, 0.0)  # 3 M USD in a day is 500 k in 4 h
    assert last(fill(day, rows([4.8e6], 0.0)))["cascade4h_met"] == 1.0


def slow(score, x, t):
    """Velocity and total at row t, from all rows."""
    both = (x[0] + x[1])[max(0, t - score.rows + 1) : t + 1, 0]
    known = both[~np.isnan(both)]
    if np.isnan((x[0] + x[1])[t, 0]):
        return NAN, NAN
    hours = max(1.0, len(known) * score.row_hours)
    return known.sum() / hours, known.sum()


def test_every_row_equals_the_slow_truth() -> None:
    rng = np.random.default_rng(3)
    x = rows(np.round(rng.pareto(1.1, 700) * 5e4, 2), np.round(rng.pareto(1.1, 700) * 5e4, 2))
    x[:2, rng.random((700, 1)) < 0.15] = NAN
    x[1, rng.random((700, 1)) < 0.03] = NAN
    score = Cascade4h(HOUR)
    found = fill(score, x, 1000)
    velocities = [slow(score, x, t)[0] for t in range(700)]
    adaptive = 0
    for t in range(700):
        velocity, total = slow(score, x, t)
        assert found["liq_velocity_usd_h"][t, 0] == pytest.approx(velocity, rel=1e-12, nan_ok=True)
        assert found["liq_4h_usd"][t, 0] == pytest.approx(total, rel=1e-12, nan_ok=True)
        past = [v for v in velocities[max(0, t - 720) : t] if v == v]
        own = np.quantile(past, 0.99) if len(past) >= 168 else 0.0
        threshold = max(200_000.0, own)
        adaptive += own > 200_000.0
        assert found["liq_velocity_threshold_usd_h"][t, 0] == pytest.approx(threshold, rel=1e-12)
        severity = min(5.0, velocity / threshold) if velocity == velocity else NAN
        assert found["cascade4h_severity"][t, 0] == pytest.approx(severity, rel=1e-12, nan_ok=True)
        met = float(total >= 500_000 and velocity >= threshold) if velocity == velocity else NAN
        assert found["cascade4h_met"][t, 0] == pytest.approx(met, nan_ok=True)
    assert adaptive > 300
    assert (found["cascade4h_severity"][found["cascade4h_met"] > 0] >= 1.0).all()


def test_its_own_velocity_is_not_in_its_threshold() -> None:
    calm = [60_000.0] * 400
    burst = fill(Cascade4h(HOUR), rows([*calm, 9e6], 0.0))
    assert burst["liq_velocity_threshold_usd_h"][-1, 0] == 200_000.0
    assert burst["cascade4h_severity"][-1, 0] == 5.0


amounts = st.one_of(st.just(0.0), st.floats(0, 1e9), st.sampled_from([1e-7, 9.1e12, 1e13]))
COLUMNS = {"long": amounts, "short": amounts, "n": st.integers(0, 9), "m": st.integers(0, 9), "c": st.floats(0, 1)}


@given(lanes.panels(COLUMNS))
@settings(max_examples=60)
def test_any_input_gives_numbers_in_range(x: np.ndarray) -> None:
    lanes.assert_in_range(Cascade4h(Cadence(1800)), x)


@given(lanes.panels(COLUMNS, lanes=2), lanes.cuts)
@settings(max_examples=25)
def test_live_equals_block(x: np.ndarray, cuts: list[int]) -> None:
    lanes.assert_same_in_any_cut(lambda: Cascade4h(HOUR), x, 77, cuts)
