import functools
from pathlib import Path

import pytest

from clri.app.settings.aliases import ALIASES, original
from clri.app.settings.keys import keys
from clri.model.secret import Secret
from tests.app import refused, said

WORDS = {
    "general.symbols": ("btcusdt", ("BTC",)),
    "general.venues": ("binanceusdm,bybit,okx", ("binance", "bybit", "okx")),
    "cascade.institutional_usd": ("250000", 250_000.0),
    "storage.url": ("sqlite:///x.sqlite", "sqlite:///x.sqlite"),
    "collect.coinglass.api_key": ("k1", Secret("k1")),
    "collect.etherscan.api_key": ("k2", Secret("k2")),
    "collect.coingecko.api_key": ("k3", Secret("k3")),
}


@pytest.mark.parametrize(("name", "key"), ALIASES.items())
def test_each_sets_its_key_with_a_warning(tmp_path: Path, name: str, key: str) -> None:
    text, value = WORDS[key]
    loaded = said(tmp_path, env={name: text})
    assert functools.reduce(getattr, key.split("."), loaded.settings) == value
    (warning,) = loaded.warnings
    assert warning == (f"config.alias_used   {name} (environment) sets {key}; its name here is {keys()[key].variable}")
    assert str(loaded.origins[key]) == f"environment {name}"


def test_no_warning_where_another_place_wins(tmp_path: Path) -> None:
    assert said(tmp_path, env={"SYMBOLS": "X"}, flags={"general.symbols": "BTC"}).warnings == []


def test_of_several_the_first_wins_and_the_others_are_named(tmp_path: Path) -> None:
    loaded = said(tmp_path, env={"HYPERLIQUID_SYMBOLS": "C", "SYMBOLS": "B", "TRACKED_SYMBOLS": "A"})
    assert loaded.settings.general.symbols == ("A",)
    assert loaded.warnings[:2] == [
        "config.alias_used   SYMBOLS (environment) is not used: TRACKED_SYMBOLS wins",
        "config.alias_used   HYPERLIQUID_SYMBOLS (environment) is not used: TRACKED_SYMBOLS wins",
    ]


def test_an_alias_may_stand_in_a_file_too(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("ETH", encoding="utf-8")
    assert said(tmp_path, env={"SYMBOLS_FILE": str(tmp_path / "s")}).settings.general.symbols == ("ETH",)


def test_binanceus_is_refused_with_the_reason(tmp_path: Path) -> None:
    error = refused(tmp_path, env={"LIQUIDATION_EXCHANGES": "okx,binanceus"})
    assert error.code == "CLRI-CFG-001"
    assert str(error) == (
        "general.venues was 'okx,binanceus' (environment LIQUIDATION_EXCHANGES): binanceus has no futures; "
        "expected one or more of binance, bybit, okx, gate, bitget, hyperliquid"
    )


def test_known_names_without_effect_give_one_notice_each_kind(tmp_path: Path) -> None:
    env = {
        "PORT": "8080",
        "REDIS_PASSWORD": "CANARY",
        "OPENAI_API_KEY": "CANARY",
        "GRAFANA_URL": "u",
        "MAX_CONNECTIONS": "",
    }
    loaded = said(tmp_path, env=env | {"HOME": "/x"}, dotenv="OI_THRESHOLD_BTC=1\nPORT=1")
    waiting, ignored = loaded.warnings
    later, never = "not available in this version", "without effect in clri"
    assert waiting == f"config.waiting   PORT, REDIS_PASSWORD: known from the original tools, {later}"
    names = "GRAFANA_URL, OI_THRESHOLD_BTC, OPENAI_API_KEY"
    assert ignored == f"config.ignored   {names}: known from the original tools, {never}"


@pytest.mark.parametrize(
    ("name", "became"),
    [
        ("ENABLE_ALERTS", "waiting"),
        ("ENABLE_DISCORD_ALERTS", "ignored"),
        ("WEBHOOKS_CASCADE", "waiting"),
        ("LIQUIDATION_THRESHOLD_BTC", "ignored"),
        ("BINANCE_API_SECRET", "ignored"),
        ("COINGLASS_API_KEY", None),
        ("SYMBOLS", None),
        ("PATH", None),
    ],
)
def test_what_became_of_a_name(name: str, became: str | None) -> None:
    assert original(name) == became


def test_a_database_server_is_answered_and_ours_wins(tmp_path: Path) -> None:
    env = {"DATABASE_URL": "postgres://u:CANARY@h/d"}
    error = refused(tmp_path, env=env)
    assert error.code == "CLRI-CFG-007"
    assert error.hint == "Remove it, or set CLRI_STORAGE__URL, which wins."
    assert "CANARY" not in str(error)
    ours = said(tmp_path, env=env | {"CLRI_STORAGE__URL": "sqlite:///x"})
    assert (ours.settings.storage.url, ours.warnings) == ("sqlite:///x", [])
