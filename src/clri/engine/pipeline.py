"""The one wiring of facts to outputs: event tier, rows, minute tier. Live, replay and resume all feed it.

```
fact ─► dedupe ─► row of its symbol (order of receipt) ─► Observation ─► minute tier ─► Reading, MarketReading
             └──► reorder buffer ─► detectors (order of event time) ─► CascadeUpdate
```
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol, TypeVar

import msgspec
import numpy as np

from clri.engine.backfill import as_told_live, boundaries, silent_venues
from clri.engine.dedupe import Dedupe
from clri.engine.operator import Operator
from clri.engine.reorder import Reorder
from clri.engine.score import F8
from clri.engine.snapshot import pack, unpack
from clri.model.cascade import CascadeUpdate
from clri.model.codec import Output
from clri.model.control import Tick
from clri.model.errors import QuarantineError
from clri.model.facts import Fact, Liquidation
from clri.model.names import MARKET
from clri.model.observation import NUMBERS, Observation
from clri.model.reading import MarketReading, Reading
from clri.model.timebase import MINUTE

F = TypeVar("F", bound=Fact)

BLOCK: Final = 1440
"""Rows of history that the minute tier takes at once."""
MARKET_WIDE_FROM: Final = 3
"""Symbols with an active cascade from which it is market-wide (SCORES 5)."""


class Rows(Protocol):
    """Builds the observation rows of one symbol; facts in order of receipt."""

    def add(self, fact: Fact) -> None:
        """Take one fact."""

    def second(self, boundary: int) -> None:
        """A second has passed (ns)."""

    def close(self, boundary: int) -> Observation:
        """Row of the minute that ends at `boundary`."""

    def snapshot(self) -> bytes:
        """State as bytes."""

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes."""


class Minute(NamedTuple):
    """What the minute tier says about one row: a reading per symbol, the market's, and what began or ended."""

    readings: list[Reading]
    market: MarketReading
    events: list[Output]

    def outputs(self) -> list[Output]:
        """All of it, in the order of publication."""
        return [*self.readings, self.market, *self.events]


