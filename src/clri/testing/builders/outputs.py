"""Examples of what is put out: rows, readings, cascades, pairs, health of feeds."""

from typing import Any, Final

import msgspec

from clri.model.cascade import CascadeUpdate
from clri.model.funding_event import FundingEvent
from clri.model.health import FeedHealth
from clri.model.levels import risk_level
from clri.model.names import SCHEMA
from clri.model.observation import INPUTS, Observation
from clri.model.pair import PairReading
from clri.model.reading import COMPONENTS, ComponentQuality, MarketReading, Reading
from clri.model.timebase import HOUR, MINUTE, SECOND
from clri.testing.builders.start import time_of


def observation(**changes: object) -> Observation:
    """A minute with every input but stablecoins, full coverage and no liquidation."""
    evidence: dict[str, Any] = {}
    for name in INPUTS[:-1]:
        evidence |= {f"cov_{name}": 1.0, f"age_{name}_s": 5.0, f"n_{name}": 6}
    fields: dict[str, Any] = {
        "ts": time_of(changes),
        "symbol": "BTC",
        "mode": "live",
        "price": 60_000.0,
        "open": 59_990.0,
        "high": 60_020.0,
        "low": 59_980.0,
        "close": 60_000.0,
        "index_price": 59_995.0,
        "spot_price": 59_990.0,
        "volume_1h_usd": 3e8,
        "perp_volume_24h_usd": 6e9,
        "spot_volume_24h_usd": 1.5e9,
        "funding_8h": 0.0001,
        "predicted_8h": 0.00012,
        "funding_min_8h": 0.00005,
        "funding_max_8h": 0.0002,
        "funding_apr": 0.1095,
        "next_funding_ts": time_of(changes) + 4 * HOUR,
        "oi_usd": 3e9,
        "oi_base": 50_000.0,
        "oi_index": 1.0,
        "oi_top_venue": "binance",
        "oi_top_share": 0.3,
        "liq_long_usd": 0.0,
        "liq_short_usd": 0.0,
        "liq_long_n": 0,
        "liq_short_n": 0,
        "liq_max_usd": 0.0,
        "liq_long_usd_est": 0.0,
        "liq_short_usd_est": 0.0,
        "liq_complete_share": 1.0,
        "cascade_score_max": 0.0,
        "cascade_active": False,
        "cascade_signal_max": 0.0,
        "branching_ratio": None,
        "branching_percentile": None,
        "bid_depth_usd": 12e6,
        "ask_depth_usd": 10e6,
        "bid_depth_2pct_usd": 21e6,
        "ask_depth_2pct_usd": 19e6,
        "spread_bps": 0.2,
        "long_short_ratio": 1.5,
        "ls_top_account_ratio": 1.2,
        "ls_top_position_ratio": 1.1,
        "ls_taker_ratio": 1.0,
    }
    return Observation(**(fields | evidence | changes))


def reading(**changes: object) -> Reading:
    """A BTC reading of 72 (HIGH, longs crowded); level, exact score, validity follow `clri_score`, `ts`."""
    ts = time_of(changes)
    score = changes.get("clri_score", 72)
    known = float(score) if isinstance(score, int) else None
    shares = zip(COMPONENTS, (0.25, 0.25, 0.15, 0.20, 0.15), strict=True)
    weights = dict(shares) if known is not None else {}
    evidence = ComponentQuality(1.0, 5.0, "ok")
    fields: dict[str, Any] = {
        "symbol": "BTC",
        "ts": ts,
        "mode": "live",
        "schema": SCHEMA,
        "quality": "ok" if known is not None else "unknown",
        "reasons": [],
        "coverage": 1.0 if known is not None else 0.0,
        "data_age_s": 5.0,
        "valid_until": ts + 2 * MINUTE,
        "method": "clri-1+scale-1+risk-1",
        "params_hash": "0123456789abcdef",
        "coarse_s": None,
        "clri_score": score,
        "clri_exact": known,
        "clri_raw": known,
        "risk_level": risk_level(known),
        "direction": "LONG_CROWDED" if known is not None else None,
        "direction_value": 0.5 if known is not None else None,
        "direction_confidence": 0.8 if known is not None else None,
        "component_scores": dict.fromkeys(COMPONENTS, known),
        "weights": weights,
        "contributions": {name: weight * (known or 0.0) for name, weight in weights.items()},
        "component_quality": dict.fromkeys(COMPONENTS, evidence),
        "stress_level": risk_level(known),
        "composite_stress": known,
        "detected_regime": "NORMAL",
        "regime_intensity": 0.0,
        "price": 60_000.0,
        "funding_rate": 0.0001,
        "open_interest": 3e9,
        "extra": {},
    }
    missing = {name: None for name in _REQUIRED_OF_READING if name not in fields}
    return Reading(**(missing | fields | changes))


_REQUIRED_OF_READING: Final = tuple(f.name for f in msgspec.structs.fields(Reading) if f.required)


