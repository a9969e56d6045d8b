"""Quantiles of exact histories: adaptive thresholds such as the 99.9 % quantile of 60-s sums (SCORES 5)."""

import math

import numpy as np

from clri.maths.kernel import F8, I8, U2, kernel
from clri.maths.order import replace


@kernel
def quantile(ring: F8, order: U2, n: int, q: float) -> float:
    """Quantile with linear interpolation; NaN for n = 0. Bit-equal to ``numpy.quantile(method="linear")``.

    Parameters
    ----------
    ring, order, n
        State of one lane (`clri.maths.order`).
    q
        Fraction, 0..1.

    Returns
    -------
    float
        In the unit of the samples, between the smallest and the largest.

    Notes ----- Position h = (n - 1) q, a and b the samples around it, t = h - floor(h): a + (b - a) t, and
    from t = 0.5 on b - (b - a) (1 - t), as numpy does.

    Examples
    --------
    >>> from clri.maths.history import filled
    >>> ring, order, n = filled([1, 2, 2, 3, 5, 8, 9, 12, 20, 40])
    >>> round(float(quantile(ring, order, n, 0.999)), 4)
    39.82
    """
    if n == 0:
        return math.nan
    position = float(n - 1) * q
    first = math.floor(position)
    a = float(ring[order[np.uint64(first)]])
    if first >= n - 1:
        return a
    b = float(ring[order[np.uint64(first + 1)]])
    t = position - float(first)
    if t >= 0.5:
        return b - (b - a) * (1.0 - t)
    return a + (b - a) * t


@kernel
def roll_quantile(ring: F8, order: U2, n: I8, t0: int, x: F8, out: F8, q: float, n_min: int, every: int) -> None:
    """Quantile of each row's history, current row excluded; then put the rows on the grid into it.

    Parameters
    ----------
    ring, order, n, t0, x, n_min, every
        As in `clri.maths.history.roll`.
    out
        ``f64[T, L]``: the quantile in the unit of `x`, NaN below `n_min` samples. Unlike z and rank it is
        defined at rows whose own input is missing.
    q
        Fraction, 0..1: 0.999 for the threshold of the cascade detector.

    Examples
    --------
    >>> from clri.maths.history import History
    >>> state = History(cap=4).allocate(lanes=1)
    >>> out = np.empty((4, 1))
    >>> roll_quantile(*state, 0, np.array([[10.0], [0.0], [4.0], [np.nan]]), out, 0.5, 2, 1)
    >>> out[:, 0].tolist()
    [nan, nan, 5.0, 4.0]
    """
    T, L = x.shape
    cap = ring.shape[1]
    for lane in range(L):
        values = ring[lane]
        sorted_slots = order[lane]
        held = n[lane]
        level = math.nan
        stale = True
        for row in range(T):
            if stale:
                level = quantile(values, sorted_slots, held, q) if held >= n_min else math.nan
                stale = False
            out[row, lane] = level
            t = t0 + row
            if t % every == 0:
                held = replace(values, sorted_slots, held, (t // every) % cap, x[row, lane])
                stale = True
        n[lane] = held
