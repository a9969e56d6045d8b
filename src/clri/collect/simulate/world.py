"""The simulated market with a clock of its own: history by minutes, then a tape by seconds in bounded memory."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final, Self

import numpy as np

from clri.collect.simulate.coins import COINS
from clri.collect.simulate.market.output import FIELDS
from clri.collect.simulate.market.state import S, V
from clri.collect.simulate.market.stretch import Market, Stretch
from clri.collect.simulate.script import Scenario, compile_script, read_scenario
from clri.collect.simulate.tape import F8, Order, Tape
from clri.model.errors import InputError
from clri.model.timebase import SECOND

DAY_MIN: Final = 1440
DIGITS: Final = np.array([coin.digits for coin in COINS])
SCALES: Final = 10.0**DIGITS
LOTS: Final = 10.0 ** np.array([coin.lot for coin in COINS])


class World:
    """A scenario on the market of a seed.

    Parameters
    ----------
    scenario
        Its name, a TOML file, or one read already.
    seed
        Integer >= 0. Together with scenario and start it decides every number.
    start_ns
        Second 0 of tape and scenario, ns UTC, a whole second.
    keep_s
        Seconds that the tape keeps, at least those of the last `advance`.
    before
        Minutes of history before `start_ns`; those of the scenario by default. A burn-in of 7 d comes first.

    Attributes
    ----------
    scenario
        As read.
    tape
        What was played so far; the same object grows.
    latest
        The last run in full, also what venues do not know; for the truth beside a run.

    Raises
    ------
    InputError
        If seed, start or scenario is impossible.

    Examples
    --------
    >>> world = World("calm", 1, 1_790_000_040 * SECOND)
    >>> tape = world.advance(90)
    >>> tape.end, tape.mark.shape, world.tape is tape
    (90, (90, 6, 8), True)
    """

    def __init__(
        self,
        scenario: str | Path | Scenario,
        seed: int,
        start_ns: int,
        *,
        keep_s: int = 3600,
        before: int | None = None,
    ) -> None:
        if seed < 0:
            raise InputError(f"seed was {seed}; expected an integer >= 0")
        if start_ns % SECOND:
            raise InputError(f"start was {start_ns} ns; expected a whole second")
        self.scenario = scenario if isinstance(scenario, Scenario) else read_scenario(scenario)
        self.seed = seed
        self.start_ns = start_ns
        self._script = compile_script(self.scenario)
        start = start_ns // SECOND
        self._left = self.scenario.before if before is None else before
        begin = start // 60 * 60 - 60 * self._left
        self._market = Market(seed, begin, self._script, start + 60 * self.scenario.first)
        self._keep = keep_s
        self._rows = np.empty((FIELDS, 0, V, S))
        self._index = np.empty((0, S))
        self._lo = self._hi = 0
        none = np.empty((0, V, S))
        self.tape = Tape(seed, start_ns, 0, self._index, none, none, none, none, none, none, none, none)
        self.latest: Stretch | None = None

    @property
    def seconds(self) -> int:
        """Length of the scenario, s; a world runs on after it, undisturbed."""
        return 60 * self.scenario.minutes

    def history(self) -> Iterator[Stretch]:
        """Minutes of history that were not run yet, a day at a time; `advance` skips what is left."""
        while self._left > 0:
            steps = min(self._left, DAY_MIN)
            self._left -= steps
            yield self._market.go(steps, 60)

    def out(self, place: int, t: int) -> bool:
        """Whether a venue (place in PLACES) is out at second `t`."""
        row = t // 60 - self.scenario.first
        return 0 <= row < len(self._script.off) and bool(self._script.off[row, place])

    def advance(self, seconds: int) -> Tape:
        """Play on by so many seconds, in any pieces; seconds older than kept leave the tape."""
        if seconds < 1:
            raise InputError(f"seconds to advance were {seconds}; expected >= 1")
        for _ in self.history():
            pass
        if (short := self.start_ns // SECOND - self._market.now) > 0:
            self._market.go(short)
        self.latest = found = self._market.go(seconds)
        tape = self.tape
        self._append(found, max(self._keep, seconds))
        tape.first += max(0, tape.end + seconds - tape.first - (self._hi - self._lo))
        tape.index = self._index[self._lo : self._hi]
        held = self._rows[:, self._lo : self._hi]
        tape.mark, tape.rate, tape.coins, tape.bids, tape.asks, tape.perp, tape.spot, tape.ratio = held
        oldest = self.start_ns + tape.first * SECOND
        stale = next((n for n, order in enumerate(tape.orders) if order.at >= oldest), len(tape.orders))
        del tape.orders[:stale]
        tape.orders += orders_of(found)
        return tape

    def cohorts(self) -> Iterator[tuple[tuple[int, int, int, int], F8]]:
        """The true liquidation map: (coin, venue, side, tier), and coins by bin of the liquidation price."""
        state = self._market.state
        for at in np.ndindex(state.scale.shape):
            coin, place, side, tier = at
            yield (coin, place, side, tier), state.mass[at] * state.scale[at]

    def fork(self) -> Self:
        """Copy that plays on by itself, the same as this one would; with a tape of its own."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._market = self._market.fork()
        other._index, other._rows = self._index.copy(), self._rows.copy()
        other.tape = replace(self.tape, orders=list(self.tape.orders))
        return other

    def _append(self, found: Stretch, keep: int) -> None:
        """Put rows behind those held; buffers of twice the length are moved up when full."""
        count = len(found.spot)
        old = min(self._hi - self._lo, keep - count)
        if self._hi + count > len(self._index):
            index, rows = self._index, self._rows
            if len(index) < 2 * keep:
                self._index, self._rows = np.empty((2 * keep, S)), np.empty((FIELDS, 2 * keep, V, S))
            self._index[:old] = index[self._hi - old : self._hi]
            self._rows[:, :old] = rows[:, self._hi - old : self._hi]
            self._hi = old
        self._index[self._hi : self._hi + count] = found.spot
        self._rows[:, self._hi : self._hi + count] = found.told
        self._hi += count
        self._lo = self._hi - old - count


def orders_of(found: Stretch) -> list[Order]:
    """Orders of a run, prices on the tick and sizes on the lot of the coin."""
    coins = found.orders[:, 1]
    prices: F8 = np.rint(found.prices * SCALES[coins, np.newaxis]) / SCALES[coins, np.newaxis]
    least = 1.0 / SCALES[coins, np.newaxis]
    columns = (
        found.orders[:, 0].tolist(),
        coins.tolist(),
        found.orders[:, 2].tolist(),
        (found.orders[:, 3] == 0).tolist(),
        *np.maximum(prices, least).T.tolist(),
        (found.orders[:, 5] / LOTS[coins]).tolist(),
        range(found.first, found.first + len(coins)),
    )
    return [Order(*row) for row in zip(*columns, strict=True)]
