"""Read a SQLite store, also while a writer runs: `clri status`, the API, notebooks."""

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from urllib.parse import quote

import msgspec

from clri.model.cascade import CascadeUpdate
from clri.model.control import FeedStatus
from clri.model.errors import ClriError, StoreError
from clri.model.event_state import EventState
from clri.model.facts import Liquidation
from clri.model.funding_event import FundingEvent
from clri.model.health import FeedHealth
from clri.model.names import SCHEMA, Mode
from clri.model.observation import Observation
from clri.model.pair import PairReading
from clri.model.reading import MarketReading, Reading
from clri.model.timebase import iso
from clri.stores.cells import reader
from clri.stores.faults import faults, other_mode, version_error
from clri.stores.schema import event_states, funding_events
from clri.stores.schema.cascades import CASCADES, cascade, newest_first
from clri.stores.schema.correlations import CORRELATIONS, oldest_first, pair_reading
from clri.stores.schema.feeds import FEED_STATUS, status
from clri.stores.schema.health import FEED_HEALTH, health, newest
from clri.stores.schema.layout import Table
from clri.stores.schema.liquidations import LIQUIDATION_EVENTS, liquidation
from clri.stores.schema.observations import OBSERVATIONS, observation
from clri.stores.schema.readings import CLRI_READINGS, MARKET_SUMMARIES, market_reading, reading

T = TypeVar("T")

BUSY_S: Final = 5.0
"""How long to wait for another connection before giving up, s."""


def held(db: sqlite3.Connection, path: Path) -> tuple[int, Mode]:
    """Schema version and mode of an open file.

    Raises
    ------
    StoreError
        If it is not one of ours.
    """
    try:
        row = db.execute("SELECT version, mode FROM schema_info").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise
        row = None
    if row is None:
        raise StoreError(
            f"cannot open the store {path}: it is a SQLite file, but holds no clri tables",
            code="CLRI-STORE-003",
            hint="choose another file, or begin a new one: clri replay FILE --store NEW",
        )
    return row[0], row[1]