class Tier(Protocol):
    """The minute tier: observations of one time in, readings out."""

    symbols: tuple[str, ...]

    def row(self, observations: Sequence[Observation], market: Observation | None = None) -> Minute:
        """Readings of one row, in the order of `symbols`; `market` = row of MARKET, None without providers."""

    def warm(self, t0: int, observed: F8) -> None:
        """Take rows as history; `observed[numbers, T, lanes]`, NaN = missing."""

    def snapshot(self) -> bytes:
        """State as bytes."""

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes."""


class SymbolPipeline:
    """One symbol: its rows and its detectors.

    Parameters
    ----------
    rows
        Row builder of the symbol.
    operators
        Detectors by name, in the order of their outputs.
    """

    def __init__(self, rows: Rows, operators: Mapping[str, Operator]) -> None:
        self.rows = rows
        self.operators = dict(operators)
        self._heard = frozenset(kind for operator in self.operators.values() for kind in operator.listens)

    def fact(self, fact: Fact) -> list[Output]:
        """Take a fact in order of receipt; liquidations go to `rows`, and to the detectors by `event`."""
        self.rows.add(fact)
        kind = type(fact)
        if kind not in self._heard or fact.backfill:
            return []
        return [
            out for operator in self.operators.values() if kind in operator.listens for out in operator.on_fact(fact)
        ]

    def event(self, fact: Fact) -> list[Output]:
        """Take a liquidation or Tick in order of event time."""
        return [out for operator in self.operators.values() for out in operator.on_fact(fact)]

    def late(self, fact: Liquidation) -> list[Output]:
        """Take a liquidation that missed the reorder buffer."""
        return [out for operator in self.operators.values() for out in operator.on_late(fact)]

    def reading(self, reading: Reading) -> list[Output]:
        """Take the reading of the minute that ended."""
        return [out for operator in self.operators.values() for out in operator.on_reading(reading)]

    def close(self, boundary: int) -> Observation:
        """Row of the minute that ends at `boundary`, with the detectors' fields."""
        row = self.rows.close(boundary)
        fields: dict[str, Any] = {}
        for operator in self.operators.values():
            fields |= operator.row()
        return msgspec.structs.replace(row, **fields) if fields else row

    def snapshot(self) -> bytes:
        """State as bytes."""
        parts = {f"operator/{name}": operator.snapshot() for name, operator in self.operators.items()}
        return pack("symbol/1", parts | {"rows": self.rows.snapshot()})

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes."""
        parts = unpack("symbol/1", data)
        self.rows.restore(parts["rows"])
        for name, operator in self.operators.items():
            operator.restore(parts[f"operator/{name}"])


class MarketPipeline:
    """All symbols: routes facts, keeps event time, closes minutes.

    Parameters
    ----------
    symbols
        Pipeline per tracked symbol, in the order of the tier's lanes.
    tier
        The minute tier over the same symbols.
    market_rows
        Rows of the symbol MARKET (stablecoin flows), or None if no provider is enabled.

    Notes
    -----
    `feed` is deterministic in the sequence of facts. Facts come in order of receipt; liquidations may come up to the
    reorder buffer late in event time. Facts of untracked symbols are counted in `untracked` and not scored;
    liquidations that no sum can take are counted in `refused`.
    """

    def __init__(
        self,
        symbols: Mapping[str, SymbolPipeline],
        tier: Tier,
        market_rows: Rows | None = None,
        dedupe: Dedupe | None = None,
        reorder: Reorder | None = None,
    ) -> None:
        self.symbols = dict(symbols)
        self.tier = tier
        self.market_rows = market_rows
        self.dedupe = dedupe or Dedupe()
        self.reorder = reorder or Reorder()
        self.untracked: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._active: set[str] = set()

    def run(self, facts: Iterable[Fact]) -> list[Output]:
        """Outputs of many facts."""
        return [out for fact in facts for out in self.feed(fact)]

    def feed(self, fact: Fact) -> list[Output]:
        """Outputs that follow from one fact, in order."""
        if isinstance(fact, Tick):
            return self._tick(fact)
        out: list[Output] = []
        symbol = fact.symbol
        own = self.symbols.get(symbol)
        if isinstance(fact, Liquidation):
            if not self.dedupe.is_new(fact):
                return out
            if own is not None:
                return self._liquidation(fact, own)
        released = self.reorder.advance(fact.ts)
        if released:
            self._release(released, out)
        if own is not None:
            heard = own.fact(fact)
            return out + self._marked(heard) if heard else out
        if symbol == MARKET:
            if self.market_rows is not None:
                self.market_rows.add(fact)
            for pipeline in self.symbols.values():
                out += self._marked(pipeline.fact(fact))
        else:
            self.untracked[fact.venue] += 1
        return out

    def _liquidation(self, fact: Liquidation, own: SymbolPipeline) -> list[Output]:
        out: list[Output] = []
        own.rows.add(fact)
        released = self.reorder.push(fact)
        if released or self.reorder.aside:
            self._release(released, out)
        return out

    def backfill(self, facts: Iterable[Fact], after: int, until: int) -> int:
        """Take the venues' history as rows of the minutes in (`after`, `until`] (ns); number of rows a symbol.

        To be called before the first Tick after `until`, and before any fact received after it. Scores then have
        their histories as far as the venues tell them; nothing is published of it.
        """
        return max(self.warming(facts, after, until), default=0)

    def warming(self, facts: Iterable[Fact], after: int, until: int) -> Iterator[int]:
        """As `backfill`, a day of rows at a step, so that a host can do other things meanwhile; rows so far."""
        told = [fact for fact in as_told_live(facts, until) if fact.symbol in self.symbols and fact.ts > after]
        if not told:
            return
        if not (ends := boundaries(told[0].ts, after, until)):
            return
        for status in silent_venues(told, self.symbols, listed=False, ts=told[0].ts):
            self.symbols[status.symbol].rows.add(status)
        first, lanes = ends[0] // MINUTE, list(self.symbols.values())
        at = done = 0
        for start in range(first, ends[-1] // MINUTE + 1, BLOCK):
            block = np.full((len(NUMBERS), min(BLOCK, ends[-1] // MINUTE + 1 - start), len(lanes)), np.nan)
            while done < len(ends) and ends[done] // MINUTE < start + BLOCK:
                while at < len(told) and told[at].ts <= ends[done]:
                    self.symbols[told[at].symbol].rows.add(told[at])
                    at += 1
                if ends[done] == until:
                    for status in silent_venues(told, self.symbols, listed=True, ts=until):
                        self.symbols[status.symbol].rows.add(status)
                for lane, pipeline in enumerate(lanes):
                    row = pipeline.rows.close(ends[done])
                    block[:, ends[done] // MINUTE - start, lane] = [getattr(row, name) for name in NUMBERS]
                done += 1
            self.tier.warm(start, block)
            yield done

    def finish(self) -> list[Output]:
        """What the event tier still held back: the recording is over, nothing can come before it any more."""
        out: list[Output] = []
        self._release(self.reorder.flush(), out)
        return out

    def _tick(self, tick: Tick) -> list[Output]:
        out: list[Output] = []
        self._release(self.reorder.push(tick), out)
        if tick.period_s == 1:
            for pipeline in self.symbols.values():
                pipeline.rows.second(tick.boundary)
            return out
        rows = [pipeline.close(tick.boundary) for pipeline in self.symbols.values()]
        out += rows
        market = None if self.market_rows is None else self.market_rows.close(tick.boundary)
        if market is not None:
            out.append(market)
        minute = self.tier.row(rows, market)
        out += minute.outputs()
        for reading in minute.readings:
            out += self._marked(self.symbols[reading.symbol].reading(reading))
        return out

    def _release(self, released: Iterable[Fact], out: list[Output]) -> None:
        """Hand facts in event time to the detectors, and what came too late for it."""
        for fact in released:
            named = self.symbols.values() if fact.symbol == MARKET else (self.symbols[fact.symbol],)
            for pipeline in named:
                self._detect(pipeline.event, fact, out)
        for late in self.reorder.drain_late():
            self._detect(self.symbols[late.symbol].late, late, out)
        self.reorder.drain_backfill()

    def _detect(self, operator: Callable[[F], list[Output]], fact: F, out: list[Output]) -> None:
        try:
            out += self._marked(operator(fact))
        except QuarantineError as error:
            self.refused[f"{fact.venue}:{error.reason}"] += 1

    def _marked(self, outputs: list[Output]) -> list[Output]:
        """Outputs with `market_wide` filled in."""
        return [self._mark(out) if isinstance(out, CascadeUpdate) else out for out in outputs] if outputs else outputs

    def _mark(self, update: CascadeUpdate) -> CascadeUpdate:
        if update.state == "active":
            self._active.add(update.symbol)
        elif update.state == "ended":
            self._active.discard(update.symbol)
        wide = len(self._active) >= MARKET_WIDE_FROM
        return msgspec.structs.replace(update, market_wide=wide) if wide else update

    def snapshot(self) -> bytes:
        """State as bytes; equal states give equal bytes."""
        parts = {f"symbol/{symbol}": pipeline.snapshot() for symbol, pipeline in self.symbols.items()}
        parts |= {"tier": self.tier.snapshot(), "dedupe": self.dedupe.snapshot(), "reorder": self.reorder.snapshot()}
        parts["active"] = msgspec.msgpack.encode(sorted(self._active))
        parts["counts"] = msgspec.msgpack.encode([sorted(c.items()) for c in (self.untracked, self.refused)])
        if self.market_rows is not None:
            parts["market_rows"] = self.market_rows.snapshot()
        return pack("market/1", parts)

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes.

        Raises
        ------
        clri.model.errors.SnapshotError
            If they belong to other symbols, parameters or another version.
        """
        parts = unpack("market/1", data)
        self.tier.restore(parts["tier"])
        for symbol, pipeline in self.symbols.items():
            pipeline.restore(parts[f"symbol/{symbol}"])
        self.dedupe.restore(parts["dedupe"])
        self.reorder.restore(parts["reorder"])
        self._active = set(msgspec.msgpack.decode(parts["active"], type=list[str]))
        counts = msgspec.msgpack.decode(parts["counts"], type=list[list[tuple[str, int]]])
        self.untracked, self.refused = (Counter(dict(rows)) for rows in counts)
        if self.market_rows is not None:
            self.market_rows.restore(parts["market_rows"])
