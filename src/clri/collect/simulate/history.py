"""Minute observation rows of a stretch of 60-s steps: what the feeds would have told of it."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from clri.collect.simulate.coins import COINS, PLACES, both_markets
from clri.collect.simulate.market.feeds import (
    COMPLETE_USD,
    LONG_N,
    LONG_USD,
    MAX_USD,
    SHORT_N,
    SHORT_USD,
    told_by_minute,
)
from clri.collect.simulate.market.output import ASKS, BIDS, MARK, PERP, RATE, RATIO, SPOT
from clri.collect.simulate.market.output import COINS as HELD
from clri.collect.simulate.market.params import DAY_S, MARKET_VOL, Params
from clri.collect.simulate.market.run import SHIFT
from clri.collect.simulate.market.stretch import Stretch
from clri.collect.simulate.tape import F8
from clri.maths.kernel import I8
from clri.model.observation import NUMBERS
from clri.model.timebase import SECOND

SETTLES_S: Final = 8 * 3600
TELLING_TRADERS: Final = frozenset({"binance", "gate"})
"""Venues that tell the ratios of top traders and takers."""
TOP_ACCOUNTS: Final = 1.1
TOP_POSITIONS: Final = 1.05
TAKERS: Final = 1.0 / 1.3
"""Ratios of top traders and takers over that of all accounts, as the venues' frames have them."""
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
"""Age of the oldest input at the end of a minute, s."""


def rows_of(found: Stretch, params: Params) -> tuple[int, F8]:
    """Observation rows of a stretch.

    Parameters
    ----------
    found
        Steps of 60 s that begin at a whole minute.
    params
        Of the market.

    Returns
    -------
    int
        End of the first row, ns UTC.
    array
        `[len(NUMBERS), T, coins]`, NaN = missing, as `MinuteTier.warm` takes it. Turnover of a bar, provider sums and
        predicted rates are missing; cascades are not looked for.
    """
    count = len(found.spot)
    rows = np.full((len(NUMBERS), count, len(COINS)), np.nan)
    columns = {name: rows[at] for at, name in enumerate(NUMBERS)}
    ends = found.start + 60 * np.arange(1, count + 1)
    _prices(columns, found, params)
    _leverage(columns, found, ends)
    _turnover_and_books(columns, found)
    _liquidations(columns, told_by_minute(found, params))
    _evidence(columns)
    return (found.start + 60) * SECOND, rows


def _prices(columns: dict[str, F8], found: Stretch, params: Params) -> None:
    marks, held = found.told[MARK], found.told[HELD]
    by_price = np.argsort(marks, axis=1)
    passed = np.cumsum(np.take_along_axis(held, by_price, axis=1), axis=1)
    middle = np.argmax(passed >= 0.5 * passed[:, -1:], axis=1)
    at = np.take_along_axis(by_price, middle[:, np.newaxis], axis=1)
    price = np.take_along_axis(marks, at, axis=1)[:, 0]
    before = np.vstack([price[:1], price[:-1]])
    sigma = np.sqrt(params.beta**2 * MARKET_VOL**2 / DAY_S + params.own**2)
    wick = SHIFT * math.sqrt(59.0) * sigma * found.inner[:, :, 0]
    columns["price"][:] = columns["close"][:] = price
    columns["open"][:] = before
    columns["high"][:] = np.maximum(before, price) * (1.0 + wick)
    columns["low"][:] = np.minimum(before, price) * (1.0 - wick)
    columns["index_price"][:] = columns["spot_price"][:] = found.spot


