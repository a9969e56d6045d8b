"""How a command ends: exit codes, words on stderr, signals, pipes, help."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from clri.app.cli import status
from clri.model.errors import ConfigError, StoreError, UpstreamError
from clri.stores.sqlite import SqliteStore
from clri.testing.builders import market_reading, reading
from tests.app.recordings import T, forced

VERBS = ("replay", "decode", "score", "status", "explain", "export", "version", "config")
HEAVY = ("numba", "numpy", "polars", "sqlalchemy", "alembic", "sqlite3")
LISTING = """
import atexit, sys
sys.stderr.reconfigure(line_buffering=True)
atexit.register(lambda: print("loaded", *sorted({name.split(".")[0] for name in sys.modules}), file=sys.stderr))
from clri.app.cli import main; main()
"""


def test_the_help_of_the_command_loads_nothing_heavy(real) -> None:
    process = real("--help", code=LISTING)
    out, err = process.communicate()
    assert process.returncode == 0
    assert all(verb in out.decode() for verb in VERBS)
    loaded = set(err.decode().split())
    assert "loaded" in loaded
    assert not loaded & set(HEAVY)


@pytest.mark.parametrize("verb", [*VERBS, "config show", "config init"])
def test_every_verb_has_help(clri, verb: str) -> None:
    said = clri(*verb.split(), "--help")
    assert (said.code, said.err) == (0, "")
    assert "Usage" in said.out
    assert "--help" in said.out


def test_no_word_is_the_help(clri) -> None:
    assert "Usage" in clri().out + clri().err


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["status", "--nonsense"],
        ["decode"],
        ["decode", "f.jsonl"],
        ["explain"],
        ["explain", "BTC", "--since", "soon"],
        ["replay", "--speed", "x"],
        ["replay", "--speed", "601"],
        ["score"],
    ],
)
def test_a_wrong_command_line_is_code_2(clri, words: list[str]) -> None:
    said = clri(*words)
    assert (said.code, said.out) == (2, "")
    assert "Traceback" not in said.err
    assert said.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["status", "!!"], "CLRI-STORE-001"),
        (["score", "none.csv"], "CLRI-DATA-002"),
        (["decode", "--venue", "okx", "none.jsonl"], "CLRI-DATA-002"),
        (["decode", "--venue", "mtgox", "none.jsonl"], "CLRI-CFG-005"),
        (["replay", "none.jsonl"], "CLRI-DATA-001"),
        (["replay"], "CLRI-DATA-009"),
        (["demo", "--once", "--store", "."], "CLRI-STORE-001"),
        (["export", "readings", "--from", "yesterday"], "CLRI-DATA-001"),
        (["export", "secrets"], "CLRI-CFG-006"),
        (["export", "readings", "--format", "xml"], "CLRI-CFG-006"),
        (["--config", "none.toml", "status"], "CLRI-CFG-008"),
    ],
)
def test_a_known_failure_is_a_code_a_place_and_no_traceback(clri, words: list[str], code: str) -> None:
    said = clri("-q", *words)
    assert said.err.startswith(f"{code}   ")
    assert said.code == (5 if "STORE" in code else 2)
    assert said.out == ""
    assert "Traceback" not in said.err


def test_verbose_adds_the_traceback(clri) -> None:
    assert "Traceback" in clri("-v", "score", "none.csv").err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("a", hint="try this"), 2),
        (UpstreamError("b"), 4),
        (StoreError("c"), 5),
        (KeyboardInterrupt(), 130),
        (SystemExit(143), 143),
        (SystemExit(None), 0),
        (SystemExit("words"), 1),
        (BrokenPipeError(), 0),
    ],
)
def test_exit_codes(clri, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int) -> None:
    def end(*_) -> None:
        raise error

    monkeypatch.setattr("clri.app.storage.open_for_reading", end)
    said = clri("status")
    assert said.code == code
    assert ("try this" in said.err) == (str(error) == "a")


def test_a_bug_becomes_a_report_without_values(clri, monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    def broken(settings, told) -> None:
        secret = "c4n4ry-77"  # noqa: F841 - must not be reported
        raise ValueError("c4n4ry-77")

    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr("clri.app.storage.open_for_reading", broken)
    said = clri("status", "--store", "c4n4ry-77")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("CLRI-APP-001   unexpected ValueError: this is a bug. Report: ")
    report = Path(said.err.rsplit(" ", 1)[1].strip())
    assert report.parent == place
    text = report.read_text(encoding="utf-8")
    assert "in broken" in text
    assert Path(status.__file__).name in text
    assert text.endswith("ValueError\n")
    assert "c4n4ry" not in text + said.err


def test_text_that_the_terminal_cannot_show_is_no_failure(real, place: Path) -> None:
    with closing(SqliteStore(place / "s.sqlite", "replay-recorded")) as store:
        store.write([reading(mode="replay-recorded"), market_reading(mode="replay-recorded")])
    process = real("status", "--store", "s.sqlite", PYTHONIOENCODING="ascii")
    out, err = process.communicate()
    assert (process.returncode, err) == (0, b"")
    assert b"RECORDED DATA ? replay" in out


@pytest.mark.parametrize(
    "words",
    [["decode", "--venue", "bybit", "r.jsonl"], ["config", "show", "--effective"], ["config", "schema"], ["--help"]],
)
def test_a_reader_that_leaves_is_no_failure(real, place: Path, words: list[str]) -> None:
    (place / "r.jsonl").write_text("".join(json.dumps(forced(T + n)) + "\n" for n in range(3_000)), encoding="utf-8")
    with real(*words) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 0


def test_a_reader_that_leaves_after_the_first_line_is_no_failure(real, place: Path) -> None:
    (place / "r.jsonl").write_text("".join(json.dumps(forced(T + n)) + "\n" for n in range(9_000)), encoding="utf-8")
    with real("decode", "--venue", "bybit", "r.jsonl") as process:
        assert json.loads(process.stdout.readline())["k"] == "liq"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 0
