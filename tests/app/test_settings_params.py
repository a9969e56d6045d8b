"""Settings against the parameters of scores and detectors: equal defaults, and each key in its field."""

from pathlib import Path

import pytest

from clri.app.params import detectors_params, market_params, reorder_ns, scores_params
from clri.app.settings import Settings
from clri.detectors import DETECTORS, cascade_score
from clri.engine.reorder import LATE_NS, REORDER_NS, Reorder
from clri.scores import SCORES, clri, market
from tests.app import said

ROW = "funding=0.1\noi=0.2\nvolume=0.3\nliquidation=0.15\nimbalance=0.25"
NUMBERS = (0.1, 0.2, 0.3, 0.15, 0.25)


def test_defaults_are_those_of_the_scores() -> None:
    settings = Settings()
    assert scores_params(settings) == {"clri": clri.Params()}
    assert market_params(settings) == market.Params()
    assert detectors_params(settings) == {"cascade": cascade_score.Params()}
    assert reorder_ns(settings) == REORDER_NS


def test_names_are_those_of_the_registries() -> None:
    assert scores_params(Settings()).keys() <= SCORES.keys()
    assert detectors_params(Settings()).keys() <= DETECTORS.keys()


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


def test_the_market_index_has_the_same_limit(tmp_path: Path) -> None:
    settings = said(tmp_path, project="[scoring]\nmin_coverage=0.3").settings
    assert market_params(settings) == market.Params(unknown_below=0.3)


def test_every_wait_that_settings_allow_is_one_that_the_buffer_takes(tmp_path: Path) -> None:
    most = reorder_ns(said(tmp_path, project="collect.reorder_s = 30").settings)
    assert most == LATE_NS
    Reorder(most)
    assert reorder_ns(said(tmp_path, project="collect.reorder_s = 0.0015").settings) == 1_500_000
