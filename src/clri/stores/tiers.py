"""Two stores as one: memory answers what it holds, the durable store the rest."""

from collections.abc import Iterable
from types import TracebackType
from typing import Final, Self

from clri.model.cascade import CascadeUpdate
from clri.model.codec import Output
from clri.model.event_state import EventState
from clri.model.facts import Fact, Liquidation, event_time
from clri.model.funding_event import FundingEvent
from clri.model.health import FeedHealth
from clri.model.names import MARKET, Mode
from clri.model.observation import Observation
from clri.model.pair import PairReading
from clri.model.reading import MarketReading, Reading
from clri.ports import Readings, Store
from clri.stores.faults import other_mode
from clri.stores.memory import MemoryStore

_ALWAYS: Final = 2**62
"""End of all time, ns (year 2116)."""


class TieredStore:
    """Writes go to both, reads to memory as far back as it reaches; implements `ports.Store`.

    Parameters
    ----------
    memory
        An empty store; it is filled with the newest `memory.span` of the durable one, so that a restart is no gap.
    durable
        What a restart begins from. Closing the pair closes it.

    Raises
    ------
    ConfigError
        If the two hold different modes.

    Notes
    -----
    An item is in memory from `write` on, in the durable store from `flush` on; a flush that fails leaves live reads
    as they are. A symbol whose rows were not filled in at the start (it had no reading) is answered by memory from
    its first row on.
    """

    def __init__(self, memory: MemoryStore, durable: Store) -> None:
        if memory.mode != durable.mode:
            raise other_mode("the durable store", durable.mode, memory.mode)
        self.mode: Mode = memory.mode
        self._memory: Final = memory
        self._durable: Final = durable
        self._filled: set[str] = set()
        self._first: dict[tuple[str, str], int] = {}
        self._start: Final = self._fill()

    def _fill(self) -> int:
        """Copy the newest into memory; from which time (ns) on that is complete."""
        latest, market = self._durable.latest_readings(), self._durable.latest_market()
        events = self._durable.liquidations(None, 0, _ALWAYS, limit=1)
        times = [*(r.ts for r in latest), *(event_time(e) for e in events)]
        newest = max(times if market is None else [*times, market.ts], default=0)
        start = max(newest - self._memory.span, 0)
        self._memory.write(latest)
        self._memory.write(self._durable.market(start, _ALWAYS))
        self._memory.write(self._durable.liquidations(None, start, _ALWAYS, limit=1_000_000))
        self._memory.write(self._durable.cascades(None, start, _ALWAYS))
        self._memory.write(self._durable.correlations(None, start, _ALWAYS))
        self._memory.write(self._durable.funding_events(None, start, _ALWAYS))
        self._memory.write(self._durable.health())
        self._memory.write(self._durable.event_states(None))
        self._filled = {MARKET, *(r.symbol for r in latest)} if latest else set()
        for symbol in sorted(self._filled):
            self._memory.write(self._durable.readings(symbol, start, _ALWAYS))
            self._memory.write(self._durable.observations(symbol, start, _ALWAYS))
        return start

    def _answers(self, question: str, symbol: str | None, start: int) -> Readings:
        """The store that holds all of a range from `start` on."""
        since = self._memory.since(question, symbol)
        if symbol is not None and question in {"readings", "observations"} and symbol not in self._filled:
            since = max(since, self._first.get((question, symbol), _ALWAYS))
        return self._memory if start >= max(since, self._start) else self._durable

    def write(self, items: Iterable[Fact | Output]) -> None:
        """Take items; they are readable at once and durable after the next `flush`."""
        taken = list(items)
        for item in taken:
            if isinstance(item, Observation):
                self._first.setdefault(("observations", item.symbol), item.ts)
            elif isinstance(item, Reading):
                self._first.setdefault(("readings", item.symbol), item.ts)
        try:
            self._durable.write(taken)
        finally:
            self._memory.write(taken)

    def flush(self) -> None:
        """Make everything written so far durable."""
        self._durable.flush()

    def latest_readings(self) -> list[Reading]:
        """Newest reading of each symbol, by symbol name, also if its score is null."""
        return self._memory.latest_readings()

    def latest_market(self) -> MarketReading | None:
        """Newest market reading."""
        return self._memory.latest_market()

    def readings(self, symbol: str, start: int, end: int) -> list[Reading]:
        """Readings of one symbol, oldest first."""
        return self._answers("readings", symbol, start).readings(symbol, start, end)

    def market(self, start: int, end: int) -> list[MarketReading]:
        """Market readings, oldest first."""
        return self._answers("market", None, start).market(start, end)

    def observations(self, symbol: str, start: int, end: int) -> list[Observation]:
        """Observation rows of one symbol, oldest first."""
        return self._answers("observations", symbol, start).observations(symbol, start, end)

    def liquidations(self, symbol: str | None, start: int, end: int, limit: int = 50) -> list[Liquidation]:
        """Liquidations by event time, newest first; symbol None = all."""
        return self._answers("liquidations", symbol, start).liquidations(symbol, start, end, limit)

    def cascades(self, symbol: str | None, start: int, end: int) -> list[CascadeUpdate]:
        """Last state of each cascade that started in the range, newest first."""
        return self._answers("cascades", symbol, start).cascades(symbol, start, end)

    def correlations(self, pair: str | None, start: int, end: int) -> list[PairReading]:
        """Readings of one pair, or of all, oldest first."""
        return self._answers("correlations", pair, start).correlations(pair, start, end)

    def funding_events(self, symbol: str | None, start: int, end: int) -> list[FundingEvent]:
        """Funding anomalies and reversals of one symbol, or of all, oldest first."""
        return self._answers("funding_events", symbol, start).funding_events(symbol, start, end)

    def health(self) -> list[FeedHealth]:
        """Newest picture of the feeds' health, by venue, channel and symbol."""
        return self._memory.health()

    def event_states(self, symbol: str | None) -> list[EventState]:
        """Newest state of each kind of one symbol, or of all, by symbol and kind."""
        return self._memory.event_states(symbol)

    def retain(self, now: int) -> dict[str, int]:
        """Delete what is too old in either; rows deleted from the durable store by table."""
        self._memory.retain(now)
        return self._durable.retain(now)

    def close(self) -> None:
        """Close both; a second call does nothing."""
        self._memory.close()
        self._durable.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
