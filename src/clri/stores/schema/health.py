"""Table of the feeds' health: the newest row of each feed, for other processes than the collector."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from clri.model.health import FeedHealth
from clri.model.timebase import MILLI
from clri.stores.schema.layout import Column, Table, columns_of, words_of
from clri.stores.schema.rows import REST, Row, build, finer_than_ms

# `symbol` may be None and cannot be part of a key, hence one text that names the row.
FEED_HEALTH: Final = Table(
    "feed_health",
    (Column("feed", "text", null=False), Column("ts_ns", "int", null=False), *columns_of(FeedHealth), REST),
    key=("feed",),
    clock="ts",
    keep_d=7,
    indexes=(("-ts",),),
    words=words_of(FeedHealth, "mode"),
)


def feed_name(item: FeedHealth) -> str:
    """Name of a row's feed."""
    return f"{item.venue}:{item.channel}:{item.symbol or ''}"


def health_row(item: FeedHealth) -> Row:
    """Cells in the order of the table."""
    cells = msgspec.structs.astuple(item)
    return (feed_name(item), item.ts % MILLI, *cells, finer_than_ms(item, ("last_event_ts",)) or None)


def health(cells: Mapping[str, Any]) -> FeedHealth:
    """The row back."""
    return build(FeedHealth, {**cells, "ts": cells["ts"] + cells["ts_ns"]}, cells.get("rest"))


def newest(items: Iterable[FeedHealth]) -> list[FeedHealth]:
    """The newest picture: rows of the largest `ts`, in one order for every store."""
    rows = list(items)
    last = max((row.ts for row in rows), default=0)
    return sorted((row for row in rows if row.ts == last), key=lambda row: (row.venue, row.channel, row.symbol or ""))