def market_reading(**changes: object) -> MarketReading:
    """A market index of 64 over BTC and ETH; level and validity follow `market_clri` and `ts`."""
    ts = time_of(changes)
    score = changes.get("market_clri", 64)
    known = float(score) if isinstance(score, int) else None
    fields: dict[str, Any] = {
        "ts": ts,
        "mode": "live",
        "quality": "ok" if known is not None else "unknown",
        "reasons": [],
        "coverage": 1.0,
        "valid_until": ts + 2 * MINUTE,
        "market_clri": score,
        "market_exact": known,
        "risk_level": risk_level(known),
        "market_direction": "LONG_CROWDED" if known is not None else None,
        "direction_value": 0.4 if known is not None else None,
        "symbols_tracked": 2,
        "symbols_elevated": 1,
        "symbols_high": 0,
        "weights": {"BTC": 0.65, "ETH": 0.35},
        "total_oi": 4.6e9,
        "top_contributors": [("BTC", 0.65, 72), ("ETH", 0.35, 49)],
        "divergent_symbols": [],
        "individual_readings": {"BTC": 72, "ETH": 49},
        "breadth": 0.5,
        "regime": "NORMAL",
    }
    return MarketReading(**(fields | changes))


def cascade(**changes: object) -> CascadeUpdate:
    """An active burst of long liquidations in BTC that began 30 s before `ts`."""
    ts = time_of(changes)
    start = changes.get("started_at", ts - 30 * SECOND)
    fields: dict[str, Any] = {
        "cascade_id": "6f0c1a52-8f5e-5d3a-9c47-0d7f3a1be001",
        "kind": "burst",
        "symbol": "BTC",
        "ts": ts,
        "state": "active",
        "market_wide": False,
        "started_at": start,
        "detected_at": ts - 20 * SECOND,
        "last_met_at": ts,
        "ended_at": None,
        "duration_s": (ts - start) / SECOND if isinstance(start, int) else 0.0,
        "event_count": 12,
        "total_usd": 1_500_000.0,
        "long_usd": 1_400_000.0,
        "short_usd": 100_000.0,
        "max_window_usd": 1_500_000.0,
        "velocity_usd_per_h": 180e6,
        "events_per_min": 24.0,
        "side_bias": "LONG",
        "severity": None,
        "risk_score": 1.1,
        "max_risk_score": 1.2,
        "factors": {"volume": 1.2, "time_compression": 0.8, "side_imbalance": 1.0},
        "threshold_usd": 100_000.0,
        "threshold_source": "floor",
        "venues": {"bybit": 1_000_000.0, "okx": 500_000.0},
        "completeness": 0.66,
        "price_min": 59_500.0,
        "price_max": 60_000.0,
        "mode": "live",
    }
    return CascadeUpdate(**(fields | changes))


def funding_event(**changes: object) -> FundingEvent:
    """BTC's running rate of 12.5 bp stands far above what 30 slots settled."""
    ts = time_of(changes)
    fields: dict[str, Any] = {
        "symbol": "BTC",
        "ts": ts,
        "kind": "anomaly",
        "slot_ts": (time_of({}) // (8 * HOUR) + 1) * 8 * HOUR,
        "settled": False,
        "funding_rate": 0.00125,
        "previous_rate": 0.0001,
        "funding_change": 0.00115,
        "funding_z_score": 57.5,
        "anomaly_score": 11.0,
        "reasons": ["Z-score anomaly: 57.50σ", "Rapid change: +0.1150 %"],
        "mode": "live",
    }
    return FundingEvent(**(fields | changes))


def pair_reading(**changes: object) -> PairReading:
    """BTC and ETH decouple: their correlation is below its own 1 % quantile, nobody leads."""
    fields: dict[str, Any] = {
        "ts": time_of(changes),
        "pair": "BTC/ETH",
        "mode": "live",
        "correlation": 0.31,
        "correlation_change": -0.42,
        "change_level": "HIGH",
        "normal_range": (0.64, 0.95),
        "own_range": True,
        "breakout": True,
        "rule": "OWN_QUANTILE",
        "signal": "DECOUPLING",
        "divergence_strength": 0.31,
        "lead_score": 0.012,
        "lead": "NONE",
        "lead_asset": None,
        "n": 24,
        "lead_n": 1438,
    }
    return PairReading(**(fields | changes))


def feed_health(**changes: object) -> FeedHealth:
    """Bybit's liquidations are up: the newest one 6 s old, as many as usual."""
    ts = time_of(changes)
    fields: dict[str, Any] = {
        "ts": ts,
        "mode": "live",
        "venue": "bybit",
        "channel": "liquidation",
        "symbol": None,
        "state": "up",
        "last_event_ts": ts - 6 * SECOND,
        "data_age_s": 6.0,
        "events_per_min": 4.2,
        "expected_per_min": 3.9,
        "gaps_24h": 1,
        "gap_s_24h": 12.5,
        "reconnects_24h": 2,
        "skew_ms": -12.0,
        "completeness": "all",
    }
    return FeedHealth(**(fields | changes))
