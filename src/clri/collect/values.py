"""A venue's numbers in the package's units: blank means missing, prices are per coin, sizes in coins."""

import math
from typing import Literal

from clri.collect import checks
from clri.collect.book import Level
from clri.model.errors import QuarantineError

Blank = float | Literal[""] | None
"""Number that a venue may leave empty."""


def blank(value: Blank) -> float | None:
    """Finite number, or None for null and the empty text.

    Examples
    --------
    >>> blank(""), blank(None), blank(0.0)
    (None, None, 0.0)
    """
    if not isinstance(value, float):
        return None
    if math.isfinite(value):
        return value
    raise QuarantineError("not_finite", f"value was {value}; expected a finite number")


def coins(value: Blank, multiplier: float) -> float | None:
    """Volume in coins of one in raw base units, or None if missing; 0 <= volume < 1e15."""
    number = blank(value)
    return None if number is None else checks.amount(number * multiplier, checks.MAX_QTY, "volume")


def turnover(value: Blank) -> float | None:
    """Turnover in USD, or None if missing; 0 <= turnover < 1e13."""
    number = blank(value)
    return None if number is None else checks.amount(number, checks.MAX_VOLUME_USD, "turnover")


def quoted(value: Blank, multiplier: float) -> float | None:
    """Best price per coin; None if missing, or 0 = nothing quoted."""
    number = blank(value)
    return None if number is None or number == 0.0 else checks.price(number / multiplier)


def levels(prices: list[float], sizes: list[float]) -> list[Level]:
    """Levels of (price per coin, size in coins), checked as a whole.

    Raises
    ------
    QuarantineError
        If a price or size is out of range or not finite.

    Examples
    --------
    >>> levels([100.0, 99.0], [0.5, 0.0])
    [(100.0, 0.5), (99.0, 0.0)]
    """
    if not prices:
        return []
    # The sums find nan and inf, which minimum and maximum may pass over.
    finite = math.isfinite(sum(prices)) and math.isfinite(sum(sizes))
    low = max(prices) < checks.MAX_PRICE and max(sizes) < checks.MAX_QTY
    if finite and low and min(prices) > 0.0 and min(sizes) >= 0.0:
        return list(zip(prices, sizes, strict=True))
    raise QuarantineError("range", "a level had a price outside 0..1e9 or a size outside 0..1e15")
