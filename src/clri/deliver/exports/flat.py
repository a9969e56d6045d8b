"""Structs as flat rows: one column per number, names as in the SQL tables, times as ISO text."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from clri.model.codec import as_map
from clri.model.names import MARKET
from clri.model.reading import COMPONENTS, MarketReading, Reading

_NESTED: Final = ("component_scores", "weights", "contributions", "component_quality", "extra")
_UNFILLED: Final = ("mtf", "liquidation_risk_parts", "forecast")


def export_rows(items: Iterable[msgspec.Struct]) -> list[dict[str, Any]]:
    """Flat rows of structs, in order.

    Parameters
    ----------
    items
        Readings and market readings become one kind of row (the market under symbol MARKET); every other struct keeps
        its own fields, lists and maps as JSON text.
    """
    return [_row(item) for item in items]


def _row(item: msgspec.Struct) -> dict[str, Any]:
    if isinstance(item, Reading):
        return _reading(item)
    if isinstance(item, MarketReading):
        return _market(item)
    return {name: _cell(value) for name, value in as_map(item).items() if name != "k"}


def _reading(reading: Reading) -> dict[str, Any]:
    fields = as_map(reading)
    row = {name: _cell(v) for name, v in fields.items() if name not in {*_NESTED, *_UNFILLED, "k"}}
    for name in COMPONENTS:
        row[f"{name}_score"] = reading.component_scores[name]
        row[f"{name}_weight"] = reading.weights.get(name)
        row[f"{name}_contribution"] = reading.contributions.get(name)
        row[f"{name}_coverage"] = reading.component_quality[name].coverage
        row[f"{name}_quality"] = reading.component_quality[name].quality
    return row | reading.extra


def _market(reading: MarketReading) -> dict[str, Any]:
    fields = as_map(reading)
    row = {"symbol": MARKET, "ts": fields["ts"], "mode": reading.mode, "schema": reading.schema}
    row |= {"quality": reading.quality, "reasons": _cell(reading.reasons), "coverage": reading.coverage}
    row |= {"valid_until": fields["valid_until"], "clri_score": reading.market_clri, "clri_exact": reading.market_exact}
    row |= {"risk_level": reading.risk_level, "direction": reading.market_direction}
    row |= {"direction_value": reading.direction_value, "open_interest": reading.total_oi}
    return row | {"detected_regime": reading.regime}


def _cell(value: Any) -> Any:  # noqa: ANN401 - any field of a struct
    if isinstance(value, list | dict | tuple | msgspec.Struct):
        return msgspec.json.encode(value).decode() if value else None
    return value
