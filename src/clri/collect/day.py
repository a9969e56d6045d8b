"""Counts and spans of the last 24 hours, in steps of 15 minutes: bounded, whatever happens."""

from typing import Final

import msgspec

from clri.model.timebase import DAY, MINUTE, SECOND

STEP: Final = 15 * MINUTE


class Day(msgspec.Struct):
    """How often something happened in the last 24 h, and how long it took together.

    Examples
    --------
    >>> day = Day()
    >>> day.add(0, 2, 5 * SECOND)
    >>> day.add(DAY, 1)
    >>> day.within(DAY - 1), day.within(DAY + STEP)
    ((3, 5.0), (1, 0.0))
    """

    steps: list[tuple[int, int, int]] = []  # step, number, ns

    def add(self, ts: int, number: int, span: int = 0) -> None:
        """Count `number` at `ts` (ns), which took `span` ns."""
        step = ts // STEP
        if self.steps and self.steps[-1][0] >= step:
            last, before, length = self.steps[-1]
            self.steps[-1] = (last, before + number, length + span)
        else:
            self.steps = [*self._since(ts), (step, number, span)]

    def within(self, now: int) -> tuple[int, float]:
        """Number, and seconds, in the 24 h before `now` (ns)."""
        found = self._since(now)
        return sum(number for _, number, _ in found), sum(span for _, _, span in found) / SECOND

    def _since(self, now: int) -> list[tuple[int, int, int]]:
        return [one for one in self.steps if one[0] >= (now - DAY) // STEP]


class Spans(msgspec.Struct):
    """Gaps of one feed: those that ended, and the one that runs.

    Many topics of one socket are lost together: a gap that overlaps the one before is the same.
    """

    ended: Day = msgspec.field(default_factory=Day)
    until: int = 0
    since: int | None = None

    def begin(self, start: int) -> None:
        """A gap began at `start` (ns), unless one runs."""
        if self.since is None:
            self.since = start

    def end(self, start: int, end: int) -> None:
        """A gap lasted from `start` to `end` (ns)."""
        self.since = None
        same = start <= self.until
        length = end - max(start, self.until) if same else end - start
        if not same or length > 0:
            self.ended.add(end, 0 if same else 1, max(0, length))
        self.until = max(self.until, end)

    def close(self, end: int) -> None:
        """The gap that runs, if one does, ends (ns)."""
        if self.since is not None:
            self.end(self.since, end)

    def within(self, now: int) -> tuple[int, float]:
        """Number of gaps and their seconds in the 24 h before `now` (ns); the one that runs counts."""
        number, seconds = self.ended.within(now)
        if self.since is None:
            return number, seconds
        return number + 1, seconds + max(0, now - max(self.since, now - DAY)) / SECOND
