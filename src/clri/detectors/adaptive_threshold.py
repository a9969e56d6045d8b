"""A threshold that rises with the symbol: a floor, or the own 30-d quantile of minute sums (SCORES 5)."""

import math
from typing import Literal

import numpy as np

from clri.engine.snapshot import pack_arrays, unpack_into
from clri.maths.history import History, rebuild
from clri.maths.order import replace
from clri.maths.quantile import quantile
from clri.model.timebase import DAY, MINUTE


class AdaptiveThreshold:
    """max(floor, quantile of one sample per minute over `days`), in the unit of the samples.

    Parameters
    ----------
    floor
        Least threshold, > 0; the threshold until `n_min` samples are held.
    q
        Fraction of the quantile, 0..1.
    days
        Look-back, d.
    n_min
        Samples below which only the floor counts (warm-up).

    Attributes
    ----------
    value
        The threshold, >= floor.
    source
        `adaptive` if the quantile lies above the floor, else `floor`.

    Raises
    ------
    ValueError
        If `days` and `n_min` make no history (`clri.maths.history.History`).

    Notes
    -----
    The sample of a minute has a slot of its own (minute number modulo the length), so a sample leaves after exactly
    `days`, and a detector that started later holds the same state once it has seen one full window. A missing
    minute, also one without any Tick, empties its slot: it is skipped, never taken as zero. Zeros of healthy quiet
    minutes count. Exact order statistics of `clri.maths.order`: linear interpolation, bit-equal to `numpy.quantile`.
    About 1 us per minute, 432 kB per symbol at 30 d.

    Examples
    --------
    >>> threshold = AdaptiveThreshold(floor=100.0, q=0.5, days=1, n_min=3)
    >>> for minute, usd in enumerate([0.0, 300.0, None, 500.0]):
    ...     threshold.sample(minute * 60_000_000_000, usd)
    ...     print(threshold.value, threshold.source)
    100.0 floor
    100.0 floor
    100.0 floor
    300.0 adaptive
    """

    def __init__(self, floor: float, q: float, days: int, n_min: int) -> None:
        self._floor = floor
        self._q = q
        self._n_min = n_min
        self._cap = days * (DAY // MINUTE)
        self._ring, self._order, self._n = History(cap=self._cap, n_min=n_min).allocate(lanes=1)
        self._last = np.full(1, -1, np.int64)
        self._refresh()

    def sample(self, boundary: int, value: float | None) -> None:
        """Take the sample of the minute that ended at `boundary` (ns); None = missing. A minute counts once."""
        minute, last = boundary // MINUTE, int(self._last[0])
        if minute <= last:
            return
        if last >= 0:
            for skipped in range(max(last + 1, minute - self._cap + 1), minute):
                self._put(skipped, math.nan)
        self._put(minute, math.nan if value is None else value)
        self._last[0] = minute
        self._refresh()

    @property
    def n(self) -> int:
        """Samples now held."""
        return int(self._n[0])

    def snapshot(self) -> bytes:
        """State as bytes: ring and newest minute; the order follows from them (KERNELS 4)."""
        return pack_arrays({"ring": self._ring, "last": self._last})

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes.

        Raises
        ------
        clri.model.errors.SnapshotError
            If the bytes are unreadable or of another length.
        """
        unpack_into(data, {"ring": self._ring, "last": self._last})
        self._order, self._n = rebuild(self._ring)
        self._refresh()

    def _put(self, minute: int, value: float) -> None:
        """Replace the sample of one slot."""
        self._n[0] = replace(self._ring[0], self._order[0], int(self._n[0]), minute % self._cap, value)

    def _refresh(self) -> None:
        """Compute the threshold from the samples held."""
        self.value, self.source = self._floor, "floor"
        if self._n[0] >= self._n_min:
            level = float(quantile(self._ring[0], self._order[0], int(self._n[0]), self._q))
            if level > self._floor:
                self.value, self.source = level, "adaptive"

    value: float
    source: Literal["floor", "adaptive"]
