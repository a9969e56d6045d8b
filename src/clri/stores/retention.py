"""How long rows stay, and their removal in small steps."""

from collections.abc import Mapping
from typing import Final

from clri.model.errors import ConfigError
from clri.model.timebase import DAY
from clri.stores.schema import TABLES
from clri.stores.schema.layout import Table

BATCH: Final = 5_000
"""Rows removed in one transaction: writers and readers wait for one step, not for all."""

PAGES: Final = 2_000
"""Free pages given back to the file system in one step (8 MB)."""


def limits(changes: Mapping[str, int | None] | None = None) -> dict[Table, int]:
    """Age in ns after which rows of each table go.

    Parameters
    ----------
    changes
        Days by table name, in place of the tables' own; None = forever.

    Raises
    ------
    ConfigError
        If a name is no table with retention, or a number is below 1.

    Examples
    --------
    >>> {table.name: age // DAY for table, age in limits({"observations": 30}).items()}["observations"]
    30
    """
    known = {table.name: table for table in TABLES if table.clock}
    days: dict[str, int | None] = {name: table.keep_d for name, table in known.items()}
    for name, keep in (changes or {}).items():
        if name not in known or (keep is not None and keep < 1):
            names = ", ".join(sorted(known))
            raise ConfigError(
                f"storage.retention.{name} = {keep}; expected days >= 1, or none, for one of {names}",
                code="CLRI-CFG-031",
            )
        days[name] = keep
    return {known[name]: keep * DAY for name, keep in days.items() if keep is not None}


def removal(table: Table) -> str:
    """Statement that removes one batch of rows older than a time."""
    old = f"SELECT rowid FROM {table.name} WHERE {table.clock} < ? LIMIT {BATCH}"  # noqa: S608 - names are ours
    return f"DELETE FROM {table.name} WHERE rowid IN ({old})"  # noqa: S608 - as above
