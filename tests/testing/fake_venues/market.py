"""A small market that needs no kernel: prices that wander, orders in every second, so that throttles have work."""

import math
from itertools import pairwise

import numpy as np

from clri.collect.simulate.coins import COINS, PLACES
from clri.collect.simulate.tape import Order, Tape
from clri.model.timebase import MILLI, SECOND

START_NS = 1_790_000_000_000_000_000


class SmallWorld:
    """Plays on in pieces of any length; `per_s` = mean orders a second, of all venues and coins."""

    def __init__(self, start_ns: int = START_NS, *, seed: int = 3, per_s: float = 6.0) -> None:
        self.seed, self.per_s = seed, per_s
        self._prices = np.array([coin.price for coin in COINS])
        none = np.empty((0, len(PLACES), len(COINS)))
        self.tape = Tape(seed, start_ns, 0, np.empty((0, len(COINS))), *[none.copy() for _ in range(8)])
        self._numbers = 0

    def advance(self, seconds: int) -> Tape:
        tape = self.tape
        for t in range(tape.end, tape.end + seconds):
            self._second(t)
        return tape

    def _second(self, t: int) -> None:
        rng, tape = np.random.default_rng([self.seed, t]), self.tape
        self._prices = self._prices * (1.0 + 2e-4 * rng.standard_normal(len(COINS)))
        shape = (len(PLACES), len(COINS))
        mark = self._prices * (1.0 + 1e-4 * rng.standard_normal(shape))
        oi = np.array([[place.oi * coin.oi / coin.price for coin in COINS] for place in PLACES])
        depth = np.array([[place.depth * coin.depth for coin in COINS] for place in PLACES])
        rows = {
            "mark": mark,
            "rate": np.full(shape, 1e-4) + 1e-5 * rng.standard_normal(shape),
            "coins": oi * (1.0 + 0.01 * math.sin(t / 60.0)),
            "bids": depth * (1.0 + 0.1 * math.sin(t / 30.0)),
            "asks": depth,
            "perp": 2.0 * oi * self._prices,
            "spot": np.array([[place.spot * 0.3 * coin.oi for coin in COINS] for place in PLACES]),
            "ratio": np.full(shape, 1.3 + 0.1 * math.sin(t / 100.0)),
        }
        tape.index = np.concatenate([tape.index, self._prices[np.newaxis]])
        for name, row in rows.items():
            setattr(tape, name, np.concatenate([getattr(tape, name), row[np.newaxis]]))
        count = int(rng.poisson(self.per_s))
        for offset in sorted(rng.integers(0, 1000, count).tolist()):
            i, place = int(rng.integers(len(COINS))), int(rng.integers(len(PLACES)))
            coin, long = COINS[i], bool(rng.integers(2))
            price = round(float(mark[place, i]), coin.digits)
            bankrupt = round(price * (0.9965 if long else 1.0035), coin.digits)
            qty = round(max(10.0**-coin.lot, float(rng.lognormal(8.0, 1.5)) / price), coin.lot)
            at = tape.start + t * SECOND + offset * MILLI
            tape.orders.append(Order(at, i, place, long, price, bankrupt, qty, self._numbers))
            self._numbers += 1


def grown(seconds: int, **names) -> Tape:
    """Tape of a small market."""
    tape = SmallWorld(**names).advance(seconds)
    assert all(one.at <= two.at for one, two in pairwise(tape.orders))
    return tape
