"""Where liquidations cluster: exact sums by price level over 1 h, 4 h, 24 h and 7 d (SCORES 6)."""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import msgspec

from clri.detectors.level_cells import COIN, Cell, Horizon, Key, LevelTotal, SavedCell, Tally
from clri.detectors.level_step import LevelStep, StepState
from clri.detectors.liquidation_window import usd_of
from clri.engine.snapshot import pack, unpack
from clri.maths.money import from_micro
from clri.maths.rounding import round_half_up
from clri.model.control import Tick
from clri.model.errors import QuarantineError, SnapshotError
from clri.model.facts import Fact, Liquidation, event_time
from clri.model.instrument import level_edge, level_number
from clri.model.names import MARKET, Mode
from clri.model.price_levels import HeatCell, LevelCluster, LevelHorizon, LevelSum, PriceLevels
from clri.model.reading import Reading
from clri.model.timebase import DAY, HOUR, MINUTE, SECOND

VERSION: Final = 1
HOURS: Final = (1, 4, 24, 168)
"""Horizons, h; the last in whole hours, the others in whole minutes."""

MOST_CLUSTERS: Final = 20
LEAST_EVENTS: Final = 2
_DAY_H: Final = 24
_LIMIT: Final = 1e15  # prices and sizes beyond this are no market's; the mappers refuse them long before


@dataclass(frozen=True, slots=True)
class Params:
    """Numbers of the price levels (SCORES 11 `levels.*`).

    Parameters
    ----------
    steps
        Width of the levels by symbol, USD; a symbol that is not there goes by `step_share`.
    step_share
        Wanted width as a fraction of the price.
    shown
        Most levels per horizon and output.

    Raises
    ------
    ValueError
        If a field is out of its range.
    """

    steps: tuple[tuple[str, float], ...] = (("BTC", 100.0),)
    step_share: float = 0.001
    shown: int = 50

    def __post_init__(self) -> None:
        wrong = [f"steps.{symbol}={step} (expected > 0)" for symbol, step in self.steps if not 0.0 < step < _LIMIT]
        if not 0.0 < self.step_share < 1.0:
            wrong.append(f"step_share={self.step_share} (expected above 0, below 1)")
        if self.shown < 1:
            wrong.append(f"shown={self.shown} (expected >= 1)")
        if wrong:
            raise ValueError("price level parameters: " + ", ".join(wrong))


DEFAULTS: Final = Params()


class _State(msgspec.Struct, array_like=True):
    now: int
    step: StepState
    running: list[SavedCell]
    minutes: list[SavedCell]
    hours: list[SavedCell]
    changed: bool


