"""The invented market at rest: coins, venues, leverage tiers (SIMULATION 3)."""

from typing import Final, NamedTuple

from clri.model.names import Venue


class Coin(NamedTuple):
    """One symbol.

    `price` USD, the origin of its price bins; `oi` USD over all venues; `depth` USD per side within 1 % over all
    venues; `beta` to the market's return; `own` volatility of its own, fraction per day; `follow` = seconds by which
    it follows BTC; `digits`, `lot` = decimals of its price and size; `okx`, `gate` = coins in one contract there.
    """

    symbol: str
    price: float
    oi: float
    depth: float
    beta: float
    own: float
    follow: float
    digits: int
    lot: int
    okx: float
    gate: float


COINS: Final = (
    Coin("BTC", 1e5, 30e9, 360e6, 1.0, 0.0, 0.0, 1, 3, 0.01, 0.0001),
    Coin("ETH", 3500.0, 16e9, 190e6, 1.08, 0.006, 1.0, 2, 3, 0.1, 0.01),
    Coin("SOL", 160.0, 3.9e9, 45e6, 1.2, 0.012, 2.0, 3, 2, 1.0, 1.0),
    Coin("XRP", 2.3, 4.5e9, 40e6, 1.05, 0.013, 2.0, 4, 1, 100.0, 10.0),
    Coin("BNB", 650.0, 1.5e9, 20e6, 0.8, 0.009, 2.0, 2, 2, 0.01, 0.001),
    Coin("DOGE", 0.18, 1.2e9, 14e6, 1.2, 0.015, 3.0, 5, 0, 1000.0, 10.0),
    Coin("ADA", 0.55, 0.5e9, 6.5e6, 1.2, 0.015, 4.0, 5, 0, 100.0, 10.0),
    Coin("LINK", 16.0, 0.6e9, 7e6, 1.2, 0.015, 4.0, 3, 2, 1.0, 1.0),
)
SYMBOLS: Final = tuple(coin.symbol for coin in COINS)


class Place(NamedTuple):
    """One venue.

    `oi`, `depth` = shares of open interest (and perpetual turnover) and of depth; `spot` = share of spot turnover;
    `lag_ns` = median time from event to receipt.
    """

    venue: Venue
    oi: float
    depth: float
    spot: float
    lag_ns: int


PLACES: Final = (
    Place("binance", 0.298, 0.34, 0.46, 60_000_000),
    Place("bybit", 0.173, 0.20, 0.20, 40_000_000),
    Place("okx", 0.099, 0.16, 0.14, 80_000_000),
    Place("gate", 0.206, 0.08, 0.10, 150_000_000),
    Place("bitget", 0.123, 0.11, 0.08, 120_000_000),
    Place("hyperliquid", 0.101, 0.11, 0.02, 300_000_000),
)


class Tier(NamedTuple):
    """One class of leverage: `times`; `share` of open interest; mean holding time; maintenance margin, fraction."""

    times: float
    share: float
    hold_h: float
    margin: float


TIERS: Final = (
    Tier(3.0, 0.63, 240.0, 0.02),
    Tier(5.0, 0.24, 120.0, 0.015),
    Tier(10.0, 0.105, 40.0, 0.01),
    Tier(25.0, 0.021, 12.0, 0.006),
    Tier(50.0, 0.0034, 5.0, 0.005),
    Tier(100.0, 0.0006, 1.5, 0.004),
)

SPOT_ON_HYPERLIQUID: Final = frozenset({"BTC", "ETH", "SOL"})


def both_markets(symbol: str) -> list[Place]:
    """Venues with a perpetual and a spot market of a coin: those that a volume ratio is made of."""
    return [place for place in PLACES if place.venue != "hyperliquid" or symbol in SPOT_ON_HYPERLIQUID]
