"""Tables of Reading and MarketReading, with the column names that other programs already use."""

from collections.abc import Mapping
from hashlib import blake2b
from operator import attrgetter
from typing import Any, Final

from clri.model.names import MARKET
from clri.model.reading import COMPONENTS, MarketReading, Reading
from clri.model.timebase import SECOND
from clri.stores.schema.layout import Column, Table, columns_of, words_of
from clri.stores.schema.rows import REST, Row, build, finer_than_ms

_READING: Final = columns_of(
    Reading,
    (
        *("symbol", "funding_rate", "predicted_funding", "open_interest", "oi_change_1h_pct", "oi_change_24h_pct"),
        *("perp_volume_24h", "spot_volume_24h", "long_short_ratio", "liquidations_1h_usd", "bid_depth_usd"),
        *("ask_depth_usd", "price", "basis_pct", "liquidation_oi_ratio", "funding_oi_stress"),
        *("oi_price_divergence", "clri_score", "direction", "direction_confidence", "risk_level"),
        *("composite_stress", "stress_level", "detected_regime", "regime_intensity", "clri_exact", "clri_raw"),
        *("coverage", "quality", "data_age_s", "mode", "method", "params_hash", "vol_24h", "vol_regime"),
        *("risk_mult", "funding_z", "cascade_score", "liquidation_risk", "weights", "component_quality", "forecast"),
    ),
)
_MARKET: Final = columns_of(
    MarketReading,
    (
        *("market_clri", "risk_level", "market_direction", "symbols_tracked", "symbols_elevated", "symbols_high"),
        *("individual_readings", "weights", "total_oi", "top_contributors", "divergent_symbols", "coverage"),
        *("quality", "mode", "stablecoin_pressure", "net_exchange_flow", "large_transfers_count"),
        "mint_burn_delta",
    ),
)
_SPREAD: Final = {
    "component_scores": {name: f"{name}_score" for name in COMPONENTS},
    "liquidation_risk_parts": {name: f"lr_{name}" for name in ("funding", "oi", "long_short", "liquidations")},
}
"""Maps whose values have columns of their own: field -> key -> column."""

CLRI_READINGS: Final = Table(
    "clri_readings",
    (
        Column("timestamp", "time", null=False),
        Column("id", "bigint", null=False),
        *_READING,
        *(Column(column, "real") for keys in _SPREAD.values() for column in keys.values()),
        Column("alert_triggered", "bool", null=False, default="false"),
        REST,
    ),
    key=("timestamp", "symbol"),
    clock="timestamp",
    keep_d=90,
    indexes=(("symbol", "-timestamp"),),
    words=words_of(Reading, "mode", "risk_level", "direction"),
)
MARKET_SUMMARIES: Final = Table(
    "market_summaries",
    (Column("timestamp", "time", null=False), Column("id", "bigint", null=False), *_MARKET, REST),
    key=("timestamp",),
    clock="timestamp",
    keep_d=90,
    words=words_of(MarketReading, "mode", "risk_level", "market_direction"),
)

_reading_cells: Final = attrgetter(*(column.name for column in _READING))
_market_cells: Final = attrgetter(*(column.name for column in _MARKET))
_READING_REST: Final = tuple(
    name for name in Reading.__struct_fields__ if name not in {"ts", *_SPREAD, *(c.name for c in _READING)}
)
_MARKET_REST: Final = tuple(
    name for name in MarketReading.__struct_fields__ if name not in {"ts", *(c.name for c in _MARKET)}
)


def row_id(ts: int, symbol: str) -> int:
    """Column `id` of a row: the original's serial number, here the same for the same row on every engine.

    Examples
    --------
    >>> row_id(60_000_000_000, "BTC") < row_id(120_000_000_000, "BTC") < 2**63
    True
    """
    return (ts // SECOND << 31) | (int.from_bytes(blake2b(symbol.encode(), digest_size=4).digest()) >> 1)


def reading_row(item: Reading) -> Row:
    """Cells in the order of the table, without `alert_triggered`, which is not ours to write."""
    rest = {name: getattr(item, name) for name in _READING_REST} | finer_than_ms(item, ("ts",))
    spread: list[float | None] = []
    for name, keys in _SPREAD.items():
        parts: dict[str, float | None] = getattr(item, name)
        spread += [parts.get(key) for key in keys]
        if parts.keys() != keys.keys():
            rest[name] = parts
    return (item.ts, row_id(item.ts, item.symbol), *_reading_cells(item), *spread, rest)


def reading(cells: Mapping[str, Any]) -> Reading:
    """The reading back."""
    maps = {name: {key: cells.get(column) for key, column in keys.items()} for name, keys in _SPREAD.items()}
    return build(Reading, {"ts": cells["timestamp"], **maps, **cells}, cells.get("rest"))


def market_row(item: MarketReading) -> Row:
    """Cells in the order of the table."""
    rest = {name: getattr(item, name) for name in _MARKET_REST} | finer_than_ms(item, ("ts",))
    return (item.ts, row_id(item.ts, MARKET), *_market_cells(item), rest)


def market_reading(cells: Mapping[str, Any]) -> MarketReading:
    """The market reading back."""
    return build(MarketReading, {"ts": cells["timestamp"], **cells}, cells.get("rest"))
