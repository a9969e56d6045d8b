"""The command line: `clri` runs it in this process, `real` as a process of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from clri.app.cli.failure import run_guarded
from clri.app.cli.verbs import app

MAIN = "from clri.app.cli import main; main()"
SRC = str(Path(__file__).resolve().parents[2] / "src")


class Said(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def last(self) -> str:
        return self.err.splitlines()[-1]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with an empty data folder, and no settings of this machine."""
    for name in list(os.environ):
        if name.startswith("CLRI_") and name != "CLRI_CACHE__DIR":
            monkeypatch.delenv(name)
    for name in ("NO_COLOR", "COLUMNS", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("CLRI_GENERAL__DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def clri(
    place: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Iterator[Callable[..., Said]]:
    """Run a command to its end in this process, as the entry point does."""
    before = signal.getsignal(signal.SIGTERM)

    def run(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["clri", *map(str, words)])
        capfdbinary.readouterr()
        code = run_guarded(app)
        out, err = capfdbinary.readouterr()
        return Said(code, out.decode(), err.decode())

    yield run
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def real(place: Path) -> Callable[..., subprocess.Popen[bytes]]:
    """Start a command as a process of its own."""

    def start(*words: object, code: str = MAIN, **variables: str) -> subprocess.Popen[bytes]:
        environment = os.environ | {"PYTHONPATH": SRC} | variables
        command = [sys.executable, "-c", code, *map(str, words)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)

    return start
