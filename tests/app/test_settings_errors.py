from pathlib import Path

import pytest

from clri.app.settings import load_settings
from clri.app.settings.places import Places
from clri.app.settings.planned import PLANNED
from clri.app.settings.readers import STORE, SYMBOLS, VENUES
from clri.model.errors import ConfigError
from tests.app import refused, said

HIDDEN = "a value that is not shown"
LATER = "is not available in this version:"
WRONG_FILES = {
    "x.y = 1": ("003", "Unknown setting x (F:1); clri config show --effective lists all keys"),
    "[general]\n\nsymbol = []": ("003", "Unknown setting general.symbol (F:3). Did you mean general.symbols?"),
    "seed = 1": ("003", "Unknown setting seed (F:1). Did you mean replay.seed?"),
    "[scorng.weights]\noi = 1": ("003", "Unknown setting scorng (F:1). Did you mean scoring?"),
    '"general.symbols" = 1': ("003", 'Unknown setting "general.symbols" (F). Did you mean general.symbols?'),
    "general = 3": ("001", "general was 3 (F:1); expected a table: [general]"),
    "[general.symbols]\na = 1": ("001", f"general.symbols was a table (F:1); expected {SYMBOLS.expected}"),
    "[general]\nsymbols = [\n 'BTC',\n '!',\n]": (
        "001",
        f"general.symbols was ['BTC', '!'] (F:2): '!' is no symbol; expected {SYMBOLS.expected}",
    ),
    "[general]\nvenues = ['ftx']": (
        "001",
        f"general.venues was ['ftx'] (F:2): 'ftx' is no venue; expected {VENUES.expected}",
    ),
    "[replay]\nseed = -1": ("001", "replay.seed was -1 (F:2); expected whole number 0..4,294,967,295"),
    "[storage]\nurl = 'clri.db'": (
        "001",
        f"storage.url was {HIDDEN} (F:2): it was not of that form; expected {STORE.expected}",
    ),
    "[storage]\nurl = 'postgresql+asyncpg://h/d'": (
        "007",
        f"storage.url (F:2) {LATER} stores on a database server come later; expected {STORE.expected}",
    ),
    "[serve]\nport = 1": ("007", f"serve (F:1) {LATER} the web server comes later"),
    "[general]\nmode = 'live'": (
        "007",
        f"general.mode (F:2) {LATER} live collection comes later, a replay knows its mode",
    ),
    "[scoring.weights]\nfunding = 0.3": (
        "010",
        "scoring.weights: weights sum to 1.05; expected 1, each >= 0 (scoring.weights.funding from F:2)",
    ),
    "[volatility]\nstable = 0.05": (
        "010",
        "volatility: edges were 0.05, 0.05, 0.1; expected stable < high_vol < explosive (volatility.stable from F:2)",
    ),
    "[general]\n[general]": ("008", "F:2 is not TOML: Cannot declare ('general',) twice"),
    "[general]\nsymbols = [": ("008", "F:2 is not TOML: Invalid value"),
}


@pytest.mark.parametrize("text", WRONG_FILES)
def test_each_form_of_a_wrong_file(tmp_path: Path, text: str) -> None:
    code, words = WRONG_FILES[text]
    error = refused(tmp_path, project=text)
    assert error.code == f"CLRI-CFG-{code}"
    assert str(error).replace(str(tmp_path / "clri.toml"), "F") == words


def test_a_broken_end_of_a_document_has_a_place(tmp_path: Path) -> None:
    assert f"{tmp_path}/clri.toml" in str(refused(tmp_path, project='x = """'))


@pytest.mark.parametrize("name", PLANNED)
def test_what_comes_later_is_answered_everywhere(tmp_path: Path, name: str) -> None:
    for key in (name, f"{name}.below"):
        error = refused(tmp_path, project=f"{key} = 1")
        assert error.code == "CLRI-CFG-007"
        assert "is not available in this version" in str(error)
        assert error.hint
    variable = "CLRI_" + name.upper().replace(".", "__")
    for suffix in ("", "__BELOW", "_FILE"):
        (tmp_path / "clri.toml").unlink(missing_ok=True)
        error = refused(tmp_path, env={variable + suffix: "CANARY"})
        assert (error.code, "CANARY" in str(error)) == ("CLRI-CFG-007", False)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    error = refused(tmp_path, project="[replay]\nseed = 'x'\nsped = 1", env={"CLRI_CASCADE__BIAS_SHARE": "2"})
    lines = str(error).splitlines()
    assert len(lines) == 3
    assert [line.partition(" ")[0] for line in lines[1:]] == ["CLRI-CFG-001", "CLRI-CFG-001"]
    assert error.code == "CLRI-CFG-003"


def test_weights_are_not_summed_when_one_of_them_is_wrong(tmp_path: Path) -> None:
    error = refused(tmp_path, project="[scoring.weights]\nfunding = -0.25\noi = 0.75")
    assert len(str(error).splitlines()) == 1
    assert "scoring.weights.funding was -0.25" in str(error)


