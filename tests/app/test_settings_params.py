"""Settings against the parameters of scores and detectors: equal defaults, and each key in its field."""

from pathlib import Path

import pytest

from clri.app.assemble import build_tier
from clri.app.params import detectors_params, events_params, market_params, reorder_ns, scores_params
from clri.app.settings import Settings
from clri.detectors import DETECTORS, cascade_score, price_levels
from clri.engine.reorder import LATE_NS, REORDER_NS, Reorder
from clri.scores import (
    EVENTS,
    MARKET_SCORES,
    SCORES,
    cascade4h,
    clri,
    funding_anomaly,
    market,
    stablecoin_pressure,
    volatility,
)
from tests.app import said

ROW = "funding=0.1\noi=0.2\nvolume=0.3\nliquidation=0.15\nimbalance=0.25"
NUMBERS = (0.1, 0.2, 0.3, 0.15, 0.25)


def test_defaults_are_those_of_the_scores() -> None:
    settings = Settings()
    assert scores_params(settings) == {
        "clri": clri.Params(),
        "volatility": volatility.Params(),
        "cascade4h": cascade4h.Params(),
        "funding_anomaly": funding_anomaly.Params(),
        "stablecoin_pressure": stablecoin_pressure.Params(),
    }
    assert events_params(settings) == {"sustained": cascade4h.Params()}
    assert market_params(settings) == market.Params()
    assert all(params == type(params)() for params in detectors_params(settings).values())
    assert detectors_params(settings)["cascade"] == cascade_score.Params()
    assert reorder_ns(settings) == REORDER_NS


def test_names_are_those_of_the_registries() -> None:
    assert scores_params(Settings()).keys() <= SCORES.keys() | MARKET_SCORES.keys()
    assert events_params(Settings()).keys() <= EVENTS.keys()
    assert detectors_params(Settings()).keys() == DETECTORS.keys()


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("[scoring]\nmin_coverage=0.3", {"unknown_below": 0.3}),
        (f"[scoring.weights]\n{ROW}", {"weights": NUMBERS}),
        (f"[scoring.regime.weights.liquidation]\n{ROW}", {"cascade_weights": NUMBERS}),
        (f"[scoring.regime.weights.funding]\n{ROW}", {"funding_weights": NUMBERS}),
        (f"[scoring.regime.weights.oi]\n{ROW}", {"oi_weights": NUMBERS}),
        ("[scoring.regime.z]\nliquidation=3", {"z_liquidation": 3.0, "from_liquidation": 2.0}),
        ("[scoring.regime.z]\nfunding=3", {"z_funding": 3.0, "from_funding": 2.0}),
        ("[scoring.regime.z]\noi=3", {"z_oi": 3.0, "from_oi": 2.0}),
    ],
)
def test_keys_of_the_score(tmp_path: Path, text: str, fields: dict) -> None:
    assert scores_params(said(tmp_path, project=text).settings)["clri"] == clri.Params(**fields)


@pytest.mark.parametrize("edges", [{"stable": 0.02}, {"high_vol": 0.06}, {"explosive": 0.2}])
def test_keys_of_volatility(tmp_path: Path, edges: dict) -> None:
    text = "[volatility]\n" + "\n".join(f"{name}={value}" for name, value in edges.items())
    assert scores_params(said(tmp_path, project=text).settings)["volatility"] == volatility.Params(**edges)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("[cascade.burst]\nmin_events=9", {"min_events": 9}),
        ("[cascade.burst]\nwindow_s=30", {"window": 30}),
        ("[cascade.burst]\nmin_usd=5e4", {"floor_usd": 5e4}),
        ("[cascade]\ninstitutional_usd=2e5", {"institutional_usd": 2e5}),
        ("[cascade]\nbias_share=0.75", {"side_share": 0.75}),
    ],
)
def test_keys_of_the_cascade_detector(tmp_path: Path, text: str, fields: dict) -> None:
    assert detectors_params(said(tmp_path, project=text).settings)["cascade"] == cascade_score.Params(**fields)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("[cascade.sustained]\nmin_usd=1e6", {"min_usd": 1e6}),
        ("[cascade.sustained]\nvelocity_usd_h=3e5", {"critical_velocity": 3e5}),
        ("[cascade.sustained]\nwindow_h=6", {"window": 6}),
        ("[cascade]\nbias_share=0.75", {"side_share": 0.75}),
    ],
)
def test_keys_of_the_sustained_cascade(tmp_path: Path, text: str, fields: dict) -> None:
    settings = said(tmp_path, project=text).settings
    assert scores_params(settings)["cascade4h"] == cascade4h.Params(**fields)
    assert events_params(settings)["sustained"] == cascade4h.Params(**fields)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("anomaly_z=3", {"anomaly_z_threshold": 3.0}),
        ("reversal_8h=0.001", {"reversal_threshold": 0.1}),
        ("vol_8h=0.0004", {"vol_threshold": 0.04}),
    ],
)
def test_keys_of_funding_become_percent(tmp_path: Path, text: str, fields: dict) -> None:
    settings = said(tmp_path, project=f"[funding]\n{text}").settings
    assert scores_params(settings)["funding_anomaly"] == funding_anomaly.Params(**fields)


def test_the_sign_of_stablecoin_flows(tmp_path: Path) -> None:
    settings = said(tmp_path, project='[scoring.stablecoin]\nsign_convention="inflow_bullish"').settings
    wanted = stablecoin_pressure.Params(sign_convention="inflow_bullish")
    assert scores_params(settings)["stablecoin_pressure"] == wanted
    assert build_tier(("BTC",), settings=settings).market_panel.scores[0].params == wanted


def test_widths_of_price_levels(tmp_path: Path) -> None:
    steps = detectors_params(said(tmp_path, project="[scoring.level_step]\nETH=2.5\nBTCUSDT=50").settings)
    assert steps["price_levels"] == price_levels.Params(steps=(("ETH", 2.5), ("BTC", 50.0)))


def test_the_market_index_has_the_same_limit(tmp_path: Path) -> None:
    settings = said(tmp_path, project="[scoring]\nmin_coverage=0.3").settings
    assert market_params(settings) == market.Params(unknown_below=0.3)


def test_every_wait_that_settings_allow_is_one_that_the_buffer_takes(tmp_path: Path) -> None:
    most = reorder_ns(said(tmp_path, project="collect.reorder_s = 30").settings)
    assert most == LATE_NS
    Reorder(most)
    assert reorder_ns(said(tmp_path, project="collect.reorder_s = 0.0015").settings) == 1_500_000
