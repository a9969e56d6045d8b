"""Keep the table of significant liquidations true: large ones, and all that lie in a burst (CONTRACTS 4).

What it holds afterwards follows from the events and cascades alone, not from the order in which they came.
"""

import sqlite3
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

from clri.model.cascade import CascadeUpdate
from clri.model.facts import Liquidation, event_time
from clri.model.timebase import iso
from clri.stores.cells import insert, reader, writer
from clri.stores.schema.cascades import CASCADES, cascade
from clri.stores.schema.layout import Table
from clri.stores.schema.liquidations import (
    CASCADE_COLUMNS,
    LIQUIDATION_EVENTS,
    LIQUIDATIONS_SIGNIFICANT,
    SIGNIFICANT_USD,
    liquidation,
    pair,
    significant_row,
)

# A row's cascade columns change only when the new row has a cascade.
_UPSERT: Final = insert(LIQUIDATIONS_SIGNIFICANT, update=CASCADE_COLUMNS)
_REFRESH: Final = "UPDATE liquidations_significant SET cascade_event_count = ?, risk_score = ? WHERE cascade_id = ?"
_STORED: Final = "SELECT ts FROM liquidation_events WHERE venue = ? AND event_id = ?"
_CASCADE: Final = "SELECT * FROM cascades WHERE cascade_id = ?"
# Bursts of a symbol follow each other, so besides those that begin between two events only the one before counts.
_AROUND: Final = """
    SELECT * FROM cascades WHERE symbol = :symbol AND kind = 'burst' AND started_at <= :last AND started_at >= coalesce(
        (SELECT max(started_at) FROM cascades WHERE symbol = :symbol AND kind = 'burst' AND started_at <= :first), '')
    ORDER BY started_at"""
_UNMARKED: Final = """
    SELECT e.* FROM liquidation_events e WHERE e.symbol = ? AND e.time >= ? AND e.time <= ? AND NOT EXISTS (
        SELECT 1 FROM liquidations_significant s WHERE s.time = e.time AND s.exchange = e.venue AND s.symbol = ?
        AND s.event_id = e.event_id AND s.cascade_id = ?)"""

T = TypeVar("T")


def keep_significant(
    db: sqlite3.Connection,
    events: Iterable[Liquidation],
    bursts: Iterable[str],
    steps: Mapping[str, float],
) -> None:
    """Write the rows that follow from what the running transaction has just stored.

    Parameters
    ----------
    db
        Connection inside a transaction; `events` and `bursts` are stored already.
    events
        Liquidations of this batch.
    bursts
        Ids of the bursts of this batch.
    steps
        Width of price levels by symbol, USD, as far as an instrument told it.
    """
    rows = [*_of_events(db, events, steps)]
    for cascade_id in bursts:
        for burst in _select(db, CASCADES, cascade, _CASCADE, (cascade_id,)):
            rows += _of_burst(db, burst, steps)
            db.execute(_REFRESH, (burst.event_count, burst.risk_score, burst.cascade_id))
    cells = writer(LIQUIDATIONS_SIGNIFICANT)
    db.executemany(_UPSERT, [cells(row) for row in rows])


def _of_events(
    db: sqlite3.Connection, events: Iterable[Liquidation], steps: Mapping[str, float]
) -> Iterator[tuple[Any, ...]]:
    """Rows of new events that are large or lie in a burst which is known."""
    by_symbol: dict[str, list[Liquidation]] = defaultdict(list)
    for event in events:
        by_symbol[event.symbol].append(event)
    for symbol, found in by_symbol.items():
        times = [event_time(event) for event in found]
        span = {"symbol": symbol, "first": iso(min(times)), "last": iso(max(times))}
        bursts = _select(db, CASCADES, cascade, _AROUND, span)
        bursts.sort(key=lambda burst: burst.started_at)
        for event in found:
            burst = _covering(bursts, event_time(event))
            if burst is None and event.usd < SIGNIFICANT_USD:
                continue
            if is_stored(db, event):
                yield significant_row(event, burst, steps.get(symbol))


def is_stored(db: sqlite3.Connection, event: Liquidation) -> bool:
    """Whether this delivery is the one that stands in the table, not refused and not an older one's repetition."""
    return bool(db.execute(_STORED, (event.venue, event.event_id)).fetchone() == (event.ts,))


def _covering(bursts: list[CascadeUpdate], when: int) -> CascadeUpdate | None:
    """The burst in which a time lies; `bursts` by start."""
    place = bisect_right(bursts, when, key=lambda burst: burst.started_at)
    if place and when <= bursts[place - 1].last_met_at:
        return bursts[place - 1]
    return None


def _of_burst(db: sqlite3.Connection, burst: CascadeUpdate, steps: Mapping[str, float]) -> Iterator[tuple[Any, ...]]:
    """Rows of stored events that lie in a burst and do not say so yet."""
    span = (burst.symbol, iso(burst.started_at), iso(burst.last_met_at), pair(burst.symbol), burst.cascade_id)
    for event in _select(db, LIQUIDATION_EVENTS, liquidation, _UNMARKED, span):
        if burst.started_at <= event_time(event) <= burst.last_met_at:
            yield significant_row(event, burst, steps.get(burst.symbol))


def _select(db: sqlite3.Connection, table: Table, build: Any, sql: str, values: Any) -> list[Any]:  # noqa: ANN401
    """Structs that a statement finds."""
    cursor = db.execute(sql, values)
    cells = reader(table, tuple(column[0] for column in cursor.description))
    return [build(cells(row)) for row in cursor]
