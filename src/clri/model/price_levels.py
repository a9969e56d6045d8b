"""Where positions were closed by force: sums by price level, a heat map of them, and the zones they make."""

from typing import Literal

import msgspec

from clri.model.names import SCHEMA, Mode, Side, Venue


class LevelSum(msgspec.Struct, frozen=True):
    """One level [`price_level`, `price_level` + `step`) and position side: count, USD, coins, USD by venue.

    `first_ts` and `last_ts` are event times, ns.
    """

    price_level: float
    step: float
    side: Side
    count: int
    usd: float
    qty: float
    venues: dict[Venue, float]
    first_ts: int
    last_ts: int


class LevelHorizon(msgspec.Struct, frozen=True):
    """Levels of the last `hours`, the largest by USD first; the totals also count levels that are not listed.

    `completeness` is the USD share from complete feeds: below 1 every sum is a lower bound; None without an event.
    """

    hours: int
    levels: list[LevelSum]
    level_count: int
    event_count: int
    total_usd: float
    completeness: float | None


class PriceLevels(msgspec.Struct, frozen=True, kw_only=True, tag_field="k", tag="lvl"):
    """Price levels of one symbol at the minute end `ts` (ns, event time); observed liquidations, never estimates.

    `step` is the width in force; levels made under an earlier width keep theirs. None before the first price.
    """

    symbol: str
    ts: int
    mode: Mode
    schema: int = SCHEMA
    step: float | None
    horizons: list[LevelHorizon]


class LevelCluster(msgspec.Struct, frozen=True):
    """A price level on which at least two positions of either side were closed; `long_percentage` of its USD."""

    price_level: float
    step: float
    liquidation_count: int
    total_value_usd: float
    long_percentage: float
    exchanges: list[Venue]


class HeatCell(msgspec.Struct, frozen=True):
    """Sums of one level in one span of time that ends at `ts` (ns)."""

    ts: int
    price_level: float
    step: float
    count: int
    long_usd: float
    short_usd: float


class SupportZone(msgspec.Struct, frozen=True):
    """A tenth of the price range in which much was liquidated.

    `price_level` is the USD-weighted mean price; `zone_strength` 0..5 = min(USD in millions, 5); `risk_rank` 1 =
    most USD. `distance_pct` and `kind` are seen from the mark price; None without one.
    """

    price_level: float
    risk_rank: int
    zone_strength: float
    total_usd: float
    long_usd: float
    short_usd: float
    count: int
    price_min: float
    price_max: float
    distance_pct: float | None
    kind: Literal["SUPPORT", "RESISTANCE"] | None


class SupportZones(msgspec.Struct, frozen=True, kw_only=True, tag_field="k", tag="zon"):
    """Zones of one symbol at the minute end `ts` (ns) over the last `days`; empty if too little happened.

    `since` is the time of the oldest event counted (ns); `completeness` as in `LevelHorizon`.
    """

    symbol: str
    ts: int
    mode: Mode
    schema: int = SCHEMA
    days: int
    event_count: int
    since: int | None
    mark: float | None
    zones: list[SupportZone]
    completeness: float | None
