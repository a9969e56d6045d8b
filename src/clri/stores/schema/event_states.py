"""Table of what the event tier says now: the newest state of each kind and symbol, for other processes.

It has no retention, for it never grows beyond four rows a symbol; how old a row is stands in `ts`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from clri.model.errors import StoreError
from clri.model.event_state import EventState, state_kind
from clri.model.timebase import MILLI
from clri.model.velocity import Velocity
from clri.stores.schema.layout import Column, Table, words_of
from clri.stores.schema.rows import Row

EVENT_STATES: Final = Table(
    "event_states",
    (
        Column("symbol", "text", null=False),
        Column("kind", "text", null=False),
        Column("ts", "time", null=False),
        Column("ts_ns", "int", null=False),
        Column("mode", "text", null=False),
        Column("body", "json", null=False),
    ),
    key=("symbol", "kind"),
    words=words_of(Velocity, "mode"),
)


def event_state_row(item: EventState) -> Row:
    """Cells in the order of the table; `body` is the whole state."""
    return (item.symbol, state_kind(item), item.ts, item.ts % MILLI, item.mode, msgspec.to_builtins(item))


def event_state(cells: Mapping[str, Any]) -> EventState:
    """The state back.

    Raises
    ------
    StoreError
        If the body is none: damage, or another program wrote it.
    """
    try:
        found: EventState = msgspec.convert(cells["body"], EventState)
    except msgspec.ValidationError as error:
        raise StoreError(
            f"a stored state of {cells['symbol']} cannot be read: {error}; kind {cells['kind']!r}",
            code="CLRI-STORE-003",
        ) from error
    return found


def in_order(items: Iterable[EventState]) -> list[EventState]:
    """States by symbol, then by kind, in one order for every store."""
    return sorted(items, key=lambda item: (item.symbol, state_kind(item)))
