"""The invented market at rest: coins and venues (SIMULATION 3, rounded)."""

from typing import Final, NamedTuple

from clri.model.names import Venue


class Coin(NamedTuple):
    """One symbol.

    `price` USD; `oi` USD over all venues; `depth` USD per side within 1 % over all venues; `beta` to the noise of the
    market; `digits`, `lot` = decimals of its price and size; `okx`, `gate` = coins in one contract there.

    What the event does: `fall` = fraction of the price at the bottom, `build` and `flush` = fractions of open interest
    that come and go, `rate` = funding per 8 h at the top, `forced` = liquidated fraction of the open interest,
    `from_s` = seconds by which leverage builds earlier than in BTC.
    """

    symbol: str
    price: float
    oi: float
    depth: float
    beta: float
    digits: int
    lot: int
    okx: float
    gate: float
    fall: float
    build: float
    flush: float
    rate: float
    forced: float
    from_s: int


COINS: Final = (
    Coin("BTC", 1e5, 30e9, 360e6, 1.0, 1, 3, 0.01, 0.0001, 0.046, 0.028, 0.080, 3.2e-4, 0.010, 0),
    Coin("ETH", 3500.0, 16e9, 190e6, 1.08, 2, 3, 0.1, 0.01, 0.052, 0.035, 0.090, 3.5e-4, 0.012, 60),
    Coin("SOL", 160.0, 3.9e9, 45e6, 1.2, 3, 2, 1.0, 1.0, 0.058, 0.055, 0.115, 5.2e-4, 0.018, 240),
    Coin("XRP", 2.3, 4.5e9, 40e6, 1.05, 4, 1, 100.0, 10.0, 0.055, 0.038, 0.095, 3.8e-4, 0.014, 120),
    Coin("DOGE", 0.18, 1.2e9, 14e6, 1.2, 5, 0, 1000.0, 10.0, 0.060, 0.060, 0.125, 5.5e-4, 0.020, 200),
    Coin("AVAX", 22.0, 0.55e9, 6e6, 1.2, 3, 2, 1.0, 1.0, 0.059, 0.045, 0.115, 4.4e-4, 0.019, 150),
    Coin("LINK", 16.0, 0.6e9, 7e6, 1.2, 3, 2, 1.0, 1.0, 0.057, 0.042, 0.110, 4.2e-4, 0.018, 120),
    Coin("ADA", 0.55, 0.5e9, 6.5e6, 1.2, 5, 0, 100.0, 10.0, 0.056, 0.040, 0.105, 3.8e-4, 0.017, 100),
)
SYMBOLS: Final = tuple(coin.symbol for coin in COINS)


class Place(NamedTuple):
    """One venue.

    `oi`, `depth` = shares of open interest (and perpetual turnover) and of depth; `spot` = share of spot turnover;
    `basis` = its mark above the others, fraction; `heat` = how much more than the others its funding rises, fraction;
    `ratio` = its long/short ratio over the others'; `lag_ns` = least time from event to receipt.
    """

    venue: Venue
    oi: float
    depth: float
    spot: float
    basis: float
    heat: float
    ratio: float
    lag_ns: int


PLACES: Final = (
    Place("binance", 0.298, 0.34, 0.46, 0.00001, 0.0, 1.04, 60_000_000),
    Place("bybit", 0.173, 0.20, 0.20, 0.00003, 0.06, 0.98, 40_000_000),
    Place("okx", 0.099, 0.16, 0.14, -0.00002, -0.04, 1.02, 80_000_000),
    Place("gate", 0.206, 0.08, 0.10, -0.00004, -0.03, 0.95, 150_000_000),
    Place("bitget", 0.123, 0.11, 0.08, 0.00002, 0.02, 1.01, 120_000_000),
    Place("hyperliquid", 0.101, 0.11, 0.02, -0.00001, -0.027, 1.0, 300_000_000),
)

SPOT_ON_HYPERLIQUID: Final = frozenset({"BTC", "ETH", "SOL"})
PERP_TURNOVER: Final = 2.2
"""Perpetual turnover of a calm day, in open interests."""
SPOT_SHARE: Final = 0.16
"""Spot turnover of a calm day, in perpetual turnovers."""
CALM_RATE: Final = 1e-4
"""Funding per 8 h at rest, fraction: the rate that most venues default to."""
CALM_RATIO: Final = 1.35
"""Long to short accounts at rest."""
ORDER_MEDIAN: Final = 4000.0
ORDER_SIGMA: Final = 1.5
"""Size of a liquidation order of BTC in calm: lognormal, USD."""
CALM_MOST: Final = 18_000.0
"""Largest order of BTC in calm, USD: so that calm holds no burst."""
CALM_FORCED: Final = 0.001
"""Fraction of the open interest that is liquidated on a calm day."""


def both_markets(symbol: str) -> list[Place]:
    """Venues with a perpetual and a spot market of a coin: those that a volume ratio is made of."""
    return [place for place in PLACES if place.venue != "hyperliquid" or symbol in SPOT_ON_HYPERLIQUID]
