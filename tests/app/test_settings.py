import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from clri.app.settings import Settings
from clri.app.settings.keys import keys, variables
from clri.app.settings.places import Places, data_folder, user_file
from clri.model.names import EXCHANGES
from clri.stores.retention import limits
from clri.stores.schema import TABLES
from tests.app import refused, said

RANKS = {
    "flags": {"flags": {"replay.seed": 1}},
    "env": {"env": {"CLRI_REPLAY__SEED": "2"}},
    "dotenv": {"dotenv": "CLRI_REPLAY__SEED=3\n"},
    "project": {"project": "[replay]\nseed = 4\n"},
    "user": {"user": "[replay]\nseed = 5\n"},
}
PLACES = list(RANKS)


@pytest.mark.parametrize("first", range(len(PLACES)))
def test_the_highest_place_wins(tmp_path: Path, first: int) -> None:
    layers = {name: value for place in PLACES[first:] for name, value in RANKS[place].items()}
    loaded = said(tmp_path, **layers)
    assert loaded.settings.replay.seed == first + 1
    where = str(loaded.origins["replay.seed"])
    expected = ["command line", "environment CLRI_REPLAY__SEED", ".env:1", "clri.toml:2", "user.toml:2"][first]
    assert where.removeprefix(f"{tmp_path}/") == expected


@pytest.mark.parametrize(
    ("layers", "seen"),
    [
        ({"env": {"CLRI_GENERAL__SYMBOLS": "A", "TRACKED_SYMBOLS": "B"}, "dotenv": "CLRI_GENERAL__SYMBOLS=C"}, "A"),
        ({"env": {"TRACKED_SYMBOLS": "B"}, "dotenv": "CLRI_GENERAL__SYMBOLS=C"}, "B"),
        ({"dotenv": "TRACKED_SYMBOLS=D\nCLRI_GENERAL__SYMBOLS=C", "project": "general.symbols = ['E']"}, "C"),
        ({"dotenv": "TRACKED_SYMBOLS=D", "project": "general.symbols = ['E']"}, "D"),
        ({"flags": {"general.symbols": None}, "project": "general.symbols = ['E']"}, "E"),
        ({"flags": {"general.symbols": "f"}, "env": {"CLRI_GENERAL__SYMBOLS": "A"}}, "F"),
        ({"env": {"CLRI_GENERAL__SYMBOLS": ""}, "user": "general.symbols = ['G']"}, "G"),
    ],
)
def test_names_of_the_original_tools_rank_just_below_ours(tmp_path: Path, layers: dict, seen: str) -> None:
    assert said(tmp_path, **layers).settings.general.symbols == (seen,)


def test_places_are_merged_key_by_key(tmp_path: Path) -> None:
    loaded = said(
        tmp_path,
        env={"CLRI_CASCADE__BURST__MIN_EVENTS": "7"},
        project="[cascade.burst]\nmin_events = 6\nwindow_s = 30\n",
        user="[cascade]\nbias_share = 0.7\n[cascade.burst]\nwindow_s = 20\nmin_usd = 1\n",
    )
    burst = loaded.settings.cascade.burst
    assert (burst.min_events, burst.window_s, burst.min_usd, loaded.settings.cascade.bias_share) == (7, 30, 1.0, 0.7)


def test_nothing_is_required(tmp_path: Path) -> None:
    loaded = said(tmp_path)
    assert loaded.settings == Settings()
    assert loaded.warnings == []
    assert {str(origin) for origin in loaded.origins.values()} == {"default"}
    assert loaded.origins.keys() == keys().keys()


@pytest.mark.parametrize(
    "text",
    ["btc,eth", " BTC , ETH ,", '["BTC","ETH"]', "BTCUSDT,ETH-PERP", "BTC/USDT:USDT,ETH_USDT,BTC"],
)
def test_a_list_is_commas_or_json_in_any_spelling(tmp_path: Path, text: str) -> None:
    assert said(tmp_path, env={"CLRI_GENERAL__SYMBOLS": text}).settings.general.symbols == ("BTC", "ETH")
    assert said(tmp_path, project=f"[general]\nsymbols = '''{text}'''").settings.general.symbols == ("BTC", "ETH")


