"""A liquidation cascade from its start to its end, under one id."""

from typing import Literal

import msgspec

from clri.model.names import SCHEMA, Mode

CascadeState = Literal["active", "ended", "unknown"]
SideBias = Literal["LONG", "SHORT", "BALANCED"]


class CascadeUpdate(msgspec.Struct, frozen=True, kw_only=True, tag_field="k", tag="cas"):
    """State of a cascade at `ts`; an update replaces the former one of the same `cascade_id`.

    `kind` burst: 60-s window of the event tier, with `risk_score` 0..2 and its six `factors`; sustained: the 4-h
    episode of the minute tier, with `severity` 0..5. Money in USD, times in UTC ns (event time). `completeness` is
    the USD share from complete feeds: below 1 every total is a lower bound.
    """

    cascade_id: str
    kind: Literal["burst", "sustained"]
    symbol: str
    ts: int
    state: CascadeState
    market_wide: bool
    started_at: int
    detected_at: int
    last_met_at: int
    ended_at: int | None
    duration_s: float
    event_count: int
    total_usd: float
    long_usd: float
    short_usd: float
    max_window_usd: float
    velocity_usd_per_h: float
    events_per_min: float
    side_bias: SideBias
    severity: float | None
    risk_score: float | None
    max_risk_score: float | None
    factors: dict[str, float]
    threshold_usd: float
    threshold_source: Literal["floor", "adaptive"]
    venues: dict[str, float]
    completeness: float
    price_min: float
    price_max: float
    mode: Mode
    schema: int = SCHEMA
