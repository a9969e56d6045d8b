"""A funding anomaly or reversal of one slot of 8 hours."""

from typing import Literal

import msgspec

from clri.model.names import SCHEMA, Mode

FundingKind = Literal["anomaly", "reversal"]
ExtremeLevel = Literal["EXTREMELY_HIGH", "EXTREMELY_LOW", "MODERATE"]


class FundingEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="k", tag="fev"):
    """What was unusual about the funding of one symbol at `ts` (ns); at most one per slot and kind (SCORES 7.2).

    `slot_ts` is the end of the slot (00, 08 or 16 UTC, ns) that the rate belongs to, `settled` whether it had settled.
    Rates are fractions per 8 h, positive = longs pay: `funding_rate` is the unusual one, `previous_rate` the last
    settled before it, `funding_change` their difference. An anomaly has `funding_z_score`, `anomaly_score` (0..11.5)
    and `reasons`, a reversal `extreme_level`, `reversal_strength` (0..1) and, once measured, `reversal_confidence`
    (0..1); the others are None.
    """

    symbol: str
    ts: int
    kind: FundingKind
    slot_ts: int
    settled: bool
    funding_rate: float
    previous_rate: float | None
    funding_change: float | None
    funding_z_score: float | None = None
    anomaly_score: float | None = None
    reasons: list[str] = []
    extreme_level: ExtremeLevel | None = None
    reversal_strength: float | None = None
    reversal_confidence: float | None = None
    mode: Mode
    schema: int = SCHEMA
