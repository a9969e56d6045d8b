"""What the venues' liquidation feeds would tell of a stretch of orders, summed by minute (SIMULATION 3)."""

from typing import Final

import numpy as np

from clri.collect.simulate.market.params import Params
from clri.collect.simulate.market.state import S, V
from clri.collect.simulate.market.stretch import Stretch
from clri.maths.kernel import F8, I8, kernel

ALL: Final = 0
LARGEST: Final = 1
LARGEST_OF_SIDE: Final = 2
FIRST: Final = 3
PART: Final = 4
FEEDS: Final = np.array([LARGEST, ALL, FIRST, ALL, LARGEST_OF_SIDE, PART], np.int64)
"""How each venue tells: binance, bybit, okx, gate, bitget, hyperliquid."""
KEPT_PPM: Final = 350_000
"""Part of the orders that a partial feed tells, millionths."""

LONG_USD: Final = 0
SHORT_USD: Final = 1
LONG_N: Final = 2
SHORT_N: Final = 3
MAX_USD: Final = 4
COMPLETE_USD: Final = 5
SUMS: Final = 6


def told_by_minute(found: Stretch, params: Params) -> F8:
    """Sums of what is told in each minute of a stretch of 60-s steps: [SUMS, T, S], USD and numbers."""
    sums = np.zeros((SUMS, len(found.spot), S))
    usd = found.orders[:, 5] * params.lot[found.orders[:, 1]] * found.prices[:, 0]
    _add(sums, told(found.orders, usd, found.first, FEEDS), found.orders, usd, found.start, FEEDS)
    return sums


@kernel
def told(orders: I8, usd: F8, first: int, feeds: I8) -> I8:
    """1 for each order (by time, as in `Stretch.orders`) that its venue tells, else 0."""
    found = np.zeros(len(orders), np.int64)
    best = np.full((S, V, 2), -1, np.int64)
    second = -1
    for at in range(len(orders)):
        now = orders[at, 0] // 1_000_000_000
        if now != second:
            second = now
            best[:] = -1
        coin = orders[at, 1]
        venue = orders[at, 2]
        kind = feeds[venue]
        if kind == ALL:
            found[at] = 1
        elif kind == PART:
            # Fibonacci hashing of the number; the venue's own hash differs, its share does not.
            found[at] = (
                1 if ((first + at) * 2_654_435_761 % 4_294_967_296) * 1_000_000 // 4_294_967_296 < KEPT_PPM else 0
            )
        else:
            side = orders[at, 3] if kind == LARGEST_OF_SIDE else 0
            held = best[coin, venue, side]
            if held < 0 or (kind != FIRST and usd[at] > usd[held]):
                if held >= 0:
                    found[held] = 0
                best[coin, venue, side] = at
                found[at] = 1
    return found


@kernel
def _add(sums: F8, kept: I8, orders: I8, usd: F8, start: int, feeds: I8) -> None:
    """Add the orders that are told to the sums of their minutes."""
    for at in range(len(orders)):
        if kept[at] == 1:
            row = (orders[at, 0] // 1_000_000_000 - start) // 60
            coin = orders[at, 1]
            side = orders[at, 3]
            sums[LONG_USD + side, row, coin] += usd[at]
            sums[LONG_N + side, row, coin] += 1.0
            sums[MAX_USD, row, coin] = max(sums[MAX_USD, row, coin], usd[at])
            if feeds[orders[at, 2]] == ALL:
                sums[COMPLETE_USD, row, coin] += usd[at]
