"""Multi-timeframe regimes: the vectors of SCORES 7.4, a slow truth by calendar, ties, missing bars, coarse rows."""

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.engine.cadence import Cadence
from clri.model.observation import NUMBERS
from clri.scores.frame_rules import classify, distance, primary
from clri.scores.timeframes import FRAMES, Params, Timeframes
from tests.scores.driving import assert_cut_changes_nothing, assert_in_range, by_name, drive
from tests.scores.panel_data import AT, tier

NAN = math.nan
HOUR = 3_600
MONDAY = int(datetime(2023, 1, 2, tzinfo=UTC).timestamp()) // HOUR
WINDOWS = dict(zip(FRAMES, (24, 24, 30, 12), strict=True))
SHORT = Params(windows=(4, 4, 3, 2), needs=(3, 3, 2, 2))


def market(hours: int, seed: int, missing: float = 0.0) -> np.ndarray:
    """Hourly price and turnover with swings and bursts of volume."""
    rng = np.random.default_rng(seed)
    drift = 0.002 * np.sin(np.arange(hours) / rng.integers(30, 200))
    x = np.empty((2, hours, 1))
    x[0, :, 0] = 100.0 * np.exp(np.cumsum(rng.normal(drift, 0.004)))
    x[1, :, 0] = 1e6 * np.exp(rng.normal(0, 0.3, hours) + 100 * np.abs(drift))
    x[rng.random(x.shape) < missing] = NAN
    return x


def run(x: np.ndarray, t0: int = MONDAY, step_s: int = HOUR, params: Params | None = None) -> dict[str, np.ndarray]:
    score = Timeframes(Cadence(step_s), params)
    return by_name(score, drive(score, x, t0)[0])


def test_vector_of_the_price() -> None:
    closes = np.array([100.0, 101, 102, 101, 103, 104, 103, 105, 106, 107])
    assert distance(closes, 10, 10, 109.0, 0.0, 1e-4) == pytest.approx(2.5220, abs=5e-5)
    flat = np.full(10, 100.0)
    assert distance(flat, 10, 10, 100.02, 0.0, 1e-4) == pytest.approx(2.0), "the floor is 1e-4 of the mean"
    assert distance(flat, 10, 10, 100.1, 0.05, 0.0) == pytest.approx(2.0), "or an absolute one"


def test_vector_of_agreement() -> None:
    assert primary(np.array([1.0, 1.0, 0.0, 1.0])) == (1.0, 3, 4)


@pytest.mark.parametrize(
    ("regimes", "best", "agree"),
    [
        ([1, 1, 2, 2], 2, 2),
        ([2, 1, 1, 2], 2, 2),
        ([0, 1, 2, 3], 3, 1),
        ([3, 3, 1, NAN], 3, 2),
        ([NAN, 1, 2, NAN], 2, 1),
    ],
)
def test_a_tie_goes_to_the_longest(regimes: list, best: float, agree: int) -> None:
    assert primary(np.array(regimes, dtype=float))[:2] == (best, agree)


@pytest.mark.parametrize(
    ("price_z", "vol_z", "code"),
    [
        (0.81, 0.81, 1),
        (0.8, 0.9, 0),
        (-0.51, 0.49, 2),
        (-0.51, 0.5, 0),
        (0.29, 0.99, 3),
        (-0.29, 0.49, 3),
        (0.3, 0.5, 0),
        (0.29, 1.0, 0),
    ],
)
def test_first_rule_that_holds(price_z: float, vol_z: float, code: float) -> None:
    assert classify(price_z, vol_z) == code


def test_answers_of_a_market_that_ignites() -> None:
    """Rising on rising volume for weeks: all four agree."""
    hours = 16 * 168
    x = np.empty((2, hours, 1))
    x[0, :, 0] = 100.0 * np.exp(1e-6 * np.arange(hours) ** 1.5)
    x[1, :, 0] = 1e6 * np.exp(1e-6 * np.arange(hours) ** 2)
    out = {name: values[-1] for name, values in run(x).items()}
    assert [out[f"mtf_{frame}"] for frame in FRAMES] == [1.0] * 4
    assert (out["mtf_regime"], out["mtf_confidence"], out["mtf_coverage"], out["mtf_confirmed"]) == (1.0, 1.0, 1.0, 1.0)
    assert (out["mtf_long_bias"], out["mtf_risk_mult"], out["mtf_persistence"]) == (0.6, 1.3, 1.0)