@pytest.mark.parametrize(("text", "value"), [(".5", 0.5), ("1", 1.0), ("5e-1", 0.5), (" 0.5 ", 0.5), ("1.", 1.0)])
def test_numbers_of_variables_are_parsed(tmp_path: Path, text: str, value: float) -> None:
    assert said(tmp_path, env={"CLRI_SCORING__MIN_COVERAGE": text}).settings.scoring.min_coverage == value


def test_200_symbols_are_the_most(tmp_path: Path) -> None:
    names = [f"C{n}" for n in range(201)]
    assert len(said(tmp_path, flags={"general.symbols": names[:200]}).settings.general.symbols) == 200
    assert "it held 201" in str(refused(tmp_path, flags={"general.symbols": names}))


def test_variables_of_ours_are_read_in_any_case(tmp_path: Path) -> None:
    env = {"clri_replay__seed": "1", "CLRI_REPLAY__SEED": "2", "Clri_Cascade__Burst__Window_S": "9"}
    loaded = said(tmp_path, env=env)
    assert (loaded.settings.replay.seed, loaded.settings.cascade.burst.window_s) == (2, 9)


def test_dotenv_forms(tmp_path: Path) -> None:
    text = "\n# words\nexport CLRI_REPLAY__SEED=\"7\" # seven\nOTHER=${HOME}\nCLRI_GENERAL__DATA_DIR='${HOME}/x'\n"
    loaded = said(tmp_path, dotenv=text)
    assert loaded.settings.replay.seed == 7
    assert loaded.settings.general.data_dir == Path("${HOME}/x")
    assert str(loaded.origins["replay.seed"]).endswith(".env:3")


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "seed").write_text("77\n", encoding="utf-8")
    loaded = said(tmp_path, env={"CLRI_REPLAY__SEED_FILE": str(tmp_path / "seed")}, dotenv="CLRI_REPLAY__SEED=1")
    assert loaded.settings.replay.seed == 77
    assert str(loaded.origins["replay.seed"]) == "environment CLRI_REPLAY__SEED_FILE"


def test_folders_and_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    loaded = said(tmp_path, project="general.data_dir = '~/d'\nstorage.url = 'sqlite:////var/x.sqlite'")
    assert loaded.settings.general.data_dir == tmp_path / "d"
    assert loaded.settings.storage.path == Path("/var/x.sqlite")
    loaded = said(tmp_path, flags={"cache.dir": tmp_path, "storage.url": "sqlite:///~/y.sqlite"})
    assert loaded.settings.cache.dir == tmp_path
    assert loaded.settings.storage.path == tmp_path / "y.sqlite"
    assert Settings().storage.path is None


@pytest.mark.skipif(sys.platform == "darwin", reason="XDG folders are those of Linux")
def test_usual_places_follow_the_platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_DATA_HOME", "relative/is/invalid")
    assert user_file() == tmp_path / "c/clri/clri.toml"
    assert data_folder() == tmp_path / ".local/share/clri"
    places = Places.usual("x.toml")
    assert (places.project, places.must_exist, Places.usual().must_exist) == (Path("x.toml"), True, False)

    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", homeless)
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert user_file() is None
    assert data_folder() == Path.cwd() / "clri-data"


def test_retention_is_that_of_the_tables(tmp_path: Path) -> None:
    assert Settings().storage.days == {table.name: table.keep_d for table in TABLES if table.clock}
    changed = said(
        tmp_path, project="[storage.retention]\ncascades = 'forever'\nobservations = 3"
    ).settings.storage.days
    ages = {table.name: age for table, age in limits(changed).items()}
    assert "cascades" not in ages
    assert ages["observations"] == 3 * 86_400 * 10**9


def test_settings_are_frozen_and_complete() -> None:
    with pytest.raises(AttributeError):
        Settings().general.symbols = ("BTC",)
    assert Settings().general.venues == EXCHANGES
    assert all(key.about and key.reader.expected for key in keys().values())
    assert len(variables()) == len(keys())
    assert all(re.fullmatch(r"CLRI_[A-Z0-9_]+", name) for name in variables())
    assert not any(f"{name}_FILE" in variables() for name in variables())  # NAME_FILE names the file of NAME


def test_reading_settings_loads_no_compiler() -> None:
    code = "import sys, clri.app.settings; print({'numba', 'numpy', 'sqlalchemy', 'dotenv'} & set(sys.modules))"
    src = Path(__file__).resolve().parents[2] / "src"
    env = os.environ | {"PYTHONPATH": str(src)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.strip() == "set()"
