"""The record of one burst from its start to its end: totals, a tail that may still join, and the last grade."""

from typing import Final, Literal
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from clri.detectors.cascade_score import NAMES, Factors, Params
from clri.detectors.liquidation_window import Event, LiquidationWindow
from clri.maths.money import from_micro
from clri.model.cascade import CascadeState, CascadeUpdate, SideBias
from clri.model.levels import CASCADE_BANDS, cascade_band
from clri.model.names import Mode, Venue
from clri.model.timebase import SECOND

VERSION: Final = "burst-1"
"""Part of every id: another detector version finds other cascades."""

_NAMESPACE: Final = uuid5(NAMESPACE_URL, "urn:clri:cascade")
_RANKS: Final = {band: rank for rank, (_, band) in enumerate(reversed(CASCADE_BANDS))}


def cascade_id(symbol: str, started_at: int) -> UUID:
    """UUIDv5 of symbol, start (ns) and detector version: a replay finds the same id.

    Examples
    --------
    >>> str(cascade_id("BTC", 1_790_000_000_000_000_000))
    '71fa7997-b016-59e9-aeb8-fdcc0c81809d'
    """
    return uuid5(_NAMESPACE, f"{symbol}|{started_at}|{VERSION}")


def band_rank(risk: float) -> int:
    """Place of the band of a risk score, 0 = LOW .. 3 = EXTREME.

    Examples
    --------
    >>> [band_rank(risk) for risk in (0.69, 0.7, 1.0, 1.4999, 1.5)]
    [0, 1, 2, 2, 3]
    """
    return _RANKS[cascade_band(risk)]


class Totals(msgspec.Struct, array_like=True):
    """Sums over events, micro-USD, with the range of their prices (0 while there are none)."""

    n: int = 0
    usd: int = 0
    long: int = 0
    complete: int = 0
    price_min: float = 0.0
    price_max: float = 0.0
    venues: dict[Venue, int] = {}

    def add(self, event: Event) -> None:
        """Take one event."""
        price = event.price
        if self.n == 0:
            self.price_min = self.price_max = price
        elif price < self.price_min:
            self.price_min = price
        elif price > self.price_max:
            self.price_max = price
        self.n += 1
        self.usd += event.usd
        if event.long:
            self.long += event.usd
        if event.complete:
            self.complete += event.usd
        self.venues[event.venue] = self.venues.get(event.venue, 0) + event.usd

    def merge(self, other: "Totals") -> None:
        """Take the events of another sum."""
        if other.n == 0:
            return
        self.price_min = min(self.price_min, other.price_min) if self.n else other.price_min
        self.price_max = max(self.price_max, other.price_max) if self.n else other.price_max
        self.n += other.n
        self.usd += other.usd
        self.long += other.long
        self.complete += other.complete
        for venue, usd in other.venues.items():
            self.venues[venue] = self.venues.get(venue, 0) + usd


class Grade(msgspec.Struct, frozen=True, array_like=True):
    """The window at one evaluation: sums, factors, score and the threshold they were held against."""

    n: int
    usd: int
    factors: Factors
    risk: float
    threshold_usd: float
    threshold_source: Literal["floor", "adaptive"]


class Episode(msgspec.Struct, array_like=True):
    """One cascade that has not ended.

    Totals cover `started_at` .. `last_met_at`; later events wait in `tail` until the condition is met again. `grade`
    is the window at `last_met_at`; `band` is that of `max_risk`. `shown_*` and `changed` tell what was said last.
    """

    id: str
    started_at: int
    detected_at: int
    last_met_at: int
    totals: Totals
    tail: Totals
    grade: Grade
    max_usd: int
    max_risk: float
    band: int
    shown_state: CascadeState = "active"
    shown_band: int = -1
    changed: bool = True

    @property
    def usd(self) -> int:
        """USD of totals and tail, micro-USD."""
        return self.totals.usd + self.tail.usd

    def met(self, t: int, grade: Grade, event: Event | None) -> None:
        """Condition met at `t`: the tail and the event of this evaluation join the totals."""
        if self.tail.n:
            self.totals.merge(self.tail)
            self.tail = Totals()
            self.changed = True
        if event is not None:
            self.totals.add(event)
        if event is not None or t > self.last_met_at:
            self.changed = True
        self.last_met_at = t
        self.grade = grade
        if grade.usd > self.max_usd:
            self.max_usd = grade.usd
        if grade.risk > self.max_risk:
            self.max_risk = grade.risk
            self.band = band_rank(grade.risk)

    def late(self, event: Event) -> None:
        """Late event: into the totals or the tail by its time; before the start it belongs to nothing."""
        if event.t > self.last_met_at:
            self.tail.add(event)
        elif event.t >= self.started_at:
            self.totals.add(event)
            self.changed = True

    @property
    def higher(self) -> bool:
        """True if the band has risen above what was shown."""
        return self.band > self.shown_band


def begin(symbol: str, t: int, window: LiquidationWindow, grade: Grade) -> Episode:
    """Cascade that starts with the events of the window at `t`; O(n) once per cascade, for the price range."""
    totals = Totals()
    for event in window:
        totals.add(event)
    started_at = t if window.oldest is None else window.oldest
    return Episode(
        str(cascade_id(symbol, started_at)),
        started_at,
        t,
        t,
        totals,
        Totals(),
        grade,
        grade.usd,
        grade.risk,
        band_rank(grade.risk),
    )


def update(episode: Episode, *, symbol: str, ts: int, state: CascadeState, mode: Mode, params: Params) -> CascadeUpdate:
    """Publish the episode as it stands at event time `ts` (ns), and remember what was shown.

    Notes
    -----
    The grade (`risk_score`, `factors`, threshold) and the rates are those of the window at `last_met_at`, like the
    totals: velocity_usd_per_h = window USD * 3600 / window, events_per_min = window n * 60 / window. `side_bias`
    names a side with more than `side_share` of the USD. `market_wide` is set by the market pipeline.
    """
    totals, grade = episode.totals, episode.grade
    side_bias: SideBias = "BALANCED"
    if totals.long > params.side_share * totals.usd:
        side_bias = "LONG"
    elif totals.usd - totals.long > params.side_share * totals.usd:
        side_bias = "SHORT"
    episode.shown_state, episode.changed = state, False
    episode.shown_band = max(episode.shown_band, episode.band)
    return CascadeUpdate(
        cascade_id=episode.id,
        kind="burst",
        symbol=symbol,
        ts=ts,
        state=state,
        market_wide=False,
        started_at=episode.started_at,
        detected_at=episode.detected_at,
        last_met_at=episode.last_met_at,
        ended_at=episode.last_met_at if state == "ended" else None,
        duration_s=(episode.last_met_at - episode.started_at) / SECOND,
        event_count=totals.n,
        total_usd=from_micro(totals.usd),
        long_usd=from_micro(totals.long),
        short_usd=from_micro(totals.usd - totals.long),
        max_window_usd=from_micro(episode.max_usd),
        velocity_usd_per_h=from_micro(grade.usd * 3600) / params.window,
        events_per_min=grade.n * 60 / params.window,
        side_bias=side_bias,
        severity=None,
        risk_score=grade.risk,
        max_risk_score=episode.max_risk,
        factors=dict(zip(NAMES, grade.factors, strict=True)),
        threshold_usd=grade.threshold_usd,
        threshold_source=grade.threshold_source,
        venues={venue: from_micro(usd) for venue, usd in sorted(totals.venues.items())},
        completeness=totals.complete / totals.usd,
        price_min=totals.price_min,
        price_max=totals.price_max,
        mode=mode,
    )
