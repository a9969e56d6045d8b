"""Money in windows is counted in whole micro-USD: exactly invertible sums (RELIABILITY 6.1, rule 6)."""

import math
from typing import Final

LIMIT_USD: Final = 9.2e12  # int64 ends at 9.22e18 micro-USD


def nearest_micro(usd: float) -> int:
    """Nearest whole micro-USD, halves away from zero; unchecked, compiled by `clri.maths.sums`.

    Parameters
    ----------
    usd
        US dollars, finite, at most `LIMIT_USD` in size.

    Examples
    --------
    >>> nearest_micro(0.0000015), nearest_micro(-0.0000015), nearest_micro(0.1)
    (2, -2, 100000)
    """
    size = (-usd if usd < 0.0 else usd) * 1e6
    whole = math.floor(size)
    if size - whole >= 0.5:
        whole = whole + 1
    return -whole if usd < 0.0 else whole


def micro(usd: float) -> int:
    """USD to whole micro-USD, range-checked: a larger notional is quarantined, never wrapped.

    Parameters
    ----------
    usd
        US dollars, of either sign.

    Returns
    -------
    int
        micro-USD, fits int64.

    Raises
    ------
    ValueError
        If `usd` is NaN, infinite, or above 9.2e12 USD in size.

    Examples
    --------
    >>> micro(1234.5), micro(-0.000001)
    (1234500000, -1)
    """
    value = float(usd)
    if not -LIMIT_USD <= value <= LIMIT_USD:
        raise ValueError(f"notional was {value!r} USD; expected a finite amount up to {LIMIT_USD:.1e} USD")
    return nearest_micro(value)


def from_micro(amount: int) -> float:
    """Micro-USD to USD, the nearest double.

    Parameters
    ----------
    amount
        micro-USD; a Python int of any size (sums of many windows).

    Examples
    --------
    >>> from_micro(1234500000)
    1234.5
    """
    return amount / 1_000_000
