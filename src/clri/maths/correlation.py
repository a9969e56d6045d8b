"""Rolling Pearson correlation of two series over the last W rows, refreshed like `clri.maths.moments`.

Rows count only if both series have a value. Means, M2 and the co-moment C = sum (a - mean a)(b - mean b) are
computed anew in time order at every absolute row divisible by W, and when an M2 falls below 2**-12 of its
highest value since then; so later starts end in the same bytes.

State of one lane (a pair): ``ring f64[2, W]``, ``n``, ``stat f64[7]`` = mean a, mean b, M2 a, M2 b, C,
highest M2 a, highest M2 b. Price levels are never correlated (SCORES 7.5): feed returns.
"""

import math
from typing import Final

import numpy as np

from clri.maths.kernel import F8, I8, kernel

MEAN_A: Final = 0
MEAN_B: Final = 1
M2_A: Final = 2
M2_B: Final = 3
CO: Final = 4
PEAK_A: Final = 5
PEAK_B: Final = 6
_KEEP: Final = 2.0**-12
_NOISE: Final = 2.0**-45


def allocate(lanes: int, window: int) -> tuple[F8, I8, F8]:
    """Empty state of `lanes` pairs: ring ``f64[L, 2, W]`` (NaN), n ``i64[L]``, stat ``f64[L, 7]``.

    Examples
    --------
    >>> [part.shape for part in allocate(lanes=3, window=24)]
    [(3, 2, 24), (3,), (3, 7)]
    """
    return np.full((lanes, 2, window), math.nan), np.zeros(lanes, np.int64), np.zeros((lanes, 7))


@kernel
def push(ring: F8, stat: F8, n: int, t: int, a: float, b: float) -> int:
    """Let row `t` enter the window of one pair and row t - W leave it.

    Parameters
    ----------
    ring, stat
        Rows of one pair, ``f64[2, W]`` and ``f64[7]``; changed in place.
    n
        Common values in the window before.
    t
        Absolute number of the row, >= 0; the next call has t + 1.
    a, b
        Values of both series; NaN in either = the row is missing.

    Returns
    -------
    int
        Common values in the window afterwards.

    Examples
    --------
    >>> ring, n, stat = allocate(1, 6)
    >>> rows = zip([0.4, -0.2, 0.1, 0.3, -0.5, 0.2], [0.5, -0.1, 0.0, 0.4, -0.6, 0.3])
    >>> for t, (a, b) in enumerate(rows):
    ...     n[0] = push(ring[0], stat[0], n[0], t, a, b)
    >>> round(float(pearson(stat[0], n[0])), 4)
    0.9781
    """
    window = ring.shape[1]
    slot = t % window
    old_a = ring[0, slot]
    old_b = ring[1, slot]
    present = a == a and b == b
    ring[0, slot] = a if present else math.nan
    ring[1, slot] = b if present else math.nan
    mean_a = stat[MEAN_A]
    mean_b = stat[MEAN_B]
    m2_a = stat[M2_A]
    m2_b = stat[M2_B]
    co = stat[CO]
    if old_a == old_a:
        n = n - 1
        if n > 0:
            gap_a = old_a - mean_a
            gap_b = old_b - mean_b
            mean_a = mean_a - gap_a / float(n)
            mean_b = mean_b - gap_b / float(n)
            m2_a = m2_a - gap_a * (old_a - mean_a)
            m2_b = m2_b - gap_b * (old_b - mean_b)
            co = co - gap_a * (old_b - mean_b)
    if present:
        n = n + 1
        gap_a = a - mean_a
        gap_b = b - mean_b
        mean_a = mean_a + gap_a / float(n)
        mean_b = mean_b + gap_b / float(n)
        m2_a = m2_a + gap_a * (a - mean_a)
        m2_b = m2_b + gap_b * (b - mean_b)
        co = co + gap_a * (b - mean_b)
    kept = m2_a >= stat[PEAK_A] * _KEEP and m2_b >= stat[PEAK_B] * _KEEP
    if n == 0 or slot == 0 or not kept:
        _refresh(ring, stat, (slot + 1) % window)
    else:
        stat[MEAN_A] = mean_a
        stat[MEAN_B] = mean_b
        stat[M2_A] = m2_a
        stat[M2_B] = m2_b
        stat[CO] = co
        stat[PEAK_A] = max(stat[PEAK_A], m2_a)
        stat[PEAK_B] = max(stat[PEAK_B], m2_b)
    return n


