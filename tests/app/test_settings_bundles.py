"""Variables of the original tools that hold a dictionary: each field sets its key, wrong ones say so."""

from pathlib import Path

import pytest

from clri.app.settings.bundles import BUNDLES
from clri.app.settings.keys import keys
from tests.app import refused, said

VALUES = {
    ("LIQUIDATION_CFG", "cascade_threshold_usd"): (750_000, 750_000.0),
    ("LIQUIDATION_CFG", "critical_velocity"): (1e5, 100_000.0),
    ("LIQUIDATION_CFG", "velocity_window"): (6, 6),
    ("FUNDING_CFG", "anomaly_z_threshold"): (2.5, 2.5),
    ("FUNDING_CFG", "reversal_threshold"): (0.05, 0.0005),
    ("FUNDING_CFG", "vol_threshold"): (0.03, 0.0003),
    ("VOLATILITY_CFG", "stable_threshold"): (0.02, 0.02),
    ("VOLATILITY_CFG", "high_vol_threshold"): (0.06, 0.06),
    ("VOLATILITY_CFG", "explosive_threshold"): (0.2, 0.2),
}


def value(settings, key: str):
    for part in key.split("."):
        settings = getattr(settings, part)
    return settings


def test_every_field_is_tried() -> None:
    assert VALUES.keys() == {(name, field) for name, fields in BUNDLES.items() for field in fields}


@pytest.mark.parametrize(("name", "field"), VALUES)
def test_each_field_sets_its_key_with_a_warning(tmp_path: Path, name: str, field: str) -> None:
    raw, wanted = VALUES[name, field]
    key = BUNDLES[name][field][0]
    loaded = said(tmp_path, env={name: f'{{"{field}": {raw}}}'})
    assert value(loaded.settings, key) == pytest.approx(wanted, rel=1e-12)
    (warning,) = loaded.warnings
    assert warning == (
        f"config.alias_used   {name}.{field} (environment) sets {key}; its name here is {keys()[key].variable}"
    )
    assert str(loaded.origins[key]) == f"environment {name}"


def test_all_fields_at_once_and_ours_wins(tmp_path: Path) -> None:
    told = '{"cascade_threshold_usd": 1000000, "velocity_window": 4, "critical_velocity": 250000}'
    env = {"LIQUIDATION_CFG": told, "CLRI_CASCADE__SUSTAINED__MIN_USD": "600000"}
    found = said(tmp_path, env=env).settings.cascade.sustained
    assert (found.min_usd, found.velocity_usd_h, found.window_h) == (600_000.0, 250_000.0, 4)


@pytest.mark.parametrize("text", ["500000", "[1]", "{'critical_velocity': 1}", "{", '"x"'])
def test_what_is_no_json_object_is_an_error(tmp_path: Path, text: str) -> None:
    error = refused(tmp_path, env={"LIQUIDATION_CFG": text})
    assert error.code == "CLRI-CFG-008"
    assert str(error).startswith("environment LIQUIDATION_CFG is no JSON object; expected {")


def test_a_value_out_of_range_names_key_and_place(tmp_path: Path) -> None:
    error = refused(tmp_path, env={"FUNDING_CFG": '{"reversal_threshold": "0.05"}'})
    assert error.code == "CLRI-CFG-001"
    assert "funding.reversal_8h was '0.05' (environment FUNDING_CFG)" in str(error)
    assert "funding.anomaly_z was true" in str(refused(tmp_path, env={"FUNDING_CFG": '{"anomaly_z_threshold": true}'}))


def test_an_unknown_field_is_a_warning(tmp_path: Path) -> None:
    (warning,) = said(tmp_path, env={"FUNDING_CFG": '{"lookback": 24}'}).warnings
    known = "known are anomaly_z_threshold, reversal_threshold, vol_threshold"
    assert warning == f"config.ignored   FUNDING_CFG.lookback (environment): {known}"
