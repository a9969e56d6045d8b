"""Examples of what the event tier says now: velocity, cascade signal, price levels, support zones."""

from typing import Any

from clri.model.price_levels import LevelHorizon, LevelSum, PriceLevels, SupportZone, SupportZones
from clri.model.velocity import CascadeSignal, Rates, Velocity
from clri.testing.builders.start import time_of


def velocity(**changes: object) -> Velocity:
    """Two BTC events of the last second on Bybit."""
    rates = Rates([0, 1, 2, 2, 2], [0.0, 2.0, 1.0, 0.2, 2 / 60], [0.0, 6e4, 3e4, 6e3, 1e3])
    fields: dict[str, Any] = {
        "symbol": "BTC",
        "ts": time_of(changes),
        "mode": "live",
        "velocity": 0.4867,
        "acceleration": 0.0,
        "jerk": 0.0,
        "windows_s": [0.1, 0.5, 2.0, 10.0, 60.0],
        "rates": rates,
        "venues": {"bybit": rates},
        "completeness": 1.0,
    }
    return Velocity(**(fields | changes))


def cascade_signal(**changes: object) -> CascadeSignal:
    """The signal of SCORES 6's vector: 0.6157, ALERT."""
    factors = {"velocity": 0.8267, "acceleration": 0.6, "volume": 0.65}
    factors |= {"oi_change": 0.38, "funding": 0.3, "volatility": 0.72}
    fields: dict[str, Any] = {
        "symbol": "BTC",
        "ts": time_of(changes),
        "mode": "live",
        "signal_strength": 0.6157,
        "signal_level": "ALERT",
        "factors": factors,
        "references": {"velocity": 6.0, "acceleration": 0.6, "volume": 4e5},
        "coverage": 1.0,
        "velocity": 4.96,
        "acceleration": 0.36,
        "usd_per_s": 2.6e5,
        "completeness": 0.8,
    }
    return CascadeSignal(**(fields | changes))


def price_levels(**changes: object) -> PriceLevels:
    """Three longs on the level of 67,200, in every horizon."""
    ts = time_of(changes)
    level = LevelSum(67_200.0, 100.0, "LONG", 3, 201_768.0, 3.0, {"bybit": 201_768.0}, ts - 3, ts)
    horizons = [LevelHorizon(hours, [level], 1, 3, 201_768.0, 1.0) for hours in (1, 4, 24, 168)]
    fields: dict[str, Any] = {"symbol": "BTC", "ts": ts, "mode": "live", "step": 100.0, "horizons": horizons}
    return PriceLevels(**(fields | changes))


def support_zones(**changes: object) -> SupportZones:
    """One strong zone below the mark."""
    ts = time_of(changes)
    zone = SupportZone(
        *(66_940.39, 1, 5.0, 7.7e6, 7e6, 0.7e6, 4, 66_900.0, 67_300.0),
        distance_pct=-0.4,
        kind="SUPPORT",
    )
    fields: dict[str, Any] = {
        "symbol": "BTC",
        "ts": ts,
        "mode": "live",
        "days": 7,
        "event_count": 10,
        "since": ts - 9,
        "mark": 67_209.0,
        "zones": [zone],
        "completeness": 1.0,
    }
    return SupportZones(**(fields | changes))
