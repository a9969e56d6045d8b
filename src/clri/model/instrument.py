"""What one unit of a venue's contract is worth."""

import math
from typing import Final

from clri.model.facts import Fact


class Instrument(Fact, frozen=True, gc=False, tag="ins"):
    """One contract of one venue, valid from `valid_from` to `valid_to` (ns; None = still traded).

    `contract_size` is in raw base units (coins x 1/multiplier), or USD if `inverse`. `multiplier` m turns the venue's
    name into a coin: 1000PEPE has m = 1000, so price = raw / m and qty = raw * contract_size * m.
    `level_step` is the width of a price level in USD, None until a price is known.
    """

    contract_size: float
    inverse: bool
    multiplier: float
    tick_size: float | None
    qty_step: float | None
    settle: str
    funding_interval_h: float | None
    level_step: float | None
    valid_from: int | None
    valid_to: int | None


_STEPS: Final = (1.0, 2.0, 5.0)


def level_step(price: float, *, share: float = 0.001) -> float:
    """Width of a price level: the 1-2-5 step nearest to `share` of the price on a log scale (SCORES 6).

    Parameters
    ----------
    price
        Typical price, USD, > 0.
    share
        Wanted width as a fraction of the price.

    Examples
    --------
    >>> [level_step(p) for p in (3500.0, 152.0, 0.41, 0.083)]
    [5.0, 0.2, 0.0005, 0.0001]
    """
    want = price * share
    exponent = math.floor(math.log10(want))
    choices = [float(f"{m:g}e{e}") for e in range(exponent - 1, exponent + 2) for m in _STEPS]
    return min(choices, key=lambda step: abs(math.log(step / want)))


def level_number(price: float, step: float) -> int:
    """Number of the price level that holds a price: level n covers [n * step, (n + 1) * step).

    Examples
    --------
    >>> level_number(67_289.0, 100.0), level_number(0.0834, 0.0001)
    (672, 834)
    """
    return math.floor(price / step + 1e-9)


def price_level(price: float, step: float) -> float:
    """Lower edge of the level that holds a price, without the dust of binary fractions (SCORES 6).

    Examples
    --------
    >>> price_level(67_289.0, 100.0), price_level(0.0834, 0.0001)
    (67200.0, 0.0834)
    """
    return level_edge(level_number(price, step), step)


def level_edge(number: int, step: float) -> float:
    """Lower edge of a level by its number.

    Examples
    --------
    >>> level_edge(834, 0.0001)
    0.0834
    """
    return float(f"{number * step:.12g}")
