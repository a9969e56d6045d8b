"""How often regimes occur in recorded history: the rates of SCORES 7.2 and 8, measured again."""

from pathlib import Path

import numpy as np
import pytest

from clri.app.assemble import build_tier
from clri.collect.table import load_table
from clri.engine.cadence import Cadence
from clri.scores.funding_anomaly import FundingAnomaly
from clri.scores.funding_reversal import FundingReversal
from clri.scores.funding_slots import SLOT_S, FundingSlots
from tests.scores.lanes import fill

pytestmark = pytest.mark.dev_data


def test_shares_of_liquidation_risk(dev_data: Path) -> None:
    """Above 30 about a tenth of the time, above 50 a few percent, above 70 well below one percent."""
    table = load_table(dev_data / "history/observations_4h_dev.parquet").table
    tier = build_tier(table.symbols, table.cadence)
    risk = tier.panel.block(table.t0, table.values)[tier.panel.columns["liquidation_risk"]]
    for lane in risk.T:
        known = lane[~np.isnan(lane)]
        assert len(known) > 750
        above = [np.mean(known > bound) for bound in (30, 50, 70)]
        assert 0.08 < above[0] < 0.13
        assert 0.015 < above[1] < 0.05
        assert 0.001 < above[2] < 0.01


def settled(dev_data: Path, symbol: str) -> tuple[int, np.ndarray]:
    """Number of the first slot, and what each slot settled."""
    polars = pytest.importorskip("polars")
    frame = polars.read_parquet(dev_data / "history/funding_8h_dev.parquet").filter(symbol=symbol)
    slots = (frame["ts"].dt.timestamp("ms").to_numpy() + 60_000) // (SLOT_S * 1000)
    rates = np.full(slots.max() - slots.min() + 1, np.nan)
    rates[slots - slots.min()] = frame["funding_rate_8h"].to_numpy()
    return int(slots.min()), rates


def test_rates_of_funding_events(dev_data: Path) -> None:
    """The z term stands at 7 to 9 % of settlements (13 to 24 % without the rank gate); 20 reversals a year 2022-23."""
    first, rates = settled(dev_data, "BTC")
    cadence = Cadence(SLOT_S)
    found = {"funding_8h": np.full((len(rates), 1), np.nan)}
    found |= fill(FundingSlots(cadence), rates[None, :, None], first)
    for score in (FundingAnomaly(cadence), FundingReversal(cadence)):
        found |= fill(score, np.array([found[name] for name in score.inputs]), first)
    known = ~np.isnan(found["settled_z_score"][:, 0])
    terms = found["settled_terms"][known, 0].astype(int)
    assert 0.07 < np.mean(terms & 1 > 0) < 0.09
    assert 0.13 < np.mean(np.abs(found["settled_z_score"][known, 0]) > 2) < 0.24
    start = 1_640_995_200 // SLOT_S - first  # 2022-01-01
    assert 15 < np.nansum(found["settled_reversal"][start:, 0]) / ((len(rates) - start) / 1095) < 30
    assert 0.7 < found["reversal_confidence"][-1, 0] < 1.0
