"""What a cell of an observation table may hold; anything else is missing and counted."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from clri.collect.checks import MAX_OI_USD, MAX_PRICE, MAX_QTY, MAX_RATE, MAX_VOLUME_USD
from clri.engine.score import F8

_MOST: Final = {
    "oi_usd": MAX_OI_USD,
    "oi_base": MAX_QTY,
    "oi_index": MAX_QTY,
    "spread_bps": 2e4,
    "long_short_ratio": 1e4,
}
_PRICES: Final = frozenset({"price", "open", "high", "low", "close", "index_price", "spot_price"})
_RATES: Final = frozenset({"funding_8h", "predicted_8h", "funding_min_8h", "funding_max_8h", "settled_8h"})
_ABOVE_0: Final = _PRICES | {"oi_index", "oi_base"}
_SHARES: Final = ("cov_", "oi_top_share", "liq_complete_share")
_LEAST: Final = 1e-12
"""An amount is 0 or at least this: the cheapest coins cost 1e-10 USD, and a ratio with less may overflow."""


def out_of_range(name: str, values: F8) -> NDArray[np.bool_]:
    """Cells that are infinite or impossible for this field of the observation row; missing cells are not.

    Examples
    --------
    >>> out_of_range("price", np.array([1.0, 0.0, -1.0, 1e-300, np.inf, np.nan])).tolist()
    [False, True, True, True, True, False]
    """
    known = ~np.isnan(values)
    low, high = _bounds(name)
    with np.errstate(invalid="ignore"):
        bad = np.isinf(values) | (values < low) | (values > high)
        if name in _ABOVE_0 or name.startswith("ls_") or name == "long_short_ratio":
            bad |= values == 0.0
        if low == 0.0 and not name.startswith(_SHARES):
            bad |= (values > 0.0) & (values < _LEAST)
    return known & bad


def _bounds(name: str) -> tuple[float, float]:
    if name in _PRICES:
        return 0.0, MAX_PRICE
    if name in _RATES:
        return -MAX_RATE * 8, MAX_RATE * 8
    if name == "funding_apr":
        return -MAX_RATE * 8760, MAX_RATE * 8760
    if name.startswith(_SHARES):
        return 0.0, 1.0
    return 0.0, _MOST.get(name, MAX_VOLUME_USD)
