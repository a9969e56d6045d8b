"""A venue's numbers in the package's units: blank means missing, prices are per coin, sizes in coins."""

import math
from typing import Literal

from msgspec import UnsetType

from clri.collect import checks
from clri.model.errors import QuarantineError

Blank = float | Literal[""] | None
"""Number that a venue may leave empty."""

BlankTime = int | Literal[""] | None
"""Milliseconds that a venue may leave empty; 0 and -1 stand for none, too."""

Change = Blank | UnsetType
"""Field of a delta: absent means unchanged, empty means gone."""


def blank(value: Change) -> float | None:
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


def time_of(value: BlankTime | UnsetType) -> int | None:
    """Nanoseconds of a time in milliseconds, or None if there is none.

    Examples
    --------
    >>> time_of(1_790_000_000_000), time_of(""), time_of(0), time_of(-1)
    (1790000000000000000, None, None, None)
    """
    return checks.ms(value) if isinstance(value, int) and value not in {0, -1} else None


def coins(value: Change, multiplier: float) -> float | None:
    """Volume in coins of one in raw base units, or None if missing; 0 <= volume < 1e15."""
    if not isinstance(value, float):
        return None
    size = value * multiplier
    if 0.0 <= size < checks.MAX_QTY:
        return size
    raise unusable(value, "volume")


def turnover(value: Change) -> float | None:
    """Turnover in USD, or None if missing; 0 <= turnover < 1e13."""
    if not isinstance(value, float):
        return None
    if 0.0 <= value < checks.MAX_VOLUME_USD:
        return value
    raise unusable(value, "turnover")


def quoted(value: Change, multiplier: float) -> float | None:
    """Price per coin; None if missing, or 0 = nothing quoted."""
    if not isinstance(value, float) or value == 0.0:
        return None
    price = value / multiplier
    if 0.0 < price < checks.MAX_PRICE:
        return price
    raise unusable(value, "price")


def unusable(value: float, what: str) -> QuarantineError:
    """Refusal of a number: `not_finite` for nan, else `range`."""
    return QuarantineError("not_finite" if math.isnan(value) else "range", f"{what} was {value}; it cannot be")


def percent(value: Change) -> float | None:
    """Change in percent of one told as a fraction, or None if missing; at least -100 %."""
    if not isinstance(value, float):
        return None
    if -1.0 <= value < checks.MAX_CHANGE:
        return value * 100.0
    raise QuarantineError("range", f"24 h change was {value}; expected a fraction of -1 to {checks.MAX_CHANGE:g}")


def change_pct(last: float, before: float | None) -> float | None:
    """Change in percent since another price, None if that is unknown or the change is beyond any number.

    Examples
    --------
    >>> change_pct(110.0, 100.0).__round__(9), change_pct(1e300, 1e-300)
    (10.0, None)
    """
    if before is None:
        return None
    change = (last / before - 1.0) * 100.0
    return change if math.isfinite(change) else None


def step(value: Change) -> float | None:
    """Grid of prices or sizes; None if missing or no grid."""
    return value if isinstance(value, float) and 0.0 < value < math.inf else None
