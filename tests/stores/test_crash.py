"""kill -9 at any moment: what was acknowledged is there, nothing is there in part (RELIABILITY 19, R1, R4, R8)."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from clri.model.errors import StoreError
from clri.stores.sqlite import SqliteStore
from clri.stores.sqlite_reader import SqliteReader
from clri.testing.builders import cascade, minute, observation, reading
from tests.stores.children import HOLDER, WRITER, child, line

END = 2**62


def test_killed_writers_lose_nothing_that_was_acknowledged(tmp_path: Path):
    """One store, killed again and again; after each kill the next writer goes on without any help."""
    path, kept, lost = tmp_path / "clri.db", 0, set()
    for flushes in (1, 5, 17, 2, 40):
        with child(WRITER, path) as process:
            word, begin = line(process)
            assert (word, int(begin) >= kept) == ("open", True)
            acknowledged = [int(line(process)[1]) for _ in range(flushes)]
            process.kill()
            rest = process.stdout.read().split("\n")
        acknowledged += [int(text.split()[1]) for text in rest if text.startswith("flushed ")]
        with SqliteReader(path) as store:
            rows = store.observations("BTC", 0, END)
            kept = len(rows)
            # The transaction that was under way may have become durable before it was acknowledged.
            assert kept in (acknowledged[-1] + 1, acknowledged[-1] + 2)
            assert rows == [observation(ts=minute(n)) for n in range(kept)]
            assert store.readings("BTC", 0, END) == [reading(ts=minute(n)) for n in range(kept)]
            assert len(store.liquidations("BTC", 0, END, limit=END)) == kept
            times = {"started_at": minute(-1), "last_met_at": minute(kept - 1)}
            last = cascade(ts=minute(kept - 1), event_count=kept - 1, **times)
            assert store.cascades("BTC", 0, END) == [last]
            columns = "count(*), sum(is_cascade), min(cascade_event_count), max(cascade_event_count)"
            counts = store._db.execute(f"SELECT {columns} FROM liquidations_significant").fetchone()
            assert counts == (kept, kept, kept - 1, kept - 1)
            # What waited for a flush is lost, and only that.
            lost.add(kept - 1)
            waited = [row.ts for row in store.observations("LATER", 0, END)]
            assert waited == [minute(n) for n in range(kept) if n not in lost]
            assert store.damage() == []


def test_killed_while_creating(tmp_path: Path):
    """A file without tables is no store yet: the next start makes it."""
    for n in range(4):
        path = tmp_path / f"{n}.db"
        with child(WRITER, path) as process:
            deadline = time.monotonic() + 30
            while not path.exists():
                assert time.monotonic() < deadline
            extra = time.monotonic() + 0.1 * n  # a little later each time, to meet another step
            while time.monotonic() < extra and process.poll() is None:
                pass
            process.kill()
        with SqliteStore(path, "live") as store:
            assert store.damage() == []
            store.write([reading(ts=minute(10**6))])
            store.flush()
            assert store.latest_readings() == [reading(ts=minute(10**6))]


# ---------------------------------------------------------------- two writers (RELIABILITY 36)
def test_a_second_writer_is_refused_and_told_who_writes(tmp_path: Path):
    path = tmp_path / "clri.db"
    with child(HOLDER, path) as process:
        assert line(process) == ["open"]
        with pytest.raises(StoreError, match=f"process {process.pid} already writes to the store") as caught:
            SqliteStore(path, "live")
        assert (caught.value.code, caught.value.exit_code) == ("CLRI-STORE-002", 5)
        assert f"kill {process.pid}" in caught.value.hint
        with SqliteReader(path) as reader:
            assert reader.latest_readings() == []
        process.communicate()
        assert process.returncode == 0
    assert not (tmp_path / "clri.db.lock").exists()
    with SqliteStore(path, "live"):
        pass


def test_the_same_process_is_a_second_writer_too(tmp_path: Path):
    with SqliteStore(tmp_path / "clri.db", "live") as store:
        with pytest.raises(StoreError, match=f"process {os.getpid()} already"):
            SqliteStore(tmp_path / "clri.db", "live")
        store.write([reading()])
        store.flush()


def test_the_lock_of_a_dead_writer_is_taken_over(tmp_path: Path):
    path = tmp_path / "clri.db"
    with child(HOLDER, path) as process:
        assert line(process) == ["open"]
        process.kill()
        process.wait()
    assert (tmp_path / "clri.db.lock").read_text() == f"{process.pid}\n"
    with SqliteStore(path, "live"):
        assert (tmp_path / "clri.db.lock").read_text() == f"{os.getpid()}\n"


def test_a_number_that_another_program_got_is_no_lock(tmp_path: Path):
    """The file names a process that lives, but holds nothing: a reused pid."""
    with subprocess.Popen(["sleep", "60"]) as other:
        (tmp_path / "clri.db.lock").write_text(f"{other.pid}\n")
        with SqliteStore(tmp_path / "clri.db", "live"):
            pass
        other.kill()


def test_a_failed_opening_gives_the_lock_back(tmp_path: Path):
    path = tmp_path / "clri.db"
    path.write_bytes(b"garbage " * 1000)
    for _ in range(2):
        with pytest.raises(StoreError, match="no SQLite file"):
            SqliteStore(path, "live")


# ---------------------------------------------------------------- reading while writing
def test_a_reader_sees_whole_flushes_and_never_waits(tmp_path: Path):
    path = tmp_path / "clri.db"
    with child(WRITER, path) as process:
        assert line(process) == ["open", "0"]
        with SqliteReader(path) as store:
            for n in range(60):
                flushed = int(line(process)[1])
                found = store.readings("BTC", 0, END)
                assert len(found) > flushed
                assert len(found) >= n
                assert [item.ts for item in found] == [minute(i) for i in range(len(found))]
                # Asked later, so it may only have grown.
                assert len(store.observations("BTC", 0, END)) >= len(found)
