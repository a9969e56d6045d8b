"""Volatility: the vectors of SCORES 7.3, a slow truth, edges, missing prices, tables of any cadence."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.engine.cadence import Cadence
from clri.model.errors import ConfigError
from clri.scores.volatility import Params, Volatility
from clri.scores.volatility_place import Params as PlaceParams
from clri.scores.volatility_place import VolatilityPlace
from tests.scores.driving import assert_cut_changes_nothing, assert_in_range, by_name, drive

NAN = math.nan
DAY = 1_440
T0 = 29_000_160  # a full hour of minute rows


def columns(prices, high=None, low=None) -> np.ndarray:
    x = np.full((3, len(prices), 1), NAN)
    x[0, :, 0] = prices
    if high is not None:
        x[1, :, 0], x[2, :, 0] = high, low
    return x


def minutes(returns_5m) -> np.ndarray:
    """Minute prices whose 5-minute log returns are these; the four rows between hold noise."""
    grid = 100.0 * np.exp(np.concatenate([[0.0], np.cumsum(returns_5m)]))
    rows = np.repeat(grid, 5)[: 5 * len(returns_5m) + 1]
    noise = 1.0 + 0.01 * np.sin(np.arange(len(rows)))
    noise[::5] = 1.0
    return rows * noise


def of_returns(returns_5m, **params):
    score = Volatility(Cadence(), Params(**params))
    y, _ = drive(score, columns(minutes(returns_5m)), T0)
    return {name: values[-1] for name, values in by_name(score, y).items()}


def test_vector_of_a_full_day() -> None:
    out = of_returns([math.sqrt(0.00113569 / 288)] * 288)
    assert out["vol_24h"] == pytest.approx(0.033700, abs=5e-7)
    assert out["vol_regime"] == 1.0
    assert out["risk_mult"] == 1.2


def test_vector_of_250_returns() -> None:
    prices = minutes([math.sqrt(0.00098 / 250)] * 250)
    score = Volatility(Cadence())
    y, _ = drive(score, columns(np.concatenate([np.full(38 * 5, NAN), prices])), T0)
    assert by_name(score, y)["vol_24h"][-1] == pytest.approx(0.033600, abs=5e-7)


def test_vector_of_the_term_structure() -> None:
    quiet, loud = [0.0] * 276, [math.sqrt(4e-5 / 12)] * 12
    out = of_returns(quiet + loud)
    assert out["vol_1h_annual"] == pytest.approx(0.5919, abs=5e-5)
    assert out["vol_4h_annual"] == pytest.approx(math.sqrt(4e-5 * 8760 / 4))
    assert out["vol_24h_annual"] == pytest.approx(math.sqrt(4e-5 * 8760 / 24))


@pytest.mark.parametrize(("known", "there"), [(229, False), (230, True)])
def test_a_day_needs_230_returns(known: int, there: bool) -> None:
    out = of_returns([0.001] * known)
    assert bool(np.isfinite(out["vol_24h"])) is there
    assert bool(np.isfinite(out["vol_regime"])) is there


def test_regimes_rise_at_once_and_fall_at_nine_tenths() -> None:
    """Hourly rows: the window holds 24 equal returns, then others come in one by one."""
    score = Volatility(Cadence(3600))
    sizes = np.repeat([0.004, 0.03, 0.0095, 0.0091, 0.001], 24)
    y, _ = drive(score, columns(100.0 * np.exp(np.concatenate([[0.0], np.cumsum(sizes)]))), 480_000)
    vol, regime = by_name(score, y)["vol_24h"], by_name(score, y)["vol_regime"]
    assert vol[[24, 48, 72, 96]] == pytest.approx(sizes[[0, 24, 48, 72]] * math.sqrt(24))
    expected = NAN
    for v, found in zip(vol, regime, strict=True):
        band = sum(v > edge for edge in (0.01, 0.05, 0.10))
        if v != v:
            expected = NAN
        elif expected != expected or band > expected:
            expected = band
        else:
            while band < expected and v <= 0.9 * (0.01, 0.05, 0.10)[expected - 1]:
                expected -= 1
        assert found == expected or (found != found and expected != expected)
    assert regime[72] == 2.0, "4.65 % is below the edge, but not at nine tenths of it"
    assert regime[96] == 1.0, "4.46 % is"


def test_a_regime_begins_anew_after_a_gap() -> None:
    prices = np.concatenate(
        [100.0 * np.exp(0.012 * np.arange(30)), np.full(30, NAN), 1e3 * np.exp(0.0097 * np.arange(30))]
    )
    score = Volatility(Cadence(3600))
    regime = by_name(score, drive(score, columns(prices), 480_000)[0])["vol_regime"]
    assert regime[29] == 2.0
    assert regime[50] != regime[50]
    assert regime[-1] == 1.0, "4.75 % after EXPLOSIVE would still be EXPLOSIVE"


def test_edges_must_ascend() -> None:
    with pytest.raises(ConfigError, match=r"0\.05, 0\.05, 0\.1; expected three above 0, ascending"):
        Params(stable=0.05)


def truth(prices: np.ndarray, step_s: int, t0: int) -> dict[str, np.ndarray]:
    """Every number again, from the whole past, row by row."""
    every, hour = max(1, 300 // step_s), max(1, 3600 // step_s)
    per_day = 86_400 / (every * step_s)
    names = ("vol_24h", "vol_percentile", "vol_ratio", "vol_4h_annual")
    out = {name: np.full(len(prices), NAN) for name in names}
    at = np.arange(t0, t0 + len(prices))
    grid = np.flatnonzero(at % every == 0)
    r2 = np.full(len(grid), NAN)
    r2[1:] = np.log(prices[grid[1:]] / prices[grid[:-1]]) ** 2
    for t in range(len(prices)):
        seen = r2[: np.searchsorted(grid, t, side="right")]
        day, four = seen[-int(per_day) :], seen[-int(per_day / 6) :]
        for name, part, full in (("vol_24h", day, int(per_day)), ("vol_4h_annual", four, int(per_day / 6))):
            known = part[~np.isnan(part)]
            if len(known) * 288 >= 230 * full:
                out[name][t] = math.sqrt(known.mean() * per_day)
        out["vol_4h_annual"][t] *= math.sqrt(365)
        hourly = out["vol_24h"][:t][(at[:t] % hour) == 0]
        now = out["vol_24h"][t]
        year = hourly[~np.isnan(hourly)]
        if len(year) >= 720 * 3600 // max(step_s, 3600) and now == now:
            out["vol_percentile"][t] = 100 * (np.sum(year < now) + 0.5 * np.sum(year == now)) / len(year)
        month = hourly[-720 * 3600 // max(step_s, 3600) :]
        month = month[~np.isnan(month)]
        if len(month) >= 168 * 3600 // max(step_s, 3600) and now == now:
            out["vol_ratio"][t] = min(3.0, max(0.5, now / np.median(month)))
    return out


@pytest.mark.parametrize(("step_s", "rows"), [(3600, 1100), (4 * 3600, 500), (300, 900), (60, 2_000)])
def test_slow_truth(step_s: int, rows: int) -> None:
    rng = np.random.default_rng(step_s)
    size = 0.02 * math.sqrt(step_s / 86_400) * np.exp(rng.normal(0, 0.5, rows).cumsum() * 0.1)
    prices = 100.0 * np.exp(np.cumsum(rng.normal(0, 1, rows) * size))
    prices[rng.random(rows) < 0.01] = NAN
    t0 = 1_700_006_400 // step_s + 7
    score = Volatility(Cadence(step_s))
    found = by_name(score, drive(score, columns(prices), t0)[0])
    place = VolatilityPlace(Cadence(step_s))
    found |= by_name(place, drive(place, found["vol_24h"][None, :, None], t0)[0])
    for name, wanted in truth(prices, step_s, t0).items():
        np.testing.assert_allclose(found[name], wanted, rtol=1e-6, atol=1e-7, err_msg=name)
        assert not np.isnan(wanted).all() or (step_s < 3600 and name in {"vol_percentile", "vol_ratio"})


def test_rows_of_a_day_use_their_range() -> None:
    score = Volatility(Cadence(86_400))
    x = columns([100.0, 100.0, 90.0], [110.0, 120.0, NAN], [100.0, 99.0, NAN])
    vol = by_name(score, drive(score, x, 19_000)[0])["vol_24h"]
    wanted = [math.log(1.1) / math.sqrt(4 * math.log(2)), math.log(120 / 99) / math.sqrt(4 * math.log(2))]
    assert vol == pytest.approx([*wanted, -math.log(0.9)]), "without a range the return speaks"


@given(st.lists(st.integers(1, 399), max_size=5), st.integers(0, 100))
@settings(max_examples=10)
def test_cuts_change_no_byte(cuts: list[int], offset: int) -> None:
    rng = np.random.default_rng(offset)
    x = np.exp(rng.normal(0, 0.01, (3, 400, 3)).cumsum(axis=1)) * 50
    x[rng.random(x.shape) < 0.05] = NAN
    for step_s in (60, 3600):
        assert_cut_changes_nothing(Volatility(Cadence(step_s)), x, T0 + offset, cuts)
        place = VolatilityPlace(Cadence(step_s), PlaceParams(need_days=1, ratio_need_days=1))
        assert_cut_changes_nothing(place, x[:1], T0 + offset, cuts)


def test_a_later_start_ends_in_the_same_bytes() -> None:
    rng = np.random.default_rng(9)
    x = np.exp(rng.normal(0, 0.01, (3, 9_000, 1)).cumsum(axis=1)) * 50
    score = Volatility(Cadence(3600))
    early, late = drive(score, x, 480_000), drive(score, x[:, 100:], 480_100)
    assert early[0][:, 8_900:].tobytes() == late[0][:, 8_800:].tobytes()
    assert early[1] == late[1]
    place = VolatilityPlace(Cadence(3600))
    assert drive(place, x[:1], 480_000)[1] == drive(place, x[:1, 100:], 480_100)[1]


price = st.one_of(st.just(NAN), st.floats(1e-15, 1e12), st.sampled_from([1.0, 1.0, 60_000.0, 1e-300]))


@given(st.lists(st.tuples(price, price, price), min_size=1, max_size=60), st.sampled_from([60, 3600, 14_400, 86_400]))
@settings(max_examples=60)
def test_any_price_gives_finite_numbers_in_range(rows, step_s: int) -> None:
    score = Volatility(Cadence(step_s), Params(need=1))
    y, _ = drive(score, np.array(rows).T[:, :, None], 0)
    assert_in_range(score, y)
    place = VolatilityPlace(Cadence(step_s), PlaceParams(need_days=1, ratio_need_days=1))
    assert_in_range(place, drive(place, y[:1], 0)[0])


def test_a_constant_price_is_stable() -> None:
    out = of_returns([0.0] * 288)
    assert (out["vol_24h"], out["vol_regime"], out["risk_mult"]) == (0.0, 0.0, 0.7)
    place = VolatilityPlace(Cadence(3600))
    still = by_name(place, drive(place, np.zeros((1, 800, 1)), 0)[0])
    assert still["vol_percentile"][-1] == 50.0
    assert math.isnan(still["vol_ratio"][-1])
