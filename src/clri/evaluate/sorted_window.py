"""Samples in order, one in and one out: the plain way to a quantile of a long history."""

import math
from bisect import bisect_left, insort


class SortedWindow:
    """Numbers in ascending order; NaN is passed over.

    Examples
    --------
    >>> window = SortedWindow()
    >>> for value in (3.0, 1.0, math.nan, 2.0):
    ...     window.add(value)
    >>> window.remove(1.0)
    >>> window.n, window.quantile(0.5)
    (2, 2.5)
    """

    def __init__(self) -> None:
        self._values: list[float] = []

    @property
    def n(self) -> int:
        """Numbers held."""
        return len(self._values)

    def add(self, value: float) -> None:
        """Take a number."""
        if not math.isnan(value):
            insort(self._values, value)

    def remove(self, value: float) -> None:
        """Take a number out again that was added."""
        if not math.isnan(value):
            del self._values[bisect_left(self._values, value)]

    def quantile(self, q: float) -> float:
        """Quantile `q` (0..1), linear between two neighbours; NaN if empty."""
        values = self._values
        if not values:
            return math.nan
        place = q * (len(values) - 1)
        low = math.floor(place)
        high = min(low + 1, len(values) - 1)
        return values[low] + (values[high] - values[low]) * (place - low)
