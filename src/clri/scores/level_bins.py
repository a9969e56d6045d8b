"""Bins of the estimated levels: two rings of coins per symbol, and what a row does to them.

State of one lane: `coins[2, BINS]`, longs and shorts, slot = bin % BINS, bin = floor(ln(price) / BIN); the coins are
those times `meta[SCALE]`, so that a decay of all is one product. Longs stand at or below the price's bin, shorts at or
above it: a ring holds the BINS nearest ones, and what leaves its reach is forgotten.
"""

import math
from typing import Final

from clri.maths.kernel import F8, kernel
from clri.maths.log import ln
from clri.maths.scale import clip

BIN: Final = 0.001
BINS: Final = 1024

INDEX, BASE, PRICE, SCALE, GAP, TOP, BOTTOM = range(7)
"""Columns of `meta`: last index, its coins, last price, factor of all bins, rows since the index, outermost bins."""


@kernel
def bin_of(x: float) -> int:
    """Bin of a logarithm of price.

    Examples
    --------
    >>> [bin_of(x) for x in (0.0, 0.0009, 0.001, -0.0001)]
    [0, 0, 1, -1]
    """
    return math.floor(x / BIN + 1e-9)


@kernel
def _passed_longs(coins: F8, meta: F8, low: float) -> float:
    """Remove longs whose bin's middle is at or above `low`; coins removed, before the factor."""
    gone = 0.0
    if meta[TOP] == meta[TOP]:
        first = math.ceil(ln(low) / BIN - 0.5)
        at = int(meta[TOP])
        stop = max(first, at - BINS + 1)
        while at >= stop:
            gone = gone + coins[at % BINS]
            coins[at % BINS] = 0.0
            at = at - 1
        if meta[TOP] >= first:
            meta[TOP] = float(first - 1)
    return gone


@kernel
def _passed_shorts(coins: F8, meta: F8, high: float) -> float:
    """Remove shorts whose bin's middle is at or below `high`; coins removed, before the factor."""
    gone = 0.0
    if meta[BOTTOM] == meta[BOTTOM]:
        last = math.floor(ln(high) / BIN - 0.5)
        at = int(meta[BOTTOM])
        stop = min(last, at + BINS - 1)
        while at <= stop:
            gone = gone + coins[at % BINS]
            coins[at % BINS] = 0.0
            at = at + 1
        if meta[BOTTOM] <= last:
            meta[BOTTOM] = float(last + 1)
    return gone


@kernel
def _slide(longs: F8, shorts: F8, before: int, here: int) -> None:
    """Forget what the ring can no longer hold after the price moved from one bin to another."""
    for k in range(min(here - before, BINS)):
        longs[(before - BINS + 1 + k) % BINS] = 0.0
    for k in range(min(before - here, BINS)):
        shorts[(before + BINS - 1 - k) % BINS] = 0.0


@kernel
def roll(offsets: F8, reference: float, tilt: float, tolerance: int, coins: F8, meta: F8, x: F8) -> None:
    """Take rows of every lane: removal, entries, decay.

    Parameters
    ----------
    offsets
        `[leverages, 3]`: ln of a long's level over its entry, the same of a short's, share of the notional.
    reference, tilt
        Funding per 8 h that moves the sides by the whole tilt, and the tilt, fraction.
    tolerance
        Longest gap in the index that still has an entry price, rows.
    coins, meta
        State `[lanes, 2, BINS]` and `[lanes, 7]`; changed in place.
    x
        `[inputs of EstimatedLevels, T, lanes]`, NaN = missing.
    """
    for lane in range(x.shape[2]):
        own = meta[lane]
        longs = coins[lane, 0]
        shorts = coins[lane, 1]
        for t in range(x.shape[1]):
            price = x[0, t, lane]
            index = x[3, t, lane]
            gone = 0.0
            if price > 0.0:
                high = max(price, x[1, t, lane]) if x[1, t, lane] == x[1, t, lane] else price
                low = min(price, x[2, t, lane]) if x[2, t, lane] > 0.0 else price
                gone = _passed_longs(longs, own, low) + _passed_shorts(shorts, own, high)
                if own[PRICE] == own[PRICE]:
                    _slide(longs, shorts, bin_of(ln(own[PRICE])), bin_of(ln(price)))
                own[PRICE] = price
            own[GAP] = own[GAP] + 1.0
            if not index > 0.0:
                continue
            now = x[4, t, lane] if x[4, t, lane] > 0.0 else index
            if own[INDEX] == own[INDEX]:
                before = now * own[INDEX] / index
                if before < now and own[GAP] <= float(tolerance) and price > 0.0:
                    share = 0.5
                    lsr = x[5, t, lane]
                    f8 = x[6, t, lane]
                    if lsr > 0.0:
                        share = lsr / (1.0 + lsr)
                    elif f8 == f8:
                        share = 0.5 + tilt * clip(f8 / reference, -1.0, 1.0)
                    opened = (now - before) / own[SCALE]
                    at = ln(price)
                    for k in range(offsets.shape[0]):
                        b = bin_of(at + offsets[k, 0])
                        longs[b % BINS] += opened * share * offsets[k, 2]
                        if not own[TOP] >= b:
                            own[TOP] = float(b)
                        b = bin_of(at + offsets[k, 1])
                        shorts[b % BINS] += opened * (1.0 - share) * offsets[k, 2]
                        if not own[BOTTOM] <= b:
                            own[BOTTOM] = float(b)
                elif before > now:
                    forced = gone * own[SCALE]
                    left = before - forced
                    if left > now:
                        own[SCALE] = own[SCALE] * (now / left)
                    if own[SCALE] < 1e-100:
                        for b in range(BINS):
                            longs[b] = longs[b] * own[SCALE]
                            shorts[b] = shorts[b] * own[SCALE]
                        own[SCALE] = 1.0
            own[INDEX] = index
            own[BASE] = now
            own[GAP] = 0.0
