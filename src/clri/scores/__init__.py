"""The minute-tier scores, as text so that listing them compiles nothing; the order is that of the catalogue."""

from typing import Final

SCORES: Final[dict[str, str]] = {
    "changes": "clri.scores.changes:Changes",
    "liquidation_sums": "clri.scores.liquidation_sums:LiquidationSums",
    "signals": "clri.scores.signals:Signals",
    "funding": "clri.scores.funding:Funding",
    "open_interest": "clri.scores.open_interest:OpenInterest",
    "volume": "clri.scores.volume:Volume",
    "liquidation": "clri.scores.liquidation:Liquidation",
    "imbalance": "clri.scores.imbalance:Imbalance",
    "clri": "clri.scores.clri:Clri",
    "direction": "clri.scores.direction:Direction",
    "stress": "clri.scores.stress:Stress",
    "cascade4h": "clri.scores.cascade4h:Cascade4h",
    "cascade4h_episode": "clri.scores.cascade4h_episode:Cascade4hEpisode",
    "funding_slots": "clri.scores.funding_slots:FundingSlots",
    "funding_anomaly": "clri.scores.funding_anomaly:FundingAnomaly",
    "funding_reversal": "clri.scores.funding_reversal:FundingReversal",
    "liquidation_risk": "clri.scores.liquidation_risk:LiquidationRisk",
    "volatility": "clri.scores.volatility:Volatility",
    "volatility_place": "clri.scores.volatility_place:VolatilityPlace",
    "persistence": "clri.scores.persistence:Persistence",
    "timeframes": "clri.scores.timeframes:Timeframes",
    "venue_spread": "clri.scores.venue_spread:VenueSpread",
    "percentiles": "clri.scores.percentiles:Percentiles",
}
"""Lane scores: one row in, one row out per symbol. The market index (`market.py`) reads them across lanes."""

MARKET_SCORES: Final[dict[str, str]] = {
    "stablecoin_pressure": "clri.scores.stablecoin_pressure:StablecoinPressure",
}
"""Scores of the one lane MARKET: they read the market's own row."""

EVENTS: Final[dict[str, str]] = {
    "sustained": "clri.scores.sustained:Sustained",
    "funding_events": "clri.scores.funding_events:FundingEvents",
    "pairs": "clri.scores.pairs:Pairs",
}
"""What speaks up beside the readings: made of the symbols, the cadence and its parameters, in order of publication."""
