"""Cohorts in closed form: positions opened at the prices of a walk that leads to the origin."""

from typing import Final

import numpy as np

from clri.collect.simulate.market.params import DAY_S, MARKET_VOL, Params
from clri.collect.simulate.market.run import GRID, LONGS, place_of
from clri.collect.simulate.market.state import BINS, K, S, State, V, empty
from clri.maths.kernel import F8, kernel
from clri.maths.log import exp, ln

HOURS: Final = 1440
"""Length of the walk, h."""
JITTER: Final = 0.8
"""Width of ln(leverage) within a tier."""
LEAST: Final = 0.0015
"""Least distance of a liquidation price from the entry."""


def make_ladder(params: Params) -> F8:
    """Distance in ln of the liquidation price from the entry [2, K, GRID], by jitter of leverage.

    Examples
    --------
    >>> from clri.collect.simulate.market.params import make_params
    >>> [round(x, 4) for x in make_ladder(make_params())[0, 2, [0, -1]].tolist()]
    [-0.1488, -0.0592]
    """
    ladder = np.empty((2, K, GRID))
    for tier in range(K):
        for at in range(GRID):
            times = params.times[tier] * exp(JITTER * ((at + 0.5) / GRID - 0.5))
            far = max(LEAST, 1.0 / times - params.margin[tier])
            ladder[0, tier, at] = ln(1.0 - far)
            ladder[1, tier, at] = ln(1.0 + far)
    return ladder


def open_market(params: Params, ladder: F8, slow: np.random.Generator) -> State:
    """State at the origin, as if traders had come and gone for 60 days; a burn-in should follow.

    Parameters
    ----------
    params, ladder
        Of the market.
    slow
        Background stream; gives the walk.
    """
    state = empty()
    steps = slow.standard_normal((HOURS, S + 1)) * np.sqrt(3600.0)
    for coin in range(S):
        noise = params.beta[coin] * MARKET_VOL / np.sqrt(DAY_S) * steps[:, S] + params.own[coin] * steps[:, coin]
        walk = np.concatenate([[0.0], np.cumsum(noise)])
        _fill(state, params, ladder, coin, walk)
        state.variance[coin] = params.reference[coin] ** 2
    state.ledger[:, 0] = state.held.sum(axis=(1, 2, 3))
    return state


@kernel
def _fill(state: State, params: Params, ladder: F8, coin: int, walk: F8) -> None:
    """Open what is left of each hour's positions; `walk` = ln price by hours ago, 0 = now."""
    low = 0.0
    high = 0.0
    for ago in range(len(walk)):
        low = min(low, walk[ago])
        high = max(high, walk[ago])
        for tier in range(K):
            hold = params.hold_s[tier]
            left = params.share[tier] * exp(-3600.0 * ago / hold) * (1.0 - exp(-3600.0 / hold))
            for at in range(0, GRID, 8):
                for side in range(2):
                    level = walk[ago] + ladder[side, tier, at + 4]
                    if (side == 0 and level >= low) or (side == 1 and level <= high):
                        continue
                    for venue in range(V):
                        want = (LONGS if side == 0 else 1.0 - LONGS) * params.coins[coin] * params.oi_share[venue]
                        coins = want * left / (GRID // 8)
                        bin_ = min(BINS - 1, max(0, int(place_of(level))))
                        state.mass[coin, venue, side, tier, bin_] += coins
                        state.held[coin, venue, side, tier] += coins
                        edge = state.edge[coin, venue, side]
                        state.edge[coin, venue, side] = max(edge, bin_) if side == 0 else min(edge, bin_)
