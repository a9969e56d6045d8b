"""How far apart rows are, and what that makes of windows, histories and references (SCORES 1, 2.7)."""

import math
from typing import Final

import msgspec

HOUR_S: Final = 3_600
DAY_S: Final = 86_400
GRID_S: Final = 300


class Cadence(msgspec.Struct, frozen=True):
    """Row spacing of a panel.

    Histories take one sample per grid point: every 5 minutes, or every row where rows are further apart. Rows more
    than an hour apart are coarse: spans shorter than a row become one row.

    Parameters
    ----------
    step_s
        Seconds between rows; 60 live.

    Examples
    --------
    >>> minute, coarse = Cadence(60), Cadence(4 * 3600)
    >>> minute.rows(3600), minute.grid_rows, minute.samples(30 * DAY_S), minute.at_least(7 * DAY_S)
    (60, 5, 8640, 2016)
    >>> coarse.rows(3600), coarse.grid_rows, coarse.samples(30 * DAY_S), coarse.at_least(2 * DAY_S)
    (1, 1, 180, 12)
    >>> coarse.hours, coarse.root_hours, minute.hours
    (4.0, 2.0, 1.0)
    """

    step_s: int = 60

    @property
    def coarse(self) -> bool:
        """Rows are more than an hour apart."""
        return self.step_s > HOUR_S

    @property
    def step_ns(self) -> int:
        """Row spacing, ns."""
        return self.step_s * 1_000_000_000

    @property
    def grid_rows(self) -> int:
        """Rows per grid point."""
        return max(1, GRID_S // self.step_s)

    @property
    def hours(self) -> float:
        """Length of what stands for one hour, in hours: factor of references of sums."""
        return self.step_s / HOUR_S if self.coarse else 1.0

    @property
    def root_hours(self) -> float:
        """Square root of `hours`: factor of references and floors of changes."""
        return math.sqrt(self.hours)

    def rows(self, span_s: int) -> int:
        """Rows in a span; at least one."""
        return max(1, round(span_s / self.step_s))

    def tolerance(self, seconds: int) -> int:
        """Rows that an as-of reference may be older; at least one row in a coarse table."""
        return max(seconds // self.step_s, 1 if self.coarse else 0)

    def samples(self, window_s: int) -> int:
        """Grid samples in a window: the capacity of a history."""
        return max(1, window_s // (self.grid_rows * self.step_s))

    def at_least(self, span_s: int) -> int:
        """Grid samples that a history needs before it speaks; at least 12 rows in a coarse table."""
        need = self.samples(span_s)
        return max(need, 12) if self.coarse else need

    def index(self, ts: int) -> int:
        """Absolute number of the row that ends at `ts` (ns)."""
        return ts // self.step_ns
