"""Where every example stands in time, and how one field follows from another."""

from typing import Final

from clri.model.timebase import MILLI, MINUTE, SECOND

T0: Final = 1_790_000_040 * SECOND
"""2026-09-21T14:14:00Z, a minute boundary: the time of every example unless changed."""

VENUE_LAG: Final = 50 * MILLI
"""How long before its receipt an example happened at the venue, ns."""


def number(changes: dict[str, object], name: str, default: float) -> float:
    """A changed number, or its default: for fields that follow from it."""
    value = changes.get(name, default)
    return float(value) if isinstance(value, (int, float)) else default


def time_of(changes: dict[str, object]) -> int:
    """The changed `ts`, or T0."""
    ts = changes.get("ts", T0)
    return ts if isinstance(ts, int) else T0


def minute(n: int) -> int:
    """End of the n-th minute after T0, ns."""
    return T0 + n * MINUTE
