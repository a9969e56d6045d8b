"""Range checks between decoded text and facts (VENUES 7): what a venue may say, and in which unit of time."""

import math
from typing import Final

from clri.model.errors import QuarantineError

MAX_PRICE: Final = 1e9
MAX_QTY: Final = 1e15
MAX_NOTIONAL: Final = 1e10
MAX_RATE: Final = 0.05
MAX_OI_USD: Final = 1e12
MAX_VOLUME_USD: Final = 1e13

MIN_PRICE: Final = 1e-15
"""Below this a price is no price, and quotients of prices lose their meaning."""

MAX_RATIO: Final = 1e9
MAX_CHANGE: Final = 1e6
"""Largest 24 h change as a fraction."""

MAX_INTERVAL_H: Final = 24.0

_MS_FROM: Final = 10**12
_MS_TO: Final = 10**13
_S: Final = (10**9, 10**10)


def number(text: str | float) -> float:
    """Finite number from a venue's text or number.

    Raises
    ------
    QuarantineError
        `number` if the text is none, `not_finite` for nan and infinities.

    Examples
    --------
    >>> number("59010.5"), number(3)
    (59010.5, 3.0)
    """
    try:
        value = float(text)
    except (ValueError, OverflowError):
        raise QuarantineError("number", f"{str(text)[:40]!r} is no number") from None
    if not math.isfinite(value):
        raise QuarantineError("not_finite", f"{str(text)[:40]!r}; expected a finite number")
    if type(text) is str and ("_" in text or not text.isascii() or text != text.strip()):
        raise QuarantineError("number", f"{text[:40]!r} is no plain number")
    return value


def price(value: float) -> float:
    """Check 1e-15 <= price < 1e9 (quote per coin)."""
    if MIN_PRICE <= value < MAX_PRICE:
        return value
    raise QuarantineError("range", f"price was {value}; expected 0 < price < 1e9")


def qty(value: float) -> float:
    """Check 0 < size < 1e15 (coins)."""
    if 0.0 < value < MAX_QTY:
        return value
    raise QuarantineError("range", f"size was {value}; expected 0 < size < 1e15")


def rate(value: float) -> float:
    """Check abs(funding rate) <= 0.05 per interval."""
    if -MAX_RATE <= value <= MAX_RATE:
        return value
    raise QuarantineError("range", f"funding rate was {value}; expected at most 0.05 in size")


def interval_h(value: float) -> float:
    """Check 1 <= funding interval <= 24 (hours)."""
    if 1.0 <= value <= MAX_INTERVAL_H:
        return value
    raise QuarantineError("range", f"funding interval was {value} h; expected 1..24")


def amount(value: float, most: float, what: str) -> float:
    """Check 0 <= value < most, for open interest, turnover and depth."""
    if 0.0 <= value < most:
        return value
    raise QuarantineError("range", f"{what} was {value}; expected 0 <= {what} < {most:g}")


def share(value: float) -> float:
    """Check 0 <= share <= 1."""
    if 0.0 <= value <= 1.0:
        return value
    raise QuarantineError("range", f"share was {value}; expected 0..1")


def ms(value: int) -> int:
    """Nanoseconds from a time in milliseconds, refused if its magnitude is another unit's.

    Examples
    --------
    >>> ms(1_790_000_000_120)
    1790000000120000000
    """
    if _MS_FROM <= value < _MS_TO:
        return value * 1_000_000
    raise QuarantineError("time_unit", f"time was {value}; expected milliseconds since 1970")


def seconds(value: float) -> int:
    """Nanoseconds from a time in seconds, refused if its magnitude is another unit's."""
    if _S[0] <= value < _S[1]:
        return int(value) * 1_000_000_000 + round((value - int(value)) * 1_000_000_000)
    raise QuarantineError("time_unit", f"time was {value}; expected seconds since 1970")
