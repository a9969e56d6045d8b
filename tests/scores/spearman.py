"""How well a level map ranks the true levels (EVALUATION 8.3): Spearman over bins of 25 bp."""

import math

import numpy as np


def ranks(values: np.ndarray) -> np.ndarray:
    """Mid-ranks."""
    return np.array([np.sum(values < v) + 0.5 * np.sum(values == v) for v in values])


def spearman_against(found, true, price: float, span_pct: float = 10.0, width: float = 0.0025) -> float:
    """Spearman of two lists of (price, long_usd, short_usd) over all bins within the span; both sides added."""
    reach = int(span_pct / 100.0 / width)
    sums = np.zeros((2, 2 * reach + 1))
    for row, levels in enumerate((found, true)):
        for at, longs, shorts in levels:
            b = math.floor(math.log(at / price) / width) + reach
            if 0 <= b < sums.shape[1]:
                sums[row, b] += longs + shorts
    return float(np.corrcoef(ranks(sums[0]), ranks(sums[1]))[0, 1])