class PriceLevelDetector:
    """Price levels of one symbol from its event-ordered liquidations and Ticks; an `Operator`.

    Parameters
    ----------
    symbol
        Base coin; facts of other symbols are passed over, except Ticks of MARKET.
    mode
        Written into every output.
    params
        Numbers of SCORES 11.

    Notes
    -----
    An event belongs to the level [n * step, (n + 1) * step), n = floor(price / step + 1e-9), of its position side
    and of the width in force (`LevelStep`). Levels of a former width keep it until they have left.

    Events are summed by minute, level and side. At each 60-s Tick of boundary t the minute joins the horizons
    (t - h, t] and old minutes leave; after a day minutes live on as hours, so that the 7-d horizon reaches back up
    to an hour further. Money is whole micro-USD and sizes are 1e-8 coins: what enters leaves again exactly. A late
    event is added to its minute.

    *Output*: `PriceLevels` at each 60-s Tick at which anything entered or left, with the `shown` largest levels of
    each horizon by USD. *Warm-up*: none. *Missing input*: a lost feed adds nothing; `completeness` below 1 marks
    lower bounds, and which feed was up is told by the feeds' own state. Range: counts, USD and coins >= 0.

    O(1) per event; memory grows with the levels touched per minute of the last day and per hour of the last week.

    Examples
    --------
    >>> from clri.testing.builders import T0, liquidation, tick
    >>> detector = PriceLevelDetector("BTC", "replay-simulated")
    >>> for n, price in enumerate((67_234.0, 67_245.0, 67_289.0)):
    ...     _ = detector.on_fact(liquidation(ts=T0 + n, price=price, qty=1.0))
    >>> (found,) = detector.on_fact(tick(ts=T0 + 60_000_000_000, period_s=60))
    >>> level = found.horizons[0].levels[0]
    >>> level.price_level, level.side, level.count, level.usd, level.qty
    (67200.0, 'LONG', 3, 201768.0, 3.0)
    >>> detector.clusters(hours=4)[0].long_percentage
    100.0
    """

    listens: ClassVar[frozenset[type[Fact]]] = frozenset()

    def __init__(self, symbol: str, mode: Mode, params: Params = DEFAULTS) -> None:
        self.symbol = symbol
        self.mode = mode
        self.params = params
        self._rule = LevelStep(dict(params.steps).get(symbol), params.step_share)
        self._now = 0  # newest minute that has ended
        self._running: dict[tuple[int, Key], Cell] = {}
        self._horizons = [Horizon(hours * HOUR) for hours in HOURS]
        self._changed = False

    def on_fact(self, fact: Fact) -> Iterable[PriceLevels]:
        """Take one fact; O(1).

        Raises
        ------
        QuarantineError
            `range`, if price, size or notional are no market's; the state is unchanged.
        """
        if isinstance(fact, Liquidation):
            if not fact.backfill and fact.symbol == self.symbol:
                self._add(fact)
        elif isinstance(fact, Tick) and fact.period_s * SECOND == MINUTE and fact.symbol in (self.symbol, MARKET):
            return self._on_minute(fact.boundary)
        return ()

    def on_late(self, fact: Liquidation) -> Iterable[PriceLevels]:
        """Correct the sums; shown at the next 60-s Tick."""
        return self.on_fact(fact)

    def on_reading(self, reading: Reading) -> Iterable[PriceLevels]:
        """Take the price: the last of a day is its close."""
        self._rule.see(reading.price)
        return ()

    def row(self) -> Mapping[str, Any]:
        """No field of the row."""
        return {}

    def clusters(self, hours: int = 4) -> list[LevelCluster]:
        """Levels with at least two events of either side, the 20 largest by USD first.

        Parameters
        ----------
        hours
            Look-back from the newest minute that has ended, 1..168 h; above 24 in whole hours.

        Raises
        ------
        ValueError
            If `hours` is out of its range.
        """
        if not 1 <= hours <= HOURS[-1]:
            raise ValueError(f"hours was {hours}; expected 1..{HOURS[-1]}")
        sums: dict[tuple[float, int], tuple[Tally, Tally]] = {}
        for cell in self._cells(hours):
            step, number, long = cell.key
            sums.setdefault((step, number), (Tally(), Tally()))[long].merge(cell)
        found = [
            _cluster(step, number, *sides)
            for (step, number), sides in sums.items()
            if sides[0].n + sides[1].n >= LEAST_EVENTS
        ]
        return sorted(found, key=lambda c: (-c.total_value_usd, c.price_level, c.step))[:MOST_CLUSTERS]

    def heat_map(self, span_minutes: int = 60) -> list[HeatCell]:
        """Sums by span of time and level of the last 24 h, by time and then price; empty ones are not there.

        Parameters
        ----------
        span_minutes
            Length of a span, a divisor of 1440; spans are aligned to 00:00 UTC, the newest may still run.

        Raises
        ------
        ValueError
            If the spans do not fill a day.
        """
        if span_minutes < 1 or (DAY // MINUTE) % span_minutes:
            raise ValueError(f"span_minutes was {span_minutes}; expected a divisor of {DAY // MINUTE}")
        span = span_minutes * MINUTE
        sums: dict[tuple[int, float, int], list[int]] = {}
        for cell in self._cells(_DAY_H):
            step, number, long = cell.key
            at = sums.setdefault((-(-cell.end // span) * span, step, number), [0, 0, 0])
            at[0] += cell.n
            at[1 if long else 2] += cell.usd
        found = [
            HeatCell(ts, level_edge(number, step), step, n, from_micro(long_usd), from_micro(short_usd))
            for (ts, step, number), (n, long_usd, short_usd) in sums.items()
        ]
        return sorted(found, key=lambda c: (c.ts, c.price_level, c.step))

    def snapshot(self) -> bytes:
        """State as bytes; equal states give equal bytes."""
        running = [SavedCell.of(cell) for cell in self._running.values()]
        minutes, hours = ([SavedCell.of(cell) for cell in horizon] for horizon in self._horizons[-2:])
        state = _State(self._now, self._rule.state(), running, minutes, hours, self._changed)
        return pack(self._fingerprint(), {"state": msgspec.json.encode(state)})  # JSON: integers of any size

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes.

        Raises
        ------
        SnapshotError
            If the bytes are damaged or of another version, symbol, mode or parameters.
        """
        try:
            state = msgspec.json.decode(unpack(self._fingerprint(), data)["state"], type=_State)
        except (KeyError, msgspec.DecodeError) as error:
            raise SnapshotError(f"saved price levels are unreadable: {error}") from error
        self._now, self._changed = state.now, state.changed
        self._rule.set_state(state.step)
        self._running = {(saved.end, saved.key): saved.cell() for saved in state.running}
        self._horizons = [Horizon(hours * HOUR) for hours in HOURS]
        for saved in state.minutes:
            self._enter(saved.cell())
        for saved in state.hours:
            self._horizons[-1].put(saved.cell())

    def _add(self, fact: Liquidation) -> None:
        usd, price, qty = usd_of(fact), fact.price, fact.qty
        if not (1.0 / _LIMIT <= price <= _LIMIT and 0.0 <= qty <= _LIMIT):
            raise QuarantineError("range", f"{fact.venue} {fact.raw}: {qty!r} coins at {price!r} USD")
        t = event_time(fact)
        step = self._rule.step or self._rule.at(price)
        end = -(-t // MINUTE) * MINUTE
        key = (step, level_number(price, step), fact.side == "LONG")
        cell = self._running.get((end, key))
        if cell is None:
            cell = self._running[end, key] = Cell(end, key, t, t)
        elif t < cell.first:
            cell.first = t
        elif t > cell.last:
            cell.last = t
        cell.add(usd, round(qty * COIN), fact.venue, complete=fact.completeness == "all")

    def _on_minute(self, boundary: int) -> Iterable[PriceLevels]:
        self._now = max(self._now, boundary)
        ended = sorted((cell for cell in self._running.values() if cell.end <= self._now), key=_order)
        for cell in ended:
            del self._running[cell.end, cell.key]
            self._fold(cell)
            self._changed = True
        for horizon in self._horizons:
            self._changed |= horizon.expire(self._now)
        if boundary % DAY == 0:
            before = self._rule.step
            self._rule.midnight(boundary)
            self._changed |= self._rule.step != before
        if not self._changed:
            return ()
        self._changed = False
        horizons = [_shown(hours, at, self.params.shown) for hours, at in zip(HOURS, self._horizons, strict=True)]
        return (PriceLevels(symbol=self.symbol, ts=self._now, mode=self.mode, step=self._rule.step, horizons=horizons),)

    def _fold(self, cell: Cell) -> None:
        """Let an ended minute join the horizons, a late one as far as it still lies inside."""
        longest = self._horizons[-1]
        hour = -(-cell.end // HOUR) * HOUR
        if hour > self._now - longest.length_ns:
            whole = longest.find(hour, cell.key)
            if whole is None:
                whole = Cell(hour, cell.key, cell.first, cell.last)
                whole.merge(cell)
                longest.put(whole)
            else:
                whole.merge(cell)
                whole.seen(cell.first, cell.last)
                longest.grow(cell.key, cell)
        held = self._horizons[-2].find(cell.end, cell.key)
        if held is None:
            self._enter(cell)
            return
        held.merge(cell)
        held.seen(cell.first, cell.last)
        for horizon in self._horizons[:-1]:
            if cell.end > self._now - horizon.length_ns:
                horizon.grow(cell.key, cell)

    def _enter(self, cell: Cell) -> None:
        """Put a new minute into every horizon that it lies in."""
        for horizon in self._horizons[:-1]:
            if cell.end > self._now - horizon.length_ns:
                horizon.put(cell)

    def _cells(self, hours: int) -> Iterator[Cell]:
        """Cells of the last `hours`."""
        horizon = self._horizons[-2 if hours <= _DAY_H else -1]
        start = self._now - hours * HOUR
        return (cell for cell in horizon if cell.end > start)

    def _fingerprint(self) -> str:
        return f"price_levels/{VERSION} {self.symbol} {self.mode} {self.params!r}"


def _order(cell: Cell) -> tuple[int, Key]:
    """One order of cells, whatever order the events of a minute came in."""
    return cell.end, cell.key


def _shown(hours: int, horizon: Horizon, most: int) -> LevelHorizon:
    """Totals and largest levels of a horizon."""
    totals = horizon.totals
    largest = heapq.nsmallest(most, totals.items(), key=lambda item: (-item[1].usd, item[0]))
    usd = sum(total.usd for total in totals.values())
    complete = sum(total.complete for total in totals.values())
    return LevelHorizon(
        hours=hours,
        levels=[_level(key, total) for key, total in largest],
        level_count=len(totals),
        event_count=sum(total.n for total in totals.values()),
        total_usd=from_micro(usd),
        completeness=complete / usd if usd else None,
    )


def _level(key: Key, total: LevelTotal) -> LevelSum:
    """One level as published."""
    step, number, long = key
    return LevelSum(
        price_level=level_edge(number, step),
        step=step,
        side="LONG" if long else "SHORT",
        count=total.n,
        usd=from_micro(total.usd),
        qty=total.qty / COIN,
        venues={venue: from_micro(usd) for venue, usd in sorted(total.venues.items()) if usd},
        first_ts=total.first,
        last_ts=total.last,
    )


def _cluster(step: float, number: int, short: Tally, long: Tally) -> LevelCluster:
    """Both sides of one level."""
    usd = short.usd + long.usd
    return LevelCluster(
        price_level=level_edge(number, step),
        step=step,
        liquidation_count=short.n + long.n,
        total_value_usd=from_micro(usd),
        long_percentage=round_half_up(1000 * long.usd / usd) / 10 if usd else 0.0,
        exchanges=sorted({venue for tally in (short, long) for venue, amount in tally.venues.items() if amount}),
    )
