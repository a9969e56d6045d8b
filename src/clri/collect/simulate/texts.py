"""How values are written: prices and sizes on their grids, levels, shares, times."""

from collections.abc import Iterable
from typing import Final

from clri.collect.simulate.coins import Coin
from clri.collect.simulate.view import Level

EIGHT_HOURS_MS: Final = 28_800_000
FIVE_MINUTES_MS: Final = 300_000


def price(coin: Coin, value: float) -> str:
    """Price on the coin's grid."""
    return f"{value:.{coin.digits}f}"


def size(coin: Coin, value: float) -> str:
    """Size in coins on the coin's grid, at least one step.

    Examples
    --------
    >>> from clri.collect.simulate.coins import COINS
    >>> size(COINS[0], 0.01234), size(COINS[0], 0.0)
    ('0.012', '0.001')
    """
    return f"{max(value, 10.0**-coin.lot):.{coin.lot}f}"


def step(decimals: int) -> str:
    """Smallest step of so many decimals.

    Examples
    --------
    >>> step(2), step(0)
    ('0.01', '1')
    """
    return f"{10.0**-decimals:.{decimals}f}"


def pairs(coin: Coin, levels: Iterable[Level], unit: float = 1.0) -> list[list[str]]:
    """Levels as pairs of texts, price and size; `unit` = coins in one contract."""
    digits = coin.digits
    return [[f"{value:.{digits}f}", f"{coins / unit:.4f}"] for value, coins in levels]


def share(ratio: float) -> tuple[str, str]:
    """Shares of longs and shorts of a ratio, to four digits.

    Examples
    --------
    >>> share(1.5)
    ('0.6000', '0.4000')
    """
    longs = round(ratio / (1.0 + ratio), 4)
    return f"{longs:.4f}", f"{1.0 - longs:.4f}"


def next_settlement(at: int) -> int:
    """Coming settlement of venues that settle every 8 h, ms.

    Examples
    --------
    >>> next_settlement(1_790_000_000_000)
    1790006400000
    """
    return (at // EIGHT_HOURS_MS + 1) * EIGHT_HOURS_MS


def five_minutes(at: int) -> int:
    """Last whole 5 minutes, ms.

    Examples
    --------
    >>> five_minutes(1_790_000_123_456)
    1790000100000
    """
    return at // FIVE_MINUTES_MS * FIVE_MINUTES_MS
