"""Sums of priced amounts over equal bins: where in a range of prices the money lies (SCORES 6, support zones)."""

from clri.maths.kernel import F8, I8, kernel


@kernel
def bin_sums(price: F8, amount: I8, marked: I8, low: float, high: float, sums: I8, moment: F8, spread: F8) -> None:
    """Sum amounts by the bin of their price; adds to what the outputs hold.

    Parameters
    ----------
    price
        f64[n], finite, low <= price <= high.
    amount
        i64[n], >= 0, whole units (micro-USD).
    marked
        i64[n], 0 or 1: the amount also counts in `sums[2]`.
    low, high
        Edges of the range; bin b of B covers [low + b*w, low + (b+1)*w), w = (high - low)/B, the last one also high.
        If they are equal everything lies in bin 0.
    sums
        i64[3, B]: number of entries, sum of amounts, sum of marked amounts.
    moment
        f64[B]: sum of amount * (price - low), added in the order of the entries.
    spread
        f64[2, B]: lowest and highest price; start with inf and -inf.

    Examples
    --------
    >>> import numpy as np
    >>> sums, moment, spread = np.zeros((3, 2), np.int64), np.zeros(2), np.array([[np.inf] * 2, [-np.inf] * 2])
    >>> prices, usd = np.array([10.0, 12.0, 20.0]), np.array([1, 3, 5])
    >>> bin_sums(prices, usd, np.array([1, 0, 1]), 10.0, 20.0, sums, moment, spread)
    >>> sums.tolist(), moment.tolist()
    ([[2, 1], [4, 5], [1, 5]], [6.0, 50.0])
    """
    bins = sums.shape[1]
    width = (high - low) / float(bins)
    for i in range(price.shape[0]):
        at = price[i]
        b = 0
        if width > 0.0:
            b = min(int((at - low) / width), bins - 1)
        sums[0, b] += 1
        sums[1, b] += amount[i]
        if marked[i] != 0:
            sums[2, b] += amount[i]
        moment[b] += float(amount[i]) * (at - low)
        spread[0, b] = min(spread[0, b], at)
        spread[1, b] = max(spread[1, b], at)
