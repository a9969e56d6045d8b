"""Every seam of the package as a Protocol: edges implement them, hosts consume them.

| port | implemented by | consumed by |
|---|---|---|
| FactSource | frame and capture files, the simulator, live collectors | hosts |
| Store | memory, sqlite (postgres later) | hosts, command line, API |
| FactLog | files | the live host |
| Clock | the machine, tests | whatever waits or stamps |
"""

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Protocol, Self

from clri.model.cascade import CascadeUpdate
from clri.model.codec import Output
from clri.model.event_state import EventState
from clri.model.facts import Fact, Liquidation
from clri.model.funding_event import FundingEvent
from clri.model.health import FeedHealth
from clri.model.names import Mode
from clri.model.observation import Observation
from clri.model.pair import PairReading
from clri.model.reading import MarketReading, Reading


class FactSource(Protocol):
    """A finite stream of facts in order of receipt (`ts`), without Ticks; the host adds time."""

    def facts(self) -> Iterator[Fact]:
        """Facts in order of `ts`."""

    def describe(self) -> str:
        """One line for people: what this is, and from when to when."""


class Clock(Protocol):
    """What tells the time and waits."""

    def monotonic(self) -> float:
        """Seconds that never run back."""

    def wall_ns(self) -> int:
        """UTC ns; may jump."""

    async def sleep(self, seconds: float) -> None:
        """Wait; 0 or less yields once."""


class FactLog(Protocol):
    """Every fact in the order in which it was taken, and states to begin from: restart = state + tail."""

    def load(self) -> tuple[bytes | None, Iterator[Fact]]:
        """Newest sound state, and the facts taken since; (None, nothing) at first. To be called before `append`."""

    def append(self, facts: Iterable[Fact]) -> None:
        """Take facts; they are durable after the next `sync`."""

    def sync(self) -> None:
        """Make everything appended so far durable; may run in another thread than `append`."""

    def save(self, state: bytes) -> None:
        """Keep this state: what was appended before is not needed any more after the next `sync`."""

    def close(self) -> None:
        """Sync and release; a second call does nothing."""


class Readings(Protocol):
    """The questions that people and programs ask about stored numbers; times in UTC ns, ranges [start, end)."""

    def latest_readings(self) -> list[Reading]:
        """Newest reading of each symbol, by symbol name; a null score is an answer, not a gap to be skipped."""

    def latest_market(self) -> MarketReading | None:
        """Newest market reading."""

    def readings(self, symbol: str, start: int, end: int) -> list[Reading]:
        """Readings of one symbol, oldest first."""

    def market(self, start: int, end: int) -> list[MarketReading]:
        """Market readings, oldest first."""

    def observations(self, symbol: str, start: int, end: int) -> list[Observation]:
        """Observation rows of one symbol, oldest first."""

    def liquidations(self, symbol: str | None, start: int, end: int, limit: int = 50) -> list[Liquidation]:
        """Liquidations by event time, newest first; symbol None = all."""

    def cascades(self, symbol: str | None, start: int, end: int) -> list[CascadeUpdate]:
        """Last state of each cascade that started in the range, newest first."""

    def correlations(self, pair: str | None, start: int, end: int) -> list[PairReading]:
        """Readings of one pair (`BTC/ETH`), or of all, oldest first."""

    def funding_events(self, symbol: str | None, start: int, end: int) -> list[FundingEvent]:
        """Funding anomalies and reversals of one symbol, or of all, oldest first."""

    def health(self) -> list[FeedHealth]:
        """Newest picture of the feeds' health, by venue, channel and symbol; empty before the first."""

    def event_states(self, symbol: str | None) -> list[EventState]:
        """Newest state of each kind of one symbol, or of all, by symbol and kind; how old each is stands in `ts`."""


class Store(Readings, Protocol):
    """Where facts and outputs are kept. One store holds one mode; another mode is refused.

    Writing the same item twice leaves one row: liquidations by (venue, event_id), cascades by id (the last state
    stays), rows by (ts, symbol).
    """

    mode: Mode

    def write(self, items: Iterable[Fact | Output]) -> None:
        """Take items; they are durable after the next `flush`. Kinds without a table are passed over."""

    def flush(self) -> None:
        """Make everything written so far durable."""

    def retain(self, now: int) -> dict[str, int]:
        """Delete rows older than each table's retention before `now` (ns); rows deleted by table."""

    def close(self) -> None:
        """Flush and release; a second call does nothing."""

    def __enter__(self) -> Self:
        """Open."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
