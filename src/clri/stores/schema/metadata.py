"""SQLAlchemy's metadata, made of the tables. Imported only to create, migrate or compare a schema."""

from typing import Final

import sqlalchemy as sa

from clri.stores.schema import TABLES
from clri.stores.schema.layout import Table
from clri.stores.schema.types import TYPES

NAMES: Final = {
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
}
"""Constraints have names, so that a later migration can drop them on every engine."""


def one_of(column: str, words: tuple[str, ...]) -> str:
    """SQL of a CHECK on fixed words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return f"{column} IN ({listed})"


def add_table(metadata: sa.MetaData, table: Table) -> sa.Table:
    """One table with its key, checks and indexes."""
    false = sa.false()
    made = sa.Table(
        table.name,
        metadata,
        *(
            sa.Column(c.name, TYPES[c.kind], nullable=c.null, server_default=false if c.default else None)
            for c in table.columns
        ),
        sa.PrimaryKeyConstraint(*table.key),
        *(sa.CheckConstraint(one_of(name, words), name=name) for name, words in table.words),
    )
    for names in table.indexes:
        columns = [made.c[name.lstrip("-")] for name in names]
        order = [c.desc() if name.startswith("-") else c for name, c in zip(names, columns, strict=True)]
        sa.Index("ix_" + "_".join((table.name, *(c.name for c in columns))), *order)
    return made


def metadata() -> sa.MetaData:
    """All tables, and what only one engine can promise."""
    made = sa.MetaData(naming_convention=NAMES)
    for table in TABLES:
        add_table(made, table)
    # An event without venue time is keyed by its receipt, which differs when it is redelivered. Partitioned tables
    # cannot hold a unique index without the partition's column: there the writer must look first.
    events = made.tables["liquidation_events"]
    sa.Index("uq_liquidation_events_id", events.c.venue, events.c.event_id, unique=True).ddl_if(dialect="sqlite")
    return made
