"""How a step writes down a table: one word per column, name:kind, `?` = may be NULL, `=false` = the database's default.

A step never reads the present description of the tables: what it makes must not change afterwards.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from clri.stores.schema.types import TYPES


def create(
    table: str, columns: str, key: str, checks: Mapping[str, str] | None = None, indexes: Sequence[str] = ()
) -> None:
    """Create a table.

    Parameters
    ----------
    columns
        Words of the columns, in order.
    key
        Names of the primary key's columns.
    checks
        Words that a column takes, joined by `|`, by column.
    indexes
        Names of the columns of each index; `-` in front = descending.
    """
    op.create_table(
        table,
        *(_column(word) for word in columns.split()),
        sa.PrimaryKeyConstraint(*key.split(), name=op.f(f"pk_{table}")),
        *(_check(table, column, words) for column, words in (checks or {}).items()),
    )
    for index in indexes:
        names = index.split()
        columns_of_index = [sa.text(f"{n[1:]} DESC") if n.startswith("-") else n for n in names]
        op.create_index("_".join(("ix", table, *(n.lstrip("-") for n in names))), table, columns_of_index)


def _column(word: str) -> sa.Column[Any]:
    """Column of one word."""
    name, _, kind = word.partition(":")
    kind, _, default = kind.partition("=")
    return sa.Column(
        name,
        TYPES[kind.rstrip("?")],  # type: ignore[index]
        nullable=kind.endswith("?"),
        server_default=sa.false() if default else None,
    )


def _check(table: str, column: str, words: str) -> sa.CheckConstraint:
    """CHECK on the words of a column."""
    listed = ", ".join(f"'{word}'" for word in words.split("|"))
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}"))
