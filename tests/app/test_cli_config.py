import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from clri.app.cli.config import app
from clri.app.cli.context import Globals
from clri.app.settings.keys import keys
from clri.model.errors import ConfigError

SRC = Path(__file__).resolve().parents[2] / "src"
CANARY = "c4n4ry-77"
MAIN = "from clri.app.cli import main; main()"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, an empty home and no variables of ours or of the original tools."""
    for name in list(os.environ):
        if name not in {"PATH", "TMPDIR", "LANG"} and not name.startswith(("PYTHON", "NUMBA", "PYTEST")):
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    monkeypatch.chdir(tmp_path)
    return folder


def run(*words: str, said: Globals | None = None) -> Result:
    """Run `clri config …` in this process."""
    return CliRunner().invoke(app, list(words), obj=said or Globals())


def real(*words: str) -> subprocess.CompletedProcess[str]:
    """Run `clri …` as a process of its own."""
    env = os.environ | {"PYTHONPATH": str(SRC)}
    return subprocess.run([sys.executable, "-c", MAIN, *words], capture_output=True, text=True, check=False, env=env)


def failed(result: Result) -> ConfigError:
    """Error with which a command ended."""
    assert isinstance(result.exception, ConfigError)
    assert result.exception.exit_code == 2
    return result.exception


def test_show_is_what_is_set_in_the_form_of_toml(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("clri.toml").write_text("[storage.retention]\ncascades = 'forever'\n", encoding="utf-8")
    monkeypatch.setenv("CLRI_GENERAL__SYMBOLS", "btc,eth")
    result = run("show")
    assert result.exit_code == 0
    assert tomllib.loads(result.stdout) == {
        "general": {"symbols": ["BTC", "ETH"]},
        "storage": {"retention": {"cascades": "forever"}},
    }
    assert run("show", "--origin").stdout.splitlines() == [
        'general.symbols = ["BTC", "ETH"]  # environment CLRI_GENERAL__SYMBOLS',
        'storage.retention.cascades = "forever"  # clri.toml:2',
    ]


def test_what_show_says_can_be_used_as_a_file(tmp_path: Path) -> None:
    before = run("show", "--effective", "--json").stdout
    Path("clri.toml").write_text(run("show", "--effective").stdout, encoding="utf-8")
    assert run("show", "--effective", "--json").stdout == before
    assert json.loads(before).keys() == keys().keys()


def test_show_as_json_with_origins(home: Path) -> None:
    (home / "config/clri").mkdir(parents=True)
    (home / "config/clri/clri.toml").write_text("replay.seed = 1", encoding="utf-8")
    origin = f"{home}/config/clri/clri.toml:1"
    assert json.loads(run("show", "--json").stdout) == {"replay.seed": 1}
    assert json.loads(run("show", "--json", "--origin").stdout) == {"replay.seed": {"value": 1, "origin": origin}}
    all_of_them = json.loads(run("show", "--json", "--origin", "--effective").stdout)
    assert all_of_them["storage.url"] == {"value": None, "origin": "default"}


def test_show_of_nothing_says_so_on_stderr() -> None:
    result = run("show")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "nothing is set" in result.stderr


def test_show_hides_what_came_from_a_file_of_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("secret").write_text(f"/{CANARY}", encoding="utf-8")
    monkeypatch.setenv("CLRI_GENERAL__DATA_DIR_FILE", "secret")
    for words in (["show"], ["show", "--origin"], ["show", "--json"], ["show", "--effective", "--json", "--origin"]):
        result = run(*words)
        assert "***" in result.stdout
        assert CANARY not in result.output


def test_warnings_go_to_stderr_and_quiet_stops_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYMBOLS", "BTC")
    assert "config.alias_used" in run("show").stderr
    assert run("show", said=Globals(quiet=True)).stderr == ""


def test_validate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("validate").stdout == f"settings: right, 0 of {len(keys())} keys set\n"
    Path("other.toml").write_text("replay.seed = 1", encoding="utf-8")
    monkeypatch.setenv("CLRI_REPLAY__SPEED", "x")
    assert run("validate", "other.toml").stdout == f"other.toml: right, 1 of {len(keys())} keys set\n"
    assert failed(run("validate")).code == "CLRI-CFG-001"
    Path("other.toml").write_text("replay.sed = 1", encoding="utf-8")
    assert "other.toml:1" in str(failed(run("validate", "other.toml")))
    assert failed(run("validate", "absent.toml")).code == "CLRI-CFG-008"


def test_the_file_of_config_stands_in_for_the_project_file() -> None:
    Path("clri.toml").write_text("replay.seed = 1", encoding="utf-8")
    Path("other.toml").write_text("replay.speed = 2", encoding="utf-8")
    assert json.loads(run("show", "--json", said=Globals(config_file="other.toml")).stdout) == {"replay.speed": 2.0}


def test_strict_reaches_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLRI_NONSENSE", "1")
    assert run("validate").exit_code == 0
    assert failed(run("validate", said=Globals(strict=True))).code == "CLRI-CFG-004"


def test_init_writes_a_file_that_validates_and_never_overwrites() -> None:
    assert run("init").stdout == "clri.toml\n"
    text = Path("clri.toml").read_text(encoding="utf-8")
    assert run("validate", "clri.toml").exit_code == 0
    error = failed(run("init"))
    assert error.code == "CLRI-CFG-011"
    assert Path("clri.toml").read_text(encoding="utf-8") == text
    assert run("init", "deep/er/x.toml").exit_code == 0
    assert Path("deep/er/x.toml").read_text(encoding="utf-8") == text
    assert run("init", said=Globals(config_file="named.toml")).stdout == "named.toml\n"
    assert failed(run("init", "clri.toml/x.toml")).code == "CLRI-CFG-008"


def test_schema_is_one_json_document() -> None:
    assert json.loads(run("schema").stdout)["title"] == "clri.toml"


def test_path_names_files_even_when_they_are_wrong(tmp_path: Path, home: Path) -> None:
    found = json.loads(run("path", "--json").stdout)
    assert found["project"] == {"path": str(tmp_path / "clri.toml"), "there": False}
    assert found["user"] == {"path": str(home / "config/clri/clri.toml"), "there": False}
    assert found["data_dir"]["path"] == str(home / ".local/share/clri") or sys.platform == "darwin"
    Path("clri.toml").write_text("wrong = 1", encoding="utf-8")
    result = run("path")
    assert result.exit_code == 0
    assert f"project   {tmp_path}/clri.toml\n" in result.stdout
    assert "clri config validate" in result.stderr


def test_the_process_ends_with_code_2_and_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://me:{CANARY}@db/clri")
    for words in (
        ["config", "show"],
        ["-v", "config", "validate"],
        ["--strict", "-v", "config", "show", "--effective"],
    ):
        done = real(*words)
        assert done.returncode == 2
        assert done.stderr.startswith("CLRI-CFG-007   storage.url (environment DATABASE_URL)")
        assert CANARY not in done.stdout + done.stderr


def test_the_process_shows_and_validates() -> None:
    done = real("config", "init")
    assert (done.returncode, done.stdout) == (0, "clri.toml\n")
    assert real("config", "validate", "clri.toml").returncode == 0
    done = real("config", "show")
    assert (done.returncode, done.stdout) == (0, "")


def test_help_loads_no_settings() -> None:
    code = "import sys, clri.app.cli.config; print(sorted(n for n in sys.modules if n.startswith('clri.app.settings')))"
    env = os.environ | {"PYTHONPATH": str(SRC)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.strip() == "[]"
