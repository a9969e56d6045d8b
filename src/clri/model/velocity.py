"""How fast positions are being closed, second by second, and how strongly that looks like a cascade."""

from typing import Literal

import msgspec

from clri.model.names import SCHEMA, Mode, Venue

SignalLevel = Literal["NONE", "WATCH", "ALERT", "CRITICAL", "EXTREME"]


class Rates(msgspec.Struct, frozen=True):
    """One list per quantity, one value per window of `Velocity.windows_s`: count, events/s, USD/s."""

    n: list[int]
    events_per_s: list[float]
    usd_per_s: list[float]


class Velocity(msgspec.Struct, frozen=True, kw_only=True, tag_field="k", tag="vel"):
    """Pace of liquidations of one symbol at the second `ts` (ns, event time).

    `velocity` events/s, `acceleration` events/s^2, `jerk` events/s^3; None without a feed, the latter two also while
    a feed has not yet been up as long as their windows. `rates` over all venues, `venues` for those with an event
    in the last 60 s. `completeness` is the 60-s USD share from complete feeds: below 1 all is a lower bound;
    None without an event.
    """

    symbol: str
    ts: int
    mode: Mode
    schema: int = SCHEMA
    velocity: float | None
    acceleration: float | None
    jerk: float | None
    windows_s: list[float]
    rates: Rates
    venues: dict[Venue, Rates]
    completeness: float | None


class CascadeSignal(msgspec.Struct, frozen=True, kw_only=True, tag_field="k", tag="sig"):
    """Strength 0..1 of the signs of a cascade at the second `ts` (ns, event time); not a probability.

    `signal_strength` and `signal_level` are None without a liquidation feed. `factors` are 0..1 each, None if
    missing; `coverage` is the weight of those present. `references` are what x is held against for the three event
    factors. `usd_per_s` over 10 s; `completeness` as in `Velocity`.
    """

    symbol: str
    ts: int
    mode: Mode
    schema: int = SCHEMA
    signal_strength: float | None
    signal_level: SignalLevel | None
    factors: dict[str, float | None]
    references: dict[str, float]
    coverage: float
    velocity: float | None
    acceleration: float | None
    usd_per_s: float | None
    completeness: float | None
