"""Old rows go in small steps, young ones stay, the file shrinks."""

from pathlib import Path

import pytest

from clri.model.errors import ConfigError
from clri.model.timebase import DAY
from clri.stores import retention
from clri.stores.retention import limits
from clri.stores.sqlite import SqliteStore
from clri.testing.builders import (
    T0,
    cascade,
    feed_health,
    feed_status,
    funding_event,
    instrument,
    liquidation,
    market_reading,
    observation,
    pair_reading,
    reading,
)

ALL = [
    observation(),
    reading(),
    market_reading(),
    liquidation(usd=2e5, ts_venue=T0),
    cascade(started_at=T0, last_met_at=T0),
    feed_status(),
    feed_health(),
    pair_reading(),
    funding_event(),
    instrument(),
]
DAYS = {
    "observations": 90,
    "clri_readings": 90,
    "market_summaries": 90,
    "liquidation_events": 7,
    "liquidations_significant": 90,
    "cascades": 365,
    "correlations": 365,
    "funding_events": 365,
    "feed_status": 90,
    "feed_health": 7,
}


def test_limits_are_those_of_the_contract():
    assert {table.name: age // DAY for table, age in limits().items()} == DAYS


@pytest.mark.parametrize("days", sorted(set(DAYS.values())))
def test_each_table_keeps_its_days(tmp_path: Path, days: int):
    with SqliteStore(tmp_path / "clri.db", "live") as store:
        store.write(ALL)
        before = {name for name, limit in DAYS.items() if limit < days}
        assert set(store.retain(T0 + days * DAY)) == before, "the last instant of the last day belongs to it"
        assert store.retain(T0 + days * DAY + 1_000_000) == {n: 1 for n, limit in DAYS.items() if limit == days}
        assert store._db.execute("SELECT count(*) FROM instruments").fetchone() == (1,)


def test_days_are_configurable_and_none_is_forever(tmp_path: Path):
    changes = {"clri_readings": 1, "liquidation_events": None}
    with SqliteStore(tmp_path / "clri.db", "live", changes) as store:
        store.write(ALL)
        assert store.retain(T0 + 2 * DAY) == {"clri_readings": 1}
        assert "liquidation_events" not in store.retain(T0 + 3650 * DAY)


@pytest.mark.parametrize("changes", [{"readings": 30}, {"observations": 0}, {"instruments": 5}])
def test_wrong_retention_is_named(tmp_path: Path, changes):
    (name,) = changes
    with pytest.raises(ConfigError, match=rf"storage\.retention\.{name} = .*observations") as caught:
        SqliteStore(tmp_path / "clri.db", "live", changes)
    assert caught.value.code == "CLRI-CFG-031"
    assert not (tmp_path / "clri.db").exists()


def test_more_than_one_step_and_the_file_shrinks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "clri.db"
    events = [liquidation(ts=T0 + n, ts_venue=T0, event_id=f"{n}") for n in range(2 * retention.BATCH + 1)]
    with SqliteStore(path, "live") as store:
        store.write([*events, liquidation(ts=T0 + 7 * DAY, ts_venue=T0 + 7 * DAY)])
        store.flush()
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        large = path.stat().st_size
        steps: list[str] = []
        store._db.set_trace_callback(steps.append)
        assert store.retain(T0 + 7 * DAY + 1_000_000) == {"liquidation_events": 2 * retention.BATCH + 1}
        store._db.set_trace_callback(None)
        assert sum(step.startswith("DELETE FROM liquidation_events") for step in steps) == 3
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert path.stat().st_size < large / 2
        assert len(store.liquidations(None, 0, 2**62)) == 1
        assert store.damage() == []
