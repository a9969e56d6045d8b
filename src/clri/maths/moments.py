"""Rolling mean and standard deviation over the last W rows of a lane, current row included.

One row costs one removal and one insertion (Welford's update). Such sums drift and depend on where they
began, so mean and M2 are computed anew, in time order, at every absolute row divisible by W (RELIABILITY 6.1,
rule 5): after one full window and one such anchor a later start has the same bytes. They are also computed
anew when M2 has fallen below 2**-12 of its highest value since then: a large value that leaves would take the
digits of the rest with it.

State of one lane: ``ring f64[W]`` (slot ``t % W``, NaN = missing), ``n``, ``stat f64[3]`` = mean, M2 = sum of
(x - mean)**2, highest M2. Values must be finite and below 1e150 in size.
"""

import math
from typing import Final

import numpy as np

from clri.maths.kernel import F8, I8, kernel

MEAN: Final = 0
M2: Final = 1
PEAK: Final = 2
_KEEP: Final = 2.0**-12


def allocate(lanes: int, window: int) -> tuple[F8, I8, F8]:
    """Empty state of `lanes` lanes: ring ``f64[L, W]`` (NaN), n ``i64[L]``, stat ``f64[L, 3]``.

    Examples
    --------
    >>> [part.shape for part in allocate(lanes=2, window=24)]
    [(2, 24), (2,), (2, 3)]
    """
    return np.full((lanes, window), math.nan), np.zeros(lanes, np.int64), np.zeros((lanes, 3))


@kernel
def push(ring: F8, stat: F8, n: int, t: int, value: float) -> int:
    """Let row `t` enter the window of one lane and row t - W leave it.

    Parameters
    ----------
    ring, stat
        Rows of one lane; changed in place. Afterwards ``stat[MEAN]``, ``stat[M2]`` hold the window's moments.
    n
        Present values in the window before.
    t
        Absolute number of the row, >= 0; the next call has t + 1.
    value
        In any unit; NaN = missing.

    Returns
    -------
    int
        Present values in the window afterwards (0: mean and M2 are 0).

    Examples
    --------
    >>> ring, n, stat = allocate(1, 3)
    >>> for t, value in enumerate([1.0, 2.0, 6.0, 4.0]):
    ...     n[0] = push(ring[0], stat[0], n[0], t, value)
    >>> n.tolist(), stat[0, :2].tolist()
    ([3], [4.0, 8.0])
    """
    window = ring.shape[0]
    slot = t % window
    old = ring[slot]
    ring[slot] = value if value == value else math.nan
    mean = stat[MEAN]
    m2 = stat[M2]
    if old == old:
        n = n - 1
        if n > 0:
            gap = old - mean
            mean = mean - gap / float(n)
            m2 = m2 - gap * (old - mean)
    if value == value:
        n = n + 1
        gap = value - mean
        mean = mean + gap / float(n)
        m2 = m2 + gap * (value - mean)
    if n == 0 or slot == 0 or not m2 >= stat[PEAK] * _KEEP:
        _refresh(ring, stat, (slot + 1) % window)
    else:
        stat[MEAN] = mean
        stat[M2] = m2
        stat[PEAK] = max(stat[PEAK], m2)
    return n


@kernel
def deviation(m2: float, n: int, ddof: int) -> float:
    """Standard deviation from M2; NaN if n <= ddof.

    Parameters
    ----------
    m2
        Sum of squared distances from the mean, unit squared.
    n
        Present values.
    ddof
        1 for a sample, 0 for a population.

    Examples
    --------
    >>> float(deviation(8.0, 3, 1)), float(deviation(0.0, 1, 1))
    (2.0, nan)
    """
    if n <= ddof:
        return math.nan
    return math.sqrt(m2 / float(n - ddof))


@kernel
def roll(
    ring: F8,
    n: I8,
    stat: F8,
    t0: int,
    x: F8,
    out_mean: F8 | None,
    out_sd: F8 | None,
    out_n: F8 | None,
    n_min: int,
    ddof: int,
) -> None:
    """Moments of the window that ends with each row.

    Parameters
    ----------
    ring, n, stat
        State of `allocate`; changed in place.
    t0
        Absolute number of the first row, >= 0; rows follow without gaps.
    x
        Input ``f64[T, L]``; NaN = missing, skipped.
    out_mean, out_sd
        ``f64[T, L]`` or None: mean and standard deviation in the unit of `x`; NaN below `n_min` values.
    out_n
        ``f64[T, L]`` or None: present values in the window.
    n_min
        Present values needed.
    ddof
        1 for the sample, 0 for the population deviation.

    Examples
    --------
    >>> x = np.array([[3.0], [3.1], [3.3], [np.nan], [3.2]])
    >>> mean, sd = np.empty_like(x), np.empty_like(x)
    >>> roll(*allocate(1, 4), 0, x, mean, sd, None, 3, 1)
    >>> mean[:, 0].round(4).tolist(), sd[:, 0].round(4).tolist()
    ([nan, nan, 3.1333, 3.1333, 3.2], [nan, nan, 0.1528, 0.1528, 0.1])
    """
    T, L = x.shape
    for lane in range(L):
        window = ring[lane]
        sums = stat[lane]
        held = n[lane]
        for row in range(T):
            held = push(window, sums, held, t0 + row, x[row, lane])
            enough = held >= n_min and held > 0
            if out_n is not None:
                out_n[row, lane] = float(held)
            if out_mean is not None:
                out_mean[row, lane] = sums[MEAN] if enough else math.nan
            if out_sd is not None:
                out_sd[row, lane] = deviation(sums[M2], held, ddof) if enough else math.nan
        n[lane] = held


@kernel
def _refresh(ring: F8, stat: F8, oldest: int) -> None:
    """Mean and M2 in two passes from the oldest row on, relative to its value: exact for equal values."""
    window = ring.shape[0]
    base = math.nan
    total = 0.0
    n = 0
    slot = oldest
    for _ in range(window):
        v = ring[slot]
        if v == v:
            if n == 0:
                base = v
            n = n + 1
            total = total + (v - base)
        slot = slot + 1
        if slot == window:
            slot = 0
    mean = base + total / float(n) if n > 0 else 0.0
    m2 = 0.0
    for _ in range(window):
        v = ring[slot]
        if v == v:
            m2 = m2 + (v - mean) * (v - mean)
        slot = slot + 1
        if slot == window:
            slot = 0
    stat[MEAN] = mean
    stat[M2] = m2
    stat[PEAK] = m2
