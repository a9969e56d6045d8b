"""What the settings say about the data services reaches their runner."""

from pathlib import Path

import pytest

from clri.app.providers import provider_setup
from clri.app.settings import Settings, load_settings
from clri.app.settings.places import Places
from clri.collect.providers import PROVIDERS
from clri.collect.providers.mapper import Watch
from clri.collect.providers.run import mapper_class
from clri.collect.providers.wallets import bundled
from clri.model.errors import ConfigError
from clri.model.secret import Secret


def test_defaults_are_those_of_the_services() -> None:
    setup = provider_setup(Settings())
    assert setup.access.keys() == PROVIDERS.keys()
    for venue, access in setup.access.items():
        assert (access.url, access.key) == (mapper_class(venue).url, None)
    assert setup.watch.min_usd == Watch().min_usd
    assert setup.watch.wallets == bundled()
    assert setup.watch.symbols == Settings().general.symbols
    assert setup.ccxt == ()


def test_what_is_set_arrives(tmp_path: Path) -> None:
    wallets = tmp_path / "w.csv"
    wallets.write_text(f"address,label,exchange,source,date\n0x{'ab' * 20},mine,me,me,2026-01-02\n", encoding="utf-8")
    env = {
        "SYMBOLS": "BTC",
        "COINGECKO_API_KEY": "k",
        "CLRI_COLLECT__DEFILLAMA__URL": "http://localhost:1/x",
        "CLRI_COLLECT__STABLECOIN__MIN_USD": "5e5",
        "CLRI_COLLECT__STABLECOIN__WALLETS_FILE": str(wallets),
        "CLRI_COLLECT__CCXT__EXCHANGES": "phemex, whitebit",
    }
    setup = provider_setup(load_settings(places=Places(environ=env)).settings)
    assert setup.watch.symbols == ("BTC",)
    assert setup.access["coingecko"].key == Secret("k")
    assert setup.access["defillama"].url == "http://localhost:1/x"
    assert setup.watch.min_usd == 500_000.0
    assert setup.watch.wallets.exchange(f"0x{'AB' * 20}") == "me"
    assert setup.ccxt == ("phemex", "whitebit")


def test_a_missing_file_of_labels_is_an_error_of_the_settings(tmp_path: Path) -> None:
    env = {"CLRI_COLLECT__STABLECOIN__WALLETS_FILE": str(tmp_path / "none.csv")}
    with pytest.raises(ConfigError, match=r"none\.csv cannot be read"):
        provider_setup(load_settings(places=Places(environ=env)).settings)
