"""Liquidations that a venue tells afterwards, for the time in which no socket delivered (VENUES 2.4)."""

from collections import deque
from collections.abc import Iterable
from typing import Final

from clri.model.control import LIQUIDATION, FeedStatus
from clri.model.facts import Fact, Liquidation, event_time
from clri.model.timebase import MINUTE, SECOND

KEPT_NS: Final = 10 * MINUTE
APART_NS: Final = 2 * SECOND
"""The two channels of a venue stamp one liquidation with different precision."""


class GapFill:
    """Sorts liquidations told afterwards: those that no socket delivered count, the others are dropped.

    Rows of socket and call share no id, so a row counts as delivered if the socket told one of the same contract,
    side and size within 2 s of it. Each row of the socket stands for one row of the call.

    Attributes
    ----------
    known
        Rows that a socket had delivered.
    outside
        Rows of a time without a gap.

    Examples
    --------
    >>> from clri.testing.builders import T0, liquidation
    >>> fill = GapFill()
    >>> fill.delivered([liquidation(ts=T0 + 5, qty=1.0)])
    >>> told = [liquidation(ts=T0 + n * SECOND, qty=1.0) for n in (0, 30, 90)]
    >>> len(fill.missed(told, T0, T0 + 60 * SECOND)), fill.known, fill.outside
    (1, 1, 1)
    """

    def __init__(self) -> None:
        self._seen: deque[Liquidation] = deque()
        self.known = 0
        self.outside = 0

    def delivered(self, facts: Iterable[Fact]) -> None:
        """Remember what the sockets told."""
        for fact in facts:
            if isinstance(fact, Liquidation) and fact.src == "ws":
                self._seen.append(fact)
                while self._seen[0].ts < fact.ts - KEPT_NS:
                    self._seen.popleft()

    def missed(self, told: Iterable[Fact], start: int, end: int) -> list[Liquidation]:
        """Liquidations of the gap [start, end] (ns) that no socket delivered."""
        free = list(self._seen)
        found = []
        for fact in told:
            if not isinstance(fact, Liquidation):
                continue
            twin = next((one for one in free if _same(one, fact)), None)
            if twin is not None:
                free.remove(twin)
                self.known += 1
            elif start - APART_NS <= event_time(fact) <= end + APART_NS:
                found.append(fact)
            else:
                self.outside += 1
        return found


def ended(fact: Fact) -> tuple[int, int] | None:
    """Ends of the gap in the liquidations that this fact closes, in ns; None if it closes none."""
    if not isinstance(fact, FeedStatus) or (fact.channel, fact.state) != (LIQUIDATION, "gap"):
        return None
    start, end = fact.gap_from, fact.gap_to
    return None if start is None or end is None or start >= end else (start, end)


def begins(fact: Fact) -> bool:
    """Whether the liquidations of a venue are known to come from this fact on."""
    return isinstance(fact, FeedStatus) and (fact.channel, fact.state) == (LIQUIDATION, "up")


def _same(one: Liquidation, other: Liquidation) -> bool:
    same = (one.raw, one.side, one.qty) == (other.raw, other.side, other.qty)
    return same and abs(event_time(one) - event_time(other)) <= APART_NS
