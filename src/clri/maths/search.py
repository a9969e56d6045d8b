"""Where values belong among the sorted samples of one history: one value, or several side by side.

`below` branches. Its guesses run ahead of the loads, which is best for one value in samples that left the cache: the
live minute. In a block of rows every other guess is wrong and each step waits for the load of the step before; there
`below_both` and `below_six` add ``(sample < value) << s`` to the position, whatever the comparison says, for several
values at once, so that their loads overlap (8,640 samples: 60 -> 13 ns for a value, measured). State as in
`clri.maths.order`; positions are unsigned for the reason given there.
"""

from typing import Final

import numpy as np

from clri.maths.kernel import F8, U2, kernel

_ZERO: Final = np.uint64(0)
_ONE: Final = np.uint64(1)
_TWO: Final = np.uint64(2)

Six = tuple[np.uint64, np.uint64, np.uint64, np.uint64, np.uint64, np.uint64]


@kernel
def below(ring: F8, order: U2, n: int, x: float) -> np.uint64:
    """Samples below `x`, which is the position of the first that is not; 0 for a missing `x`.

    Parameters
    ----------
    ring, order, n
        State of one lane.
    x
        Value sought, in the history's unit; NaN = missing.

    Examples
    --------
    >>> from clri.maths.history import filled
    >>> ring, order, n = filled([1, 2, 2, 3, 5, 8, 9, 12, 20, 40])
    >>> [int(below(ring, order, n, x)) for x in (0.0, 2.0, 2.5, 50.0)]
    [0, 1, 3, 10]
    """
    low = _ZERO
    high = np.uint64(n)
    while low < high:
        middle = (low + high) >> _ONE
        if ring[order[middle]] < x:
            low = middle + _ONE
        else:
            high = middle
    return low


@kernel
def below_both(ring: F8, order: U2, n: int, x0: float, x1: float) -> tuple[np.uint64, np.uint64]:
    """`below` of two values at once.

    Parameters
    ----------
    ring, order, n
        State of one lane.
    x0, x1
        Values sought, in the history's unit; NaN = missing.

    Examples
    --------
    >>> from clri.maths.history import filled
    >>> ring, order, n = filled([1, 2, 2, 3, 5, 8, 9, 12, 20, 40])
    >>> [int(at) for at in below_both(ring, order, n, 2.0, 50.0)]
    [1, 10]
    """
    if n == 0:
        return _ZERO, _ZERO
    s = _power(n)
    first = _ONE << s
    rest = np.uint64(n) - first
    middle = ring[order[first - _ONE]]
    a = rest * np.uint64(middle < x0)
    b = rest * np.uint64(middle < x1)
    while s > _ZERO:
        s = s - _ONE
        half = (_ONE << s) - _ONE
        a = a + (np.uint64(ring[order[a + half]] < x0) << s)
        b = b + (np.uint64(ring[order[b + half]] < x1) << s)
    return a + np.uint64(ring[order[a]] < x0), b + np.uint64(ring[order[b]] < x1)


@kernel
def below_six(ring: F8, order: U2, n: int, x0: float, x1: float, x2: float, x3: float, x4: float, x5: float) -> Six:
    """`below` of six values at once: the five minutes that are compared with one history, and the sample that leaves.

    Parameters
    ----------
    ring, order, n
        State of one lane.
    x0, x1, x2, x3, x4, x5
        Values sought, in the history's unit; NaN = missing.

    Examples
    --------
    >>> from clri.maths.history import filled
    >>> ring, order, n = filled([1, 2, 2, 3, 5, 8, 9, 12, 20, 40])
    >>> [int(at) for at in below_six(ring, order, n, 0.0, 2.0, 2.5, 50.0, 9.0, 40.0)]
    [0, 1, 3, 10, 6, 9]
    """
    if n == 0:
        return _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO
    s = _power(n)
    first = _ONE << s
    rest = np.uint64(n) - first
    middle = ring[order[first - _ONE]]
    a = rest * np.uint64(middle < x0)
    b = rest * np.uint64(middle < x1)
    c = rest * np.uint64(middle < x2)
    d = rest * np.uint64(middle < x3)
    e = rest * np.uint64(middle < x4)
    f = rest * np.uint64(middle < x5)
    while s > _ZERO:
        s = s - _ONE
        half = (_ONE << s) - _ONE
        a = a + (np.uint64(ring[order[a + half]] < x0) << s)
        b = b + (np.uint64(ring[order[b + half]] < x1) << s)
        c = c + (np.uint64(ring[order[c + half]] < x2) << s)
        d = d + (np.uint64(ring[order[d + half]] < x3) << s)
        e = e + (np.uint64(ring[order[e + half]] < x4) << s)
        f = f + (np.uint64(ring[order[f + half]] < x5) << s)
    a = a + np.uint64(ring[order[a]] < x0)
    b = b + np.uint64(ring[order[b]] < x1)
    c = c + np.uint64(ring[order[c]] < x2)
    d = d + np.uint64(ring[order[d]] < x3)
    e = e + np.uint64(ring[order[e]] < x4)
    return a, b, c, d, e, f + np.uint64(ring[order[f]] < x5)


@kernel
def run_end(ring: F8, order: U2, n: int, start: np.uint64) -> np.uint64:
    """End of the run of samples equal to the one at position `start`, which is the first of them.

    Parameters
    ----------
    ring, order, n
        State of one lane.
    start
        Position, below `n`.

    Examples
    --------
    >>> from clri.maths.history import filled
    >>> ring, order, n = filled([1, 2, 2, 3, 5, 8, 9, 12, 20, 40])
    >>> int(run_end(ring, order, n, np.uint64(1)))
    3
    """
    value = ring[order[start]]
    low = start + _ONE
    high = np.uint64(n)
    step = _ONE
    while low + step <= high:
        if ring[order[low + step - _ONE]] == value:
            low = low + step
            step = step << _TWO
        else:
            high = low + step - _ONE
    while low < high:
        middle = (low + high) >> _ONE
        if ring[order[middle]] == value:
            low = middle + _ONE
        else:
            high = middle
    return low


@kernel
def at_slot(ring: F8, order: U2, n: int, value: float, slot: int, start: np.uint64) -> np.uint64:
    """Position of the first sample that is not below (value, slot).

    Parameters
    ----------
    ring, order, n
        State of one lane.
    value
        In the history's unit.
    slot
        Where equal samples are told apart by slot.
    start
        `below` of `value`.

    Examples
    --------
    >>> from clri.maths.history import filled
    >>> ring, order, n = filled([1, 2, 2, 3, 5, 8, 9, 12, 20, 40])
    >>> int(at_slot(ring, order, n, 2.0, 2, np.uint64(1)))
    2
    """
    low = start
    high = np.uint64(n)
    step = _ONE
    while low + step <= high:
        k = order[low + step - _ONE]
        if ring[k] == value and k < slot:
            low = low + step
            step = step << _TWO
        else:
            high = low + step - _ONE
    while low < high:
        middle = (low + high) >> _ONE
        k = order[middle]
        if ring[k] == value and k < slot:
            low = middle + _ONE
        else:
            high = middle
    return low


@kernel
def _power(n: int) -> np.uint64:
    """Largest s with 2**s <= n, n >= 1."""
    s = _ZERO
    while (_ONE << (s + _ONE)) <= np.uint64(n):
        s = s + _ONE
    return s
