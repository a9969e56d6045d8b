"""What is read equals what was written, for any value that a field admits."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clri.model.cascade import CascadeUpdate
from clri.model.control import FeedStatus
from clri.model.facts import Liquidation
from clri.model.funding_event import FundingEvent
from clri.model.instrument import Instrument
from clri.model.observation import Observation
from clri.model.pair import PairReading
from clri.model.reading import COMPONENTS, MarketReading, Reading
from clri.stores.cells import reader
from clri.stores.schema import TABLES
from clri.stores.schema.feeds import FEED_STATUS, INSTRUMENTS, instrument
from clri.stores.schema.rows import build
from clri.stores.sqlite import SqliteStore
from tests.stores.strategies import NUMBERS, POSITIVE, structs

END = 2**62
LIVE = {"mode": st.just("live")}


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path_factory.mktemp("round") / "clri.db", "live") as store:
        yield store


@pytest.fixture
def store(shared: SqliteStore) -> SqliteStore:
    return shared


def written(store: SqliteStore, item) -> None:
    """Leave only this item in the store."""
    for table in TABLES:
        if table.name != "schema_info":
            store._db.execute(f"DELETE FROM {table.name}")
    store.write([item])
    store.flush()


examples = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


@examples
@given(item=structs(Observation, **LIVE))
def test_observation(store, item):
    written(store, item)
    assert store.observations(item.symbol, item.ts, item.ts + 1) == [item]


# Also with the five keys that have columns of their own, so that both ways of keeping a map are taken.
SCORES = st.fixed_dictionaries(dict.fromkeys(COMPONENTS, st.none() | NUMBERS))


@examples
@given(item=structs(Reading, **LIVE) | structs(Reading, **LIVE, component_scores=SCORES))
def test_reading(store, item):
    written(store, item)
    assert store.latest_readings() == store.readings(item.symbol, item.ts, item.ts + 1) == [item]


@examples
@given(item=structs(MarketReading, **LIVE))
def test_market_reading(store, item):
    written(store, item)
    assert store.latest_market() == item
    assert store.market(item.ts, item.ts + 1) == [item]


@examples
@given(item=structs(CascadeUpdate, **LIVE))
def test_cascade(store, item):
    written(store, item)
    assert store.cascades(None, item.started_at, item.started_at + 1) == [item]


@examples
@given(item=structs(PairReading, **LIVE))
def test_pair_reading(store, item):
    written(store, item)
    assert store.correlations(item.pair, item.ts, item.ts + 1) == [item]


@examples
@given(item=structs(FundingEvent, **LIVE))
def test_funding_event(store, item):
    written(store, item)
    assert item in store.funding_events(item.symbol, item.ts, item.ts + 1)


@examples
@given(item=structs(Liquidation, price=POSITIVE) | structs(Liquidation))
def test_liquidation(store, item):
    written(store, item)
    assert store.liquidations(item.symbol, 0, END) == [item]


@examples
@given(item=structs(Instrument))
def test_instrument(store, item):
    written(store, item)
    assert store._select(INSTRUMENTS, instrument, "", ()) == [item]


@examples
@given(item=structs(FeedStatus))
def test_feed_status(store, item):
    written(store, item)
    cursor = store._db.execute("SELECT * FROM feed_status")
    (row,) = cursor.fetchall()
    cells = reader(FEED_STATUS, tuple(column[0] for column in cursor.description))(row)
    assert build(FeedStatus, cells | {"ts": cells["ts"] + cells["ts_ns"]}, cells["rest"]) == item
