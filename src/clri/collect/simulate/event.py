"""A plain stress event, second by second: calm, leverage builds, a cascade of longs, a flush and calm again.

All numbers are invented; no skill figure may be taken from them. The story is scripted, the seed only adds noise: a
small stand-in for the simulated market to come, in which liquidations make the fall.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from clri.collect.simulate.coins import (
    CALM_FORCED,
    CALM_MOST,
    CALM_RATE,
    CALM_RATIO,
    COINS,
    ORDER_MEDIAN,
    ORDER_SIGMA,
    PERP_TURNOVER,
    PLACES,
    SPOT_SHARE,
)
from clri.model.names import Side
from clri.model.timebase import MILLI, SECOND, parse_iso

START: Final = parse_iso("2026-11-02T16:05:00Z")
"""Begins five minutes after a settlement: a running funding rate then moves fastest. A whole minute."""
BUILD: Final = 600
CASCADE: Final = 1500
BOTTOM: Final = 1640
CALM: Final = 1940
SECONDS: Final = 2400
"""Seconds at which the parts begin: leverage builds, the price breaks, it stands, the flush is over; the end."""
SIGMA: Final = 5e-5
"""Noise of the market's price per second in calm, fraction."""
STRESSED_MOST: Final = 8e6
"""Largest liquidation order of the cascade, USD."""
DAY_S: Final = 86_400

Series = list[list[float]]
"""Values by second and coin."""


class Order(NamedTuple):
    """One liquidation order: `at` ns, coin, venue (places in COINS and PLACES), position side, fill price, USD."""

    at: int
    coin: int
    place: int
    long: bool
    price: float
    usd: float

    @property
    def side(self) -> Side:
        """Side of the position."""
        return "LONG" if self.long else "SHORT"

    @property
    def ms(self) -> int:
        """Time in milliseconds since 1970."""
        return self.at // MILLI


@dataclass(frozen=True, slots=True)
class Event:
    """State of the market by second and coin, and what was liquidated.

    Attributes
    ----------
    index
        Spot price, USD.
    premium
        Perpetual over spot, fraction.
    rate
        Funding per 8 h, fraction.
    coins
        Open interest over all venues, coins.
    bids, asks
        Depth within 1 % over all venues, USD.
    perp, spot
        Turnover of 24 h over all venues, USD.
    ratio
        Long to short accounts.
    orders
        Liquidations by time, before any venue throttles its feed.
    """

    seed: int
    index: Series
    premium: Series
    rate: Series
    coins: Series
    bids: Series
    asks: Series
    perp: Series
    spot: Series
    ratio: Series
    orders: list[Order]


def ramp(t: float, start: float, end: float) -> float:
    """Smooth step from 0 at `start` to 1 at `end`.

    Examples
    --------
    >>> [ramp(t, 10.0, 20.0) for t in (0, 10, 15, 20, 99)]
    [0.0, 0.0, 0.5, 1.0, 1.0]
    """
    x = min(1.0, max(0.0, (t - start) / (end - start)))
    return x * x * (3.0 - 2.0 * x)


def make_event(seed: int) -> Event:
    """Event of a seed; the same seed gives the same event.

    Parameters
    ----------
    seed
        Any integer >= 0.
    """
    rng = np.random.Generator(np.random.PCG64([seed, 1]))
    noise = rng.standard_normal((SECONDS, len(COINS) + 1)).tolist()
    slow = rng.standard_normal((SECONDS, len(COINS))).tolist()
    fate = (1.0 + 0.04 * rng.uniform(-1.0, 1.0, len(COINS))).tolist()
    event = Event(seed, [], [], [], [], [], [], [], [], [], [])
    walk = [0.0] * len(COINS)
    skew = [0.0] * len(COINS)
    for t in range(SECONDS):
        rush = ramp(t, CASCADE - 10, CASCADE + 20) - ramp(t, BOTTOM, CALM)
        for i, coin in enumerate(COINS):
            step = SIGMA * (1.0 + 2.0 * rush) * (coin.beta * noise[t][-1] + 0.5 * noise[t][i])
            walk[i] += step if t else 0.0
            skew[i] = 0.995 * skew[i] + 0.008 * slow[t][i]
        _write(event, t, [1.0 + x for x in walk], skew, fate)
    event.orders.extend(_orders(event, rng))
    return event


