"""Weights of venues as whole numbers, and the weighted median and mean over them."""

from collections.abc import Sequence
from math import fsum
from typing import Final

from clri.engine.operator import Shares
from clri.model.names import Venue

_SHARE: Final = 1_000_000_000_000  # whole parts of 1 where no open interest is known at all


def weigh(shares: Shares) -> dict[Venue, int]:
    """Weight of each enabled venue: its fresh open interest in whole micro-USD.

    A venue without fresh open interest takes its average share instead, in USD at the scale of the others. Whole
    numbers make sums exact in any order, and "exactly half" a plain question.
    """
    venues = shares.enabled()
    known = {venue: usd for venue in venues if (usd := shares.oi_usd(venue)) is not None}
    share = fsum(shares.weight(venue) for venue in known)
    total = fsum(known.values())
    if not share > 0.0 or not total > 0.0:
        return {venue: round(shares.weight(venue) * _SHARE) for venue in venues}
    scale = total / share
    return {venue: round((known[venue] if venue in known else shares.weight(venue) * scale) * 1e6) for venue in venues}


def median(pairs: Sequence[tuple[float, int]]) -> float | None:
    """Weighted median of (value, weight); None if there is none.

    The smallest value at which the weights of all values up to it pass half of the total. Where they are exactly
    half, the mean of that value and the next one that has weight, so that equal weights give the ordinary median.
    If nothing has weight, all weigh the same.

    Examples
    --------
    >>> median([(103.0, 10), (101.0, 30), (102.0, 25)])
    102.0
    >>> median([(1.0, 2), (9.0, 1), (4.0, 1)]), median([(2.0, 0), (6.0, 0)]), median([])
    (2.5, 4.0, None)
    """
    if not pairs:
        return None
    total = sum(weight for _, weight in pairs)
    if total <= 0:
        return median([(value, 1) for value, _ in pairs])
    below = 0
    half: float | None = None
    for value, weight in sorted(pairs):
        if half is not None and weight > 0:
            return 0.5 * (half + value)
        below += weight
        if 2 * below > total:
            return value
        if half is None and 2 * below == total:
            half = value
    return half


def mean(pairs: Sequence[tuple[float, int]]) -> float | None:
    """Weighted mean of (value, weight), never outside the values; None if there is none, plain if nothing has weight.

    Examples
    --------
    >>> mean([(1.0, 3), (5.0, 1)]), mean([(1.0, 0), (5.0, 0)]), mean([])
    (2.0, 3.0, None)
    """
    if not pairs:
        return None
    total = sum(weight for _, weight in pairs)
    if total <= 0:
        return mean([(value, 1) for value, _ in pairs])
    value = fsum(value * weight for value, weight in pairs) / total
    values = [value for value, _ in pairs]
    return min(max(value, min(values)), max(values))
