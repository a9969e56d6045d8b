"""Cells of SQLite: times as ISO text, JSON as text, statements made of the tables."""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, Final

import msgspec

from clri.model.timebase import iso, parse_iso
from clri.stores.schema.layout import Kind, Table
from clri.stores.schema.rows import Row

# Rows of all symbols share a few times; one text for each is enough.
_iso: Final = lru_cache(4096)(iso)
_parse: Final = lru_cache(4096)(parse_iso)

_LOWEST: Final = -(2**63)
_HIGHEST: Final = 2**63 - 1

_WRITE: Final[dict[Kind, Callable[[Any], Any]]] = {"time": _iso, "json": lambda v: msgspec.json.encode(v).decode()}
_READ: Final[dict[Kind, Callable[[Any], Any]]] = {"time": _parse, "json": msgspec.json.decode, "bool": bool}


@cache
def writer(table: Table) -> Callable[[Row], Row]:
    """Function from a neutral row to what SQLite takes.

    It raises ValueError, TypeError or OverflowError where SQLite would refuse a cell: better when an item is
    written than when all are flushed.
    """
    kinds = [column.kind for column in table.columns if column.default is None]
    changes = [(i, _WRITE[kind]) for i, kind in enumerate(kinds) if kind in _WRITE]

    def cells(row: Row) -> Row:
        made = list(row)
        for i, change in changes:
            if made[i] is not None:
                made[i] = change(made[i])
        for value in made:
            kind = type(value)
            if kind is str and not value.isascii():
                value.encode()
            elif kind is int and not _LOWEST <= value <= _HIGHEST:
                raise OverflowError(f"{value} has more than 64 bits")
        return tuple(made)

    return cells


@cache
def reader(table: Table, names: tuple[str, ...]) -> Callable[[Row], dict[str, Any]]:
    """Function from SQLite's row with these columns to a map of neutral cells."""
    kinds = {column.name: column.kind for column in table.columns}
    changes = [(name, _READ[kinds[name]]) for name in names if kinds.get(name) in _READ]

    def cells(row: Row) -> dict[str, Any]:
        made = dict(zip(names, row, strict=True))
        for name, change in changes:
            if made[name] is not None:
                made[name] = change(made[name])
        return made

    return cells


@cache
def insert(table: Table, *, keep: bool = False, newest_by: tuple[str, ...] = (), update: tuple[str, ...] = ()) -> str:
    """Statement that writes a row once.

    Parameters
    ----------
    table
        Where to.
    keep
        A row that is there already stays as it is.
    newest_by
        It is replaced only by a row that is not older by these columns.
    update
        Only these columns of it are replaced, and only if the first of them is set; () = all.

    Examples
    --------
    >>> from clri.stores.schema.feeds import SCHEMA_INFO
    >>> insert(SCHEMA_INFO)  # doctest: +ELLIPSIS
    'INSERT INTO schema_info ("version", "mode") VALUES (?, ?) ON CONFLICT ("version") DO UPDATE SET ...'
    """
    names = ", ".join(f'"{name}"' for name in table.names)
    marks = ", ".join("?" * len(table.names))
    head = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 - names are ours, values are bound
    if keep:
        return f"{head} ON CONFLICT DO NOTHING"
    changed = update or tuple(name for name in table.names if name not in table.key)
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in changed)
    key = ", ".join(f'"{name}"' for name in table.key)
    condition = ""
    if newest_by:
        mine, theirs = (", ".join(f'{side}."{name}"' for name in newest_by) for side in ("excluded", table.name))
        condition = f" WHERE ({mine}) >= ({theirs})"
    elif update:
        condition = f' WHERE excluded."{update[0]}"'
    return f"{head} ON CONFLICT ({key}) DO UPDATE SET {sets}{condition}"
