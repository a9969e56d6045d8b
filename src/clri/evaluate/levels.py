"""Maps of liquidation levels, held against what is true or was realised (EVALUATION 8.3)."""

from collections.abc import Iterable
from math import floor, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clri.maths.kernel import F8
from clri.maths.log import ln
from clri.model.errors import InputError

WIDTH: Final = 0.0025
"""Width of a bin in ln(price): 25 bp."""


class Bins:
    """Bins of 25 bp around a price.

    Parameters
    ----------
    price
        Middle, USD, > 0.
    span
        Reach on both sides in ln(price), > 0; rounded up to whole bins.

    Raises
    ------
    InputError
        If there is no such price or span.

    Examples
    --------
    >>> bins = Bins(100.0, 0.005)
    >>> bins.count, bins.fill([(99.9, 5.0), (100.1, 7.0), (150.0, 9.0)]).tolist()
    (4, [0.0, 5.0, 7.0, 0.0])
    >>> bins.distance().round(5).tolist(), bins.within(99.8, 100.1).tolist()
    ([0.00375, 0.00125, 0.00125, 0.00375], [False, True, True, False])
    """

    def __init__(self, price: float, span: float) -> None:
        if not (price > 0.0 and span > 0.0):
            raise InputError(f"bins had price {price} USD, span {span}; expected both above 0")
        self._origin = float(ln(price))
        self._reach = -floor(-span / WIDTH + 1e-9)
        self.count = 2 * self._reach

    def place(self, price: float) -> int | None:
        """Bin of a price, None beyond the reach."""
        at = floor((float(ln(price)) - self._origin) / WIDTH + 1e-9) + self._reach
        return at if 0 <= at < self.count else None

    def fill(self, amounts: Iterable[tuple[float, float]]) -> F8:
        """Sum of (price, USD) in each bin; what lies beyond the reach is left out."""
        found = np.zeros(self.count)
        for price, usd in amounts:
            at = self.place(price)
            if at is not None:
                found[at] += usd
        return found

    def distance(self) -> F8:
        """Distance of each bin's middle from the price, ln: a uniform density of entries, times distance."""
        found: F8 = np.abs(np.arange(self.count) + 0.5 - self._reach) * WIDTH
        return found

    def within(self, low: float, high: float) -> NDArray[np.bool_]:
        """Bins that a price moving between `low` and `high` has touched."""
        at = np.arange(self.count) - self._reach
        first, last = (floor((float(ln(price)) - self._origin) / WIDTH + 1e-9) for price in (low, high))
        found: NDArray[np.bool_] = (at >= first) & (at <= last)
        return found


def ranks(values: F8) -> F8:
    """Mid-ranks, from 1.

    Examples
    --------
    >>> ranks(np.array([3.0, 1.0, 3.0])).tolist()
    [2.5, 1.0, 2.5]
    """
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    found: F8 = (np.cumsum(counts) - (counts - 1) / 2.0)[place]
    return found


def spearman(a: F8, b: F8) -> float | None:
    """Rank correlation with mid-ranks, -1..1; None with fewer than 3 bins, or if one of the two is constant.

    Examples
    --------
    >>> spearman(np.array([1.0, 2.0, 3.0, 9.0]), np.array([1.0, 4.0, 2.0, 8.0])), spearman(np.ones(4), np.arange(4.0))
    (0.8, None)
    """
    if len(a) != len(b):
        raise InputError(f"maps had {len(a)} and {len(b)} bins; expected as many of each")
    if len(a) < 3:  # noqa: PLR2004 - two points always lie on a line
        return None
    x, y = ranks(a) - (len(a) + 1) / 2.0, ranks(b) - (len(b) + 1) / 2.0
    xx, yy = float(x @ x), float(y @ y)
    return float(x @ y) / sqrt(xx * yy) if xx > 0.0 and yy > 0.0 else None


def top_share(predicted: F8, realised: F8, part: float = 0.1) -> float | None:
    """Share of what was realised in the bins of most predicted mass, 0..1; None if nothing was.

    Parameters
    ----------
    part
        Part of the bins that counts, at least one; equal masses by place.

    Examples
    --------
    >>> top_share(np.array([1.0, 5.0, 2.0]), np.array([1.0, 3.0, 0.0]))
    0.75
    """
    total = float(realised.sum())
    if not total > 0.0:
        return None
    best = np.argsort(-predicted, kind="stable")[: max(1, round(part * len(predicted)))]
    return float(realised[best].sum()) / total
