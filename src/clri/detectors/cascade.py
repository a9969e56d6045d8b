"""Bursts of liquidations of one symbol, each under one id from start to end (SCORES 5)."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final

import msgspec

from clri.detectors.adaptive_threshold import AdaptiveThreshold
from clri.detectors.cascade_episode import VERSION, Episode, Grade, begin, update
from clri.detectors.cascade_score import Params, factors, risk_score
from clri.detectors.feed_health import FeedHealth
from clri.detectors.liquidation_window import LIMIT, Event, LiquidationWindow, event_of
from clri.engine.snapshot import pack, unpack
from clri.maths.money import nearest_micro
from clri.model.cascade import CascadeState, CascadeUpdate
from clri.model.control import LIQUIDATION, FeedStatus, Tick
from clri.model.errors import QuarantineError, SnapshotError
from clri.model.facts import Fact, Liquidation
from clri.model.names import MARKET, Mode, Venue
from clri.model.reading import Reading
from clri.model.timebase import MINUTE, SECOND

__all__ = ["CascadeDetector", "Params"]

DEFAULTS: Final = Params()

_encoder: Final = msgspec.msgpack.Encoder(order="deterministic")


class _State(msgspec.Struct, array_like=True):
    now: int
    feeds: list[tuple[Venue, str]]
    seen: bool
    minute_max: float
    episode: Episode | None


class CascadeDetector:
    """Finds cascades in the event-ordered liquidations and Ticks of one symbol; an `Operator`.

    Parameters
    ----------
    symbol
        Base coin; facts of other symbols are passed over, except FeedStatus and Tick of MARKET.
    mode
        Written into every update.
    params
        Numbers of SCORES 11.

    Notes
    -----
    *Condition* at an event or Tick of time t: at least `min_events` events and at least the threshold in USD in
    (t - 60 s, t]. The threshold is `AdaptiveThreshold` over the window sums at the 60-s Ticks; a minute in which no
    venue's feed was up at some moment is a missing sample.

    *Start* at an event that meets the condition while there is no cascade; `started_at` is the oldest event of that
    window. *Met again* at any later event or Tick: `last_met_at` moves, the tail joins. *End* at the first Tick
    with t - last_met_at >= `end_after` while a feed is up; `ended_at` = `last_met_at`, the tail is dropped. While no
    feed is up the state is `unknown` and no end is declared.

    *Updates*: at the start, at a higher band, at each Tick if something changed, at the end. Their `ts` is the event
    time of the evaluation. Risk score and factors are those of the window at `last_met_at`.

    *Warm-up*: none; below `n_min` samples the floor is the threshold. *Missing input*: without a healthy feed `row`
    gives None, never 0. Range of scores: 0..2.

    O(1) per event (the start of a cascade reads its window once).

    Examples
    --------
    >>> from clri.testing.builders import T0, liquidation
    >>> detector = CascadeDetector("BTC", "replay-simulated")
    >>> for n in range(5):
    ...     for found in detector.on_fact(liquidation(ts=T0 + n, price=60_000.0, qty=1.0)):
    ...         print(found.state, found.event_count, found.total_usd, round(found.risk_score, 4))
    active 5 300000.0 1.3
    >>> detector.row()
    {'cascade_score_max': 1.3, 'cascade_active': True}
    """

    listens: ClassVar[frozenset[type[Fact]]] = frozenset({FeedStatus})

    def __init__(self, symbol: str, mode: Mode, params: Params = DEFAULTS) -> None:
        self.symbol = symbol
        self.mode = mode
        self.params = params
        self._symbols = (symbol, MARKET)
        self._window = LiquidationWindow(
            params.window * SECOND, nearest_micro(params.institutional_usd), round(params.venue_min_share * 1_000_000)
        )
        self._threshold = AdaptiveThreshold(params.floor_usd, params.quantile, params.quantile_window, params.n_min)
        self._feeds = FeedHealth(LIQUIDATION)
        self._now = 0
        self._seen = False  # a feed was up throughout this minute so far
        self._minute_max = 0.0
        self._episode: Episode | None = None
        self._grade: Grade | None = None  # of the window as it is; None = compute

    def on_fact(self, fact: Fact) -> Iterable[CascadeUpdate]:
        """Take one fact; O(1).

        Raises
        ------
        QuarantineError
            `range`, if a notional or a sum would pass 9.2e12 USD; the state is unchanged.
        """
        if fact.backfill or fact.symbol not in self._symbols:
            return ()
        if isinstance(fact, Liquidation):
            return self._on_liquidation(fact)
        if isinstance(fact, Tick):
            return self._on_tick(fact)
        if isinstance(fact, FeedStatus):
            self._feeds.on_status(fact)
            self._seen = self._seen and self._feeds.healthy
        return ()

    def on_reading(self, reading: Reading) -> Iterable[CascadeUpdate]:  # noqa: ARG002 - events say it all
        """Take the reading of the minute that ended: not used."""
        return ()

    def on_late(self, fact: Liquidation) -> Iterable[CascadeUpdate]:
        """Correct the totals of the running cascade; window, score and condition stay. Shown at the next Tick.

        An event before `started_at`, or without a running cascade, changes nothing: an ended cascade lies at least
        `end_after` back, further than any late event.
        """
        if fact.backfill or fact.symbol != self.symbol:
            return ()
        event = self._checked(fact)
        self._feeds.on_event(event.venue)
        if self._episode is not None:
            self._episode.late(event)
        return ()

    def warm(self, first: int, sums: Sequence[float]) -> None:
        """Take the sums of earlier minutes for the threshold; `first` = end of the first (ns), USD, NaN = missing."""
        for number, usd in enumerate(sums):
            self._threshold.sample(first + number * MINUTE, None if math.isnan(usd) else usd)

    def row(self) -> Mapping[str, Any]:
        """Fields of the minute that ends now; the maximum starts anew.

        Returns
        -------
        Mapping
            `cascade_score_max`: largest risk score (0..2) of the minute's evaluations that met the condition,
            0.0 if none did. `cascade_active`: a cascade is running. Both None without a healthy feed.
        """
        healthy, best = self._feeds.healthy, self._minute_max
        self._minute_max = 0.0
        return {
            "cascade_score_max": best if healthy else None,
            "cascade_active": self._episode is not None if healthy else None,
        }

    def snapshot(self) -> bytes:
        """State as bytes; equal states give equal bytes."""
        state = _State(self._now, self._feeds.state(), self._seen, self._minute_max, self._episode)
        return pack(
            self._fingerprint(),
            {
                "state": _encoder.encode(state),
                "threshold": self._threshold.snapshot(),
                "window": self._window.snapshot(),
            },
        )

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
            self._window.restore(parts["window"])
            self._threshold.restore(parts["threshold"])
        except (KeyError, msgspec.DecodeError) as error:
            raise SnapshotError(f"saved state of the cascade detector is unreadable: {error}") from error
        self._now, self._seen, self._minute_max = state.now, state.seen, state.minute_max
        self._feeds.set_state(state.feeds)
        self._episode = state.episode
        self._grade = None

    def _on_liquidation(self, fact: Liquidation) -> Iterable[CascadeUpdate]:
        event = self._checked(fact)
        if event.t < self._now:  # not from a reorder buffer: it may not bend the window
            return self.on_late(fact)
        self._now = event.t
        self._feeds.on_event(event.venue)
        self._window.expire(event.t)
        self._window.add(event)
        self._grade = None
        grade = self._met()
        episode = self._episode
        if grade is None:
            if episode is not None:
                episode.tail.add(event)
            return ()
        if episode is None:
            self._episode = begin(self.symbol, event.t, self._window, grade)
            return self._emit(self._episode, self._running())
        episode.met(event.t, grade, event)
        return self._emit(episode, self._running()) if episode.higher else ()

    def _on_tick(self, tick: Tick) -> Iterable[CascadeUpdate]:
        self._now = max(self._now, tick.boundary)
        if self._window.expire(self._now):
            self._grade = None
        out = self._advance(self._met())
        if tick.period_s * SECOND == MINUTE:
            whole = self._seen and self._feeds.healthy
            self._threshold.sample(tick.boundary, self._window.usd / 1_000_000 if whole else None)
            self._seen = self._feeds.healthy
            self._grade = None
        return out

    def _advance(self, grade: Grade | None) -> Iterable[CascadeUpdate]:
        """Continue or end the running cascade at a Tick."""
        episode, healthy = self._episode, self._feeds.healthy
        if episode is None:
            return ()
        if grade is not None:
            episode.met(self._now, grade, None)
        if healthy and self._now - episode.last_met_at >= self.params.end_after * SECOND:
            self._episode = None
            return self._emit(episode, "ended")
        state = self._running()
        return self._emit(episode, state) if episode.changed or state != episode.shown_state else ()

    def _met(self) -> Grade | None:
        """Grade of the window if it meets the condition.

        A lone event is focused too: graded without the condition, every quiet minute would read MODERATE.
        """
        window, level = self._window, self._threshold.value
        if window.n < self.params.min_events or window.usd / 1_000_000 < level:
            return None
        grade = self._grade
        if grade is None:
            found = factors(window, level, self.params)
            grade = Grade(window.n, window.usd, found, risk_score(found), level, self._threshold.source)
            self._grade = grade
        if grade.risk > self._minute_max:
            self._minute_max = grade.risk
        return grade

    def _running(self) -> CascadeState:
        return "active" if self._feeds.healthy else "unknown"

    def _emit(self, episode: Episode, state: CascadeState) -> tuple[CascadeUpdate]:
        return (update(episode, symbol=self.symbol, ts=self._now, state=state, mode=self.mode, params=self.params),)

    def _checked(self, fact: Liquidation) -> Event:
        """Event of a fact, if every sum can still take it."""
        event = event_of(fact)
        held = self._window.usd + event.usd
        if held > LIMIT or (self._episode is not None and self._episode.usd + event.usd > LIMIT):
            raise QuarantineError("range", f"{fact.venue} {fact.raw}: sum of liquidations above 9.2e12 USD")
        return event

    def _fingerprint(self) -> str:
        return f"cascade/{VERSION} {self.symbol} {self.mode} {self.params!r}"
