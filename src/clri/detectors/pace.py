"""Events and money of the last 60 whole seconds: rolling sums that know nothing older (SCORES 6)."""

from typing import Final

import msgspec

from clri.model.timebase import SECOND

SPANS: Final = (2, 10, 20, 30, 60)
"""Spans of the sums, s: windows of the velocity, and the edges of three adjacent 10-s windows."""

LENGTH: Final = 60


class Held(msgspec.Struct, array_like=True):
    """State of a `Pace` to be saved: newest closed second, rings and the running second."""

    at: int
    n: list[int]
    usd: list[int]
    complete: list[int]
    now: tuple[int, int, int]


def second_of(t: int) -> int:
    """Number of the second that ends at or after `t` (ns): windows are open on the left, (t - w, t].

    Examples
    --------
    >>> second_of(1), second_of(1_000_000_000), second_of(1_000_000_001)
    (1, 1, 2)
    """
    return -(-t // SECOND)


class Pace:
    """Counts and sums over the last 2, 10, 20, 30 and 60 whole seconds.

    Attributes
    ----------
    at
        Newest closed second; sums are those of the seconds up to it.
    n, usd
        Sums by span in the order of `SPANS`: events, micro-USD.
    complete
        USD of complete feeds in the last 60 s, micro-USD.

    Notes
    -----
    Seconds come in order; seconds without a Tick count as empty. O(1) per event and per second; 60 slots, so
    nothing older can leak into a sum. Integers only: adding and removing restores every sum exactly.

    Examples
    --------
    >>> pace = Pace()
    >>> pace.add(7, 1_000_000, complete=True)
    >>> pace.close(7)
    >>> pace.n, pace.usd[0]
    ([1, 1, 1, 1, 1], 1000000)
    >>> pace.close(9)
    >>> pace.n
    [0, 1, 1, 1, 1]
    """

    __slots__ = ("_complete", "_complete_now", "_n", "_n_now", "_usd", "_usd_now", "at", "complete", "n", "usd")

    def __init__(self) -> None:
        self.at = 0
        self._n_now = self._usd_now = self._complete_now = 0
        self._clear()

    def add(self, second: int, usd: int, *, complete: bool) -> None:
        """Take an event (micro-USD) of a second that is not closed yet."""
        if second != self.at + 1:
            self.close(second - 1)
        self._n_now += 1
        self._usd_now += usd
        if complete:
            self._complete_now += usd

    def close(self, second: int) -> None:
        """Close every second up to this one."""
        if not self._n_now and not self.n[-1]:
            self.at = max(self.at, second)
            return
        if second - self.at > LENGTH:
            self._clear()
            self._n_now = self._usd_now = self._complete_now = 0
            self.at = second
        while self.at < second:
            self._step()

    def held(self) -> Held:
        """State to be saved."""
        now = (self._n_now, self._usd_now, self._complete_now)
        return Held(self.at, self._n, self._usd, self._complete, now)

    @classmethod
    def of(cls, held: Held) -> "Pace":
        """Continue from `held`: the sums follow from the rings."""
        pace = cls()
        pace.at, pace._n, pace._usd, pace._complete = held.at, held.n, held.usd, held.complete
        pace._n_now, pace._usd_now, pace._complete_now = held.now
        last = [(held.at - back) % LENGTH for back in range(LENGTH)]
        pace.n = [sum(held.n[slot] for slot in last[:span]) for span in SPANS]
        pace.usd = [sum(held.usd[slot] for slot in last[:span]) for span in SPANS]
        pace.complete = sum(held.complete)
        return pace

    def _step(self) -> None:
        """Close the running second."""
        self.at += 1
        slot = self.at % LENGTH
        n, usd = self._n, self._usd
        n_now, usd_now = self._n_now, self._usd_now
        for place, span in enumerate(SPANS):
            old = (slot - span) % LENGTH
            self.n[place] += n_now - n[old]
            self.usd[place] += usd_now - usd[old]
        self.complete += self._complete_now - self._complete[slot]
        n[slot], usd[slot], self._complete[slot] = n_now, usd_now, self._complete_now
        self._n_now = self._usd_now = self._complete_now = 0

    def _clear(self) -> None:
        self._n, self._usd, self._complete = [0] * LENGTH, [0] * LENGTH, [0] * LENGTH
        self.n, self.usd, self.complete = [0] * len(SPANS), [0] * len(SPANS), 0
