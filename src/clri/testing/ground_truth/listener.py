"""The real cascade detectors behind the real reorder buffer; rows and scores are left out, they decide nothing here."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from clri.collect.simulate.coins import SYMBOLS
from clri.detectors.cascade import CascadeDetector
from clri.engine.pipeline import MarketPipeline, Minute, SymbolPipeline
from clri.engine.reorder import Reorder
from clri.engine.score import F8
from clri.hosts.ticker import ticks_at
from clri.model.cascade import CascadeUpdate
from clri.model.codec import Output
from clri.model.facts import Fact
from clri.model.names import Mode
from clri.model.observation import Observation
from clri.model.reading import MarketReading
from clri.model.timebase import SECOND
from clri.testing.builders import market_reading

MODE: Final[Mode] = "replay-simulated"


class Seen(NamedTuple):
    """An update and the receipt of the fact that brought it about, ns."""

    at: int
    update: CascadeUpdate


class Listener:
    """Cascade detectors of all simulated symbols, fed as a host feeds them.

    Parameters
    ----------
    start
        First second, ns.
    reorder_ns
        How long events wait for earlier ones; 0 if they come in order.
    history
        By symbol, USD of the minutes before `start`, for the thresholds.

    Notes
    -----
    Between liquidations only Ticks pass; live, other facts release the buffer sooner, never later.
    """

    def __init__(self, start: int, reorder_ns: int, history: Mapping[str, Sequence[float]]) -> None:
        self._now = start
        pipelines = {}
        for symbol in SYMBOLS:
            detector = CascadeDetector(symbol, MODE)
            sums = history[symbol]
            detector.warm(start - (len(sums) - 1) * 60 * SECOND, sums)
            pipelines[symbol] = SymbolPipeline(_NoRows(symbol), {"cascade": detector})
        self._pipeline = MarketPipeline(pipelines, _NoTier(), reorder=Reorder(reorder_ns))
        self.seen: list[Seen] = []

    def until(self, facts: Sequence[Fact], end: int) -> None:
        """Take the facts received from the last end to before `end` (ns, a full second), and the Ticks among them."""
        for fact in facts:
            self._ticks(fact.ts)
            self._feed(fact)
        self._ticks(end)

    def _ticks(self, before: int) -> None:
        """Let the seconds pass that end before a receipt (ns)."""
        while self._now + SECOND < before:
            self._now += SECOND
            for tick in ticks_at(self._now):
                self._feed(tick)

    def _feed(self, fact: Fact) -> None:
        for out in self._pipeline.feed(fact):
            if isinstance(out, CascadeUpdate):
                self.seen.append(Seen(fact.ts, out))


class _NoRows:
    """Rows of which only the detectors' own fields are known."""

    def __init__(self, symbol: str) -> None:
        self._symbol = symbol

    def add(self, fact: Fact) -> None:
        """Pass over."""

    def second(self, boundary: int) -> None:
        """Pass over."""

    def close(self, boundary: int) -> Observation:
        """Row without inputs."""
        return Observation(ts=boundary, symbol=self._symbol, mode=MODE)

    def snapshot(self) -> bytes:
        """Nothing."""
        return b""

    def restore(self, data: bytes) -> None:
        """Nothing to continue from."""


class _NoTier:
    """A minute tier without scores."""

    symbols = SYMBOLS

    def __init__(self) -> None:
        self._market: MarketReading = market_reading()

    def row(self, observations: Sequence[Observation], market: Observation | None = None) -> Minute:
        """No readings."""
        del observations, market
        events: list[Output] = []
        return Minute([], self._market, events)

    def warm(self, t0: int, observed: F8) -> None:
        """Pass over."""

    def snapshot(self) -> bytes:
        """Nothing."""
        return b""

    def restore(self, data: bytes) -> None:
        """Nothing to continue from."""
