"""Memory store: the last day in bounded rings; answers live reads, keeps nothing for tomorrow."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from clri.model.cascade import CascadeUpdate
from clri.model.codec import Output
from clri.model.errors import ClriError
from clri.model.event_state import EventState, state_kind
from clri.model.facts import Fact, Liquidation, event_time
from clri.model.funding_event import FundingEvent
from clri.model.health import FeedHealth
from clri.model.names import MARKET, Mode
from clri.model.observation import Observation
from clri.model.pair import PairReading
from clri.model.reading import MarketReading, Reading
from clri.model.timebase import MINUTE
from clri.stores.checks import admitted, raise_first
from clri.stores.ring import Bounds, Ring
from clri.stores.schema import cascades, correlations, event_states, funding_events, health, liquidations

MAX_EVENTS: Final = 50_000
"""Liquidations, and cascades, that are kept per symbol whatever their age (about 30 MB)."""

T = TypeVar("T")


class _Rings(dict[str, Ring[T]]):
    """A ring per symbol, made when the symbol first comes."""

    def __init__(self, make: Callable[[], Ring[T]]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, symbol: str) -> Ring[T]:
        ring = self[symbol] = self._make()
        return ring

    def of(self, symbol: str | None) -> list[Ring[T]]:
        """The ring of a symbol, or all of them."""
        if symbol is None:
            return list(self.values())
        return [self[symbol]] if symbol in self else []


class MemoryStore:
    """Rings per symbol; implements `ports.Store`.

    Parameters
    ----------
    mode
        Mode of everything in it.
    minutes
        Rows kept per symbol, and age of the oldest liquidation and cascade kept, in minutes.

    Notes
    -----
    Belongs to one thread: who writes also reads.
    """

    def __init__(self, mode: Mode, minutes: int = 1440) -> None:
        self.mode: Mode = mode
        self.span: Final = minutes * MINUTE
        rows = Bounds(minutes)
        events = Bounds(MAX_EVENTS, self.span)
        self._readings: _Rings[Reading] = _Rings(lambda: _rows(rows))
        self._market: _Rings[MarketReading] = _Rings(lambda: _rows(rows))
        self._observations: _Rings[Observation] = _Rings(lambda: _rows(rows))
        self._correlations: _Rings[PairReading] = _Rings(lambda: _rows(rows))
        self._funding_events: _Rings[FundingEvent] = _Rings(
            lambda: Ring(
                events,
                place=lambda e: (e.ts, e.kind),
                identity=lambda e: (e.slot_ts, e.kind),
                replaces=lambda old, new: True,  # noqa: ARG005 - the last one written stays
            )
        )
        self._liquidations: _Rings[Liquidation] = _Rings(
            lambda: Ring(
                events,
                place=lambda e: (event_time(e), e.venue, e.event_id),
                identity=lambda e: (e.venue, e.event_id),
                replaces=lambda old, new: False,  # noqa: ARG005 - a redelivery says nothing new
            )
        )
        self._cascades: _Rings[CascadeUpdate] = _Rings(
            lambda: Ring(
                events,
                place=lambda c: (c.started_at, c.cascade_id),
                identity=lambda c: c.cascade_id,
                replaces=lambda old, new: new.ts >= old.ts,
            )
        )

        self._health: dict[str, FeedHealth] = {}
        self._states: dict[tuple[str, str], EventState] = {}

    def write(self, items: Iterable[Fact | Output]) -> None:
        """Take items; kinds that nobody asks for are passed over.

        Raises
        ------
        ConfigError, StoreError
            For the first item that is refused (another mode, nan), after all others were taken.
        """
        refused: list[ClriError] = []
        for item in admitted(items, "the memory store", self.mode, refused):
            if isinstance(item, Liquidation):
                self._liquidations[item.symbol].put(item, item.ts)
            elif isinstance(item, Observation):
                self._observations[item.symbol].put(item)
            elif isinstance(item, Reading):
                self._readings[item.symbol].put(item)
            elif isinstance(item, MarketReading):
                self._market[MARKET].put(item)
            elif isinstance(item, CascadeUpdate):
                self._cascades[item.symbol].put(item, item.ts)
            elif isinstance(item, PairReading):
                self._correlations[item.pair].put(item)
            elif isinstance(item, FundingEvent):
                self._funding_events[item.symbol].put(item, item.ts)
            else:
                self._take_newest(item)
        raise_first(refused)

    def flush(self) -> None:
        """Nothing to do: what is in memory is as durable as it will be."""

    def latest_readings(self) -> list[Reading]:
        """Newest reading of each symbol, by symbol name, also if its score is null."""
        newest = (self._readings[symbol].last() for symbol in sorted(self._readings))
        return [reading for reading in newest if reading is not None]

    def latest_market(self) -> MarketReading | None:
        """Newest market reading."""
        return self._market[MARKET].last()

    def readings(self, symbol: str, start: int, end: int) -> list[Reading]:
        """Readings of one symbol, oldest first."""
        return _joined(self._readings, symbol, start, end)

    def market(self, start: int, end: int) -> list[MarketReading]:
        """Market readings, oldest first."""
        return _joined(self._market, MARKET, start, end)

    def observations(self, symbol: str, start: int, end: int) -> list[Observation]:
        """Observation rows of one symbol, oldest first."""
        return _joined(self._observations, symbol, start, end)

    def liquidations(self, symbol: str | None, start: int, end: int, limit: int = 50) -> list[Liquidation]:
        """Liquidations by event time, newest first; symbol None = all."""
        found = liquidations.newest_first(_joined(self._liquidations, symbol, start, end))
        return list(islice(found, max(limit, 0)))

    def cascades(self, symbol: str | None, start: int, end: int) -> list[CascadeUpdate]:
        """Last state of each cascade that started in the range, newest first."""
        return cascades.newest_first(_joined(self._cascades, symbol, start, end))

    def correlations(self, pair: str | None, start: int, end: int) -> list[PairReading]:
        """Readings of one pair, or of all, oldest first."""
        return correlations.oldest_first(_joined(self._correlations, pair, start, end))

    def funding_events(self, symbol: str | None, start: int, end: int) -> list[FundingEvent]:
        """Funding anomalies and reversals of one symbol, or of all, oldest first."""
        return funding_events.oldest_first(_joined(self._funding_events, symbol, start, end))

    def health(self) -> list[FeedHealth]:
        """Newest picture of the feeds' health, by venue, channel and symbol."""
        return health.newest(self._health.values())

    def event_states(self, symbol: str | None) -> list[EventState]:
        """Newest state of each kind of one symbol, or of all, by symbol and kind."""
        return event_states.in_order(item for item in self._states.values() if symbol in (None, item.symbol))

    def _take_newest(self, item: Fact | Output) -> None:
        """Keep what has only a present."""
        if isinstance(item, FeedHealth):
            self._take_health(item)
        elif isinstance(item, EventState):
            key = (item.symbol, state_kind(item))
            held = self._states.get(key)
            if held is None or item.ts >= held.ts:
                self._states[key] = item

    def _take_health(self, item: FeedHealth) -> None:
        """Keep the newest picture only."""
        last = max((row.ts for row in self._health.values()), default=item.ts)
        if item.ts > last:
            self._health.clear()
        if item.ts >= last:
            self._health[health.feed_name(item)] = item

    def since(self, question: str, symbol: str | None) -> int:
        """From which time (ns) on this store lacks nothing that was ever written to it.

        Parameters
        ----------
        question
            Name of the read: `readings`, `market`, `observations`, `liquidations`, `cascades`, `correlations`,
            `funding_events`.
        symbol
            As in the read.
        """
        rings: _Rings[Any] = self._tables()[question]
        return max((ring.since for ring in rings.of(MARKET if question == "market" else symbol)), default=0)

    def retain(self, now: int) -> dict[str, int]:
        """Forget what is older than the span before `now` (ns); how much, by question, without zeros."""
        gone = {
            name: sum(ring.drop_before(now - self.span) for ring in rings.values())
            for name, rings in self._tables().items()
        }
        old = [name for name, row in self._health.items() if row.ts < now - self.span]
        for name in old:
            del self._health[name]
        gone["health"] = len(old)
        return {name: count for name, count in gone.items() if count}

    def _tables(self) -> dict[str, _Rings[Any]]:
        """Rings by the read that asks for them."""
        return {
            "readings": self._readings,
            "market": self._market,
            "observations": self._observations,
            "liquidations": self._liquidations,
            "cascades": self._cascades,
            "correlations": self._correlations,
            "funding_events": self._funding_events,
        }

    def close(self) -> None:
        """Nothing to release."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _rows(bounds: Bounds) -> Ring[Any]:
    """Ring of minute rows: one per time, the last one written stays."""
    return Ring(bounds, place=lambda row: (row.ts,), identity=lambda row: row.ts, replaces=lambda old, new: True)  # noqa: ARG005


def _joined(rings: _Rings[T], symbol: str | None, start: int, end: int) -> list[T]:
    """Items of a range from the ring of a symbol, or from all."""
    return list(_walk(rings.of(symbol), start, end))


def _walk(rings: list[Ring[T]], start: int, end: int) -> Iterator[T]:
    """Items of a range, ring by ring."""
    for ring in rings:
        yield from ring.between(start, end)
