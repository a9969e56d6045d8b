"""Stablecoin Pressure: vectors, sign convention, age of the source, the 4-h window, and its way into the reading."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.app.assemble import build_tier
from clri.engine.cadence import Cadence
from clri.model.observation import NUMBERS, Observation
from clri.model.timebase import MINUTE
from clri.scores.stablecoin_pressure import BLIND, Params, StablecoinPressure
from tests.scores import lanes
from tests.scores.lanes import NAN, fill

FOUR = Cadence(4 * 3600)
VECTOR = (236.4e6, 148e6, 0.0, 130e6, 31.0, 5.0)


def run(rows, cadence=FOUR, params=None) -> dict[str, float]:
    """Outputs of the last row."""
    x = np.array(rows, dtype=np.float64).T[:, :, None]
    return {name: values[-1, 0].item() for name, values in fill(StablecoinPressure(cadence, params), x).items()}


def test_vectors_of_both_conventions() -> None:
    out = run([VECTOR])
    assert (out["stablecoin_pressure"], round(out["stablecoin_exact"], 4)) == (-57.0, -57.2)
    assert (round(out["stablecoin_flow"], 4), out["stablecoin_supply"]) == (-44.2, -13.0)
    assert (out["net_exchange_flow"], out["mint_burn_delta"]) == (pytest.approx(88.4e6), -130e6)
    assert out["large_transfers_count"] == 31.0
    other = run([VECTOR], params=Params(sign_convention="inflow_bullish"))
    assert (other["stablecoin_pressure"], round(other["stablecoin_exact"], 4)) == (31.0, 31.2)


@pytest.mark.parametrize(("usd", "flow"), [(99e6, 49.5), (100e6, 50.0), (900e6, 50.0)])
def test_each_part_saturates(usd: float, flow: float) -> None:
    assert run([(0.0, usd, 0.0, 0.0, 0.0, 0.0)])["stablecoin_flow"] == pytest.approx(flow)
    assert run([(0.0, 0.0, 5 * usd, 0.0, 0.0, 0.0)])["stablecoin_supply"] == pytest.approx(flow)


def test_halves_round_away_from_zero() -> None:
    assert run([(0.0, 1e6, 0.0, 0.0, 0.0, 0.0)])["stablecoin_pressure"] == 1.0
    assert run([(1e6, 0.0, 0.0, 0.0, 0.0, 0.0)])["stablecoin_pressure"] == -1.0


def test_quiet_is_zero_and_unknown_is_missing() -> None:
    assert run([(0.0,) * 6])["stablecoin_pressure"] == 0.0
    assert np.isnan(list(run([(NAN,) * 6]).values())).all()
    assert np.isnan(run([(1e6, 1e6, 1e6, NAN, 1.0, 0.0)])["stablecoin_pressure"])


@pytest.mark.parametrize(("age", "known"), [(600.0, True), (601.0, False)])
def test_a_source_is_old_after_ten_minutes(age: float, known: bool) -> None:
    rows = [(1e6, 0.0, 0.0, 0.0, 1.0, 0.0)] * 239 + [(1e6, 0.0, 0.0, 0.0, 1.0, age)]
    assert (run(rows, Cadence())["stablecoin_pressure"] == -50.0) is known


@pytest.mark.parametrize(("silent", "known"), [(9, True), (10, False)])
def test_a_source_that_is_gone_ages_too(silent: int, known: bool) -> None:
    rows = [(1e6, 0.0, 0.0, 0.0, 1.0, 30.0)] * 240 + [(NAN,) * 6] * silent
    out = run(rows, Cadence())
    assert (not np.isnan(out["stablecoin_pressure"])) is known
    if known:
        assert out["net_exchange_flow"] == (240 - silent) * 1e6


@pytest.mark.parametrize(("rows", "known"), [(216, True), (215, False)])
def test_nine_tenths_of_four_hours_must_be_known(rows: int, known: bool) -> None:
    out = run([(1e6, 0.0, 0.0, 0.0, 1.0, 0.0)] * rows, Cadence())
    assert (not np.isnan(out["stablecoin_pressure"])) is known


def test_what_left_the_window_is_gone() -> None:
    out = run([(1e9, 0.0, 0.0, 0.0, 50.0, 0.0)] + [(0.0,) * 6] * 240, Cadence())
    assert (out["stablecoin_pressure"], out["large_transfers_count"]) == (0.0, 0.0)


def test_a_day_stands_for_four_hours() -> None:
    assert run([(0.0, 60e6, 0.0, 0.0, 0.0, 0.0)], Cadence(86_400))["stablecoin_pressure"] == 5.0


def test_every_row_equals_the_slow_truth() -> None:
    rng = np.random.default_rng(7)
    x = np.round(rng.pareto(1.1, (6, 900, 1)) * 2e5, 2)
    x[4], x[5] = rng.integers(0, 5, (900, 1)), rng.uniform(0, 300, (900, 1))
    x[:, rng.random((900, 1)) < 0.03] = NAN
    x[:, 500:520] = NAN
    found = fill(StablecoinPressure(Cadence()), x)
    seen = 0
    for t in range(900):
        window = x[:, max(0, t - 239) : t + 1, 0]
        known = ~np.isnan(window).any(axis=0)
        heard = np.flatnonzero(~np.isnan(x[4, : t + 1, 0]))
        fresh = len(heard) and (t - heard[-1]) * 60 + x[5, heard[-1], 0] <= 600
        if not fresh or known.sum() < 216:
            assert np.isnan(found["stablecoin_pressure"][t, 0])
            continue
        came, left, made, burnt, large, _ = window[:, known].sum(axis=1)
        exact = np.clip((left - came) / 2e6, -50, 50) + np.clip((made - burnt) / 1e7, -50, 50)
        assert found["stablecoin_exact"][t, 0] == pytest.approx(exact, rel=1e-9, abs=1e-9)
        assert found["large_transfers_count"][t, 0] == large
        assert found["net_exchange_flow"][t, 0] == pytest.approx(came - left, rel=1e-9, abs=1e-5)
        seen += 1
    assert seen > 400


usd = st.one_of(st.just(0.0), st.floats(0, 1e10), st.sampled_from([1e-7, 9e12]))
COLUMNS = dict.fromkeys(("in", "out", "mint", "burn"), usd) | {"n": st.integers(0, 99), "age": st.floats(0, 1e4)}


@given(lanes.panels(COLUMNS), st.sampled_from([60, 3600, 4 * 3600, 86_400]))
@settings(max_examples=60)
def test_any_input_gives_numbers_in_range(x: np.ndarray, step: int) -> None:
    lanes.assert_in_range(StablecoinPressure(Cadence(step)), x)


@given(lanes.panels(COLUMNS), lanes.cuts, st.sampled_from([60, 4 * 3600]))
@settings(max_examples=25)
def test_live_equals_block(x: np.ndarray, cuts: list[int], step: int) -> None:
    lanes.assert_same_in_any_cut(lambda: StablecoinPressure(Cadence(step)), x, 9, cuts)


# ---------------------------------------------------------------- into the readings
FIELDS = ("stable_in_usd", "stable_out_usd", "stable_mint_usd", "stable_burn_usd", "stable_large_n", "age_stable_s")


def market_row(ts: int, values) -> Observation:
    return Observation(ts=ts, symbol="MARKET", mode="live", **dict(zip(FIELDS, values, strict=True)))


def test_the_market_row_reaches_the_market_reading_and_the_joint_level() -> None:
    tier = build_tier(("BTC",), FOUR)
    ts = 120_000 * 4 * 60 * MINUTE
    btc = Observation(ts=ts, symbol="BTC", mode="live", funding_8h=1e-3, long_short_ratio=3.5)
    minute = tier.row([btc], market_row(ts, (*VECTOR[:4], 31, 5.0)))
    market, (reading,) = minute.market, minute.readings
    assert (market.stablecoin_pressure, market.large_transfers_count) == (-57, 31)
    assert market.stablecoin_parts == {"net_flow": pytest.approx(-44.2), "mint_burn": -13.0}
    assert (market.net_exchange_flow, market.mint_burn_delta) == (pytest.approx(88.4e6), -130e6)
    assert market.coverage_note == BLIND
    assert (reading.joint_level, reading.extra["combined_score"]) == (None, None)  # a quarter of the risk is known
    without = tier.row([Observation(ts=ts + 4 * 60 * MINUTE, symbol="BTC", mode="live")])
    assert (without.market.stablecoin_pressure, without.market.coverage_note) == (None, None)
    assert without.market.stablecoin_parts is None


def test_a_block_may_bring_the_markets_rows_and_equals_live() -> None:
    x = np.full((len(NUMBERS), 3, 1), NAN)
    market = np.full((len(NUMBERS), 3, 1), NAN)
    for name, value in zip(FIELDS, VECTOR, strict=True):
        market[NUMBERS.index(name), :2] = value
    block = [m.market for m in build_tier(("BTC",), FOUR).block(50, x, "live", market=market)]
    tier = build_tier(("BTC",), FOUR)
    live = []
    for t in range(3):
        ts = (50 + t) * FOUR.step_ns
        values = (*VECTOR[:4], 31, 5.0)
        row = market_row(ts, values) if t < 2 else None
        live.append(tier.row([Observation(ts=ts, symbol="BTC", mode="live")], row).market)
    assert block == live
    assert [m.stablecoin_pressure for m in live] == [-57, -57, None]
