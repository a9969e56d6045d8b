"""Market context of one symbol: what every input says, what stands behind it, and how unusual it is."""

from typing import Any, Final, NamedTuple

from clri.app.level_map import estimated_map, levels_document, what_if_document
from clri.model.codec import as_map
from clri.model.errors import InputError
from clri.model.observation import Observation
from clri.model.reading import Reading
from clri.model.timebase import DAY, iso
from clri.ports import Readings

SPAN_PCT: Final = 10.0
"""How far levels are shown, percent."""


class Line(NamedTuple):
    """One number: section, label, unit, where it stands, its input group, and where its rank stands.

    `name` is a field of the reading, else of its `extra`, else of the minute row; `group` one of `INPUTS`.
    """

    section: str
    label: str
    unit: str
    name: str
    group: str
    percentile: str | None = None


LINES: Final = (
    Line("price", "price", "price", "price", "price"),
    Line("price", "1 h", "%", "price_change_1h_pct", "price", "price_change_1h_percentile"),
    Line("price", "4 h", "%", "price_change_4h_pct", "price", "price_change_4h_percentile"),
    Line("price", "volatility, 24 h", "share", "vol_24h", "price", "vol_percentile"),
    Line("price", "basis to spot", "%", "basis_pct", "spot", "signed_basis_percentile"),
    Line("funding", "rate / 8 h", "bp", "funding_rate", "funding", "funding_percentile"),
    Line("funding", "predicted / 8 h", "bp", "predicted_funding", "funding", "predicted_funding_percentile"),
    Line("funding", "spread of venues", "bp", "funding_spread", "funding", "funding_spread_percentile"),
    Line("funding", "anomaly score", "number", "funding_anomaly_score", "funding"),
    Line("open interest", "total", "usd", "open_interest", "oi", "oi_percentile"),
    Line("open interest", "1 h", "%", "oi_change_1h_pct", "oi", "oi_change_1h_percentile"),
    Line("open interest", "4 h", "%", "oi_change_4h_pct", "oi", "oi_change_4h_percentile"),
    Line("open interest", "24 h", "%", "oi_change_24h_pct", "oi", "oi_change_24h_percentile"),
    Line("open interest", "largest venue", "share", "oi_concentration", "oi", "oi_concentration_percentile"),
    Line("liquidations", "1 h, at least", "usd", "liquidations_1h_usd", "liq", "liquidation_percentile"),
    Line("liquidations", "longs", "usd", "long_liquidations_1h", "liq", "long_liquidations_percentile"),
    Line("liquidations", "shorts", "usd", "short_liquidations_1h", "liq", "short_liquidations_percentile"),
    Line("liquidations", "per minute", "usd", "liq_rate_per_min", "liq", "liquidation_rate_percentile"),
    Line("positions", "long / short accounts", "number", "long_short_ratio", "ls", "long_short_percentile"),
    Line("positions", "top accounts", "number", "ls_top_account_ratio", "ls"),
    Line("positions", "top positions", "number", "ls_top_position_ratio", "ls"),
    Line("positions", "takers", "number", "ls_taker_ratio", "ls"),
    Line("volume", "perpetuals, 24 h", "usd", "perp_volume_24h", "volume", "perp_volume_percentile"),
    Line("volume", "spot, 24 h", "usd", "spot_volume_24h", "spot", "spot_volume_percentile"),
    Line("book", "bids within 1 %", "usd", "bid_depth_usd", "book", "bid_depth_percentile"),
    Line("book", "asks within 1 %", "usd", "ask_depth_usd", "book", "ask_depth_percentile"),
)


def market_context(store: Readings, symbol: str) -> dict[str, Any]:
    """Context of a symbol at its newest reading.

    Parameters
    ----------
    store
        Where readings, rows and cascades are kept.
    symbol
        Base coin.

    Raises
    ------
    InputError
        If nothing is known about the symbol.
    """
    reading = next((r for r in store.latest_readings() if r.symbol == symbol), None)
    if reading is None:
        raise InputError(f"nothing is known about {symbol}", code="CLRI-DATA-007")
    rows = store.observations(symbol, reading.ts, reading.ts + 1)
    row = rows[-1] if rows else Observation(ts=reading.ts, symbol=symbol, mode=reading.mode)
    levels = estimated_map(store, symbol, reading.ts)
    cascades = store.cascades(symbol, reading.ts - DAY, reading.ts + DAY)
    return {
        "symbol": symbol,
        "mode": reading.mode,
        "as_of": iso(reading.ts),
        "valid_until": iso(reading.valid_until),
        "coverage": reading.coverage,
        "quality": reading.quality,
        "reasons": reading.reasons,
        "clri_score": reading.clri_score,
        "risk_level": reading.risk_level,
        "direction": reading.direction,
        "pct_self": reading.pct_self,
        "pct_market": reading.pct_market,
        "liquidation_risk": reading.liquidation_risk,
        "inputs": [_line(line, reading, row) for line in LINES],
        "regimes": _regimes(reading),
        "oi_top_venue": row.oi_top_venue,
        "next_funding_ts": None if row.next_funding_ts is None else iso(row.next_funding_ts),
        "levels": levels_document(levels, symbol, SPAN_PCT),
        "what_if": what_if_document(levels, symbol, row),
        "cascades": [as_map(cascade) for cascade in cascades[:5]],
    }


def _line(line: Line, reading: Reading, row: Observation) -> dict[str, Any]:
    percentile = None
    if line.percentile is not None:
        percentile = getattr(reading, line.percentile, reading.extra.get(line.percentile))
    if hasattr(reading, line.name):
        value = getattr(reading, line.name)
    else:
        value = reading.extra[line.name] if line.name in reading.extra else getattr(row, line.name, None)
    return {
        "section": line.section,
        "label": line.label,
        "name": line.name,
        "unit": line.unit,
        "value": value,
        "percentile": percentile,
        "coverage": getattr(row, f"cov_{line.group}"),
        "age_s": getattr(row, f"age_{line.group}_s"),
        "venues": getattr(row, f"n_{line.group}"),
    }


def _regimes(reading: Reading) -> dict[str, Any]:
    return {
        "detected_regime": reading.detected_regime,
        "regime_intensity": reading.regime_intensity,
        "vol_regime": reading.vol_regime,
        "risk_mult": reading.risk_mult,
        "mtf": reading.mtf,
        "mtf_regime": reading.mtf_regime,
        "mtf_confidence": reading.mtf_confidence,
        "funding_divergence": _flag(reading, "funding_divergence"),
        "oi_concentrated": _flag(reading, "oi_concentrated"),
    }


def _flag(reading: Reading, name: str) -> bool | None:
    value = reading.extra.get(name)
    return None if value is None else value > 0.0
