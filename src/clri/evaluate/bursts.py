"""Bursts of a complete list of liquidations by the definition (SCORES 5): what a detector must find, and when."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np

from clri.evaluate.sorted_window import SortedWindow
from clri.maths.kernel import F8, I8
from clri.model.timebase import DAY, MINUTE, SECOND

WINDOW: Final = 60 * SECOND
END_AFTER: Final = 60 * SECOND
MIN_EVENTS: Final = 5
FLOOR_USD: Final = 100_000.0
QUANTILE: Final = 0.999
HELD: Final = 30 * DAY // MINUTE
N_MIN: Final = 10_080


class Burst(NamedTuple):
    """One burst: oldest event of its first window, when the condition was first and last met (ns), events, USD."""

    started_at: int
    met_at: int
    last_met_at: int
    events: int
    usd: float


def minute_sums(at: I8, usd: I8, first: int, count: int) -> I8:
    """Micro-USD of each of `count` minutes (start, end], the first of which starts at `first` (ns).

    Examples
    --------
    >>> minute_sums(np.array([1, MINUTE, MINUTE + 1]), np.array([3, 4, 5]), 0, 2).tolist()
    [7, 5]
    """
    sums = np.zeros(count, np.int64)
    np.add.at(sums, (at - 1 - first) // MINUTE, usd)
    return sums


def thresholds(before: Sequence[float], sums: Iterable[float]) -> F8:
    """Threshold in USD during each minute, made of the minutes before it.

    Parameters
    ----------
    before
        USD of the minutes before the first, oldest first; NaN = missing, skipped.
    sums
        USD of the minutes from the first on.

    Returns
    -------
    array
        One more than `sums`: max(floor, 99.9 % quantile of at most 30 d), the floor below 7 d of samples.

    Examples
    --------
    >>> thresholds([0.0] * 10_000 + [4e6] * 80, [0.0]).tolist()
    [4000000.0, 4000000.0]
    """
    held: deque[float] = deque()
    order = SortedWindow()
    found = []

    def take(usd: float) -> None:
        held.append(usd)
        order.add(usd)
        if len(held) > HELD:
            order.remove(held.popleft())

    def level() -> float:
        return max(FLOOR_USD, order.quantile(QUANTILE)) if order.n >= N_MIN else FLOOR_USD

    for usd in before:
        take(usd)
    found.append(level())
    for usd in sums:
        take(usd)
        found.append(level())
    return np.array(found)


def bursts(at: I8, usd: I8, level: F8, first: int) -> list[Burst]:
    """Bursts of one symbol.

    Parameters
    ----------
    at
        Event times, ns, ascending.
    usd
        Notionals, micro-USD.
    level
        Threshold in USD during each minute, as `thresholds` gives it.
    first
        Start of the first minute, ns; no event is older.

    Returns
    -------
    list
        By time. A burst starts at an event with at least 5 events and the threshold in (t - 60 s, t]; the condition is
        looked at again at each event and full second; it ends at the first full second 60 s or more after it was last
        met. The last one may still be running.

    Examples
    --------
    >>> at = np.arange(1, 7, dtype=np.int64) * SECOND
    >>> [one] = bursts(at, np.full(6, 30_000_000_000), np.full(9, 100_000.0), 0)
    >>> one.met_at // SECOND, one.last_met_at // SECOND, one.events, one.usd
    (5, 61, 6, 180000.0)
    """
    if not len(at):
        return []
    sums = np.concatenate([[0], np.cumsum(usd)])
    seconds = np.arange(at[0] // SECOND + 1, (at[-1] + WINDOW) // SECOND + 2) * SECOND
    when = np.concatenate([at, seconds])
    newest = np.concatenate([np.arange(1, len(at) + 1), np.searchsorted(at, seconds, "right")])
    oldest = np.searchsorted(at, when - WINDOW, "right")
    minute = np.minimum((when - 1 - first) // MINUTE, len(level) - 1)
    met = (newest - oldest >= MIN_EVENTS) & ((sums[newest] - sums[oldest]) / 1e6 >= level[minute])
    is_tick = np.arange(len(when)) >= len(at)
    found: list[Burst] = []
    until = -1  # first full second at which the running burst ends unless the condition is met before
    for k in np.lexsort((is_tick, when)):
        if not met[k] or (is_tick[k] and when[k] > until):
            continue
        t, start = int(when[k]), int(oldest[k])
        if t > until:
            found.append(Burst(int(at[start]), t, t, 0, 0.0))
        before = found[-1]
        start = int(np.searchsorted(at, before.started_at, "left"))
        total = float(sums[newest[k]] - sums[start]) / 1e6
        found[-1] = Burst(before.started_at, before.met_at, t, int(newest[k]) - start, total)
        until = -(-(t + END_AFTER) // SECOND) * SECOND
    return found
