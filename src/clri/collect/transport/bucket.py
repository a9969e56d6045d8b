"""Calls a host may still take, in its own unit of weight (VENUES 6)."""

from collections import Counter
from typing import Final

SHARE: Final = 0.4
"""Part of the venue's limit that is used: other programs may share the address."""
HALVED_S: Final = 600.0
RESERVE: Final = 0.1
"""Part of the bucket that each step of priority leaves to those before it."""
MAX_RESERVE: Final = 0.6


class Bucket:
    """Token bucket of one host.

    Parameters
    ----------
    limit
        Weight that the host allows in `window_s`.
    window_s
        Seconds.
    now
        Monotonic seconds.

    Notes
    -----
    A call of priority p is made only if p tenths of the bucket (at most six) stay for the calls before it, so that
    the lowest are skipped first. Nothing is queued: a skipped call is counted and comes round again. A call heavier
    than half of what it may use runs into debt, which delays those after it.

    Examples
    --------
    >>> bucket = Bucket(100.0, 10.0, 0.0)
    >>> [bucket.take(10, priority, 0.0, "x") for priority in (5, 4, 4, 0)], bucket.skipped
    ([True, True, False, True], Counter({'x': 1}))
    """

    def __init__(self, limit: float, window_s: float, now: float) -> None:
        self._limit = limit
        self._window_s = window_s
        self._at = now
        self._halved_until = now
        self._tokens = limit * SHARE
        self.skipped: Counter[str] = Counter()

    def capacity(self, now: float) -> float:
        """Most that the bucket holds, and gets in one window."""
        return self._limit * SHARE * (0.5 if now < self._halved_until else 1.0)

    def tokens(self, now: float) -> float:
        """Weight that may be used now."""
        capacity = self.capacity(now)
        self._tokens = min(capacity, self._tokens + capacity * max(0.0, now - self._at) / self._window_s)
        self._at = max(self._at, now)
        return self._tokens

    def take(self, weight: float, priority: int, now: float, name: str) -> bool:
        """Whether a call may be made; if not it is counted under `name`."""
        capacity = self.capacity(now)
        reserve = capacity * min(MAX_RESERVE, RESERVE * priority)
        if self.tokens(now) - reserve < min(weight, (capacity - reserve) / 2.0):
            self.skipped[name] += 1
            return False
        self._tokens -= weight
        return True

    def charge(self, weight: float, now: float) -> None:
        """Weight that was used without being asked for."""
        self.tokens(now)
        self._tokens -= weight

    def allowed(self, limit: float, now: float) -> None:
        """Take over what the host says it allows in the window."""
        if limit > 0.0:
            self.tokens(now)
            self._limit = limit

    def used(self, weight: float, now: float) -> None:
        """Take over the host's own count of what this address used in the window."""
        self.tokens(now)
        self._tokens = self.capacity(now) - weight

    def remaining(self, weight: float, now: float) -> None:
        """Take over the host's own count of what is left in the window."""
        self.used(self._limit - weight, now)

    def halve(self, now: float) -> None:
        """Use half for ten minutes: the host said too many."""
        self._halved_until = now + HALVED_S
        self.tokens(now)
