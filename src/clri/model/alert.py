"""What a rule says to people and systems when a condition begins or ends."""

from typing import Any, Literal

import msgspec

from clri.model.levels import Direction, RiskLevel
from clri.model.names import SCHEMA, Mode

AlertType = Literal[
    "THRESHOLD_CROSSED",
    "CLRI_SPIKE",
    "DIVERGENCE",
    "LIQUIDATION_EVENT",
    "PRICE_VALIDATION",
    "CASCADE",
    "CASCADE_SIGNAL",
    "LIQUIDATION_CASCADE",
    "FUNDING_ANOMALY",
    "FUNDING_REVERSAL",
    "VOLATILITY_REGIME_CHANGE",
    "CORRELATION_BREAK",
    "REGIME_CONFIRMED",
    "CASCADE_RISK",
    "FEED_SILENT",
    "SCORE_UNKNOWN",
    "TEST_EVENT",
]
Severity = Literal["INFO", "WARNING", "CRITICAL"]


class TrackRecord(msgspec.Struct, frozen=True):
    """How the rule did so far: `hits` of `n` firings in `window_d` days, against `base_rate` by chance (0..1)."""

    n: int
    hits: int
    base_rate: float
    window_d: int


class Alert(msgspec.Struct, frozen=True, kw_only=True, tag_field="k", tag="alt"):
    """One alert. `id` = `alt_` + hash of `dedupe_key`, so a replayed trigger is the same alert."""

    id: str
    ts: int
    symbol: str
    alert_type: AlertType
    severity: Severity
    state: Literal["firing", "resolved"]
    rule: str
    title: str
    message: str
    source: str
    data: dict[str, Any]
    clri_score: int | None
    risk_level: RiskLevel | None
    direction: Direction | None
    coverage: float
    mode: Mode
    valid_until: int
    dedupe_key: str
    group_key: str
    track_record: TrackRecord | None = None
    schema: int = SCHEMA
