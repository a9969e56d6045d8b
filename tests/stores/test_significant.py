"""The table of significant liquidations follows from events and cascades, in whatever order they come."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clri.detectors.sessions import session_type
from clri.model.cascade import CascadeUpdate
from clri.model.facts import Liquidation
from clri.model.instrument import price_level
from clri.model.timebase import SECOND, parse_iso
from clri.stores.schema.liquidations import SIGNIFICANT_USD
from clri.stores.sqlite import SqliteStore
from clri.testing.builders import T0, cascade, instrument, liquidation

COLUMNS = "event_id, is_cascade, cascade_id, cascade_event_count, risk_score"
A, B = "aaaaaaaa-0000-5000-8000-000000000000", "bbbbbbbb-0000-5000-8000-000000000000"


@pytest.fixture
def store(tmp_path: Path):
    with SqliteStore(tmp_path / "clri.db", "live") as store:
        yield store


def rows(store: SqliteStore, columns: str = COLUMNS) -> list[tuple]:
    return store._db.execute(f"SELECT {columns} FROM liquidations_significant ORDER BY event_id").fetchall()


def put(store: SqliteStore, *items) -> None:
    store.write(items)
    store.flush()


def test_large_events_are_kept_and_described(store):
    event = liquidation(ts=T0, ts_venue=T0 - SECOND, qty=2.0, side="SHORT", symbol="SOL", price=152.07, usd=100_000.0)
    put(store, event, liquidation(ts=T0 + 1, usd=99_999.99))
    columns = "time, exchange, symbol, base, side, price, quantity, value_usd, session_type, price_level, completeness"
    assert rows(store, columns) == [
        ("2026-09-21T14:13:59.000Z", "bybit", "SOLUSDT", "SOL", "SHORT", 152.07, 2.0, 100_000.0, "us", 152.0, "all")
    ]
    assert rows(store) == [(event.event_id, 0, None, None, None)]


@pytest.mark.parametrize("early", [True, False], ids=["event-first", "cascade-first"])
def test_events_of_a_burst_are_marked_however_small(store, early):
    inside = [liquidation(ts=T0 + n, ts_venue=T0 + n, usd=10.0, event_id=f"e{n}") for n in (0, 1, 2)]
    outside = liquidation(ts=T0 + 3, ts_venue=T0 + 3, usd=10.0, event_id="e3")
    other = liquidation(ts=T0 + 1, ts_venue=T0 + 1, usd=10.0, event_id="e4", symbol="ETH")
    burst = cascade(cascade_id=A, started_at=T0, last_met_at=T0 + 2, risk_score=1.25)
    first, second = ([*inside, outside, other], [burst]) if early else ([burst], [*inside, outside, other])
    put(store, *first)
    put(store, *second)
    assert rows(store) == [(f"e{n}", 1, A, 12, 1.25) for n in (0, 1, 2)]


def test_a_sustained_cascade_marks_nothing(store):
    put(store, liquidation(usd=10.0), cascade(kind="sustained", started_at=0, last_met_at=T0 + SECOND))
    assert rows(store) == []


def test_an_update_changes_the_rows_that_are_there(store):
    events = [liquidation(ts=T0 + n, ts_venue=T0 + n, usd=2e5, event_id=f"e{n}") for n in range(3)]
    put(store, *events)
    assert [row[1] for row in rows(store)] == [0, 0, 0]
    put(store, cascade(ts=T0, cascade_id=A, started_at=T0, last_met_at=T0 + 1, risk_score=0.8, event_count=2))
    assert rows(store) == [("e0", 1, A, 2, 0.8), ("e1", 1, A, 2, 0.8), ("e2", 0, None, None, None)]
    put(store, cascade(ts=T0 + SECOND, cascade_id=A, started_at=T0, last_met_at=T0 + 2, risk_score=1.6, event_count=3))
    assert rows(store) == [(f"e{n}", 1, A, 3, 1.6) for n in range(3)]


def test_a_redelivery_changes_nothing(store):
    put(store, liquidation(ts_venue=None, usd=2e5, event_id="e"))
    put(store, liquidation(ts=T0 + SECOND, ts_venue=None, usd=3e5, event_id="e", src="rest", backfill=True))
    assert rows(store, "time, value_usd") == [("2026-09-21T14:14:00.000Z", 2e5)]


def test_an_instrument_tells_the_width_of_levels(store, tmp_path: Path):
    put(store, instrument(symbol="SOL", level_step=5.0))
    put(store, liquidation(symbol="SOL", price=152.07, usd=2e5, event_id="e1"))
    store.close()
    with SqliteStore(tmp_path / "clri.db", "live") as again:
        put(again, liquidation(symbol="SOL", price=158.0, usd=2e5, event_id="e2"))
        put(again, liquidation(symbol="BTC", price=67_289.0, usd=2e5, event_id="e3"))
        assert rows(again, "price_level") == [(150.0,), (155.0,), (67_200.0,)]


@pytest.mark.parametrize(("price", "step", "level"), [(67_245, 100, 67_200), (0.41, 0.0005, 0.41), (0.3, 0.1, 0.3)])
def test_levels(price, step, level):
    assert price_level(price, step) == level


def test_sessions_by_hour():
    monday, saturday = parse_iso("2026-09-21T00:00"), parse_iso("2026-09-26T00:00")
    hours = [session_type(monday + hour * 3600 * SECOND) for hour in range(24)]
    assert hours == ["asian"] * 8 + ["european"] * 6 + ["us"] * 10
    assert session_type(saturday - 1) == "us"
    assert {session_type(saturday + hour * 3600 * SECOND) for hour in range(48)} == {"weekend"}
    assert session_type(saturday + 48 * 3600 * SECOND) == "asian"


# ---------------------------------------------------------------- any order, one outcome
def truth(items) -> list[tuple]:
    """Slow reference: every event against the last state of every burst."""
    bursts = {c.cascade_id: c for c in sorted((i for i in items if isinstance(i, CascadeUpdate)), key=lambda c: c.ts)}
    found = []
    for event in (item for item in items if isinstance(item, Liquidation)):
        over = [c for c in bursts.values() if c.started_at <= event.ts_venue <= c.last_met_at]
        mine = max(over, key=lambda c: c.started_at, default=None)
        if mine is not None:
            found.append((event.event_id, 1, mine.cascade_id, mine.event_count, mine.risk_score))
        elif event.usd >= SIGNIFICANT_USD:
            found.append((event.event_id, 0, None, None, None))
    return sorted(found)


UPDATES = [
    cascade(ts=T0 + n, cascade_id=name, started_at=T0 + first, last_met_at=T0 + last, event_count=n, risk_score=n / 10)
    for n, (name, first, last) in enumerate([(A, 10, 15), (A, 10, 30), (B, 50, 60), (B, 50, 75)], start=1)
]
EVENTS = [liquidation(ts=T0 + n, ts_venue=T0 + n, usd=(10.0, 2e5)[n % 2], event_id=f"{n:02}") for n in range(0, 100, 7)]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(UPDATES + EVENTS), cuts=st.sets(st.integers(1, 18)))
def test_order_and_batches_do_not_matter(store, order, cuts):
    for table in ("liquidation_events", "liquidations_significant", "cascades"):
        store._db.execute(f"DELETE FROM {table}")
    for n, item in enumerate(order):
        store.write([item])
        if n in cuts:
            store.flush()
    store.flush()
    assert rows(store) == truth(order)
