"""Tables about the feeds themselves: contracts, states of channels, and the store's own version and mode."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from clri.model.control import FeedStatus
from clri.model.instrument import Instrument
from clri.model.names import Mode
from clri.model.timebase import MILLI
from clri.stores.schema.layout import Column, Table, columns_of
from clri.stores.schema.rows import REST, Row, build, finer_than_ms

_INSTRUMENT: Final = columns_of(Instrument)
_STATUS: Final = columns_of(FeedStatus)

# `raw` and `valid_from` may be None and cannot be part of a key, hence one text that names the row.
INSTRUMENTS: Final = Table(
    "instruments",
    (Column("instrument_id", "text", null=False), *_INSTRUMENT, REST),
    key=("instrument_id",),
)
# `ts_ns` = part of `ts` below a millisecond: a gap and its end may fall into the same one.
FEED_STATUS: Final = Table(
    "feed_status",
    (Column("ts_ns", "int", null=False), *_STATUS, REST),
    key=("ts", "ts_ns", "venue", "market", "channel", "symbol", "state"),
    clock="ts",
    keep_d=90,
)
SCHEMA_INFO: Final = Table(
    "schema_info",
    (Column("version", "int", null=False), Column("mode", "text", null=False)),
    key=("version",),
    words=(("mode", Mode.__args__),),  # type: ignore[attr-defined]
)

_INSTRUMENT_TIMES: Final = tuple(column.name for column in _INSTRUMENT if column.kind == "time")
_STATUS_TIMES: Final = tuple(column.name for column in _STATUS if column.kind == "time" and column.name != "ts")


def instrument_row(item: Instrument) -> Row:
    """Cells in the order of the table; the same contract polled again is the same row."""
    name = f"{item.venue}:{item.market}:{item.raw or item.symbol}:{item.valid_from or 'always'}"
    return (name, *msgspec.structs.astuple(item), finer_than_ms(item, _INSTRUMENT_TIMES) or None)


def instrument(cells: Mapping[str, Any]) -> Instrument:
    """The contract back."""
    return build(Instrument, cells, cells.get("rest"))


def status_row(item: FeedStatus) -> Row:
    """Cells in the order of the table."""
    return (item.ts % MILLI, *msgspec.structs.astuple(item), finer_than_ms(item, _STATUS_TIMES) or None)


def status(cells: Mapping[str, Any]) -> FeedStatus:
    """The status back."""
    return build(FeedStatus, {**cells, "ts": cells["ts"] // MILLI * MILLI + cells["ts_ns"]}, cells.get("rest"))
