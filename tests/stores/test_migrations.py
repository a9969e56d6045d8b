"""The steps lead to the schema that the code describes, whole or not at all."""

import importlib
import io
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from clri.model.names import SCHEMA
from clri.model.observation import Observation
from clri.model.reading import Reading
from clri.stores import migrate
from clri.stores.schema import TABLES
from clri.stores.schema.layout import Table
from clri.stores.schema.metadata import metadata
from clri.stores.schema.types import TYPES
from clri.stores.schema.views import sqlite_views


def things(db: sqlite3.Connection) -> dict[tuple[str, str], str]:
    """Every table, index and view with its SQL, but for Alembic's own."""
    rows = db.execute("SELECT type, name, sql FROM sqlite_master WHERE tbl_name <> 'alembic_version'")
    return {(kind, name): sql for kind, name, sql in rows}


def test_migrated_sqlite_is_what_the_metadata_creates(tmp_path: Path):
    migrate.upgrade(tmp_path / "a.db", "live", SCHEMA)
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'b.db'}")
    with engine.begin() as connection:
        metadata().create_all(connection)
        for statement in sqlite_views():
            connection.exec_driver_sql(statement)
    engine.dispose()
    with sqlite3.connect(tmp_path / "a.db") as a, sqlite3.connect(tmp_path / "b.db") as b:
        migrated, created = things(a), things(b)
        info = a.execute("SELECT * FROM schema_info").fetchall()
    a.close()
    b.close()
    assert migrated == created
    assert info == [(SCHEMA, "live")]
    assert len(migrated) > 30


def words(sql: str) -> list[str]:
    """Statements without layout, sorted: their order may differ."""
    return sorted(" ".join(part.split()) for part in sql.split(";") if part.strip())


def test_migrated_postgresql_is_what_the_metadata_creates():
    text = io.StringIO()
    command.upgrade(migrate.config(dialect="postgresql", buffer=text), "head", sql=True)
    lines = [line for line in text.getvalue().splitlines() if not line.startswith("--")]
    migrated = [s for s in words("\n".join(lines)) if "alembic_version" not in s and s not in {"BEGIN", "COMMIT"}]
    created: list[str] = []
    engine = sa.create_mock_engine(
        "postgresql+psycopg2://", lambda ddl, *_, **__: created.append(str(ddl.compile(dialect=engine.dialect)))
    )
    metadata().create_all(engine, checkfirst=False)
    assert migrated == words(";".join(created))


def test_head_is_the_newest_step():
    steps = ScriptDirectory.from_config(migrate.config())
    assert steps.get_heads() == [migrate.HEAD]
    assert [script.revision for script in steps.walk_revisions()] == ["0005", "0004", "0003", "0002", "0001"]


def test_a_store_of_the_first_step_gets_what_came_later(tmp_path: Path):
    for name, steps in (("old.db", ["0001", "head"]), ("new.db", ["head"])):
        engine = sa.create_engine(f"sqlite:///{tmp_path / name}")
        with engine.begin() as connection:
            for step in steps:
                command.upgrade(migrate.config(connection=connection), step)
        engine.dispose()
    with sqlite3.connect(tmp_path / "old.db") as old, sqlite3.connect(tmp_path / "new.db") as new:
        assert things(old) == things(new)
    old.close()
    new.close()


def test_a_failed_step_leaves_an_empty_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    views = importlib.import_module("clri.stores.schema.views")
    monkeypatch.setattr(views, "sqlite_views", lambda: ["CREATE VIEW broken AS SELECT FROM"])
    with pytest.raises(sqlite3.OperationalError, match="syntax"):
        migrate.upgrade(tmp_path / "a.db", "live", SCHEMA)
    with sqlite3.connect(tmp_path / "a.db") as db:
        assert things(db) == {}
    db.close()


def test_migrating_twice_changes_nothing(tmp_path: Path):
    path = tmp_path / "a.db"
    migrate.upgrade(path, "live", SCHEMA)
    with sqlite3.connect(path) as db:
        before = things(db)
        migrate.upgrade(path, "replay-recorded", SCHEMA)
        assert things(db) == before
        assert db.execute("SELECT version, mode FROM schema_info").fetchall() == [(SCHEMA, "live")]
    db.close()


# ---------------------------------------------------------------- the description itself
def test_every_field_of_a_row_has_a_place():
    """A new field of a struct becomes a column or goes into `rest`: observations have a column each."""
    (rows,) = (table for table in TABLES if table.name == "observations")
    assert rows.names == (*Observation.__struct_fields__, "rest")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_keys_and_indexes_name_columns(table: Table):
    names = {column.name for column in table.columns}
    used = {*table.key, *(name.lstrip("-") for index in table.indexes for name in index), *dict(table.words)}
    assert used <= names
    assert table.clock is None or table.clock in names
    required = {column.name for column in table.columns if not column.null}
    assert set(table.key) <= required, "a key column that may be NULL lets one row in twice"


CONTRACT = """
    id funding_rate predicted_funding open_interest oi_change_1h_pct oi_change_24h_pct perp_volume_24h spot_volume_24h
    long_short_ratio liquidations_1h_usd bid_depth_usd ask_depth_usd price funding_score oi_score volume_score
    liquidation_score imbalance_score basis_pct liquidation_oi_ratio funding_oi_stress oi_price_divergence clri_score
    direction direction_confidence risk_level alert_triggered composite_stress stress_level detected_regime
    regime_intensity clri_exact clri_raw coverage quality data_age_s mode method params_hash vol_24h vol_regime
    risk_mult funding_z cascade_score liquidation_risk lr_funding lr_oi lr_long_short lr_liquidations weights
    component_quality forecast rest timestamp symbol"""


def test_readings_have_the_contracts_columns():
    (readings,) = (table for table in TABLES if table.name == "clri_readings")
    assert {column.name for column in readings.columns} == set(CONTRACT.split())
    assert {f for f in Reading.__struct_fields__ if f in CONTRACT.split()} <= {c.name for c in readings.columns}


def test_a_time_has_a_type_of_its_own_on_each_engine():
    ts = 1_790_000_000_123_456_789
    sqlite = sa.create_engine("sqlite://").dialect
    postgres = sa.create_mock_engine("postgresql+psycopg2://", lambda *_: None).dialect
    kind = TYPES["time"]
    assert kind.process_bind_param(ts, sqlite) == "2026-09-21T14:13:20.123Z"
    assert kind.process_bind_param(None, sqlite) is None
    stored = kind.process_bind_param(ts, postgres)
    assert stored.isoformat() == "2026-09-21T14:13:20.123000+00:00"
    for dialect, cell in ((sqlite, "2026-09-21T14:13:20.123Z"), (postgres, stored)):
        assert kind.process_result_value(cell, dialect) == 1_790_000_000_123_000_000
