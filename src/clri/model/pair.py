"""How two assets move together: their correlation, its breaks, and which of them moves first."""

from typing import Literal

import msgspec

from clri.model.names import SCHEMA, Mode

ChangeLevel = Literal["MEDIUM", "HIGH"]
BreakRule = Literal["SEED", "OWN_QUANTILE"]
BreakSignal = Literal["POTENTIAL_PAIR_TRADE", "DECOUPLING"]
Lead = Literal["LEADER", "FOLLOWER", "NONE"]


class PairReading(msgspec.Struct, frozen=True, kw_only=True, tag_field="k", tag="par"):
    """One pair of assets at a full hour `ts` (ns), SCORES 7.5.

    | field | meaning |
    |---|---|
    | pair | `BTC/ETH`: first and second asset |
    | correlation | of the last 24 hourly log returns, -1..1; None below 20 common ones |
    | correlation_change, change_level | against 24 h ago; MEDIUM above .2, HIGH above .3 in size, else None |
    | normal_range, own_range | (5 %, 95 %) of the pair's own 90 d; `own_range` false = too little past, usual values |
    | breakout | a rule holds; None while the correlation is unknown (a break then neither begins nor ends) |
    | rule, signal | SEED (below -.5) POTENTIAL_PAIR_TRADE, else OWN_QUANTILE (below its own 1 %) DECOUPLING |
    | divergence_strength | size of the correlation during a break, 0..1; else None |
    | lead_score | -2..2 from 1-minute returns of 24 h, + = the first asset moves first; None below 1,152 of 1,440 |
    | lead, lead_asset | role of the first asset, beyond 3 * sqrt(2 / n) else NONE; the asset that leads, if one does |
    | n, lead_n | common returns behind correlation and lead_score |
    """

    ts: int
    pair: str
    mode: Mode
    schema: int = SCHEMA
    correlation: float | None
    correlation_change: float | None
    change_level: ChangeLevel | None
    normal_range: tuple[float, float]
    own_range: bool
    breakout: bool | None
    rule: BreakRule | None
    signal: BreakSignal | None
    divergence_strength: float | None
    lead_score: float | None
    lead: Lead | None
    lead_asset: str | None
    n: int
    lead_n: int
