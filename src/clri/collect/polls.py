"""What calls to a venue have in common: their order when tokens are short, and their form (VENUES 6)."""

from typing import Final, Literal

from clri.collect.mapper import Poll

OI, MARKS, TICKERS, RATIO, DEPTH, LIST, HISTORY = range(7)
"""Priorities: the lowest number goes first."""

ONCE: Final = 0.0
"""`every_s` of a call that is made once."""


def get(
    name: str, path: str, every_s: float, priority: int, *, weight: int = 1, host: Literal["rest", "spot"] = "rest"
) -> Poll:
    """GET to repeat every `every_s` seconds.

    Examples
    --------
    >>> get("tickers", "/tickers?category=spot", 60.0, TICKERS, host="spot").priority
    2
    """
    return Poll(name, host, "GET", path, None, weight, every_s, priority)
