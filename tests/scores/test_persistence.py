"""Persistence of volatility: the vectors of SCORES 7.3, a slow truth, missing samples, any cadence."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.engine.cadence import Cadence
from clri.scores.persistence import Params, Persistence, half_life
from tests.scores.driving import assert_cut_changes_nothing, assert_in_range, by_name, drive

NAN = math.nan
T0 = 29_000_160


def run(vol, step_s: int = 3600, t0: int = 480_000, **params) -> dict[str, np.ndarray]:
    score = Persistence(Cadence(step_s), Params(**params))
    return by_name(score, drive(score, np.array(vol, dtype=float)[None, :, None], t0)[0])


def test_vector() -> None:
    out = run([3, 3.1, 3.3, 3.2, 3.4, 3.9, 4.1, 4, 3.8, 3.7, 3.6, 3.5])
    assert out["vol_of_vol"][-1] == pytest.approx(0.3606, abs=5e-5)
    assert out["clustering_score"][-1] == pytest.approx(0.8970, abs=5e-5)
    assert out["vol_unstable"][-1] == 0.0
    assert half_life(0.45, 30.0) == pytest.approx(0.8681, abs=5e-5)


def test_restless_volatility_is_unstable() -> None:
    out = run([1.0, 2.0] * 6)
    assert out["vol_of_vol"][-1] == pytest.approx(np.std([1.0, 2.0] * 6, ddof=1))
    assert out["vol_unstable"][-1] == 0.0, "0.52 of 2.0 is below 0.3"
    assert out["vol_unstable"][-2] == 1.0, "and of 1.0 above"


@pytest.mark.parametrize(("known", "there"), [(9, False), (10, True)])
def test_ten_of_twelve_samples_are_needed(known: int, there: bool) -> None:
    assert bool(np.isfinite(run([1.0] * known)["vol_of_vol"][-1])) is there


def autocorrelated(rho: float, rows: int, seed: int) -> np.ndarray:
    """Hourly values of which each is like that of a day before, by rho."""
    rng = np.random.default_rng(seed)
    v = rng.normal(0, 1, rows)
    for t in range(24, rows):
        v[t] = rho * v[t - 24] + math.sqrt(1 - rho * rho) * v[t]
    return np.exp(0.3 * v) * 0.02


@pytest.mark.parametrize(("rho", "level", "reversion"), [(0.95, 2.0, 0.0), (0.0, 0.0, 2.0)])
def test_levels_follow_the_autocorrelation(rho: float, level: float, reversion: float) -> None:
    out = run(autocorrelated(rho, 800, 4))
    assert out["vol_persistence"][-1] == level
    assert out["mean_reversion_potential"][-1] == reversion


@pytest.mark.parametrize(("step_s", "rows"), [(3600, 700), (4 * 3600, 300), (86_400, 60), (60, 1_500)])
def test_slow_truth(step_s: int, rows: int) -> None:
    vol = autocorrelated(0.6, rows, step_s)
    vol[np.random.default_rng(1).random(rows) < 0.03] = NAN
    t0 = 1_700_006_400 // step_s + 11
    every = max(1, 3600 // step_s)
    found = run(vol, step_s, t0)
    hours = np.arange(t0, t0 + rows) % every == 0
    lag = 86_400 // (every * step_s)
    window = 14 * lag - lag
    need = max(math.ceil(240 * window / 312), 12 if step_s > 3600 else 0)
    spoke = 0
    for t in range(rows):
        samples = vol[: t + 1][hours[: t + 1]]
        near = samples[-12:][~np.isnan(samples[-12:])]
        rough = np.std(near, ddof=1) if len(near) >= 10 else NAN
        assert found["vol_of_vol"][t] == pytest.approx(rough, nan_ok=True, rel=1e-9)
        steady = 1 - min(rough / vol[t], 1)
        assert found["clustering_score"][t] == pytest.approx(steady, nan_ok=True, rel=1e-9, abs=1e-12)
        before, after = samples[:-lag][-window:], samples[lag:][-window:]
        both = ~np.isnan(before) & ~np.isnan(after)
        rho = np.corrcoef(before[both], after[both])[0, 1] if both.sum() >= need else NAN
        assert found["vol_autocorrelation"][t] == pytest.approx(rho, nan_ok=True, rel=1e-9, abs=1e-12)
        if rho == rho:
            spoke += 1
            assert found["vol_persistence"][t] == sum(rho > edge for edge in (0.2, 0.5))
            days = min(30.0, math.log(2) / -math.log(rho)) if rho > 0 else NAN
            assert found["half_life_days"][t] == pytest.approx(days, nan_ok=True)
    assert spoke > 10 or step_s == 60


def test_minutes_between_full_hours_are_no_samples() -> None:
    hourly = autocorrelated(0.5, 30, 2)
    rows = np.full(30 * 60, 9.9)
    rows[::60] = hourly
    by_minute, by_hour = run(rows, 60, 60 * 480_000), run(hourly, 3600, 480_000)
    np.testing.assert_array_equal(by_minute["vol_of_vol"][::60], by_hour["vol_of_vol"])
    assert by_minute["vol_of_vol"][-1] == by_hour["vol_of_vol"][-1]


@given(st.lists(st.integers(1, 399), max_size=5), st.integers(0, 100))
@settings(max_examples=10)
def test_cuts_change_no_byte(cuts: list[int], offset: int) -> None:
    rng = np.random.default_rng(offset)
    x = rng.lognormal(-4, 0.4, (1, 400, 3))
    x[rng.random(x.shape) < 0.05] = NAN
    for step_s in (60, 3600):
        assert_cut_changes_nothing(Persistence(Cadence(step_s)), x, T0 + offset, cuts)


def test_a_later_start_ends_in_the_same_bytes() -> None:
    x = autocorrelated(0.6, 1_100, 7)[None, :, None]
    score = Persistence(Cadence(3600))
    early, late = drive(score, x, 480_000), drive(score, x[:, 37:], 480_037)
    assert early[0][:, 1_000:].tobytes() == late[0][:, 963:].tobytes()
    assert early[1] == late[1]


vol = st.one_of(st.just(NAN), st.floats(0, 2_000), st.sampled_from([0.0, 0.02, 0.02, 1e-12]))


@given(st.lists(vol, min_size=1, max_size=80), st.sampled_from([60, 3600, 14_400, 86_400]))
@settings(max_examples=60)
def test_any_volatility_gives_finite_numbers_in_range(values, step_s: int) -> None:
    score = Persistence(Cadence(step_s), Params(need_samples=2, need_pairs=3))
    y, _ = drive(score, np.array(values)[None, :, None], 0)
    assert_in_range(score, y)


def test_constant_volatility_is_steady_and_has_no_autocorrelation() -> None:
    out = run([0.02] * 500)
    assert (out["vol_of_vol"][-1], out["clustering_score"][-1], out["vol_unstable"][-1]) == (0.0, 1.0, 0.0)
    assert math.isnan(out["vol_autocorrelation"][-1])
    assert math.isnan(out["half_life_days"][-1])