def _write(event: Event, t: int, walk: list[float], skew: list[float], fate: list[float]) -> None:
    """State of second `t`."""
    rows: dict[str, list[float]] = {name: [] for name in ("index", "premium", "rate", "coins", "bids", "asks")}
    rows |= {name: [] for name in ("perp", "spot", "ratio")}
    break_ = ramp(t, CASCADE, BOTTOM)
    after = ramp(t, BOTTOM, CALM)
    for i, coin in enumerate(COINS):
        built = ramp(t, BUILD - coin.from_s, CASCADE - 60)
        fall = break_ - 0.28 * ramp(t, BOTTOM + 20, SECONDS)
        rows["index"].append(coin.price * walk[i] * (1.0 + 0.004 * built) * (1.0 - coin.fall * fate[i] * fall))
        rows["premium"].append(2e-4 + 6e-4 * built - 1.6e-3 * (break_ - after) - 5e-4 * after)
        rows["rate"].append(CALM_RATE + (coin.rate - CALM_RATE) * built * (1.0 - 0.35 * break_ - 0.5 * after))
        held = (1.0 + coin.build * built) * (1.0 - coin.flush * (0.7 * break_ + 0.3 * after))
        rows["coins"].append(coin.oi / coin.price * held * (1.0 + 0.02 * skew[i]))
        thin = 1.0 - 0.22 * built
        back = ramp(t, BOTTOM, SECONDS)
        rows["bids"].append(coin.depth * (1.0 + skew[i]) * thin * (1.0 - 0.80 * break_ + 0.85 * back))
        rows["asks"].append(coin.depth * (1.0 - skew[i]) * thin * (1.0 - 0.45 * break_ + 0.60 * back))
        turnover = PERP_TURNOVER * coin.oi
        rows["perp"].append(turnover * (1.0 + 0.04 * built + 0.08 * break_ + 0.02 * after))
        rows["spot"].append(SPOT_SHARE * turnover * (1.0 - 0.01 * built + 0.05 * break_ + 0.02 * after))
        rows["ratio"].append(CALM_RATIO * (1.0 + 0.42 * built) * (1.0 - 0.18 * break_ - 0.08 * after) * (1.0 + skew[i]))
    for name, row in rows.items():
        getattr(event, name).append(row)


def order_scale(coin_oi: float) -> float:
    """Median size of a coin's liquidation orders, USD: larger markets have larger ones."""
    return ORDER_MEDIAN * math.pow(coin_oi / COINS[0].oi, 0.35)


def _orders(event: Event, rng: np.random.Generator) -> list[Order]:
    mean_factor = math.exp(ORDER_SIGMA * ORDER_SIGMA / 2.0)
    counts = []
    for t in range(SECONDS):
        pace = break_speed(t)
        tail = 0.0 if t < BOTTOM else math.exp(-(t - BOTTOM) / 75.0) / 75.0
        row = []
        for coin in COINS:
            calm = CALM_FORCED * coin.oi / DAY_S / (order_scale(coin.oi) * mean_factor)
            built = 1.0 + 0.3 * ramp(t, BUILD, CASCADE)
            size = 2.0 * order_scale(coin.oi) * mean_factor
            row.append(calm * built + coin.forced * coin.oi * (0.85 * pace + 0.15 * tail) / size)
        counts.append(row)
    drawn = rng.poisson(np.array(counts)).tolist()
    total = sum(sum(row) for row in drawn)
    sizes, moves = rng.standard_normal(total).tolist(), rng.standard_normal(total).tolist()
    times, venues, sides = rng.random(total).tolist(), rng.random(total).tolist(), rng.random(total).tolist()
    shares = [math.fsum(place.oi for place in PLACES[:k]) for k in range(1, len(PLACES))]
    orders = []
    at = 0
    for t, row in enumerate(drawn):
        stressed = CASCADE <= t < CALM
        for i, count in enumerate(row):
            scale = order_scale(COINS[i].oi)
            base, most = (2.0 * scale, STRESSED_MOST) if stressed else (scale, CALM_MOST * scale / ORDER_MEDIAN)
            mark = event.index[t][i] * (1.0 + event.premium[t][i])
            for n in range(at, at + count):
                usd = min(most, base * math.exp(ORDER_SIGMA * sizes[n]))
                place = bisect_right(shares, venues[n])
                side = sides[n] < (0.94 if stressed else 0.5)
                when = START + t * SECOND + int(times[n] * 1000.0) * 1_000_000
                orders.append(Order(when, i, place, side, mark * (1.0 + 3e-4 * moves[n]), usd))
            at += count
    orders.sort()
    return orders


def break_speed(t: int) -> float:
    """Share of the cascade's forced selling that second `t` brings: the slope of the fall, 4 s late."""
    return ramp(t - 3, CASCADE, BOTTOM) - ramp(t - 4, CASCADE, BOTTOM)
