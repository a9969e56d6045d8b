"""`clri replay`: a recording into a store, the same rows every time, and an end at any moment."""

import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from clri.model.errors import StoreError
from clri.stores.lock import WriterLock
from clri.stores.sqlite import SqliteStore
from clri.stores.sqlite_reader import SqliteReader
from clri.testing.builders import market_reading, reading
from tests.app.conftest import MAIN, SRC
from tests.app.recordings import T, forced, line, lines, recording

RECORDED = "data/replay-recorded.sqlite"


def rows(path: str) -> dict[str, list]:
    """Every row of every table of a store."""
    with closing(sqlite3.connect(path)) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {name: sorted(db.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in names}


def eventually(holds, limit_s: float = 30.0) -> None:
    """Wait until a condition holds."""
    pause, end = Event(), monotonic() + limit_s
    while not holds():
        assert monotonic() < end, "it never came"
        pause.wait(0.01)


def events(path: Path) -> int:
    """Liquidations that can be read from a store now, also while it is made."""
    try:
        with SqliteReader(path) as store:
            return len(store.liquidations(None, 0, 2**62))
    except StoreError:
        return 0


# ---------------------------------------------------------------- what it does
def test_two_runs_leave_the_same_rows(clri, place: Path) -> None:
    recording(place / "r.jsonl", 4)
    first = clri("replay", "r.jsonl", "--json")
    before = rows(RECORDED)
    assert {name: len(found) for name, found in before.items() if name.startswith(("clri", "obs", "market", "casc"))}
    again = clri("replay", "r.jsonl", "--json")
    assert (first.code, again.code, first.err) == (0, 0, "")
    assert first.out == again.out
    assert rows(RECORDED) == before
    clri("replay", "r.jsonl", "--store", "own.sqlite")
    clri("replay", "r.jsonl", "--store", "own.sqlite")  # the same rows over the same rows
    assert rows("own.sqlite") == before


def test_the_document(clri, place: Path) -> None:
    recording(place / "r.jsonl", 4)
    document = clri("replay", "r.jsonl", "--json").json
    assert (document["mode"], document["from"]) == ("replay-recorded", "2026-09-21T14:14:00.150Z")
    assert document["to"] == "2026-09-21T14:19:00.000Z"
    assert document["frames"]["okx"] == {"decoded": 24 + 3 * 8}
    assert document["frames"]["bybit"] == {"decoded": 12 + 8 + 9}
    assert [reading["symbol"] for reading in document["readings"]] == ["BTC"]
    assert document["readings"][0]["risk_level"] == "UNKNOWN"
    assert document["market"]["market_clri"] is None
    (cascade,) = [cascade for cascade in document["cascades"] if cascade["kind"] == "burst"]
    assert (cascade["symbol"], cascade["side_bias"], cascade["completeness"]) == ("BTC", "LONG", 1.0)
    with SqliteReader(RECORDED) as store:
        assert len(store.liquidations(None, 0, 2**62, 1000)) == 12 + 9
        assert [r.ts for r in store.readings("BTC", 0, 2**62)] == [(T // 1000 + 60 * n) * 10**9 for n in range(1, 6)]
        assert store.mode == "replay-recorded"


def test_a_cascade_that_begins_with_the_recording_is_told(clri, place: Path) -> None:
    start = [line(forced(T + n * 100, "2.5"), T + n * 100, venue="bybit") for n in range(9)]
    (place / "r.jsonl").write_text("\n".join([*start, *lines(2)[1:]]))
    found = clri("replay", "r.jsonl", "--json").json["cascades"]
    (cascade,) = [cascade for cascade in found if cascade["kind"] == "burst"]
    assert cascade["started_at"] < "2026-09-21T14:14:00.150Z"  # the first receipt


def test_a_partial_score_and_the_plain_table(clri, place: Path) -> None:
    recording(place / "[red] r.jsonl", 62)
    said = clri("replay", "[red] r.jsonl")
    assert said.code == 0
    assert "\x1b" not in said.out
    assert "RECORDED DATA – frames of [red] r.jsonl, 2026-09-21T14:14:00.150Z to 2026-09-21T15:16:00.158Z" in said.out
    assert "partial" in said.out
    assert "store data/replay-recorded.sqlite" in said.err.replace(str(place) + "/", "")
    assert clri("-q", "replay", "[red] r.jsonl").err == ""


def test_broken_frames_are_told_and_no_failure(clri, place: Path) -> None:
    broken = [json.dumps({"venue": "bybit", "raw": "{"}), "no frame", '{"venue":"bybit","raw":' + "[" * 50_000]
    (place / "r.jsonl").write_text("\n".join([*lines(1), *broken]))
    said = clri("replay", "r.jsonl")
    assert said.code == 0
    assert "bybit: quarantined:malformed 3" in said.err


def test_symbols_in_any_spelling_and_twice(clri, place: Path) -> None:
    recording(place / "r.jsonl", 1)
    document = clri("replay", "r.jsonl", "--json", "--symbols", "btcusdt,BTC/USDT:USDT,eth").json
    assert [reading["symbol"] for reading in document["readings"]] == ["BTC", "ETH"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--symbols", "!!"], "CLRI-DATA-007"),
        (["--venue", "mtgox"], "CLRI-DATA-001"),
        (["--store", "."], "CLRI-STORE"),
        (["--store", "r.jsonl"], "CLRI-STORE-003"),
        (["--store", "/dev/null/x.sqlite"], "CLRI-STORE"),
    ],
)
def test_what_cannot_be_done(clri, place: Path, words: list[str], code: str) -> None:
    recording(place / "r.jsonl", 1)
    said = clri("replay", "r.jsonl", *words)
    assert said.err.startswith(code)
    assert said.code == (5 if "STORE" in code else 2)


def test_a_recording_of_nothing(clri, place: Path) -> None:
    (place / "r.jsonl").write_text(json.dumps({"venue": "okx", "raw": {"event": "subscribe"}}))
    said = clri("replay", "r.jsonl")
    assert (said.code, said.err[:13]) == (2, "CLRI-DATA-008")


def test_a_pipe_is_refused_for_it_is_read_twice(clri, place: Path) -> None:
    os.mkfifo(place / "pipe.jsonl")
    said = clri("replay", "pipe.jsonl", "--venue", "okx")
    assert said.code == 2
    assert "pipe.jsonl is no file" in said.err


# ---------------------------------------------------------------- modes and locks
def test_a_store_of_another_mode_is_refused_and_not_touched(clri, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording(place / "r.jsonl", 1)
    with closing(SqliteStore(place / "live.sqlite", "live")) as store:
        store.write([reading(), market_reading()])
    before = rows("live.sqlite")
    said = clri("replay", "r.jsonl", "--store", "live.sqlite")
    monkeypatch.setenv("CLRI_STORAGE__URL", f"sqlite:///{place}/live.sqlite")
    again = clri("replay", "r.jsonl")
    for refused in (said, again):
        assert (refused.code, refused.out) == (2, "")
        assert refused.err.startswith("CLRI-CFG-030")
        assert "live" in refused.err
    assert rows("live.sqlite") == before


def test_a_replay_that_runs_is_not_pulled_from_under_itself(clri, place: Path) -> None:
    recording(place / "r.jsonl", 1)
    clri("replay", "r.jsonl")
    before = rows(RECORDED)
    lock = WriterLock(Path(RECORDED).absolute())
    try:
        said = clri("replay", "r.jsonl")
    finally:
        lock.release()
    assert said.code == 5
    assert said.err.startswith("CLRI-STORE-002")
    assert rows(RECORDED) == before


# ---------------------------------------------------------------- an end at any moment
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_within_two_seconds_and_the_store_stays(
    real, place: Path, number: signal.Signals, code: int
) -> None:
    recording(place / "r.jsonl", 60)
    with real("replay", "r.jsonl", "--speed", "20") as process:
        eventually(lambda: process.poll() is not None or events(place / RECORDED))
        began = monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        took = monotonic() - began
    assert (process.returncode, out, err) == (code, b"", b"")
    assert took < 2.0
    with SqliteReader(place / RECORDED) as store:
        assert store.damage() == []
    assert events(place / RECORDED)
    SqliteStore(place / RECORDED, "replay-recorded").close()  # nothing is left that stops the next


def on_a_terminal(place: Path, *words: str, **variables: str) -> tuple[int, str]:
    """Run a command on a terminal of 100 columns; exit code and all that it showed."""
    ours, its = pty.openpty()
    environment = os.environ | {"PYTHONPATH": SRC, "TERM": "xterm-256color", "COLUMNS": "100"} | variables
    command = [sys.executable, "-c", MAIN, *words]
    with subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=environment, cwd=place) as process:
        os.close(its)
        shown = b""
        try:
            while piece := os.read(ours, 65_536):
                shown += piece
        except OSError:  # how Linux says that the other side is gone
            pass
        os.close(ours)
    return process.returncode, shown.decode()


def test_a_terminal_gets_a_moving_table_and_with_no_color_plain_text(place: Path) -> None:
    recording(place / "r.jsonl", 3)
    code, shown = on_a_terminal(place, "replay", "r.jsonl")
    assert code == 0, shown
    assert "\x1b[?25l" in shown  # the cursor is hidden while it moves
    assert "\x1b[?25h" in shown
    assert shown.count("RECORDED DATA") > 2
    for words, variables in ((["replay", "r.jsonl"], {"NO_COLOR": "1"}), (["--no-color", "status"], {})):
        code, shown = on_a_terminal(place, *words, **variables)
        assert code == (3 if "status" in words else 0)
        assert "\x1b" not in shown
        assert shown.count("RECORDED DATA") == 1
