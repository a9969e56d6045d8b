import functools
import pickle
import traceback
from pathlib import Path

import msgspec
import pytest

from clri.app.settings import load_settings
from clri.app.settings.findings import masked, shown
from clri.app.settings.keys import keys
from clri.app.settings.places import Places
from clri.app.settings.readers import FOLDER, SECRET, SYMBOLS
from clri.app.settings.writing import as_json, as_toml
from clri.model.errors import ConfigError
from tests.app import refused

CANARY = "c4n4ry-77"
URLS = [
    f"postgresql://me:{CANARY}@db:5432/clri",
    f"postgres://me:{CANARY}@db/x?sslmode=require",
    f"sqlite://me:{CANARY}@/x",
    f"sqlite:///x.db?key={CANARY}",
    f"https://me:{CANARY}@host/x",
    f"{CANARY}",
    f"SQLite:///{CANARY}\n",
]


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("place", ["env", "alias", "dotenv", "project", "flags", "file"])
def test_an_address_is_never_shown(tmp_path: Path, url: str, place: str) -> None:
    (tmp_path / "secret").write_text(url, encoding="utf-8")
    places = {
        "env": {"env": {"CLRI_STORAGE__URL": url}},
        "alias": {"env": {"DATABASE_URL": url}},
        "dotenv": {"dotenv": f'CLRI_STORAGE__URL="{url}"'},
        "project": {"project": f"storage.url = '''{url}'''"},
        "flags": {"flags": {"storage.url": url}},
        "file": {"env": {"CLRI_STORAGE__URL_FILE": str(tmp_path / "secret")}},
    }
    error = refused(tmp_path, **places[place])
    assert "storage.url" in str(error)
    assert CANARY not in "".join(traceback.format_exception(error)) + repr(error) + error.hint


ANY_TEXT = {SYMBOLS.read, FOLDER.read, SECRET.read}
"""Readers that take the canary for a value."""


@pytest.mark.parametrize("name", [name for name, key in keys().items() if key.reader.read not in ANY_TEXT])
def test_a_value_of_a_file_is_never_shown(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text(CANARY, encoding="utf-8")
    error = refused(tmp_path, env={f"{keys()[name].variable}_FILE": str(tmp_path / "secret")})
    assert CANARY not in str(error)
    assert f"{name} was a value that is not shown" in str(error)


KEYS = [name for name, key in keys().items() if key.reader is SECRET]


@pytest.mark.parametrize("name", KEYS)
def test_a_key_is_read_and_never_shown(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text(f"{CANARY}\n", encoding="utf-8")
    for env in ({keys()[name].variable: CANARY}, {f"{keys()[name].variable}_FILE": str(tmp_path / "secret")}):
        loaded = load_settings(places=Places(environ=env))
        value = functools.reduce(getattr, name.split("."), loaded.settings)
        assert value.reveal() == CANARY
        written = as_toml(keys()[name], value) + str(as_json(keys()[name], value))
        assert CANARY not in repr(loaded) + str(loaded.settings) + written
        with pytest.raises(TypeError):
            msgspec.json.encode(loaded.settings.collect)
        with pytest.raises(TypeError):
            pickle.dumps(loaded.settings.collect)


@pytest.mark.parametrize("name", KEYS)
def test_a_wrong_key_is_not_quoted(tmp_path: Path, name: str) -> None:
    for env in ({keys()[name].variable: f"{CANARY} {CANARY}"}, {keys()[name].variable: f"{CANARY}ä"}):
        assert CANARY not in str(refused(tmp_path, env=env))


@pytest.mark.parametrize(
    "url", ["http://example.org", f"https://h/x?key={CANARY}", f"https://me:{CANARY}@h", "ftp://h", "wss://h"]
)
def test_a_service_with_a_key_is_not_asked_in_the_open(tmp_path: Path, url: str) -> None:
    error = refused(tmp_path, env={"CLRI_COLLECT__ETHERSCAN__URL": url})
    assert str(error).startswith("collect.etherscan.url was a value that is not shown")
    assert CANARY not in str(error)


def test_a_service_on_this_machine_may_be_asked_in_the_open() -> None:
    env = {"CLRI_COLLECT__ETHERSCAN__URL": "http://127.0.0.1:9000/v2/api/"}
    assert load_settings(places=Places(environ=env)).settings.collect.etherscan.url == "http://127.0.0.1:9000/v2/api"


def test_words_of_a_file_are_not_quoted_as_a_reason(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{CANARY} {CANARY}", encoding="utf-8")
    for variable in ("CLRI_GENERAL__SYMBOLS_FILE", "CLRI_GENERAL__VENUES_FILE", "SYMBOLS_FILE"):
        assert CANARY not in str(refused(tmp_path, env={variable: str(tmp_path / "secret")}))


def test_what_is_no_key_is_named_without_its_value(tmp_path: Path) -> None:
    text = f"[deliver.discord]\nbot_token = '{CANARY}'\n[serv]\npassword = '{CANARY}'\n[general]\ntoken = '{CANARY}'"
    env = {"CLRI_DELIVER__DISCORD__BOT_TOKEN": CANARY, "CLRI_TOKEN": CANARY, "SESSION_SECRET": CANARY}
    error = refused(tmp_path, project=text, env=env, strict=True)
    assert len(str(error).splitlines()) == 5
    assert CANARY not in str(error)


@pytest.mark.parametrize(
    "text", [f"x = '{CANARY}", f"x = {CANARY}", f"x = '{CANARY}' y", f"[x]\ny='{CANARY}'\ny='{CANARY}'"]
)
def test_a_broken_file_is_not_quoted(tmp_path: Path, text: str) -> None:
    assert CANARY not in "".join(traceback.format_exception(refused(tmp_path, project=text)))


def test_warnings_hold_no_values() -> None:
    env = dict.fromkeys(("CLRI_TOKEN", "DISCORD_BOT_TOKEN", "POSTGRES_PASSWORD", "OPENAI_API_KEY", "GRAFANA_X"), CANARY)
    loaded = load_settings(places=Places(environ=env))
    assert len(loaded.warnings) == 3
    assert CANARY not in " ".join(loaded.warnings)


@pytest.mark.parametrize("key", ["general.symbols", "general.venues", "cascade.bias_share"])
def test_a_login_in_the_wrong_place_is_masked(tmp_path: Path, key: str) -> None:
    error = refused(tmp_path, env={keys()[key].variable: f"postgresql://me:{CANARY}@db/clri"})
    assert CANARY not in str(error)
    assert "//***@db/clri" in str(error)


def test_masks() -> None:
    assert masked(f"a://u:{CANARY}@h b://{CANARY}@h c://h/x@y") == "a://***@h b://***@h c://***@y"
    assert CANARY not in shown([f"a://u:{CANARY}@h"] * 9) + shown("x" * 50 + f"a://u:{CANARY}@h")
    key = keys()["storage.url"]
    assert CANARY not in as_toml(key, f"a://u:{CANARY}@h") + str(as_json(key, f"a://u:{CANARY}@h"))


def test_errors_keep_no_cause_with_the_value(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(flags={"storage.url": f"mysql://{CANARY}"}, places=Places())
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or CANARY not in repr(caught.value.__context__)