def _leverage(columns: dict[str, F8], found: Stretch, ends: I8) -> None:
    coins, rate, ratio = found.told[HELD], found.told[RATE], found.told[RATIO]
    total = coins.sum(axis=1)
    columns["oi_base"][:] = columns["oi_index"][:] = total
    usd = coins * found.told[MARK]
    columns["oi_usd"][:] = usd.sum(axis=1)
    columns["oi_top_share"][:] = (usd / usd.sum(axis=1, keepdims=True)).max(axis=1)
    mean = (rate * usd).sum(axis=1) / usd.sum(axis=1)
    columns["funding_8h"][:] = mean
    columns["funding_apr"][:] = mean * 1095.0
    columns["funding_min_8h"][:], columns["funding_max_8h"][:] = rate.min(axis=1), rate.max(axis=1)
    settles = ends % SETTLES_S == 0
    columns["settled_8h"][settles] = mean[settles]
    crowd = _crowd(ratio, usd, list(range(len(PLACES) - 1)))  # the last one tells no ratio
    columns["long_short_ratio"][:] = crowd
    traders = _crowd(ratio, usd, [at for at, place in enumerate(PLACES) if place.venue in TELLING_TRADERS])
    columns["ls_top_account_ratio"][:] = traders * TOP_ACCOUNTS
    columns["ls_top_position_ratio"][:] = traders * TOP_POSITIONS
    columns["ls_taker_ratio"][:] = traders * TAKERS


def _crowd(ratio: F8, usd: F8, places: Sequence[int]) -> F8:
    """Mean of the ratio's logarithm over venues, weighted by open interest, as a ratio."""
    logs, weights = _logs(ratio[:, places]), usd[:, places]
    return _exps((logs * weights).sum(axis=1) / weights.sum(axis=1))


def _turnover_and_books(columns: dict[str, F8], found: Stretch) -> None:
    perp, spot = found.told[PERP], found.told[SPOT]
    for lane, coin in enumerate(COINS):
        both = {place.venue for place in both_markets(coin.symbol)}
        speak = [at for at, place in enumerate(PLACES) if place.venue in both]
        columns["perp_volume_24h_usd"][:, lane] = perp[:, speak, lane].sum(axis=1)
        columns["spot_volume_24h_usd"][:, lane] = spot[:, speak, lane].sum(axis=1)
        columns["spread_bps"][:, lane] = 2.0e4 * 10.0**-coin.digits / columns["price"][:, lane]
    for name, field in (("bid", BIDS), ("ask", ASKS)):
        depth = found.told[field].sum(axis=1)
        columns[f"{name}_depth_usd"][:], columns[f"{name}_depth_2pct_usd"][:] = depth, 2.0 * depth


def _liquidations(columns: dict[str, F8], sums: F8) -> None:
    total = sums[LONG_USD] + sums[SHORT_USD]
    columns["liq_long_usd"][:], columns["liq_short_usd"][:] = sums[LONG_USD], sums[SHORT_USD]
    columns["liq_long_n"][:], columns["liq_short_n"][:] = sums[LONG_N], sums[SHORT_N]
    columns["liq_max_usd"][:] = sums[MAX_USD]
    some = total > 0.0
    columns["liq_complete_share"][some] = sums[COMPLETE_USD][some] / total[some]
    columns["cascade_score_max"][:] = 0.0
    columns["cascade_active"][:] = 0.0


def _evidence(columns: dict[str, F8]) -> None:
    """Every venue delivers what it has: spot markets of three coins only, and no ratio, on Hyperliquid."""
    everywhere = float(len(PLACES))
    for name, age in AGES.items():
        columns[f"cov_{name}"][:] = 1.0
        columns[f"n_{name}"][:] = everywhere
        columns[f"age_{name}_s"][:] = age
    columns["cov_spot"][:] = [math.fsum(place.oi for place in both_markets(coin.symbol)) for coin in COINS]
    columns["n_spot"][:] = [float(len(both_markets(coin.symbol))) for coin in COINS]
    columns["cov_ls"][:] = 1.0 - PLACES[-1].oi
    columns["n_ls"][:] = everywhere - 1.0


def _logs(values: F8) -> F8:
    return np.array([math.log(value) for value in values.ravel().tolist()]).reshape(values.shape)


def _exps(values: F8) -> F8:
    return np.array([math.exp(value) for value in values.ravel().tolist()]).reshape(values.shape)
