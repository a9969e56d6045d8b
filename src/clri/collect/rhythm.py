"""How often a topic speaks, and when its silence is a failure; the rule of the sockets' watchdog (VENUES 5)."""

from statistics import median
from typing import Final

import msgspec

from clri.model.timebase import MILLI, MINUTE, SECOND

SHORTEST_NS: Final = 5 * SECOND
GAPS_FACTOR: Final = 10
LATE_FACTOR: Final = 2
POLLED_FACTOR: Final = 2
"""Calls may come in bunches, where the median gap is short: the longest gap counts too."""
BUSY_NS: Final = 2_500 * MILLI
GAPS_KEPT: Final = 33
GAPS_ENOUGH: Final = 8
NOISE_NS: Final = MILLI
"""Facts of one frame, and frames of one wake-up, come at one time; no gap lies between them."""
UNKNOWN_NS: Final = 15 * MINUTE
"""Silence of a polled topic whose period is not known yet."""


class Rhythm(msgspec.Struct):
    """Receipts of one topic: the newest one (ns; 0 = none yet) and the last 33 gaps, oldest first.

    Silent = no data for more than max(5 s, 10 * median gap). Until 8 gaps are known, and at least on topics slower than
    one a second, the venue's own word (`stated`) counts. What is polled has none: 15 min until 8 gaps are known, and
    never less than twice the longest of the gaps. Late = no data for more than max(5 s, 2 * median gap).

    Examples
    --------
    >>> rhythm = Rhythm()
    >>> for second in range(1, 20): rhythm.saw(second * 2 * SECOND)
    >>> rhythm.limit_ns(10 * SECOND) // SECOND, rhythm.late_ns() // SECOND
    (20, 5)
    """

    last: int = 0
    gaps: list[int] = []

    def saw(self, ts: int) -> None:
        """Data came at `ts` (ns)."""
        gap = ts - self.last
        if gap > NOISE_NS and self.last:
            self.gaps.append(gap)
            if len(self.gaps) > GAPS_KEPT:
                del self.gaps[0]
        self.last = max(self.last, ts)

    def limit_ns(self, stated: int | None) -> int:
        """Longest silence that is no failure; `stated` (ns) None = the venue promises nothing."""
        if len(self.gaps) < GAPS_ENOUGH:
            return max(SHORTEST_NS, UNKNOWN_NS if stated is None else stated)
        middle = int(median(self.gaps))
        learned = max(SHORTEST_NS, GAPS_FACTOR * middle)
        if stated is None:
            return max(learned, POLLED_FACTOR * max(self.gaps))
        return learned if middle <= BUSY_NS else max(learned, stated)

    def late_ns(self) -> int:
        """Silence from which on data are late."""
        return max(SHORTEST_NS, LATE_FACTOR * int(median(self.gaps))) if self.gaps else SHORTEST_NS
