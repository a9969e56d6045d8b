"""Minute rows of the days before the event, which end where it begins."""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from clri.collect.simulate.coins import (
    CALM_FORCED,
    CALM_RATE,
    COINS,
    ORDER_SIGMA,
    PLACES,
    both_markets,
)
from clri.collect.simulate.event import DAY_S, START, Event, order_scale
from clri.model.observation import NUMBERS
from clri.model.timebase import HOUR, MINUTE

F8 = npt.NDArray[np.float64]
DAYS: Final = 9
DAY_MIN: Final = 1440
DAILY_VOL: Final = 0.02
"""Volatility of the market per day, fraction."""
FEED_SHARE: Final = 0.72
"""Share of the liquidated USD that feeds tell on a calm day: most throttles rarely bite then."""
COMPLETE_SHARE: Final = 0.55
"""Share of that which comes from complete feeds."""
AGES: Final = {
    "price": 1.0,
    "funding": 1.0,
    "oi": 14.0,
    "volume": 59.0,
    "spot": 59.0,
    "liq": 1.0,
    "book": 27.0,
    "ls": 173.0,
}
"""Age of the oldest input at the end of a minute, s; as in the event, where polls come at fixed seconds."""


def minutes(event: Event, days: int = DAYS) -> tuple[int, F8]:
    """Rows of `days` before the event.

    Returns
    -------
    int
        End of the first row, UTC ns; the last row ends where the event begins.
    array
        `[len(NUMBERS), T, coins]`, NaN = missing, as `ScorePanel.block` takes it.

    Examples
    --------
    >>> from clri.collect.simulate.event import make_event
    >>> first, rows = minutes(make_event(1), days=2)
    >>> (START - first) // MINUTE + 1 == rows.shape[1], rows.shape == (len(NUMBERS), 2880, 8)
    (True, True)
    """
    count = days * DAY_MIN
    first = START - (count - 1) * MINUTE
    rng = np.random.Generator(np.random.PCG64([event.seed, 2]))
    ends = first + MINUTE * np.arange(count, dtype=np.int64)
    rows = np.full((len(NUMBERS), count, len(COINS)), np.nan)
    columns = {name: rows[at] for at, name in enumerate(NUMBERS)}
    moves = _moves(rng, ends)
    _prices(columns, event, moves, rng)
    _leverage(columns, event, rng, ends)
    _turnover(columns, event, rng)
    _books(columns, event, rng)
    _liquidations(columns, moves, rng)
    _evidence(columns)
    return first, rows


