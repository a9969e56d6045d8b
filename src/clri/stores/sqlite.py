"""SQLite store: one file, one writer, any number of readers (CONTRACTS 4, RELIABILITY R1, R4, R8)."""

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Lock
from typing import Final

from clri.model.codec import Output
from clri.model.errors import ClriError, StoreError
from clri.model.facts import Fact
from clri.model.instrument import Instrument
from clri.model.names import SCHEMA, Mode
from clri.model.timebase import iso
from clri.stores import migrate
from clri.stores.batch import Batch
from clri.stores.cells import insert
from clri.stores.checks import admitted, raise_first
from clri.stores.faults import faults, other_mode, version_error
from clri.stores.lock import WriterLock
from clri.stores.retention import BATCH, PAGES, limits, removal
from clri.stores.schema import TABLES
from clri.stores.schema.cascades import CASCADES
from clri.stores.schema.event_states import EVENT_STATES
from clri.stores.schema.health import FEED_HEALTH
from clri.stores.schema.layout import Table
from clri.stores.schema.liquidations import LIQUIDATION_EVENTS
from clri.stores.schema.rows import Row
from clri.stores.significant import is_stored, keep_significant
from clri.stores.sqlite_reader import BUSY_S, SqliteReader, held

_NEWEST: Final = frozenset({CASCADES, FEED_HEALTH, EVENT_STATES})
# The first receipt of an event stays (a redelivery says nothing new), of `_NEWEST` the newest state, else the last row.
_INSERT: Final = {
    table: insert(table, keep=table is LIQUIDATION_EVENTS, newest_by=("ts", "ts_ns") if table in _NEWEST else ())
    for table in TABLES
}
_ROW_ERRORS: Final = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    OverflowError,
    UnicodeEncodeError,
)
"""Faults of one row, not of the store."""