@kernel
def pearson(stat: F8, n: int) -> float:
    """Correlation from the state of one pair: -1..1.

    Parameters
    ----------
    stat
        ``f64[7]`` of one pair.
    n
        Common values in the window.

    Returns
    -------
    float
        C / sqrt(M2a * M2b), limited to [-1, 1]; NaN with fewer than 2 values, or if a series does not vary
        beyond the rounding of its mean (M2 <= n * (mean * 2**-45)**2).

    Examples
    --------
    >>> float(pearson(np.array([0.0, 0.0, 4.0, 9.0, -3.0, 4.0, 9.0]), 5)), float(pearson(np.zeros(7), 5))
    (-0.5, nan)
    """
    if n < 2:
        return math.nan
    noise_a = stat[MEAN_A] * _NOISE
    noise_b = stat[MEAN_B] * _NOISE
    if stat[M2_A] <= float(n) * noise_a * noise_a or stat[M2_B] <= float(n) * noise_b * noise_b:
        return math.nan
    r = float(stat[CO]) / (math.sqrt(stat[M2_A]) * math.sqrt(stat[M2_B]))
    return min(1.0, max(-1.0, r))


@kernel
def roll(ring: F8, n: I8, stat: F8, t0: int, a: F8, b: F8, out_r: F8 | None, out_n: F8 | None, n_min: int) -> None:
    """Correlation of the window that ends with each row.

    Parameters
    ----------
    ring, n, stat
        State of `allocate`; changed in place.
    t0
        Absolute number of the first row, >= 0; rows follow without gaps.
    a, b
        Both series of each pair, ``f64[T, L]``; NaN = missing.
    out_r
        ``f64[T, L]`` or None: correlation -1..1; NaN below `n_min` common values, or without variation.
    out_n
        ``f64[T, L]`` or None: common values in the window.
    n_min
        Common values needed: 20 of 24 in SCORES 7.5.

    Examples
    --------
    >>> a = np.array([[1.0], [-2.0], [3.0], [0.0], [-1.0], [2.0], [1.0], [-3.0]])
    >>> b = np.array([[0.0], [1.0], [-2.0], [3.0], [0.0], [-1.0], [2.0], [1.0]])
    >>> r = np.empty((7, 1))
    >>> roll(*allocate(1, 7), 0, a[:-1], b[1:], r, None, 7)
    >>> round(float(r[-1, 0]), 4)
    1.0
    """
    T, L = a.shape
    for lane in range(L):
        window = ring[lane]
        sums = stat[lane]
        held = n[lane]
        for row in range(T):
            held = push(window, sums, held, t0 + row, a[row, lane], b[row, lane])
            if out_n is not None:
                out_n[row, lane] = float(held)
            if out_r is not None:
                out_r[row, lane] = pearson(sums, held) if held >= n_min else math.nan
        n[lane] = held


@kernel
def _refresh(ring: F8, stat: F8, oldest: int) -> None:
    """All moments in two passes from the oldest row on, relative to its values: exact for equal values."""
    window = ring.shape[1]
    base_a = math.nan
    base_b = math.nan
    total_a = 0.0
    total_b = 0.0
    n = 0
    slot = oldest
    for _ in range(window):
        a = ring[0, slot]
        b = ring[1, slot]
        if a == a:
            if n == 0:
                base_a = a
                base_b = b
            n = n + 1
            total_a = total_a + (a - base_a)
            total_b = total_b + (b - base_b)
        slot = slot + 1
        if slot == window:
            slot = 0
    mean_a = base_a + total_a / float(n) if n > 0 else 0.0
    mean_b = base_b + total_b / float(n) if n > 0 else 0.0
    m2_a = 0.0
    m2_b = 0.0
    co = 0.0
    for _ in range(window):
        a = ring[0, slot]
        b = ring[1, slot]
        if a == a:
            m2_a = m2_a + (a - mean_a) * (a - mean_a)
            m2_b = m2_b + (b - mean_b) * (b - mean_b)
            co = co + (a - mean_a) * (b - mean_b)
        slot = slot + 1
        if slot == window:
            slot = 0
    stat[MEAN_A] = mean_a
    stat[MEAN_B] = mean_b
    stat[M2_A] = m2_a
    stat[M2_B] = m2_b
    stat[CO] = co
    stat[PEAK_A] = m2_a
    stat[PEAK_B] = m2_b
