"""The last N rows of a series, for references like "open interest one hour ago, at most 5 minutes older".

State of one lane: ``ring f64[N]``, slot ``t % N``, NaN = missing. Nothing else, so any start that is N rows
back ends in the same bytes.
"""

import math

import numpy as np

from clri.maths.kernel import F8, kernel


def allocate(lanes: int, span: int, tol: int) -> F8:
    """Empty ring ``f64[L, span + tol + 1]``: the least that `reference` needs for this span and tolerance.

    Parameters
    ----------
    lanes
        Number of series.
    span, tol
        Largest span and its tolerance, rows.

    Examples
    --------
    >>> allocate(lanes=2, span=60, tol=5).shape
    (2, 66)
    """
    if span < 0 or tol < 0:
        raise ValueError(f"as-of span was {span} rows, tolerance {tol}; expected both >= 0")
    return np.full((lanes, span + tol + 1), math.nan)


@kernel
def push(ring: F8, t: int, value: float) -> None:
    """Store row `t` of one lane over row t - N; do it before `reference` at the same row.

    Parameters
    ----------
    ring
        Row of one lane; changed in place.
    t
        Absolute number of the row, >= 0; no row is skipped, a missing one is pushed as NaN.
    value
        In any unit.

    Examples
    --------
    >>> ring = allocate(1, 1, 0)
    >>> for t, value in enumerate([10.0, 20.0, 30.0]):
    ...     push(ring[0], t, value)
    >>> ring.tolist()
    [[30.0, 20.0]]
    """
    ring[t % ring.shape[0]] = value if value == value else math.nan


@kernel
def reference(ring: F8, t: int, span: int, tol: int) -> float:
    """Value at t - span, or the nearest older one at most `tol` rows further back; NaN if there is none.

    Parameters
    ----------
    ring
        Row of one lane with N >= span + tol + 1; ages that the ring does not hold count as missing.
    t
        Absolute number of the last row pushed.
    span, tol
        Rows, >= 0.

    Examples
    --------
    >>> ring = allocate(1, 2, 1)
    >>> for t, value in enumerate([10.0, float("nan"), 30.0, 40.0]):
    ...     push(ring[0], t, value)
    >>> [float(reference(ring[0], 3, span, tol)) for span, tol in ((2, 0), (2, 1), (1, 0))]
    [nan, 10.0, 30.0]
    """
    size = ring.shape[0]
    for age in range(span, min(span + tol + 1, size)):
        v = ring[(t - age) % size]
        if v == v:
            return float(v)
    return math.nan


@kernel
def roll(ring: F8, t0: int, x: F8, out: F8, span: int, tol: int) -> None:
    """Store each row, then write its reference.

    Parameters
    ----------
    ring
        State ``f64[L, N]``; changed in place.
    t0
        Absolute number of the first row, >= 0; rows follow without gaps.
    x
        Input ``f64[T, L]``; NaN = missing.
    out
        ``f64[T, L]``: the value at t - span, at most `tol` rows older, in the unit of `x`; NaN if there is
        none.
    span, tol
        Rows.

    Examples
    --------
    >>> x = np.array([[1.0], [2.0], [np.nan], [4.0], [5.0]])
    >>> out = np.empty_like(x)
    >>> roll(allocate(1, 2, 1), 0, x, out, 2, 1)
    >>> out[:, 0].tolist()
    [nan, nan, 1.0, 2.0, 2.0]
    """
    T, L = x.shape
    for lane in range(L):
        rows = ring[lane]
        for row in range(T):
            push(rows, t0 + row, x[row, lane])
            out[row, lane] = reference(rows, t0 + row, span, tol)
