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

MAX_CAP: Final = 65_535
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
    old = ring[slot]
    fresh = value + 0.0  # -0.0 becomes 0.0
    target = np.uint64(0)
    if fresh == fresh:
        target = _place(ring, order, n, fresh, slot)
    if old == old:
        place = _place(ring, order, n, old, slot)
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
            for k in range(np.uint64(0), place - target):
                j = place - np.uint64(k)
                order[j] = order[j - _ONE]
        order[target] = slot
        ring[slot] = fresh
        return n
    if fresh != fresh:
        return n
    end = np.uint64(n)
    for k in range(np.uint64(0), end - target):
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
    count = np.uint64(n // 2 + 1)
    low = np.uint64(0)
    high = np.uint64(n) - count
    while low < high:
        middle = (low + high) >> _ONE
        if center - ring[order[middle]] > ring[order[middle + count]] - center:
            low = middle + _ONE
        else:
            high = middle
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
    100 * (#{h < x} + 0.5 * #{h = x}) / n, one rounding. The second bisection runs only on equality.

    Examples
    --------
    >>> from clri.maths.history import filled
    >>> ring, order, n = filled([1, 2, 2, 3, 5, 8, 9, 12, 20, 40])
    >>> [float(rank(ring, order, n, x)) for x in (8.0, 2.0, 50.0)]
    [55.0, 20.0, 100.0]
    """
    if n == 0 or x != x:
        return math.nan
    low = np.uint64(0)
    high = np.uint64(n)
    while low < high:
        middle = (low + high) >> _ONE
        if ring[order[middle]] < x:
            low = middle + _ONE
        else:
            high = middle
    below = low
    if below < np.uint64(n) and ring[order[below]] == x:
        high = np.uint64(n)
        while low < high:
            middle = (low + high) >> _ONE
            if ring[order[middle]] == x:
                low = middle + _ONE
            else:
                high = middle
    return 100.0 * (float(below) + 0.5 * float(low - below)) / float(n)


@kernel
def _place(ring: F8, order: U2, n: int, value: float, slot: int) -> np.uint64:
    """Position of the first sample that is not below (value, slot)."""
    low = np.uint64(0)
    high = np.uint64(n)
    while low < high:
        middle = (low + high) >> _ONE
        k = order[middle]
        held = ring[k]
        if held < value or (held == value and k < slot):
            low = middle + _ONE
        else:
            high = middle
    return low
