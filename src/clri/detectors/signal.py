"""How strongly the last seconds look like a cascade: six factors, 0..1, and a level (SCORES 6)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Final, get_args

import msgspec

from clri.detectors.adaptive_threshold import AdaptiveThreshold
from clri.detectors.feed_health import FeedHealth
from clri.detectors.liquidation_window import usd_of
from clri.detectors.pace import SPANS, Held, Pace, second_of
from clri.detectors.velocity import acceleration, velocity
from clri.engine.snapshot import pack, unpack
from clri.maths.money import from_micro
from clri.model.control import LIQUIDATION, FeedStatus, Tick
from clri.model.errors import SnapshotError
from clri.model.facts import Fact, Liquidation, event_time
from clri.model.names import MARKET, Mode, Venue
from clri.model.reading import Reading
from clri.model.timebase import MINUTE, SECOND
from clri.model.velocity import CascadeSignal, SignalLevel

VERSION: Final = 1
WEIGHTS: Final = {
    "velocity": 25,
    "acceleration": 20,
    "volume": 20,
    "oi_change": 15,
    "funding": 10,
    "volatility": 10,
}
"""Weights in percent."""

LEVELS: Final[tuple[SignalLevel, ...]] = get_args(SignalLevel)

_2, _10, _20, _30, _60 = range(len(SPANS))
_NEVER: Final = -1


@dataclass(frozen=True, slots=True)
class Params:
    """Numbers of the cascade signal (SCORES 11 `signal.*`).

    Parameters
    ----------
    floor_velocity, floor_acceleration, floor_usd
        Least references of the event factors: events/s, events/s^2, USD/s; all > 0.
    quantile, days, n_min
        Adaptive references: fraction of the quantile, look-back in d, minutes before it counts.
    oi_ref, funding_ref, volatility_ref
        What is worth 1: fall of open interest in 5 min in %, rate per 8 h, risk multiplier; all > 0.
    levels
        Lower edges of WATCH, ALERT, CRITICAL, EXTREME, rising, 0..1.
    fall_after
        Time below a level's edge after which the level is left, s.
    gate_sigma
        As in `clri.detectors.velocity.Params`.

    Raises
    ------
    ValueError
        If a field is out of its range.
    """

    floor_velocity: float = 2.0
    floor_acceleration: float = 0.2
    floor_usd: float = 5e4
    quantile: float = 0.999
    days: int = 30
    n_min: int = 10_080
    oi_ref: float = 5.0
    funding_ref: float = 0.001
    volatility_ref: float = 2.5
    levels: tuple[float, float, float, float] = (0.30, 0.50, 0.70, 0.90)
    fall_after: int = 30
    gate_sigma: float = 2.0

    def __post_init__(self) -> None:
        above = ("floor_velocity", "floor_acceleration", "floor_usd", "oi_ref", "funding_ref", "volatility_ref")
        wrong = [f"{name}={getattr(self, name)} (expected > 0)" for name in above if not getattr(self, name) > 0.0]
        if not 0.0 <= self.quantile <= 1.0:
            wrong.append(f"quantile={self.quantile} (expected 0..1)")
        if not all(a < b for a, b in pairwise((0.0, *self.levels))) or self.levels[-1] > 1.0:
            wrong.append(f"levels={self.levels} (expected rising, above 0, at most 1)")
        if self.fall_after < 0 or not self.gate_sigma >= 0.0:
            wrong.append(f"fall_after={self.fall_after}, gate_sigma={self.gate_sigma} (expected >= 0)")
        if wrong:
            raise ValueError("signal parameters: " + ", ".join(wrong))


DEFAULTS: Final = Params()


def signal_strength(factors: Mapping[str, float | None]) -> float | None:
    """Weighted mean of the factors that are there, 0..1; None without velocity or volume.

    Examples
    --------
    >>> found = dict(zip(WEIGHTS, (4.96 / 6, 0.36 / 0.6, 260 / 400, 1.9 / 5, 0.3, 1.8 / 2.5)))
    >>> round(signal_strength(found), 4), round(signal_strength(found | {"oi_change": None}), 4)
    (0.6157, 0.6573)
    >>> signal_strength(found | {"volume": None})
    """
    if factors["velocity"] is None or factors["volume"] is None:
        return None
    total = weight = 0.0
    for name, share in WEIGHTS.items():
        factor = factors[name]
        if factor is not None:
            total += share * factor
            weight += share
    return total / weight


class _State(msgspec.Struct, array_like=True):
    now: int
    up_since: int
    feeds: list[tuple[Venue, str]]
    seen: bool
    pace: Held
    maxima: list[float | None]
    minute_max: float
    last_at: list[int]
    valid_until: int
    context: list[float | None]
    shown: CascadeSignal | None


class SignalDetector:
    """Cascade signal of one symbol; an `Operator`.

    Parameters
    ----------
    symbol
        Base coin; facts of other symbols are passed over, except FeedStatus and Tick of MARKET.
    mode
        Written into every output.
    params
        Numbers of SCORES 11.

    Notes
    -----
    Evaluated at each 1-s Tick: `signal_strength` of min(1, x/ref) for

    | factor | x | ref |
    |---|---|---|
    | velocity | `clri.detectors.velocity.velocity` | max(floor_velocity, Q) |
    | acceleration | max(0, `acceleration`) | max(floor_acceleration, Q) |
    | volume | USD per second over 10 s | max(floor_usd, Q) |
    | oi_change | max(0, -change of open interest in 5 min, %) | oi_ref |
    | funding | abs(rate per 8 h) | funding_ref |
    | volatility | risk multiplier of the volatility regime | volatility_ref |

    Q is the own 30-d 99.9 % quantile of the per-minute maxima of that x (`AdaptiveThreshold`); a minute in which no
    feed was up at some moment is a missing sample. The last three come from the symbol's newest reading, as long as
    that is valid.

    *Level*: the highest whose lower edge was reached within the last `fall_after` s: it rises at once and falls
    late. *Output*: a `CascadeSignal` at each Tick at which anything but the time differs from the last shown.

    *Warm-up*: references are the floors below `n_min` samples; acceleration is missing until a feed has been up
    for 20 s. *Missing input*: a missing factor leaves and the rest renormalise; without a healthy feed velocity and
    volume are missing, and with them the signal: None, not 0. A quiet feed gives those factors 0. Range 0..1.

    O(1) per event; 1.3 MB per symbol for three histories of 30 d.

    Examples
    --------
    >>> from clri.testing.builders import T0, liquidation, tick
    >>> detector = SignalDetector("BTC", "replay-simulated")
    >>> for n in range(10):
    ...     _ = detector.on_fact(liquidation(ts=T0 + n, ts_venue=T0 + n + 1, price=60_000.0, qty=1.0))
    >>> (found,) = detector.on_fact(tick(ts=T0 + 1_000_000_000, period_s=1))
    >>> found.signal_level, found.factors["velocity"], found.factors["volume"], found.coverage
    ('EXTREME', 1.0, 1.0, 0.45)
    """

    listens: ClassVar[frozenset[type[Fact]]] = frozenset({FeedStatus})

    def __init__(self, symbol: str, mode: Mode, params: Params = DEFAULTS) -> None:
        self.symbol = symbol
        self.mode = mode
        self.params = params
        self._symbols = (symbol, MARKET)
        self._feeds = FeedHealth(LIQUIDATION)
        self._pace = Pace()
        floors = {
            "velocity": params.floor_velocity,
            "acceleration": params.floor_acceleration,
            "volume": params.floor_usd,
        }
        self._references = {
            name: AdaptiveThreshold(floor, params.quantile, params.days, params.n_min) for name, floor in floors.items()
        }
        self._now = 0
        self._up_since = _NEVER
        self._seen = False  # a feed was up throughout this minute so far
        self._maxima: list[float | None] = [None, None, None]
        self._minute_max = 0.0
        self._last_at = [_NEVER] * len(params.levels)
        self._valid_until = 0
        self._context: list[float | None] = [None, None, None]
        self._shown: CascadeSignal | None = None

    def on_fact(self, fact: Fact) -> Iterable[CascadeSignal]:
        """Take one fact; O(1).

        Raises
        ------
        QuarantineError
            `range`, if the notional passes 9.2e12 USD; the state is unchanged.
        """
        if fact.backfill or fact.symbol not in self._symbols:
            return ()
        if isinstance(fact, Liquidation):
            usd = usd_of(fact)
            self._feeds.on_event(fact.venue)
            t = event_time(fact)
            if t > self._now:  # else not from a reorder buffer: its second is closed
                self._pace.add(-(-t // SECOND), usd, complete=fact.completeness == "all")
        elif isinstance(fact, Tick):
            if fact.period_s == 1:
                return self._on_second(fact.boundary)
            if fact.period_s * SECOND == MINUTE:
                self._on_minute(fact.boundary)
        elif isinstance(fact, FeedStatus):
            self._feeds.on_status(fact)
            if not self._feeds.healthy:
                self._up_since, self._seen = _NEVER, False
        return ()

    def on_late(self, fact: Liquidation) -> Iterable[CascadeSignal]:
        """A late event moves no window; it only shows that its venue delivers."""
        if not fact.backfill and fact.symbol == self.symbol:
            self._feeds.on_event(fact.venue)
        return ()

    def on_reading(self, reading: Reading) -> Iterable[CascadeSignal]:
        """Take what events cannot tell: open interest, funding, volatility; shown at the next Tick."""
        fall = reading.extra.get("oi_change_5m_pct")
        self._context = [
            None if fall is None else max(0.0, -fall),
            None if reading.funding_rate is None else abs(reading.funding_rate),
            reading.risk_mult,
        ]
        self._valid_until = reading.valid_until
        return ()

    def row(self) -> Mapping[str, Any]:
        """Field of the minute that ends now; the maximum starts anew.

        Returns
        -------
        Mapping
            `cascade_signal_max`: largest signal of the minute's evaluations, 0..1; None without a healthy feed.
        """
        best, self._minute_max = self._minute_max, 0.0
        return {"cascade_signal_max": best if self._feeds.healthy else None}

    def snapshot(self) -> bytes:
        """State as bytes; equal states give equal bytes."""
        state = _State(
            self._now,
            self._up_since,
            self._feeds.state(),
            self._seen,
            self._pace.held(),
            self._maxima,
            self._minute_max,
            self._last_at,
            self._valid_until,
            self._context,
            self._shown,
        )
        parts = {name: threshold.snapshot() for name, threshold in self._references.items()}
        return pack(self._fingerprint(), parts | {"state": msgspec.msgpack.encode(state)})

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes.

        Raises
        ------
        SnapshotError
            If the bytes are damaged or of another version, symbol, mode or parameters.
        """
        parts = unpack(self._fingerprint(), data)
        try:
            state = msgspec.msgpack.decode(parts["state"], type=_State)
            for name, threshold in self._references.items():
                threshold.restore(parts[name])
        except (KeyError, msgspec.DecodeError) as error:
            raise SnapshotError(f"saved state of the cascade signal is unreadable: {error}") from error
        self._feeds.set_state(state.feeds)
        self._pace = Pace.of(state.pace)
        self._now, self._up_since, self._seen = state.now, state.up_since, state.seen
        self._maxima, self._minute_max, self._last_at = state.maxima, state.minute_max, state.last_at
        self._valid_until, self._context, self._shown = state.valid_until, state.context, state.shown

    def _on_second(self, boundary: int) -> Iterable[CascadeSignal]:
        self._now = max(self._now, boundary)
        self._pace.close(second_of(self._now))
        found = self._evaluate()
        shown = self._shown
        if shown is not None and found == msgspec.structs.replace(shown, ts=found.ts):
            return ()
        self._shown = found
        return (found,)

    def _on_minute(self, boundary: int) -> None:
        """Put the minute's maxima into the histories."""
        whole = self._seen and self._feeds.healthy
        for threshold, best in zip(self._references.values(), self._maxima, strict=True):
            threshold.sample(boundary, best if whole else None)
        self._maxima = [None, None, None]
        self._seen = self._feeds.healthy

    def _measures(self) -> list[float | None]:
        """Velocity, rise of acceleration (both per second) and USD per second; None without a feed."""
        if not self._feeds.healthy:
            self._up_since = _NEVER
            return [None, None, None]
        if self._up_since == _NEVER:
            self._up_since = self._now
        n, usd = self._pace.n, self._pace.usd
        rise = None
        if self._now - self._up_since >= SPANS[_20] * SECOND:
            rise = max(0.0, acceleration(n[_10], n[_20] - n[_10], self.params.gate_sigma))
        return [velocity(n[_2], n[_10], n[_60]), rise, from_micro(usd[_10]) / SPANS[_10]]

    def _evaluate(self) -> CascadeSignal:
        """Signal at the Tick that has just closed its second."""
        params, measures = self.params, self._measures()
        for at, value in enumerate(measures):
            best = self._maxima[at]
            if value is not None and (best is None or value > best):
                self._maxima[at] = value
        references = {name: threshold.value for name, threshold in self._references.items()}
        context = self._context if self._now <= self._valid_until else [None, None, None]
        limits = (*references.values(), params.oi_ref, params.funding_ref, params.volatility_ref)
        factors = {
            name: None if x is None else min(1.0, x / limit)
            for name, x, limit in zip(WEIGHTS, [*measures, *context], limits, strict=True)
        }
        strength = signal_strength(factors)
        if strength is not None and strength > self._minute_max:
            self._minute_max = strength
        pace = self._pace
        return CascadeSignal(
            symbol=self.symbol,
            ts=self._now,
            mode=self.mode,
            signal_strength=strength,
            signal_level=self._level(strength),
            factors=factors,
            references=references,
            coverage=sum(WEIGHTS[name] for name, factor in factors.items() if factor is not None) / 100,
            velocity=measures[0],
            acceleration=measures[1],
            usd_per_s=measures[2],
            completeness=pace.complete / pace.usd[_60] if pace.usd[_60] else None,
        )

    def _level(self, strength: float | None) -> SignalLevel | None:
        """Level of a strength, held up for `fall_after` s."""
        if strength is None:
            return None
        level = 0
        for at, edge in enumerate(self.params.levels):
            if strength >= edge:
                self._last_at[at] = self._now
            since = self._last_at[at]
            if since != _NEVER and (since == self._now or self._now - since < self.params.fall_after * SECOND):
                level = at + 1
        return LEVELS[level]

    def _fingerprint(self) -> str:
        return f"signal/{VERSION} {self.symbol} {self.mode} {self.params!r}"
