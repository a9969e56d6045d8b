"""The tables of the simulated market as arrays, which is how kernels take them."""

from typing import NamedTuple

import numpy as np

from clri.collect.simulate.coins import COINS, PLACES, TIERS
from clri.collect.simulate.market.state import K, S, V
from clri.maths.kernel import F8
from clri.maths.log import exp, ln

DAY_S = 86_400.0


class Params(NamedTuple):
    """Constants of coins [S], venues [V] and tiers [K].

    `price` USD at the origin; `coins` = open interest at rest, coins; `depth` USD; `beta`; `own` fraction per square
    root of a second; `follow` s; `reference` = volatility at rest, fraction per square root of a second; `median` of
    forced orders, USD; `lot` = coins in one lot; `oi_share`, `depth_share`, `spot_share` of venues; `times`,
    `share`, `hold_s`, `margin` of tiers.
    """

    price: F8
    coins: F8
    depth: F8
    beta: F8
    own: F8
    follow: F8
    reference: F8
    median: F8
    lot: F8
    oi_share: F8
    depth_share: F8
    spot_share: F8
    times: F8
    share: F8
    hold_s: F8
    margin: F8


MARKET_VOL = 0.0158
"""Volatility of the market's return at V = 1, fraction per square root of a day."""
USUAL_V = 1.2
"""Level of V that counts as usual for depth and turnover."""


def make_params() -> Params:
    """Tables of `clri.collect.simulate.coins` as arrays.

    Raises
    ------
    ValueError
        If the tables have another size than the kernels.

    Examples
    --------
    >>> float(make_params().coins[0]), float(make_params().reference[0]) * 86_400**0.5
    (300000.0, 0.01896)
    """
    if (len(COINS), len(PLACES), len(TIERS)) != (S, V, K):
        raise ValueError(
            f"tables hold {len(COINS)} coins, {len(PLACES)} venues, {len(TIERS)} tiers; expected {S}, {V}, {K}"
        )
    own = np.array([coin.own for coin in COINS])
    beta = np.array([coin.beta for coin in COINS])
    return Params(
        price=np.array([coin.price for coin in COINS]),
        coins=np.array([coin.oi / coin.price for coin in COINS]),
        depth=np.array([coin.depth for coin in COINS]),
        beta=beta,
        own=own / np.sqrt(DAY_S),
        follow=np.array([coin.follow for coin in COINS]),
        reference=USUAL_V * np.sqrt((beta * MARKET_VOL) ** 2 + own**2) / np.sqrt(DAY_S),
        median=np.array([4000.0 * exp(0.35 * ln(coin.oi / 30e9)) for coin in COINS]),
        lot=np.array([10.0**-coin.lot for coin in COINS]),
        oi_share=np.array([place.oi for place in PLACES]),
        depth_share=np.array([place.depth for place in PLACES]),
        spot_share=np.array([place.spot for place in PLACES]),
        times=np.array([tier.times for tier in TIERS]),
        share=np.array([tier.share for tier in TIERS]),
        hold_s=np.array([tier.hold_h * 3600.0 for tier in TIERS]),
        margin=np.array([tier.margin for tier in TIERS]),
    )
