"""Tables of liquidations: every event for a week, the significant ones for a season."""

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any, Final

from clri.detectors.sessions import session_type
from clri.model.cascade import CascadeUpdate
from clri.model.codec import as_map
from clri.model.facts import Liquidation, event_time
from clri.model.instrument import level_step, price_level
from clri.stores.schema.layout import Column, Table, columns_of, words_of
from clri.stores.schema.rows import Row, build

SIGNIFICANT_USD: Final = 100_000.0
"""From this value on an event is kept for a season, even outside a cascade."""

STEPS: Final = {"BTC": 100.0}
"""Widths of price levels that no rule overrides (SCORES 6)."""

_EVENT: Final = columns_of(
    Liquidation,
    (
        *("venue", "event_id", "symbol", "side", "price", "price_kind", "qty", "usd", "completeness", "method", "raw"),
        *("ts", "ts_venue", "market", "src", "seq", "backfill"),
    ),
)
# The key column `time` is cut to ms; the exact ns of both times stand beside it: replays are ordered by them.
_EXACT: Final = tuple(c._replace(kind="bigint") if c.name in {"ts", "ts_venue"} else c for c in _EVENT)

LIQUIDATION_EVENTS: Final = Table(
    "liquidation_events",
    (Column("time", "time", null=False), *_EXACT),
    key=("time", "venue", "event_id"),
    clock="time",
    keep_d=7,
    indexes=(("symbol", "-time"),),
    words=words_of(Liquidation, "side"),
)
LIQUIDATIONS_SIGNIFICANT: Final = Table(
    "liquidations_significant",
    (
        Column("time", "time", null=False),
        Column("exchange", "text", null=False),
        Column("symbol", "text", null=False),
        Column("event_id", "text", null=False),
        Column("side", "text", null=False),
        Column("price", "numeric", null=False),
        Column("quantity", "numeric", null=False),
        Column("value_usd", "numeric", null=False),
        Column("is_cascade", "bool", null=False),
        Column("cascade_id", "uuid"),
        Column("cascade_event_count", "int"),
        Column("risk_score", "numeric"),
        Column("session_type", "text", null=False),
        Column("raw_data", "json"),
        Column("base", "text", null=False),
        Column("price_level", "numeric", null=False),
        Column("completeness", "text", null=False),
    ),
    key=("time", "exchange", "symbol", "event_id"),
    clock="time",
    keep_d=90,
    indexes=(("symbol", "-time"), ("cascade_id",)),
    words=words_of(Liquidation, "side"),
)
CASCADE_COLUMNS: Final = ("is_cascade", "cascade_id", "cascade_event_count", "risk_score")
"""What an update of a cascade changes in a significant liquidation."""

_cells: Final = attrgetter(*(column.name for column in _EVENT))


def newest_first(items: Iterable[Liquidation]) -> list[Liquidation]:
    """Liquidations by event time, newest first, in one order for every store."""
    return sorted(items, key=lambda item: (-event_time(item), -item.ts, item.venue, item.event_id))


def event_row(item: Liquidation) -> Row:
    """Cells in the order of the table."""
    return (event_time(item), *_cells(item))


def liquidation(cells: Mapping[str, Any]) -> Liquidation:
    """The event back."""
    return build(Liquidation, cells)


def pair(symbol: str) -> str:
    """Spelling of the aggregator's tables: BTC -> BTCUSDT."""
    return f"{symbol}USDT"


def significant_row(item: Liquidation, burst: CascadeUpdate | None, step: float | None) -> Row:
    """Cells in the order of the table.

    Parameters
    ----------
    item
        The event.
    burst
        The burst that it belongs to.
    step
        Width of the symbol's price levels, USD; None = by rule from the price.
    """
    try:
        width = step or STEPS.get(item.symbol) or level_step(item.price)
        level = price_level(item.price, width)
    except (ValueError, OverflowError):
        level = item.price  # far outside of any market; the event is kept all the same
    ours = (False, None, None, None)
    if burst is not None:
        ours = (True, burst.cascade_id, burst.event_count, burst.risk_score)  # type: ignore[assignment]
    when = event_time(item)
    return (
        *(when, item.venue, pair(item.symbol), item.event_id, item.side, item.price, item.qty, item.usd),
        *ours,
        *(session_type(when), as_map(item), item.symbol, level, item.completeness),
    )
