"""The simulated market second by second: what the venues' frames are made of, and nothing that they could not know."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from clri.model.names import Side
from clri.model.timebase import MILLI

F8 = NDArray[np.float64]


class Order(NamedTuple):
    """One forced order, before any venue throttles its feed.

    `at` ns UTC (event time); `coin`, `place` = positions in COINS and PLACES; `long` = side of the closed POSITION;
    `price` = fill, `bankrupt` = bankruptcy price, both on the coin's tick; `qty` coins on its lot; `number` = its id in
    the run, also in the truth.
    """

    at: int
    coin: int
    place: int
    long: bool
    price: float
    bankrupt: float
    qty: float
    number: int

    @property
    def usd(self) -> float:
        """Notional at the fill."""
        return self.qty * self.price

    @property
    def side(self) -> Side:
        """Side of the position."""
        return "LONG" if self.long else "SHORT"

    @property
    def ms(self) -> int:
        """Event time in milliseconds since 1970."""
        return self.at // MILLI


@dataclass
class Tape:
    """State of the market by second, for the seconds it still holds.

    Attributes
    ----------
    seed
        Of the market.
    start
        ns UTC of second 0, a whole second.
    first
        Oldest second still held; row `t - first` of each array is second `t`.
    index
        Spot price, USD, [seconds, coins].
    mark
        Mark price of the perpetual, USD, [seconds, venues, coins]; the arrays below have the same shape.
    rate
        Running funding as a fraction per 8 h, whatever the venue's interval.
    coins
        Open interest, coins.
    bids, asks
        Depth within 1 % of the mark, USD.
    perp, spot
        Turnover of the last 24 h, USD.
    ratio
        Long to short accounts.
    orders
        Forced orders of the seconds held, by `at`.
    """

    seed: int
    start: int
    first: int
    index: F8
    mark: F8
    rate: F8
    coins: F8
    bids: F8
    asks: F8
    perp: F8
    spot: F8
    ratio: F8
    orders: list[Order] = field(default_factory=list)

    @property
    def end(self) -> int:
        """Second after the newest one held."""
        return self.first + len(self.index)
