"""The two roundings of published numbers, in plain Python (compiled twins: `clri.maths.scale`)."""

import math
from typing import Final

# The double next above 0.4999999995. That decimal is no double, so "fraction >= _HALF" asks exactly whether
# the fraction rounded to 9 decimals is at least 0.5; no product is rounded on the way.
_HALF: Final = 0.4999999995
_WHOLE: Final = 4503599627370496.0  # from 2**52 on every double is a whole number


def round_half_up(x: float) -> float:
    """Round the exact value to 9 decimals, then half up: ``floor(x + 0.5)`` (SCORES 1).

    Python's own `round` sends halves to the even neighbour, which would make 64.5 a 64.

    Parameters
    ----------
    x
        Points, or any number; NaN and inf are returned as they are.

    Returns
    -------
    float
        A whole number; `int()` it at the edge. Never -0.0.

    Examples
    --------
    >>> round_half_up(64.5), round_half_up(64.4999999999), round_half_up(64.499999999), round_half_up(-0.5)
    (65.0, 65.0, 64.0, 0.0)
    """
    if not -_WHOLE < x < _WHOLE:
        return x
    whole = float(math.floor(x))
    if x - whole >= _HALF:
        return whole + 1.0
    return whole


def round_half_away(x: float) -> float:
    """Round to 9 decimals, then halves away from zero: for signed scores (SCORES 1).

    Parameters
    ----------
    x
        Points, or any number; NaN and inf are returned as they are.

    Returns
    -------
    float
        A whole number with ``round_half_away(-x) == -round_half_away(x)``; never -0.0.

    Examples
    --------
    >>> round_half_away(-57.5), round_half_away(57.5), round_half_away(-0.4)
    (-58.0, 58.0, 0.0)
    """
    if not -_WHOLE < x < _WHOLE:
        return x
    size = -x if x < 0.0 else x
    whole = float(math.floor(size))
    if size - whole >= _HALF:
        whole = whole + 1.0
    return 0.0 - whole if x < 0.0 else whole
