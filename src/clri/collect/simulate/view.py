"""The market as one venue sees it, second by second, and its books."""

from bisect import bisect_left
from dataclasses import dataclass
from typing import Final, NamedTuple

from clri.collect.simulate.chance import units
from clri.collect.simulate.coins import COINS, PLACES
from clri.collect.simulate.past import Past
from clri.collect.simulate.tape import Order, Tape
from clri.model.timebase import MILLI, SECOND

DEEP: Final = 50
"""Levels of a deep book a side, one each 0.1 %: to 4.95 %."""
TOP: Final = 0.002
"""Share of the depth that stands at the best prices of a deep book."""
KEPT: Final = 8
"""Seconds whose values are kept at hand."""

Level = tuple[float, float]
"""Price in USD and size in coins."""


@dataclass(frozen=True, slots=True)
class Now:
    """One second at one venue, by coin; `rate` per 8 h, `perp` and `spot` USD of 24 h, `bids` and `asks` USD in 1 %."""

    index: list[float]
    mark: list[float]
    rate: list[float]
    coins: list[float]
    bids: list[float]
    asks: list[float]
    perp: list[float]
    spot: list[float]
    ratio: list[float]


class Lens(NamedTuple):
    """What a venue gets wrong, for tests of those who read it.

    `price` multiplies every price; `contracts` = open interest in OKX's contracts where coins are promised; `shift_ms`
    = error of its clock; `micro` = times in microseconds.
    """

    price: float = 1.0
    contracts: bool = False
    shift_ms: int = 0
    micro: bool = False


CLEAR: Final = Lens()


@dataclass(slots=True)
class _Held:
    key: tuple[int, Lens]
    now: Now


class View:
    """State of the market at one venue.

    Parameters
    ----------
    tape
        The market; may be replaced by a longer one. What lies before its first second is told as that second, what
        lies behind its end as its last.
    number
        Place of the venue in PLACES.
    past
        Minutes that are over; None: nothing is known of them.
    """

    def __init__(self, tape: Tape, number: int, past: Past | None = None) -> None:
        self.tape = tape
        self.number = number
        self.place = PLACES[number]
        self.past = past or Past()
        self.lens = CLEAR
        self._held: list[_Held] = []

    @property
    def seed(self) -> int:
        """Seed of the market."""
        return self.tape.seed

    def now(self, at: int) -> Now:
        """State at `at`, ms since 1970."""
        tape = self.tape
        t = (at * MILLI - tape.start) // SECOND
        key = (t, self.lens)
        for held in self._held:
            if held.key == key:
                return held.now
        found = self._read(min(max(t, tape.first), tape.end - 1) - tape.first)
        if tape.first <= t < tape.end:
            self._held = [_Held(key, found), *self._held[: KEPT - 1]]
        return found

    def _read(self, row: int) -> Now:
        tape, lens, number = self.tape, self.lens, self.number
        coins: list[float] = tape.coins[row, number].tolist()
        if lens.contracts:
            coins = [held / coin.okx for held, coin in zip(coins, COINS, strict=True)]
        return Now(
            (tape.index[row] * lens.price).tolist(),
            (tape.mark[row, number] * lens.price).tolist(),
            tape.rate[row, number].tolist(),
            coins,
            tape.bids[row, number].tolist(),
            tape.asks[row, number].tolist(),
            tape.perp[row, number].tolist(),
            tape.spot[row, number].tolist(),
            tape.ratio[row, number].tolist(),
        )

    def stamp(self, at: int) -> int:
        """Time as the venue writes it: ms since 1970."""
        told = at + self.lens.shift_ms
        return told * 1000 if self.lens.micro else told

    def orders(self, second: int) -> list[Order]:
        """Forced orders at this venue in one second (since 1970), by time."""
        return self.orders_between(second * SECOND, (second + 1) * SECOND)

    def orders_between(self, start: int, end: int) -> list[Order]:
        """Forced orders at this venue from `start` to before `end`, ns, as far as the tape holds them."""
        orders, factor = self.tape.orders, self.lens.price
        low, high = (bisect_left(orders, at, key=lambda order: order.at) for at in (start, end))
        found = [order for order in orders[low:high] if order.place == self.number]
        if factor == 1.0:
            return found
        return [order._replace(price=order.price * factor, bankrupt=order.bankrupt * factor) for order in found]

    def day_open(self, at: int, i: int) -> float:
        """Price a day ago, USD; the coin's price at rest where it is not known."""
        return self.past.price_before(at, i) * self.lens.price

    def change(self, at: int, i: int) -> float:
        """Change of the mark in a day, fraction."""
        return self.now(at).mark[i] / self.day_open(at, i) - 1.0

    def top(self, at: int, i: int, count: int) -> tuple[list[Level], list[Level]]:
        """Bids and asks, one level a tick, best first: depth per tick x (.7 + .6 hash) (SIMULATION 9)."""
        now, coin = self.now(at), COINS[i]
        scale = 10**coin.digits
        best = int(now.mark[i] * scale)
        sizes = units(2 * count, self.seed, self.number, i, at).tolist()
        sides = []
        for side, depth in enumerate((now.bids[i], now.asks[i])):
            per_tick = depth / (0.01 * now.mark[i] * scale) / now.mark[i]
            start, step = (best + 1, 1) if side else (best, -1)
            chances = sizes[side * count : (side + 1) * count]
            sides.append([((start + step * k) / scale, per_tick * (0.7 + 0.6 * x)) for k, x in enumerate(chances)])
        return sides[0], sides[1]

    def deep(self, at: int, i: int, count: int = DEEP) -> tuple[list[Level], list[Level]]:
        """Bids and asks, one level each 0.1 %, best first; within 1 % they hold the venue's depth to the dollar."""
        now, middle = self.now(at), self.now(at).mark[i]
        tick = 10.0 ** -COINS[i].digits
        sides = []
        for sign, depth in ((-1.0, now.bids[i]), (1.0, now.asks[i])):
            side = [(middle + sign * tick, depth * TOP / middle)]
            for k in range(count):
                price = middle * (1.0 + sign * (0.0005 + 0.001 * k))
                side.append((price, depth * (1.0 - TOP) / 10.0 / price))
            sides.append(side)
        return sides[0], sides[1]
