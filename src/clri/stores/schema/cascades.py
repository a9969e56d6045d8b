"""Table of cascades: the last state of each."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from clri.model.cascade import CascadeUpdate
from clri.model.timebase import MILLI
from clri.stores.schema.layout import Column, Table, columns_of, words_of
from clri.stores.schema.rows import REST, Row, build, finer_than_ms

_COLUMNS: Final = columns_of(CascadeUpdate)

# `ts_ns` = part of `ts` below a millisecond: of two updates within one, the later must stay.
CASCADES: Final = Table(
    "cascades",
    (
        *(c._replace(kind="uuid") if c.name == "cascade_id" else c for c in _COLUMNS),
        Column("ts_ns", "int", null=False),
        REST,
    ),
    key=("cascade_id",),
    clock="ts",
    keep_d=365,
    indexes=(("symbol", "kind", "started_at"), ("started_at",), ("ts",)),
    words=words_of(CascadeUpdate, "mode", "kind"),
)

_TIMES: Final = tuple(column.name for column in _COLUMNS if column.kind == "time" and column.name != "ts")


def cascade_row(item: CascadeUpdate) -> Row:
    """Cells in the order of the table."""
    return (*msgspec.structs.astuple(item), item.ts % MILLI, finer_than_ms(item, _TIMES) or None)


def cascade(cells: Mapping[str, Any]) -> CascadeUpdate:
    """The update back."""
    return build(CascadeUpdate, {**cells, "ts": cells["ts"] + cells.get("ts_ns", 0)}, cells.get("rest"))


def newest_first(items: Iterable[CascadeUpdate]) -> list[CascadeUpdate]:
    """Cascades by start, newest first, in one order for every store."""
    return sorted(items, key=lambda item: (-item.started_at, item.cascade_id))
