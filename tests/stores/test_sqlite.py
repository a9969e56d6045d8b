"""Opening, refusing, failing and healing."""

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clri.model.errors import ConfigError, StoreError
from clri.stores.sqlite import SqliteStore
from clri.stores.sqlite_reader import SqliteReader
from clri.testing.builders import cascade, liquidation, minute, observation, reading

END = 2**62


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "clri.db"


@pytest.fixture
def full(path: Path) -> Path:
    """A closed store with some rows."""
    with SqliteStore(path, "live") as store:
        store.write(observation(ts=minute(n)) for n in range(300))
        store.write(reading(ts=minute(n)) for n in range(300))
        store.write([liquidation(), cascade()])
    return path


def run(code: str) -> str:
    """Standard output of a new Python that has the package."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    return done.stdout.strip()


@contextmanager
def unprivileged() -> Iterator[None]:
    """Lay down root's rights: they would open any file."""
    if os.geteuid() != 0:
        yield
        return
    os.setegid(65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


# ---------------------------------------------------------------- opening
def test_a_new_file_is_durable_and_shrinks(path: Path):
    with SqliteStore(path, "live") as store:
        pragma = {
            name: store._db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "auto_vacuum")
        }
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "auto_vacuum": 2}


def test_another_mode_is_refused_with_exit_code_2(full: Path):
    for opening in (SqliteStore, SqliteReader):
        with pytest.raises(ConfigError, match=r"holds mode live; replay-simulated was asked for") as caught:
            opening(full, "replay-simulated")
        assert (caught.value.exit_code, caught.value.code) == (2, "CLRI-CFG-030")
        assert "CLRI_GENERAL__DATA_DIR" in caught.value.hint
    with SqliteStore(full, "live"):
        pass


def test_an_existing_store_opens_without_sqlalchemy(full: Path):
    code = """
import sys
from clri.stores.sqlite_reader import SqliteReader
with SqliteReader({0!r}) as store: n = len(store.readings("BTC", 0, 2**62))
from clri.stores.sqlite import SqliteStore
with SqliteStore({0!r}, "live") as store: m = len(store.latest_readings())
print(n, m, [name for name in ("sqlalchemy", "alembic") if name in sys.modules])"""
    assert run(code.format(str(full))) == "300 1 []"


def test_a_reader_needs_a_store(path: Path):
    with pytest.raises(StoreError, match=r"there is no store .*clri\.db yet") as caught:
        SqliteReader(path)
    assert caught.value.hint == "make one: clri demo --store FILE"
    assert not path.parent.exists()


def test_a_reader_takes_any_mode_and_tells_it(tmp_path: Path):
    with SqliteStore(tmp_path / "a.db", "replay-recorded"), SqliteReader(tmp_path / "a.db") as seen:
        assert seen.mode == "replay-recorded"


def test_a_closed_store_says_so(full: Path):
    store = SqliteStore(full, "live")
    store.close()
    with pytest.raises(StoreError, match="is closed"):
        store.write([reading()])
    with pytest.raises(StoreError, match="closed"):
        store.latest_readings()


# ---------------------------------------------------------------- versions
def test_what_the_version_before_wrote_is_read(full: Path):
    """A version that lacked columns: they come back as None, the rest as it was."""
    with sqlite3.connect(full) as db:
        db.execute("ALTER TABLE observations DROP COLUMN n_stable")
        db.execute("ALTER TABLE clri_readings DROP COLUMN funding_z")
        db.execute("ALTER TABLE cascades DROP COLUMN ts_ns")
        db.execute("UPDATE schema_info SET version = version - 1")
    db.close()
    with SqliteReader(full) as store:
        assert store.observations("BTC", minute(5), minute(6)) == [observation(ts=minute(5))]
        assert store.readings("BTC", minute(5), minute(6)) == [reading(ts=minute(5))]
        assert store.cascades(None, 0, END) == [cascade()]


@pytest.mark.parametrize(
    ("change", "match", "hint"),
    [
        ("UPDATE schema_info SET version = 2", "schema version 2", "newer clri"),
        ("UPDATE schema_info SET version = -1", "schema version -1", "writing to it"),
    ],
)
def test_a_reader_refuses_distant_versions(full: Path, change: str, match: str, hint: str):
    with sqlite3.connect(full) as db:
        db.execute(change)
    db.close()
    with pytest.raises(StoreError, match=match) as caught:
        SqliteReader(full)
    assert (caught.value.code, caught.value.exit_code) == ("CLRI-STORE-006", 5)
    assert hint in caught.value.hint


def test_a_writer_refuses_a_newer_schema(full: Path):
    with sqlite3.connect(full) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.close()
    with pytest.raises(StoreError, match="revision 9999"):
        SqliteStore(full, "live")


def test_an_unknown_step_is_refused_and_another_mode_before_any_migration(full: Path):
    with sqlite3.connect(full) as db:
        db.execute("UPDATE alembic_version SET version_num = '0000'")
    db.close()
    with pytest.raises(ConfigError, match="holds mode live"):
        SqliteStore(full, "replay-recorded")
    with pytest.raises(StoreError, match=r"unknown schema revision .*0000") as caught:
        SqliteStore(full, "live")
    assert caught.value.code == "CLRI-STORE-006"
    with SqliteReader(full) as store:
        assert len(store.readings("BTC", 0, END)) == 300


