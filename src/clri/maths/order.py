"""Exact order statistics of one history that slides through absolute time (KERNELS 1).

State of one lane, all three parts canonical (a function of the samples in the window, not of the way there):

- ``ring f64[cap]``: sample of grid point g in slot ``g % cap``, NaN = no sample;
- ``order u16[cap]``: slots sorted by (value, slot), the unused tail is 0;
- ``n``: number of samples.

`replace` moves one slot of `order` between its old and its new place, so nothing is ever summed: no drift,
and numpy on the same samples gives the same bits. Values must be finite (rejected before this layer); -0.0 is
stored as 0.0. Loop indices are unsigned: numba's wrap-around check of signed ones stops vector code (2,034 ->
284 ns).
"""

import math
from typing import Final

import numpy as np

from clri.maths.kernel import F8, U2, kernel
from clri.maths.search import at_slot, below, run_end

MAX_CAP: Final = 65_535
_ZERO = np.uint64(0)
_ONE = np.uint64(1)


@kernel
def replace(ring: F8, order: U2, n: int, slot: int, value: float) -> int:
    """Put `value` into `slot`, replacing what was there; NaN removes the sample.

    Parameters
    ----------
    ring, order
        Rows of one lane; changed in place.
    n
        Samples now held.
    slot
        ``grid_index % cap``, 0 <= slot < cap.
    value
        New sample in the history's unit, finite, or NaN for missing.

    Returns
    -------
    int
        Samples held afterwards.

    Examples
    --------
    >>> from clri.maths.history import History
    >>> ring, order, _ = History(cap=4).allocate(lanes=1)
    >>> n = 0
    >>> for slot, value in enumerate([5.0, 3.0, 9.0, 3.0]):
    ...     n = int(replace(ring[0], order[0], n, slot, value))
    >>> n, order[0].tolist()
    (4, [1, 3, 0, 2])
    """
    target = below(ring, order, n, value)
    place = below(ring, order, n, ring[slot])
    return settle(ring, order, n, slot, value, target, place)


@kernel
def settle(ring: F8, order: U2, n: int, slot: int, value: float, target: np.uint64, place: np.uint64) -> int:
    """`replace` where the samples below `value` and below the one that leaves have been counted.

    Parameters
    ----------
    ring, order, n, slot, value
        As in `replace`.
    target, place
        `clri.maths.search.below` of `value` and of ``ring[slot]``.

    Returns
    -------
    int
        Samples held afterwards.

    Examples
    --------
    >>> from clri.maths.history import filled
    >>> ring, order, n = filled([5, 3, 9])
    >>> n = int(settle(ring, order, n, 0, 10.0, np.uint64(3), np.uint64(1)))
    >>> n, order.tolist()
    (3, [1, 2, 0])
    """
    old = ring[slot]
    fresh = value + 0.0  # -0.0 becomes 0.0
    if fresh == old:
        return n
    if fresh == fresh:
        target = at_slot(ring, order, n, fresh, slot, target)
    if old == old:
        place = at_slot(ring, order, n, old, slot, place)
        if fresh != fresh:
            last = np.uint64(n - 1)
            for i in range(place, last):
                order[i] = order[i + _ONE]
            order[last] = 0
            ring[slot] = math.nan
            return n - 1
        if target > place:
            target = target - _ONE
            for i in range(place, target):
                order[i] = order[i + _ONE]
        else:
            for k in range(_ZERO, place - target):
                j = place - np.uint64(k)
                order[j] = order[j - _ONE]
        order[target] = slot
        ring[slot] = fresh
        return n
    if fresh != fresh:
        return n
    end = np.uint64(n)
    for k in range(_ZERO, end - target):
        j = end - np.uint64(k)
        order[j] = order[j - _ONE]
    order[target] = slot
    ring[slot] = fresh
    return n + 1