class SqliteReader:
    """Answers from a store without writing; implements `ports.Readings`.

    Parameters
    ----------
    path
        The file.
    mode
        Mode that is wanted; None = whichever the store holds.

    Attributes
    ----------
    mode
        Mode that the store holds.

    Raises
    ------
    StoreError
        If the file is absent, damaged, or of a version that this build cannot read (only n and n - 1).
    ConfigError
        If it holds another mode.
    """

    def __init__(self, path: Path | str, mode: Mode | None = None) -> None:
        self.path: Final = Path(path)
        if not self.path.is_file():
            raise StoreError(
                f"there is no store {self.path} yet", code="CLRI-STORE-001", hint="make one: clri demo --store FILE"
            )
        with faults(self.path, "open"):
            self._db = self._open()
            self._guard = RLock()
            try:
                version, self.mode = held(self._db, self.path)
                if not SCHEMA - 1 <= version <= SCHEMA:
                    raise version_error(self.path, f"schema version {version}", newer=version > SCHEMA)
                if mode is not None and mode != self.mode:
                    raise other_mode(f"the store {self.path}", self.mode, mode)
            except (sqlite3.Error, ClriError):
                self._db.close()
                raise

    def _open(self) -> sqlite3.Connection:
        """Connection that cannot write."""
        address = f"file:{quote(str(self.path.absolute()))}?mode=ro"
        try:
            return self._try(address)
        except sqlite3.OperationalError:
            # A folder in which SQLite may not make its -shm file: without -wal nobody writes, the file stands still.
            if self.path.with_name(self.path.name + "-wal").exists():
                raise
            return self._try(address + "&immutable=1")

    def _try(self, address: str) -> sqlite3.Connection:
        """Connection that has read a first page."""
        db = sqlite3.connect(address, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA schema_version").fetchone()
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _select(
        self, table: Table, build: Callable[[Mapping[str, Any]], T], where: str, values: tuple[object, ...]
    ) -> list[T]:
        """Structs of the rows that a condition finds."""
        try:
            with self._guard, faults(self.path, "read"):
                cursor = self._db.execute(f"SELECT * FROM {table.name} {where}", values)  # noqa: S608 - names are ours
                rows = cursor.fetchall()
            cells = reader(table, tuple(column[0] for column in cursor.description))
            return [build(cells(row)) for row in rows]
        except (msgspec.DecodeError, ValueError) as error:
            raise StoreError(
                f"cannot read the store {self.path}: a cell of {table.name} is damaged ({error})", code="CLRI-STORE-003"
            ) from error

    def latest_readings(self) -> list[Reading]:
        """Newest reading of each symbol, by symbol name, also if its score is null."""
        found: list[Reading] = []
        # One step of the index per symbol; GROUP BY would walk all of it.
        where = (
            "WHERE symbol = (SELECT min(symbol) FROM clri_readings WHERE symbol > ?) ORDER BY timestamp DESC LIMIT 1"
        )
        first = where.replace(" > ?", " >= ?")
        while more := self._select(
            CLRI_READINGS, reading, where if found else first, (found[-1].symbol if found else "",)
        ):
            found += more
        return found

    def latest_market(self) -> MarketReading | None:
        """Newest market reading."""
        found = self._select(MARKET_SUMMARIES, market_reading, "ORDER BY timestamp DESC LIMIT 1", ())
        return found[0] if found else None

    # Columns cut times to ms, so each range is asked a little wider and then cut to the ns.
    def readings(self, symbol: str, start: int, end: int) -> list[Reading]:
        """Readings of one symbol, oldest first."""
        where = "WHERE symbol = ? AND timestamp >= ? AND timestamp <= ? ORDER BY timestamp"
        found = self._select(CLRI_READINGS, reading, where, (symbol, iso(start), iso(end)))
        return [item for item in found if start <= item.ts < end]

    def market(self, start: int, end: int) -> list[MarketReading]:
        """Market readings, oldest first."""
        where = "WHERE timestamp >= ? AND timestamp <= ? ORDER BY timestamp"
        found = self._select(MARKET_SUMMARIES, market_reading, where, (iso(start), iso(end)))
        return [item for item in found if start <= item.ts < end]

    def observations(self, symbol: str, start: int, end: int) -> list[Observation]:
        """Observation rows of one symbol, oldest first."""
        where = "WHERE symbol = ? AND ts >= ? AND ts <= ? ORDER BY ts"
        found = self._select(OBSERVATIONS, observation, where, (symbol, iso(start), iso(end)))
        return [item for item in found if start <= item.ts < end]

    def liquidations(self, symbol: str | None, start: int, end: int, limit: int = 50) -> list[Liquidation]:
        """Liquidations by event time, newest first; symbol None = all."""
        # As event_time says: ts_venue, or ts without it.
        happened = "coalesce(ts_venue, ts)"
        where = f"WHERE time >= ? AND time <= ? AND {happened} >= ? AND {happened} < ?"
        values: tuple[object, ...] = (iso(start), iso(end), start, end)
        if symbol is not None:
            where, values = f"{where} AND symbol = ?", (*values, symbol)
        order = f"ORDER BY time DESC, {happened} DESC, ts DESC, venue, event_id LIMIT ?"
        return self._select(LIQUIDATION_EVENTS, liquidation, f"{where} {order}", (*values, max(limit, 0)))

    def cascades(self, symbol: str | None, start: int, end: int) -> list[CascadeUpdate]:
        """Last state of each cascade that started in the range, newest first."""
        where = "WHERE started_at >= ? AND started_at <= ?"
        values: tuple[object, ...] = (iso(start), iso(end))
        if symbol is not None:
            where, values = f"{where} AND symbol = ?", (*values, symbol)
        found = self._select(CASCADES, cascade, where, values)
        return newest_first([item for item in found if start <= item.started_at < end])

    def correlations(self, pair: str | None, start: int, end: int) -> list[PairReading]:
        """Readings of one pair, or of all, oldest first."""
        if not self._holds(CORRELATIONS):
            return []
        where = "WHERE ts >= ? AND ts <= ?"
        values: tuple[object, ...] = (iso(start), iso(end))
        if pair is not None:
            where, values = f"{where} AND pair = ?", (*values, pair)
        found = self._select(CORRELATIONS, pair_reading, where, values)
        return oldest_first([item for item in found if start <= item.ts < end])

    def funding_events(self, symbol: str | None, start: int, end: int) -> list[FundingEvent]:
        """Funding anomalies and reversals of one symbol, or of all, oldest first."""
        if not self._holds(funding_events.FUNDING_EVENTS):
            return []
        where = "WHERE ts >= ? AND ts <= ?"
        values: tuple[object, ...] = (iso(start), iso(end))
        if symbol is not None:
            where, values = f"{where} AND symbol = ?", (*values, symbol)
        found = self._select(funding_events.FUNDING_EVENTS, funding_events.funding_event, where, values)
        return funding_events.oldest_first([item for item in found if start <= item.ts < end])

    def statuses(self, start: int, end: int) -> list[FeedStatus]:
        """States of the feeds and their gaps, oldest first."""
        found = self._select(FEED_STATUS, status, "WHERE ts >= ? AND ts <= ?", (iso(start), iso(end)))
        return sorted((item for item in found if start <= item.ts < end), key=lambda item: item.ts)

    def _holds(self, table: Table) -> bool:
        """The file has this table; one that an older build wrote to last may lack it."""
        with self._guard, faults(self.path, "read"):
            made = self._db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table.name,)).fetchone()
        return made is not None

    def health(self) -> list[FeedHealth]:
        """Newest picture of the feeds' health, by venue, channel and symbol."""
        if not self._holds(FEED_HEALTH):
            return []
        # Columns cut times to ms; `newest` compares them to the ns.
        return newest(self._select(FEED_HEALTH, health, "WHERE ts = (SELECT max(ts) FROM feed_health)", ()))

    def event_states(self, symbol: str | None) -> list[EventState]:
        """Newest state of each kind of one symbol, or of all, by symbol and kind."""
        if not self._holds(event_states.EVENT_STATES):
            return []
        where, values = ("", ()) if symbol is None else ("WHERE symbol = ?", (symbol,))
        found = self._select(event_states.EVENT_STATES, event_states.event_state, where, values)
        return event_states.in_order(found)

    def damage(self) -> list[str]:
        """What SQLite's own check finds wrong in the file; reads all of it."""
        with self._guard, faults(self.path, "check"):
            rows = self._db.execute("PRAGMA quick_check").fetchall()
        return [text for (text,) in rows if text != "ok"]

    def close(self) -> None:
        """Release the file; a second call does nothing."""
        with self._guard:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