def _moves(rng: np.random.Generator, ends: npt.NDArray[np.int64]) -> F8:
    """Returns per minute: a market factor with a daily pattern, and a part of each coin's own."""
    pattern = np.array([1.0 + 0.35 * math.cos(2.0 * math.pi * (k - 900) / DAY_MIN) for k in range(DAY_MIN)])
    level = pattern[ends // MINUTE % DAY_MIN] * np.clip(1.0 + _swing(rng, len(ends), 1, 0.3, 300.0)[:, 0], 0.3, 2.5)
    market = level * rng.standard_normal(len(ends))
    own = 0.5 * rng.standard_normal((len(ends), len(COINS)))
    beta = np.array([coin.beta for coin in COINS])
    found: F8 = DAILY_VOL / math.sqrt(DAY_MIN) * (market[:, np.newaxis] * beta + own)
    return found


def _prices(columns: dict[str, F8], event: Event, moves: F8, rng: np.random.Generator) -> None:
    start = np.array(event.index[0])
    onward = np.cumprod((1.0 + moves[1:])[::-1], axis=0)[::-1]
    spot = np.vstack([start / onward, start])
    premium = np.array(event.premium[0]) + _swing(rng, len(spot), len(COINS), 1.2e-4, 90.0)
    price = spot * (1.0 + premium)
    before = np.vstack([price[:1], price[:-1]])
    wick = np.abs(rng.standard_normal(price.shape)) * 1.5e-4
    columns["price"][:] = columns["close"][:] = price
    columns["open"][:] = before
    columns["high"][:] = np.maximum(before, price) * (1.0 + wick)
    columns["low"][:] = np.minimum(before, price) * (1.0 - wick)
    columns["index_price"][:] = columns["spot_price"][:] = spot


def _leverage(columns: dict[str, F8], event: Event, rng: np.random.Generator, ends: npt.NDArray[np.int64]) -> None:
    count = len(ends)
    coins = np.array(event.coins[0]) * (1.0 + _swing(rng, count, len(COINS), 0.03, 2880.0))
    columns["oi_base"][:] = columns["oi_index"][:] = coins
    columns["oi_usd"][:] = coins * columns["price"]
    columns["oi_top_share"][:] = PLACES[0].oi
    away = _swing(rng, count, len(COINS), 0.6, 600.0)
    rate = CALM_RATE * (1.0 + np.sign(away) * np.maximum(np.abs(away) - 0.5, 0.0))  # rests on 1 bp half of the time
    columns["funding_8h"][:] = rate
    columns["funding_apr"][:] = rate * 1095.0
    columns["funding_min_8h"][:] = rate
    columns["funding_max_8h"][:] = rate
    settles = ends % (8 * HOUR) == 0
    columns["settled_8h"][settles] = rate[settles]
    ratio = np.array(event.ratio[0]) * (1.0 + _swing(rng, count, len(COINS), 0.08, 1440.0))
    columns["long_short_ratio"][:] = ratio
    columns["ls_top_account_ratio"][:] = ratio * 1.1
    columns["ls_top_position_ratio"][:] = ratio * 1.05
    columns["ls_taker_ratio"][:] = ratio / 1.3


def _turnover(columns: dict[str, F8], event: Event, rng: np.random.Generator) -> None:
    count = len(columns["price"])
    busy = 1.0 + _swing(rng, count, len(COINS), 0.15, 1440.0)
    taste = 1.0 + _swing(rng, count, len(COINS), 0.025, 720.0)
    told = [both_markets(coin.symbol) for coin in COINS]
    perp = np.array([math.fsum(place.oi for place in places) for places in told]) * np.array(event.perp[0])
    spot = np.array([math.fsum(place.spot for place in places) for places in told]) * np.array(event.spot[0])
    columns["perp_volume_24h_usd"][:] = perp * busy * taste
    columns["spot_volume_24h_usd"][:] = spot * busy


def _books(columns: dict[str, F8], event: Event, rng: np.random.Generator) -> None:
    count = len(columns["price"])
    thick = 1.0 + _swing(rng, count, len(COINS), 0.12, 240.0)
    skew = _swing(rng, count, len(COINS), 0.08, 30.0)
    bids, asks = np.array(event.bids[0]) * thick * (1.0 + skew), np.array(event.asks[0]) * thick * (1.0 - skew)
    columns["bid_depth_usd"][:], columns["ask_depth_usd"][:] = bids, asks
    columns["bid_depth_2pct_usd"][:], columns["ask_depth_2pct_usd"][:] = 2.0 * bids, 2.0 * asks
    columns["spread_bps"][:] = np.array([2.0e4 * 10.0**-coin.digits / coin.price for coin in COINS])


def _liquidations(columns: dict[str, F8], moves: F8, rng: np.random.Generator) -> None:
    """Few and small, more when the price moves, on the side that it moves against."""
    mean = math.exp(ORDER_SIGMA * ORDER_SIGMA / 2.0)
    sizes = np.array([order_scale(coin.oi) * mean for coin in COINS])
    calm = np.array([CALM_FORCED * coin.oi * FEED_SHARE / DAY_S * 60.0 for coin in COINS]) / sizes
    jump = np.abs(moves) / (DAILY_VOL / math.sqrt(DAY_MIN))
    pace = calm * (0.5 + 0.5 * np.minimum(jump * jump, 25.0))
    count = rng.poisson(pace)
    longs = rng.binomial(count, np.where(moves < 0.0, 0.8, 0.3))
    for name, number in (("long", longs), ("short", count - longs)):
        columns[f"liq_{name}_n"][:] = number
        columns[f"liq_{name}_usd"][:] = sizes * rng.standard_gamma(np.maximum(number, 1e-9) * 0.5) * 2.0 * (number > 0)
    total = columns["liq_long_usd"] + columns["liq_short_usd"]
    columns["liq_max_usd"][:] = total * np.where(count > 1, 0.6, 1.0)
    columns["liq_complete_share"][:] = np.where(total > 0.0, COMPLETE_SHARE, np.nan)
    columns["cascade_score_max"][:] = 0.0
    columns["cascade_active"][:] = 0.0


def _evidence(columns: dict[str, F8]) -> None:
    """Every venue delivers what it has: spot markets of three coins only, and no ratio, on Hyperliquid."""
    everywhere = float(len(PLACES))
    for name in ("price", "funding", "oi", "volume", "spot", "liq", "book", "ls"):
        columns[f"cov_{name}"][:] = 1.0
        columns[f"n_{name}"][:] = everywhere
        columns[f"age_{name}_s"][:] = AGES[name]
    columns["cov_spot"][:] = [math.fsum(place.oi for place in both_markets(coin.symbol)) for coin in COINS]
    columns["n_spot"][:] = [float(len(both_markets(coin.symbol))) for coin in COINS]
    columns["cov_ls"][:] = 1.0 - PLACES[-1].oi
    columns["n_ls"][:] = everywhere - 1.0


def _swing(rng: np.random.Generator, count: int, width: int, spread: float, tau: float) -> F8:
    """Paths that swing about 0 with deviation `spread` and memory of `tau` rows, and end on 0."""
    keep = math.exp(-1.0 / tau)
    push = spread * math.sqrt(1.0 - keep * keep) * rng.standard_normal((count, width))
    path = np.empty((count, width))
    path[0] = spread * rng.standard_normal(width)
    for row in range(1, count):
        path[row] = keep * path[row - 1] + push[row]
    back = np.cumprod(np.full(count, keep))[::-1] / keep
    found: F8 = path - path[-1] * back[:, np.newaxis]
    return found