@kernel
def median(ring: F8, order: U2, n: int) -> float:
    """Middle sample; even n: mean of the two middle ones; NaN for n = 0. Bit-equal to `numpy.median`.

    Parameters
    ----------
    ring, order, n
        State of one lane.

    Examples
    --------
    >>> from clri.maths.history import filled
    >>> ring, order, n = filled([1, 2, 2, 3, 5, 8, 9, 12, 20, 40])
    >>> float(median(ring, order, n))
    6.5
    """
    if n == 0:
        return math.nan
    middle = np.uint64(n // 2)
    if n % 2 == 1:
        return float(ring[order[middle]])
    return 0.5 * float(ring[order[middle - _ONE]] + ring[order[middle]])


@kernel
def mad(ring: F8, order: U2, n: int, center: float) -> float:
    """Median absolute deviation from `center`, the median; NaN for n = 0. Bit-equal to numpy.

    Parameters
    ----------
    ring, order, n
        State of one lane.
    center
        `median` of the same state.

    Notes ----- Distances fall and rise along sorted samples, so the n//2 + 1 nearest are neighbours: bisect
    for their first; the larger end distance is the answer (even n: its mean with the next smaller). O(log n).

    Examples
    --------
    >>> from clri.maths.history import filled
    >>> ring, order, n = filled([1, 2, 2, 3, 5, 8, 9, 12, 20, 40])
    >>> float(mad(ring, order, n, 6.5))
    4.5
    """
    if n == 0:
        return math.nan
    return mad_at(ring, order, n, center, nearest(ring, order, n, center, np.uint64(n // 4)))


@kernel
def nearest(ring: F8, order: U2, n: int, center: float, near: np.uint64) -> np.uint64:
    """First of the n//2 + 1 neighbouring sorted samples that are nearest to `center`, n >= 1.

    Parameters
    ----------
    ring, order, n, center
        As in `mad`.
    near
        Where to look first; the answer of one replaced sample ago is at most a few steps away.

    Examples
    --------
    >>> from clri.maths.history import filled
    >>> ring, order, n = filled([1, 2, 2, 3, 5, 8, 9, 12, 20, 40])
    >>> int(nearest(ring, order, n, 6.5, np.uint64(9)))
    1
    """
    count = np.uint64(n // 2 + 1)
    low = _ZERO
    high = np.uint64(n) - count
    at = min(near, high)
    step = _ONE
    if at < high and center - ring[order[at]] > ring[order[at + count]] - center:
        low = at + _ONE
        while low + step <= high:
            middle = low + step - _ONE
            if center - ring[order[middle]] > ring[order[middle + count]] - center:
                low = middle + _ONE
                step = step << _ONE
            else:
                high = middle
    else:
        high = at
        while low + step <= high:
            middle = high - step
            if center - ring[order[middle]] > ring[order[middle + count]] - center:
                low = middle + _ONE
            else:
                high = middle
                step = step << _ONE
    while low < high:
        middle = (low + high) >> _ONE
        if center - ring[order[middle]] > ring[order[middle + count]] - center:
            low = middle + _ONE
        else:
            high = middle
    return low


@kernel
def mad_at(ring: F8, order: U2, n: int, center: float, low: np.uint64) -> float:
    """`mad` where the nearest samples have been found: those from position `low` on.

    Examples
    --------
    >>> from clri.maths.history import filled
    >>> ring, order, n = filled([1, 2, 2, 3, 5, 8, 9, 12, 20, 40])
    >>> float(mad_at(ring, order, n, 6.5, np.uint64(1)))
    4.5
    """
    count = np.uint64(n // 2 + 1)
    end = low + count - _ONE
    left = abs(center - float(ring[order[low]]))
    right = abs(float(ring[order[end]]) - center)
    if n % 2 == 1:
        return max(left, right)
    if left > right:
        return 0.5 * (left + max(abs(center - float(ring[order[low + _ONE]])), right))
    return 0.5 * (right + max(left, abs(float(ring[order[end - _ONE]]) - center)))


@kernel
def rank(ring: F8, order: U2, n: int, x: float) -> float:
    """Mid-rank of `x` among the samples, R of SCORES 1: 0..100; NaN for n = 0 or a missing `x`.

    Parameters
    ----------
    ring, order, n
        State of one lane.
    x
        Value to place, in the history's unit; NaN = missing.

    Notes
    -----
    100 * (#{h < x} + 0.5 * #{h = x}) / n, one rounding. Equal samples are counted only where there are some.

    Examples
    --------
    >>> from clri.maths.history import filled
    >>> ring, order, n = filled([1, 2, 2, 3, 5, 8, 9, 12, 20, 40])
    >>> [float(rank(ring, order, n, x)) for x in (8.0, 2.0, 50.0)]
    [55.0, 20.0, 100.0]
    """
    if n == 0 or x != x:
        return math.nan
    return mid_rank(ring, order, n, x, below(ring, order, n, x))


@kernel
def mid_rank(ring: F8, order: U2, n: int, x: float, under: np.uint64) -> float:
    """`rank` where the samples below `x` have been counted, n >= 1.

    Parameters
    ----------
    ring, order, n, x
        As in `rank`.
    under
        `clri.maths.search.below` of `x`.

    Examples
    --------
    >>> from clri.maths.history import filled
    >>> ring, order, n = filled([1, 2, 2, 3, 5, 8, 9, 12, 20, 40])
    >>> float(mid_rank(ring, order, n, 2.0, np.uint64(1)))
    20.0
    """
    if x != x:
        return math.nan
    equal = _ZERO
    if under < np.uint64(n) and ring[order[under]] == x:
        equal = run_end(ring, order, n, under) - under
    return mid(under, equal, n)


@kernel
def mid(under: np.uint64, equal: np.uint64, n: int) -> float:
    """Mid-rank, 0..100, of a value with `under` of `n` samples below it and `equal` beside it.

    Examples
    --------
    >>> float(mid(np.uint64(1), np.uint64(2), 10))
    20.0
    """
    return 100.0 * (float(under) + 0.5 * float(equal)) / float(n)