class SqliteStore(SqliteReader):
    """The one writer of a file; implements `ports.Store`.

    Parameters
    ----------
    path
        The file; it and its folder are made at first use.
    mode
        Mode of everything in it.
    retention
        Days by table name in place of the contract's (90; liquidation_events 7, cascades 365); None = forever.

    Raises
    ------
    ConfigError
        If the file holds another mode, or `retention` names no table.
    StoreError
        If another process writes to it, or it cannot be opened.

    Notes
    -----
    `write` keeps rows in memory, `flush` makes one transaction of them and returns after the disk has it: a kill
    loses what was written since. A flush that fails keeps its rows for the next one. Reads see what was flushed.
    `write` may be called from one thread while another flushes.
    """

    def __init__(self, path: Path | str, mode: Mode, retention: Mapping[str, int | None] | None = None) -> None:
        self._keep: Final = limits(retention)
        self._inbox = Lock()
        self._waiting = Batch()
        self._closed = False
        place = Path(path)
        with faults(place, "open"):
            place.parent.mkdir(parents=True, exist_ok=True)
        self._lock = WriterLock(place)
        try:
            with faults(place, "open"):
                prepare(place, mode)
            super().__init__(place, mode)
            with faults(place, "read"):
                self._steps: dict[str, float] = dict(
                    self._db.execute("SELECT symbol, level_step FROM instruments WHERE level_step > 0 ORDER BY ts")
                )
        except ClriError:
            self._lock.release()
            raise

    def _open(self) -> sqlite3.Connection:
        """Connection that writes and makes every commit durable."""
        db = _connect(self.path)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA fullfsync = ON")  # macOS: fsync alone stops at the drive's cache
        return db

    def write(self, items: Iterable[Fact | Output]) -> None:
        """Take items; they are durable after the next `flush`. Kinds without a table are passed over.

        Raises
        ------
        ConfigError, StoreError
            For the first item that is refused (another mode, nan, no JSON), after all others were taken.
        """
        if self._closed:
            raise StoreError(f"the store {self.path} is closed", code="CLRI-STORE-001")
        refused: list[ClriError] = []
        batch = Batch()
        for item in admitted(items, f"the store {self.path}", self.mode, refused):
            if isinstance(item, Instrument) and item.level_step:
                self._steps[item.symbol] = item.level_step
            try:
                batch.add(item)
            except (TypeError, ValueError, OverflowError) as error:
                refused.append(StoreError(f"{type(item).__name__} at {item.ts}: {error}", code="CLRI-STORE-007"))
        with self._inbox:
            self._waiting.extend(batch)
        raise_first(refused)

    def flush(self) -> None:
        """Make everything written so far durable, in one transaction.

        Raises
        ------
        StoreError
            If nothing could be written (`retryable`: the rows wait), or if single rows were refused.
        """
        refused: list[ClriError] = []
        with self._guard:
            with self._inbox:
                batch, self._waiting = self._waiting, Batch()
            if not batch:
                return
            try:
                with faults(self.path, "write"):
                    self._db.execute("BEGIN IMMEDIATE")
                    for table, rows in batch.rows.items():
                        self._insert(table, rows, refused)
                    events = [e for e in batch.events if is_stored(self._db, e)] if refused else batch.events
                    keep_significant(self._db, events, batch.bursts, self._steps)
                    self._db.execute("COMMIT")
            except BaseException:
                with self._inbox:  # first, for a broken disk may refuse to roll back as well
                    batch.extend(self._waiting)
                    self._waiting = batch
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        raise_first(refused)

    def _insert(self, table: Table, rows: list[Row], refused: list[ClriError]) -> None:
        """Write rows; if one does not fit its table, write the others."""
        try:
            self._db.executemany(_INSERT[table], rows)
        except _ROW_ERRORS:
            # Rows before the bad one are written already: writing them again changes nothing.
            for row in rows:
                try:
                    self._db.execute(_INSERT[table], row)
                except _ROW_ERRORS as error:
                    text = f"a row of {table.name} was refused: {error}; it begins {row[:3]}"
                    refused.append(StoreError(text, code="CLRI-STORE-007"))

    def retain(self, now: int) -> dict[str, int]:
        """Delete rows older than each table's retention before `now` (ns); rows deleted by table, without zeros.

        In steps of 5,000 rows, between which other threads write and read; then free pages go back to the disk.
        """
        self.flush()
        gone: dict[str, int] = {}
        for table, age in self._keep.items():
            count = BATCH
            while count == BATCH:
                with self._guard, faults(self.path, "clean"):
                    count = self._db.execute(removal(table), (iso(now - age),)).rowcount
                gone[table.name] = gone.get(table.name, 0) + count
        before, free = -1, self._free_pages()
        while free != before and free:
            with self._guard, faults(self.path, "shrink"):
                self._db.execute(f"PRAGMA incremental_vacuum({PAGES})").fetchall()
            before, free = free, self._free_pages()
        return {name: count for name, count in gone.items() if count}

    def _free_pages(self) -> int:
        """Pages of the file that hold nothing."""
        with self._guard, faults(self.path, "read"):
            return int(self._db.execute("PRAGMA freelist_count").fetchone()[0])

    def close(self) -> None:
        """Flush, release the file and the lock; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        try:
            self.flush()
        finally:
            super().close()
            self._lock.release()


def _connect(path: Path) -> sqlite3.Connection:
    """Connection without implicit transactions."""
    return sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)


def prepare(path: Path, mode: Mode) -> None:
    """Create the tables of an absent or empty file, or bring an older one up to date.

    Raises
    ------
    ConfigError
        If the file holds another mode.
    StoreError
        If it is not ours, or newer than this build.
    """
    db = _connect(path)
    try:
        empty = db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
        if empty:
            db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # only before the first table
            db.execute("PRAGMA journal_mode = WAL")
        else:
            _, found = held(db, path)
            if found != mode:
                raise other_mode(f"the store {path}", found, mode)
            (revision,) = db.execute("SELECT version_num FROM alembic_version").fetchone()
            if revision == migrate.HEAD:
                return
            if revision > migrate.HEAD:
                raise version_error(path, f"schema revision {revision}", newer=True)
    finally:
        db.close()
    migrate.upgrade(path, mode, SCHEMA)
