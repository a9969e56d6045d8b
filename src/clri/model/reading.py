"""Readings: the published numbers per symbol and for the market."""

from typing import Any

import msgspec

from clri.model.levels import Direction, JointLevel, Regime, RiskLevel
from clri.model.names import SCHEMA, Mode
from clri.model.quality import Quality

COMPONENTS = ("funding", "oi", "volume", "liquidation", "imbalance")


class ComponentQuality(msgspec.Struct, frozen=True):
    """Evidence behind one component: `coverage` 0..1, age of its oldest input in s, and the reason if it is not ok."""

    coverage: float
    data_age_s: float | None
    quality: Quality
    reason: str | None = None


class Reading(msgspec.Struct, frozen=True, kw_only=True, tag_field="k", tag="rdg"):
    """CLRI of one symbol at `ts` (ns), with everything needed to judge it.

    `clri_score` 0..100 or None (risk_level UNKNOWN, never 0). `contributions` are points that sum to `clri_exact`;
    `weights` sum to 1 over the present components. Funding is a fraction per 8 h, `_pct` percent, `_usd` US dollars.
    `coarse_s` is the row cadence if it is longer than an hour; such readings never alert.
    """

    symbol: str
    ts: int
    mode: Mode
    schema: int = SCHEMA
    quality: Quality
    reasons: list[str]
    coverage: float
    data_age_s: float | None
    valid_until: int
    method: str
    params_hash: str
    coarse_s: int | None
    clri_score: int | None
    clri_exact: float | None
    clri_raw: float | None
    risk_level: RiskLevel
    direction: Direction | None
    direction_value: float | None
    direction_confidence: float | None
    component_scores: dict[str, float | None]
    weights: dict[str, float]
    contributions: dict[str, float]
    component_quality: dict[str, ComponentQuality]
    price: float | None
    funding_rate: float | None
    predicted_funding: float | None
    open_interest: float | None
    oi_change_1h_pct: float | None
    oi_change_24h_pct: float | None
    price_change_1h_pct: float | None
    perp_volume_24h: float | None
    spot_volume_24h: float | None
    long_short_ratio: float | None
    bid_depth_usd: float | None
    ask_depth_usd: float | None
    liquidations_1h_usd: float | None
    long_liquidations_1h: float | None
    short_liquidations_1h: float | None
    liquidation_percentile: float | None
    liq_rate_per_min: float | None
    liq_is_spike: bool | None
    basis_pct: float | None
    liquidation_oi_ratio: float | None
    funding_oi_stress: float | None
    oi_price_divergence: float | None
    composite_stress: float | None
    stress_level: RiskLevel
    funding_z: float | None
    funding_anomaly_score: float | None = None
    detected_regime: Regime
    regime_intensity: float | None
    vol_24h: float | None = None
    vol_regime: str | None = None
    risk_mult: float | None = None
    mtf: dict[str, str | None] = {}
    mtf_regime: str | None = None
    mtf_confidence: float | None = None
    liquidation_risk: float | None = None
    liquidation_risk_parts: dict[str, float | None] = {}
    joint_level: JointLevel | None = None
    cascade_score: float | None = None
    cascade_signal: float | None = None
    pct_self: float | None
    pct_market: float | None
    extra: dict[str, float | None]
    forecast: dict[str, dict[str, Any]] | None = None


class MarketReading(msgspec.Struct, frozen=True, kw_only=True, tag_field="k", tag="mkt"):
    """The market index at `ts`: members weighted by open interest (SCORES 3).

    A symbol without score is None in `individual_readings` and has no weight. Triples are
    (symbol, weight, score) and (symbol, score, difference).
    """

    ts: int
    mode: Mode
    schema: int = SCHEMA
    quality: Quality
    reasons: list[str]
    coverage: float
    valid_until: int
    market_clri: int | None
    market_exact: float | None
    risk_level: RiskLevel
    market_direction: Direction | None
    direction_value: float | None
    symbols_tracked: int
    symbols_elevated: int
    symbols_high: int
    weights: dict[str, float]
    total_oi: float | None
    top_contributors: list[tuple[str, float, int]]
    divergent_symbols: list[tuple[str, int, int]]
    individual_readings: dict[str, int | None]
    stablecoin_pressure: int | None = None
    stablecoin_parts: dict[str, float] | None = None
    net_exchange_flow: float | None = None
    mint_burn_delta: float | None = None
    large_transfers_count: int | None = None
    coverage_note: str | None = None
    breadth: float | None
    regime: Regime | None
