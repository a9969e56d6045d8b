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
}
"""Lane scores: one row in, one row out per symbol. The market index (`market.py`) reads them across lanes."""
