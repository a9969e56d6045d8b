"""Exact sums of money over the last W rows of a lane, current row included, with the count of present rows.

Rows are whole micro-USD in int64, so what enters leaves again without a trace: no drift, no anchor, equal
bytes for every start after one full window. The total is kept in two halves (the sums of ``v >> 32`` and of
the low 32 bits), which cannot overflow: even 65,535 rows of the largest amount are summed exactly, never
wrapped.

State of one lane: ``ring i64[W]`` (slot ``t % W``, `MISSING` = no value), ``total i64[2]``, ``count``.
Rules like "at least 90 % of the rows present" are the caller's: compare the count.
"""

import math
from typing import Final

import numpy as np

from clri.maths.kernel import F8, I8, kernel
from clri.maths.money import LIMIT_USD, nearest_micro

MISSING: Final = -(2**63)
_LOW: Final = 0xFFFF_FFFF
_nearest_micro = kernel(nearest_micro)


def allocate(lanes: int, window: int) -> tuple[I8, I8, I8]:
    """Empty state of `lanes` lanes: ring ``i64[L, W]`` (`MISSING`), total ``i64[L, 2]``, count ``i64[L]``.

    Raises
    ------
    ValueError
        If `window` is not 1..65,535, up to which the total cannot overflow.

    Examples
    --------
    >>> [part.shape for part in allocate(lanes=2, window=60)]
    [(2, 60), (2, 2), (2,)]
    """
    if not 1 <= window <= 65_535:
        raise ValueError(f"window was {window} rows; expected 1..65535")
    ring = np.full((lanes, window), MISSING, np.int64)
    return ring, np.zeros((lanes, 2), np.int64), np.zeros(lanes, np.int64)


@kernel
def micro_or_missing(usd: float) -> int:
    """Compiled `clri.maths.money.micro`: `MISSING` instead of an error for NaN and above 9.2e12 USD in size.

    Parameters
    ----------
    usd
        US dollars; NaN = missing.

    Examples
    --------
    >>> int(micro_or_missing(1234.5)), int(micro_or_missing(1e13)) == MISSING
    (1234500000, True)
    """
    if -LIMIT_USD <= usd <= LIMIT_USD:
        return _nearest_micro(usd)
    return MISSING


@kernel
def push(ring: I8, total: I8, count: int, t: int, amount: int) -> int:
    """Let row `t` enter the window of one lane and row t - W leave it.

    Parameters
    ----------
    ring, total
        Rows of one lane; changed in place.
    count
        Present rows in the window before.
    t
        Absolute number of the row, >= 0; the next call has t + 1.
    amount
        micro-USD, or `MISSING`.

    Returns
    -------
    int
        Present rows in the window afterwards.

    Examples
    --------
    >>> ring, total, count = allocate(1, 2)
    >>> for t, amount in enumerate([5, MISSING, 7]):
    ...     count[0] = push(ring[0], total[0], count[0], t, amount)
    >>> count.tolist(), float(usd(total[0]))
    ([1], 7e-06)
    """
    slot = t % ring.shape[0]
    old = ring[slot]
    ring[slot] = amount
    if old != MISSING:
        total[0] -= old >> 32
        total[1] -= old & _LOW
        count = count - 1
    if amount != MISSING:
        total[0] += amount >> 32
        total[1] += amount & _LOW
        count = count + 1
    return count


@kernel
def slide(
    ring: I8, total: I8, count: int, t0: int, amounts: I8, need: float, unit: float, out: F8, out_count: I8
) -> int:
    """`push` of consecutive rows of one lane, and the sum that ends with each; views are made once, not per row.

    Parameters
    ----------
    ring, total
        Rows of one lane; changed in place.
    count
        Present rows in the window before.
    t0
        Absolute number of the first row, >= 0.
    amounts
        ``i64[T]``: micro-USD per row, or `MISSING`.
    need
        Present rows below which the sum is NaN, a share of the window: 1e-9 less is enough.
    unit
        What the total is divided by: 1e6 for USD, 1 for plain counts.
    out, out_count
        ``f64[T]``: total over the present rows, and ``i64[T]``: how many they are.

    Returns
    -------
    int
        Present rows in the window afterwards.

    Examples
    --------
    >>> ring, total, count = allocate(1, 2)
    >>> out, rows = np.empty(3), np.empty(3, np.int64)
    >>> int(slide(ring[0], total[0], 0, 0, np.array([5, MISSING, 7]), 1.0, 1e6, out, rows)), out.tolist()
    (1, [5e-06, 5e-06, 7e-06])
    """
    window = ring.shape[0]
    slot = t0 % window
    high, low = total[0], total[1]
    for row in range(amounts.shape[0]):
        amount = amounts[row]
        old = ring[slot]
        ring[slot] = amount
        if old != MISSING:
            high = high - (old >> 32)
            low = low - (old & _LOW)
            count = count - 1
        if amount != MISSING:
            high = high + (amount >> 32)
            low = low + (amount & _LOW)
            count = count + 1
        slot = slot + 1
        if slot == window:
            slot = 0
        out_count[row] = count
        out[row] = (float(high) * 4294967296.0 + float(low)) / unit if float(count) + 1e-9 >= need else math.nan
    total[0] = high
    total[1] = low
    return count


@kernel
def usd(total: I8) -> float:
    """Total of one lane in USD: the double nearest to the micro-USD, divided by 1e6.

    Parameters
    ----------
    total
        ``i64[2]`` of one lane.

    Examples
    --------
    >>> float(usd(np.array([1, 2_500_000])))
    4297.467296
    """
    return (float(total[0]) * 4294967296.0 + float(total[1])) / 1e6


@kernel
def roll(ring: I8, total: I8, count: I8, t0: int, x: F8, out_sum: F8 | None, out_count: F8 | None) -> None:
    """Sum and count of the window that ends with each row.

    Parameters
    ----------
    ring, total, count
        State of `allocate`; changed in place.
    t0
        Absolute number of the first row, >= 0; rows follow without gaps.
    x
        USD per row, ``f64[T, L]``; NaN, or more than 9.2e12 in size, = missing.
    out_sum
        ``f64[T, L]`` or None: USD over the present rows; NaN if none is present.
    out_count
        ``f64[T, L]`` or None: present rows, 0..W.

    Examples
    --------
    >>> x = np.array([[0.1], [0.2], [np.nan], [0.4]])
    >>> out, rows = np.empty_like(x), np.empty_like(x)
    >>> roll(*allocate(1, 3), 0, x, out, rows)
    >>> out[:, 0].tolist(), rows[:, 0].tolist()
    ([0.1, 0.3, 0.3, 0.6], [1.0, 2.0, 2.0, 2.0])
    """
    T, L = x.shape
    for lane in range(L):
        window = ring[lane]
        halves = total[lane]
        held = count[lane]
        for row in range(T):
            held = push(window, halves, held, t0 + row, micro_or_missing(x[row, lane]))
            if out_count is not None:
                out_count[row, lane] = float(held)
            if out_sum is not None:
                out_sum[row, lane] = usd(halves) if held > 0 else math.nan
        count[lane] = held
