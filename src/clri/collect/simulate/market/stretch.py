"""The market under way: runs of any length, one after the other, each with all that it gave."""

from typing import Final, NamedTuple, Self

import numpy as np

from clri.collect.simulate.market.output import FIELDS, INNER
from clri.collect.simulate.market.params import make_params
from clri.collect.simulate.market.run import Script, run
from clri.collect.simulate.market.start import make_ladder, open_market
from clri.collect.simulate.market.state import S, State, V, fork
from clri.maths.kernel import F8, I8

DAY_S: Final = 86_400


class Stretch(NamedTuple):
    """What a run gave.

    Attributes
    ----------
    start, step
        Where it began and the length of a step, s UTC.
    spot
        Spot at the end of each step, USD [n, S].
    told
        `FIELDS` by venue [FIELDS, n, V, S]: mark, rate per 8 h, coins, bids, asks, perp, spot, ratio.
    inner
        What no venue shows [n, S, 10], see `INNER`.
    orders, prices
        Forced orders by time: ns, coin, venue, side (0 = long), tier (K = hedge leg), lots; fill and bankruptcy
        price, USD.
    first
        Number of the first order in the whole run.
    """

    start: int
    step: int
    spot: F8
    told: F8
    inner: F8
    orders: I8
    prices: F8
    first: int


class Market:
    """State, streams and time of one market.

    Parameters
    ----------
    seed
        Integer >= 0.
    start
        Time of the first step after the burn-in, s UTC, a whole minute.
    script, origin
        What is done to it, and where that begins, s UTC.
    burn_in_days
        Days of 60-s steps, without a script, before the start: they make the closed form consistent with the market's
        own ways.
    """

    def __init__(self, seed: int, start: int, script: Script, origin: int, burn_in_days: int = 7) -> None:
        self.params = make_params()
        self.script, self.origin = script, origin
        self._ladder = make_ladder(self.params)
        self._slow, self._sizes = (np.random.Generator(np.random.PCG64([seed, stream])) for stream in (1, 2))
        self.state: State = open_market(self.params, self._ladder, self._slow)
        self.now = start - DAY_S * burn_in_days
        self.orders = 0
        for _ in range(burn_in_days):
            self.go(1440, 60)
        self.orders = 0

    def go(self, steps: int, span: int = 1) -> Stretch:
        """Run on by `steps` of `span` seconds; the same total in other pieces gives the same."""
        spot, told, inner = np.empty((steps, S)), np.empty((FIELDS, steps, V, S)), np.empty((steps, S, len(INNER)))
        ints, floats, count = run(
            self.now,
            steps,
            span,
            self.state,
            self.params,
            self.script,
            self.origin,
            self._slow,
            self._sizes,
            self._ladder,
            spot,
            told,
            inner,
        )
        by_time = np.argsort(ints[:count, 0], kind="stable")
        found = Stretch(self.now, span, spot, told, inner, ints[by_time], floats[by_time], self.orders)
        self.now += steps * span
        self.orders += count
        return found

    def fork(self) -> Self:
        """Copy that runs on by itself: same past, same draws to come."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.state = fork(self.state)
        for name in ("_slow", "_sizes"):
            bits = np.random.PCG64()
            bits.state = getattr(self, name).bit_generator.state
            setattr(other, name, np.random.Generator(bits))
        return other
