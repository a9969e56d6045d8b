"""Shapes that turn a measured value into points: tables, limits, squashed z, rounding. All compiled."""

import math

from clri.maths import rounding
from clri.maths.kernel import F8, kernel

round_half_up = kernel(rounding.round_half_up)
round_half_away = kernel(rounding.round_half_away)


@kernel
def interpolate(x: float, xs: F8, ys: F8) -> float:
    """Piecewise-linear table, constant outside; exact at the knots, never outside its two knots between them.

    Parameters
    ----------
    x
        Value in the unit of `xs`; NaN = missing.
    xs
        Knots, strictly ascending, at least one.
    ys
        Values at the knots.

    Returns
    -------
    float
        ``ys[i] + (ys[i+1] - ys[i]) * (x - xs[i]) / (xs[i+1] - xs[i])``; NaN for NaN. Monotone if `ys` is.

    Examples
    --------
    >>> import numpy as np
    >>> xs, ys = np.array([0.0, 14.0, 20.0]), np.array([0.0, 25.0, 45.0])
    >>> [float(interpolate(x, xs, ys)) for x in (-1.0, 7.0, 14.0, 17.0, 99.0)]
    [0.0, 12.5, 25.0, 35.0, 45.0]
    """
    if x != x:
        return x
    last = len(xs) - 1
    if x <= xs[0]:
        return float(ys[0])
    if x >= xs[last]:
        return float(ys[last])
    i = 0
    while x >= xs[i + 1]:
        i = i + 1
    y = ys[i] + (ys[i + 1] - ys[i]) * (x - xs[i]) / (xs[i + 1] - xs[i])
    if ys[i] <= ys[i + 1]:
        return clip(y, ys[i], ys[i + 1])
    return clip(y, ys[i + 1], ys[i])


@kernel
def clip(x: float, low: float, high: float) -> float:
    """`x` limited to [low, high]; NaN for NaN.

    Parameters
    ----------
    x
        Any value; NaN = missing.
    low, high
        Limits in the same unit, low <= high.

    Examples
    --------
    >>> float(clip(-3.0, -1.0, 1.0)), float(clip(0.2, 0.0, 1.0)), float(clip(float("nan"), 0.0, 1.0))
    (-1.0, 0.2, nan)
    """
    if x < low:
        return low
    if x > high:
        return high
    return x


@kernel
def squash(z: float) -> float:
    """s(z) of SCORES 1: ``min(z, 3) / 3 * 100``, 0..100; NaN for NaN.

    Parameters
    ----------
    z
        Robust z, without unit; a negative z counts as 0, so the signed z of `clri.maths.history.roll` fits
        too.

    Examples
    --------
    >>> float(squash(1.5)), float(squash(7.0)), float(squash(-2.0))
    (50.0, 100.0, 0.0)
    """
    return clip(z, 0.0, 3.0) / 3.0 * 100.0


@kernel
def positive(z: float) -> float:
    """z+ of SCORES 1: ``max(0, z)``; NaN for NaN.

    Parameters
    ----------
    z
        Signed robust z, without unit.

    Examples
    --------
    >>> float(positive(-2.0)), float(positive(1.5)), float(positive(float("nan")))
    (0.0, 1.5, nan)
    """
    return clip(z, 0.0, math.inf)


@kernel
def finite(x: float) -> float:
    """`x`, or NaN where it is infinite: a quotient by next to nothing says nothing.

    Parameters
    ----------
    x
        Any value; NaN = missing.

    Examples
    --------
    >>> float(finite(1.5)), float(finite(float("inf"))), float(finite(float("-inf")))
    (1.5, nan, nan)
    """
    return x if x - x == 0.0 else math.nan
