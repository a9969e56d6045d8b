"""Table of funding anomalies and reversals: one row per symbol, slot of 8 hours and kind."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from clri.model.funding_event import FundingEvent
from clri.stores.schema.layout import Table, columns_of, words_of
from clri.stores.schema.rows import REST, Row, build, finer_than_ms

FUNDING_EVENTS: Final = Table(
    "funding_events",
    (*columns_of(FundingEvent), REST),
    key=("slot_ts", "symbol", "kind"),
    clock="ts",
    keep_d=365,
    indexes=(("symbol", "-ts"), ("ts",)),
    words=words_of(FundingEvent, "mode", "kind", "extreme_level"),
)


def funding_event_row(item: FundingEvent) -> Row:
    """Cells in the order of the table."""
    return (*msgspec.structs.astuple(item), finer_than_ms(item, ("ts", "slot_ts")) or None)


def funding_event(cells: Mapping[str, Any]) -> FundingEvent:
    """The event back."""
    return build(FundingEvent, cells, cells.get("rest"))


def oldest_first(items: Iterable[FundingEvent]) -> list[FundingEvent]:
    """Events by time, symbol and kind, in one order for every store."""
    return sorted(items, key=lambda item: (item.ts, item.symbol, item.kind))