@pytest.mark.parametrize(
    ("oi", "right"), [("0.30", True), ("0.3000000005", True), ("0.300000002", False), ("0.299", False)]
)
def test_weights_sum_to_one_within_a_billionth(tmp_path: Path, oi: str, right: bool) -> None:
    text = f"[scoring.regime.weights.oi]\nfunding=0.2\noi={oi}\nvolume=0.2\nliquidation=0.2\nimbalance=0.1"
    if right:
        assert said(tmp_path, project=text).settings.scoring.regime.weights.oi.oi == float(oi)
    else:
        assert refused(tmp_path, project=text).code == "CLRI-CFG-010"


def test_an_unknown_variable_warns_and_is_an_error_under_strict(tmp_path: Path) -> None:
    env = {"CLRI_GENERAL__SYMBLS": "BTC", "CLRI_ZZZ": "1", "CLRI_API_URL": "u", "CLRI_SESSION_TOKEN": "t"}
    env |= {"CLRI_STATE_PATH": "p", "CLRI_DATABASE_URL": "d", "CLRI_EMPTY": ""}
    words = [
        "Unknown setting CLRI_GENERAL__SYMBLS (environment). Did you mean CLRI_GENERAL__SYMBOLS?",
        "Unknown setting CLRI_ZZZ (environment).",
    ]
    assert said(tmp_path, env=env).warnings == [f"CLRI-CFG-004   {line}" for line in words]
    error = refused(tmp_path, env=env, strict=True)
    assert (error.code, str(error)) == ("CLRI-CFG-004", f"{words[0]}\nCLRI-CFG-004   {words[1]}")


def test_one_underscore_too_few_is_found(tmp_path: Path) -> None:
    (warning,) = said(tmp_path, dotenv="\nCLRI_GENERAL_SYMBOLS=BTC").warnings
    assert warning.endswith(".env:2). Did you mean CLRI_GENERAL__SYMBOLS?")


def test_a_value_and_its_file_are_one_too_many(tmp_path: Path) -> None:
    env = {"CLRI_REPLAY__SEED": "1", "CLRI_REPLAY__SEED_FILE": "/nowhere"}
    error = refused(tmp_path, env=env)
    assert error.code == "CLRI-CFG-009"
    assert str(error) == "CLRI_REPLAY__SEED and CLRI_REPLAY__SEED_FILE are both set (environment); expected one"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "which cannot be read: No such file or directory"),
        (b"", "which is empty"),
        (b"\n", "which is empty"),
        (b"\xff", "which is not UTF-8 text"),
        (b"1" * 70_000, "which holds more than 65,536 bytes"),
    ],
)
def test_a_file_of_a_value_must_be_good(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    error = refused(tmp_path, env={"CLRI_REPLAY__SEED_FILE": str(path)})
    assert error.code == "CLRI-CFG-009"
    assert str(error) == f"CLRI_REPLAY__SEED_FILE (environment) names {path}, {words}"
    assert refused(tmp_path, dotenv="CLRI_REPLAY__SEED_FILE=a\0b").code == "CLRI-CFG-009"


@pytest.mark.parametrize("content", [b"\xff", b"seed = " + b"9" * 5000, b"a = " + b"[" * 3000])
def test_a_file_that_is_no_text_or_toml(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "clri.toml").write_bytes(content)
    assert refused(tmp_path).code == "CLRI-CFG-008"


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "clri.toml").mkdir()
    assert (error := refused(tmp_path)).code == "CLRI-CFG-008"
    assert "cannot be read: Is a directory" in str(error)
    (tmp_path / "clri.toml").rmdir()
    (tmp_path / ".env").mkdir()
    assert refused(tmp_path).code == "CLRI-CFG-008"


def test_an_open_quote_in_dotenv(tmp_path: Path) -> None:
    error = refused(tmp_path, dotenv="\nA=1\nCLRI_REPLAY__SEED='CANARY\n")
    assert error.code == "CLRI-CFG-008"
    assert str(error).endswith(".env:3 is not NAME=value; a quote may be open")


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"settings file .*no\.toml is absent") as caught:
        load_settings(places=Places(project=tmp_path / "no.toml", must_exist=True))
    assert (caught.value.code, caught.value.exit_code) == ("CLRI-CFG-008", 2)


def test_lines_are_found_past_odd_characters(tmp_path: Path) -> None:
    text = "# a\u2028b\x0c\r\n[replay]\r\nspeed = 2.0\r\n\r\nseed = 'x'"
    (tmp_path / "clri.toml").write_bytes(text.replace("\x0c", "").encode())
    assert "clri.toml:5)" in str(refused(tmp_path))


def test_an_unknown_flag_is_an_error(tmp_path: Path) -> None:
    assert refused(tmp_path, flags={"replay.sed": 1}).code == "CLRI-CFG-003"
    assert said(tmp_path, flags={"replay.sed": None}).settings.replay.seed == 42