# ---------------------------------------------------------------- damage
def test_a_file_that_is_no_store(tmp_path: Path):
    text, foreign = tmp_path / "text.db", tmp_path / "foreign.db"
    text.write_bytes(b"this is no database " * 500)
    with sqlite3.connect(foreign) as db:
        db.execute("CREATE TABLE notes (text)")
    db.close()
    before = foreign.read_bytes()
    for path, match in ((text, "no SQLite file"), (foreign, "holds no clri tables")):
        for opening in (SqliteReader, lambda path: SqliteStore(path, "live")):
            with pytest.raises(StoreError, match=match) as caught:
                opening(path)
            assert caught.value.code == "CLRI-STORE-003"
            assert str(path) in str(caught.value)
            assert caught.value.hint
        assert not path.with_name(path.name + ".lock").exists()
    assert foreign.read_bytes() == before


def test_damaged_pages_are_named_not_answered(full: Path):
    data = bytearray(full.read_bytes())
    mark = reading().params_hash.encode()
    pages = [start for start in range(0, len(data), 4096) if mark in data[start : start + 4096]]
    for start in pages:
        data[start : start + 64] = b"\xff" * 64
    full.write_bytes(data)
    with SqliteReader(full) as store:
        with pytest.raises(StoreError, match="damaged") as caught:
            store.readings("BTC", 0, END)
        assert (caught.value.code, caught.value.retryable) == ("CLRI-STORE-003", False)
        assert f"mv {full} {full}.broken" in caught.value.hint
        assert store.damage()


@pytest.mark.parametrize(
    "change",
    ["weights = '{'", "weights = '[1]'", "quality = 'fine'", "timestamp = 'noon'", "coverage = 'much'"],
)
def test_damaged_cells_are_named_not_answered(full: Path, change: str):
    with sqlite3.connect(full) as db:
        db.execute(f"UPDATE clri_readings SET {change} WHERE timestamp = (SELECT max(timestamp) FROM clri_readings)")
    db.close()
    with SqliteReader(full) as store, pytest.raises(StoreError) as caught:
        store.latest_readings()
    assert caught.value.code == "CLRI-STORE-003"


# ---------------------------------------------------------------- no room, no rights
def test_a_full_disk_loses_nothing_and_heals(path: Path):
    rows = [observation(ts=minute(n)) for n in range(2000)]
    with SqliteStore(path, "live") as store:
        store.write(rows[:100])
        store.flush()
        pages = store._db.execute("PRAGMA page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {pages + 5}")
        store.write(rows[100:1000])
        with pytest.raises(StoreError, match="no room on the disk") as caught:
            store.flush()
        assert (caught.value.code, caught.value.retryable) == ("CLRI-STORE-004", True)
        assert store.observations("BTC", 0, END) == rows[:100]
        store.write(rows[1000:])
        store._db.execute("PRAGMA max_page_count = 1000000")
        store.flush()
        assert store.observations("BTC", 0, END) == rows
        assert store.damage() == []


def test_a_folder_without_rights(full: Path):
    """Reading works, writing says what to do."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy = folder / "clri.db"
        copy.write_bytes(full.read_bytes())
        folder.chmod(0o555)
        with unprivileged():
            with SqliteReader(copy) as store:
                assert len(store.readings("BTC", 0, END)) == 300
            with pytest.raises(StoreError, match="cannot lock the store") as caught:
                SqliteStore(copy, "live")
            with pytest.raises(StoreError, match="cannot open the store"):
                SqliteStore(folder / "sub" / "clri.db", "live")
        folder.chmod(0o755)
    assert caught.value.code == "CLRI-STORE-005"
    assert "write access" in caught.value.hint


# ---------------------------------------------------------------- rows
def test_one_bad_row_does_not_cost_the_others(path: Path):
    with SqliteStore(path, "live") as store:
        store.write(
            [liquidation(event_id="a"), liquidation(event_id="b", side="BUY", usd=5e5), liquidation(event_id="c")]
        )
        store.write([reading(risk_level="TERRIBLE"), reading(symbol="ETH"), reading(symbol="SOL", direction="UP")])
        with pytest.raises(StoreError, match=r"row of liquidation_events was refused: CHECK") as caught:
            store.flush()
        assert caught.value.code == "CLRI-STORE-007"
        assert caught.value.__notes__ == ["2 further items were refused"]
        assert [event.event_id for event in store.liquidations(None, 0, END)] == ["a", "c"]
        assert [item.symbol for item in store.latest_readings()] == ["ETH"]
        assert store._db.execute("SELECT count(*) FROM liquidations_significant").fetchone() == (0,)
        store.flush()


def test_an_event_without_a_value_is_refused_alone(path: Path):
    with SqliteStore(path, "live") as store:
        store.write([liquidation(event_id="a", usd=None), liquidation(event_id="b", usd=2e5)])
        with pytest.raises(StoreError, match="NOT NULL"):
            store.flush()
        store.flush()
        assert [event.event_id for event in store.liquidations(None, 0, END)] == ["b"]
        assert store._db.execute("SELECT event_id FROM liquidations_significant").fetchall() == [("b",)]


@pytest.mark.parametrize(
    "item",
    [
        observation(n_price=2**63),
        observation(symbol="\ud800"),
        reading(extra={"x": object()}),
        liquidation(ts=10**30),
        liquidation(seq=-(2**63) - 1),
        cascade(started_at="noon"),
    ],
    ids=["huge", "surrogate", "object", "time", "seq", "text"],
)
def test_what_cannot_be_a_cell_is_refused_when_written(path: Path, item):
    with SqliteStore(path, "live") as store:
        with pytest.raises(StoreError) as caught:
            store.write([item, observation(symbol="ETH")])
        assert caught.value.code == "CLRI-STORE-007"
        store.flush()
        assert store.observations("ETH", 0, END) == [observation(symbol="ETH")]