def test_neutral_is_never_confirmed() -> None:
    """The price far above its past on falling volume is NEUTRAL on all bars."""
    hours = 16 * 168
    x = np.empty((2, hours, 1))
    x[0, :, 0] = 100.0 * np.exp(1e-3 * np.arange(hours))
    x[1, :, 0] = 1e6 * np.exp(-1e-3 * np.arange(hours))
    out = {name: values[-1] for name, values in run(x).items()}
    assert (out["mtf_regime"], out["mtf_confidence"], out["mtf_confirmed"]) == (0.0, 1.0, 0.0)


def test_below_three_timeframes_data_are_suspect() -> None:
    out = run(market(24 * 40, 3))
    suspect = out["mtf_regime"] == 4.0
    assert suspect[: 24 * 24].all()
    assert not suspect[-1]
    assert np.isnan(out["mtf_confidence"][suspect]).all()
    assert (out["mtf_coverage"][suspect] < 0.6).all()
    assert out["mtf_coverage"][-1] == 0.75, "the week is still missing"


def bar_of(frame: str, hour: int) -> object:
    """Name of the bar that holds the hour which ends at `hour`, by calendar."""
    at = datetime.fromtimestamp((hour - 1) * HOUR, UTC)
    return {
        "1h": at,
        "4h": (at.date(), at.hour // 4),
        "1d": at.date(),
        "1w": at.isocalendar()[:2],
    }[frame]


def truth(x: np.ndarray, t0: int) -> dict[str, np.ndarray]:
    """Regimes of hourly rows from whole bars, each made anew."""
    price, turnover = x[:, :, 0]
    out = {frame: np.full(len(price), NAN) for frame in FRAMES}
    for frame, window in WINDOWS.items():
        need = {24: 20, 30: 24, 12: 10}[window]
        hours_of_bar = {"1h": 1, "4h": 4, "1d": 24, "1w": 168}[frame]
        names = [bar_of(frame, t0 + k) for k in range(len(price))]
        ends = [k for k in range(len(price)) if k + 1 == len(price) or names[k + 1] != names[k]]
        if bar_of(frame, t0 + len(price)) == names[-1]:
            ends.pop()  # still under way
        closes, sizes, start = [], [], 0
        for n, end in enumerate(ends):
            volumes = turnover[start : end + 1]
            known = volumes[~np.isnan(volumes)]
            sizes.append(np.log(known.mean() * hours_of_bar) if len(known) >= 0.9 * hours_of_bar else NAN)
            closes.append(price[end])
            start = end + 1
            zs = []
            for past, now, floor in ((closes, price[end], None), (sizes, sizes[-1], 0.05)):
                before = np.array(past[:-1][-window:])
                before = before[~np.isnan(before)]
                if len(before) < need:
                    zs.append(NAN)
                    continue
                mean = before.mean()
                zs.append((now - mean) / max(before.std(ddof=1), 1e-4 * mean if floor is None else floor))
            code = NAN
            if not np.isnan(zs).any():
                p, v = zs
                code = 1 if p > 0.8 and v > 0.8 else 2 if p < -0.5 and v < 0.5 else 3 if abs(p) < 0.3 and v < 1 else 0
            until = ends[n + 1] if n + 1 < len(ends) else len(price)
            out[frame][end:until] = code
    return out


@pytest.mark.parametrize(("seed", "missing"), [(1, 0.0), (2, 0.01)])
def test_slow_truth(seed: int, missing: float) -> None:
    x = market(15 * 168, seed, missing)
    t0 = MONDAY + 5
    found = run(x, t0)
    seen: set[float] = set()
    for frame, wanted in truth(x, t0).items():
        np.testing.assert_array_equal(found[f"mtf_{frame}"], wanted, err_msg=frame)
        seen |= set(wanted[~np.isnan(wanted)])
    assert seen == {0.0, 1.0, 2.0, 3.0}
    persistence = found["mtf_persistence"]
    regime = np.where(found["mtf_regime"] == 4.0, NAN, found["mtf_regime"])
    for t in range(24 * 60, len(regime), 97):
        start = max(0, t - 90 * 24 + 1)
        past, later = regime[start : t - 3], regime[start + 4 : t + 1]
        pairs = (past == regime[t]) & ~np.isnan(later)
        share = np.mean(later[pairs] == past[pairs]) if pairs.sum() >= 48 else NAN
        assert persistence[t] == pytest.approx(share, nan_ok=True)
    assert np.isfinite(persistence).any()


def test_minutes_make_the_same_bars_as_hours() -> None:
    hourly = market(400, 5)
    rows = np.repeat(hourly, 60, axis=1)  # each hour's last row is its own, the others repeat it
    rows[0] *= np.linspace(0.9, 1.1, rows.shape[1])[:, None]
    rows[:, 59::60] = hourly
    by_minute = run(rows, (MONDAY - 1) * 60 + 1, 60, SHORT)
    by_hour = run(hourly, MONDAY, HOUR, SHORT)
    for name, values in by_hour.items():
        np.testing.assert_array_equal(by_minute[name][59::60], values, err_msg=name)
    assert np.isfinite(by_hour["mtf_1d"]).any()


@pytest.mark.parametrize(("age", "there"), [(5, True), (6, False)])
def test_a_close_may_be_five_minutes_older(age: int, there: bool) -> None:
    x = np.repeat(market(10, 6), 60, axis=1)
    x[0, -age:] = NAN
    out = run(x, (MONDAY - 1) * 60 + 1, 60, SHORT)
    assert bool(np.isfinite(out["mtf_1h"][-1])) is there


def test_bars_shorter_than_a_row_are_missing() -> None:
    short = Params(windows=(3, 3, 3, 3), needs=(2, 2, 2, 2))
    out = run(market(400, 7), MONDAY // 4, 4 * HOUR, short)
    assert np.isnan(out["mtf_1h"]).all()
    assert np.isfinite(out["mtf_4h"][-1])
    assert out["mtf_coverage"][-1] == 0.75
    daily = run(market(100, 7), MONDAY // 24, 24 * HOUR, short)
    assert daily["mtf_coverage"][-1] == 0.5
    assert (daily["mtf_regime"] == 4.0).all()


def test_a_reading_has_the_words() -> None:
    hours = 26 * 24
    x = np.full((len(NUMBERS), hours, 1), NAN)
    x[[AT["price"], AT["volume_1h_usd"]]] = market(hours, 4)
    at = tier(("BTC",), HOUR)
    columns = at.panel.block(MONDAY, x).copy()
    first, *_, last = [minute.readings[0] for minute in tier(("BTC",), HOUR).block(MONDAY, x, "live")]
    assert (first.mtf_regime, first.mtf_confidence) == ("DATA_SUSPECT", None)
    assert (first.vol_24h, first.vol_regime, first.risk_mult) == (None, None, None)
    assert first.mtf == dict.fromkeys(FRAMES)
    words = ("NEUTRAL", "IGNITION", "COOLING", "CHOP", "DATA_SUSPECT")
    codes = {name: columns[at.panel.columns[name], -1, 0] for name in (*(f"mtf_{f}" for f in FRAMES), "mtf_regime")}
    assert [last.mtf[frame] for frame in FRAMES[:3]] == [words[int(codes[f"mtf_{frame}"])] for frame in FRAMES[:3]]
    assert last.mtf["1w"] is None
    assert last.mtf_regime == words[int(codes["mtf_regime"])] != "DATA_SUSPECT"
    assert last.mtf_confidence in {1 / 3, 2 / 3, 1.0}
    assert last.extra["mtf_coverage"] == 0.75
    assert last.vol_regime == "HIGH_VOL"
    assert last.risk_mult == 1.2
    assert last.extra["vol_ratio"] == pytest.approx(1.0, abs=0.5)


@given(st.lists(st.integers(1, 399), max_size=5), st.integers(0, 300))
@settings(max_examples=10)
def test_cuts_change_no_byte(cuts: list[int], offset: int) -> None:
    x = np.concatenate([market(400, offset + lane, 0.05) for lane in range(3)], axis=2)
    for step_s, t0 in ((60, MONDAY * 60), (HOUR, MONDAY), (4 * HOUR, MONDAY // 4)):
        assert_cut_changes_nothing(Timeframes(Cadence(step_s), SHORT), x, t0 + offset, cuts)


def test_a_later_start_ends_in_the_same_bytes() -> None:
    x = market(90 * 24 + 1_200, 8)
    score = Timeframes(Cadence(HOUR), SHORT)
    early, late = drive(score, x, MONDAY), drive(score, x[:, 50:], MONDAY + 50)
    assert early[0][:, -200:].tobytes() == late[0][:, -200:].tobytes()
    assert early[1] == late[1]


cell = st.one_of(st.just(NAN), st.floats(0, 1e12), st.sampled_from([0.0, 1.0, 1.0, 1e-300]))


@given(st.lists(st.tuples(cell, cell), min_size=1, max_size=80), st.sampled_from([60, 3600, 14_400, 86_400]))
@settings(max_examples=60)
def test_any_input_gives_finite_numbers_in_range(rows, step_s: int) -> None:
    params = Params(windows=(3, 3, 3, 3), needs=(1, 1, 1, 1), need_h=1)
    score = Timeframes(Cadence(step_s), params)
    y, _ = drive(score, np.array(rows).T[:, :, None], MONDAY * HOUR // step_s)
    assert_in_range(score, y)
