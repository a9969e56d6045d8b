"""What calls to a venue have in common: their order when tokens are short, and their form (VENUES 6)."""

from typing import Final, Literal

from clri.collect.mapper import Poll
from clri.model.timebase import DAY, MILLI, MINUTE

OI, MARKS, TICKERS, RATIO, DEPTH, LIST, HISTORY = range(7)
"""Priorities: the lowest number goes first."""

ONCE: Final = 0.0
"""`every_s` of a call that is made once."""


PAST_NS: Final = 8 * DAY
"""History of open interest that is asked for: what the ranks need before they speak (SCORES 1), and a day more."""
FIVE_MINUTES: Final = 5 * MINUTE


def pages(now: int, past: int, page: int) -> list[tuple[int, int]]:
    """First and last millisecond of the pages, newest first, that cover the `past` before `now` (all in ns).

    Examples
    --------
    >>> pages(10 * MILLI, 5 * MILLI, 2 * MILLI)
    [(9, 10), (7, 8), (5, 6)]
    """
    end, start, step = now // MILLI, (now - past) // MILLI, page // MILLI
    return [(last - step + 1, last) for last in range(end, start, -step)]


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
