"""What a step gives: fields that venues show, and fields that only the truth knows."""

from typing import Final

import numpy as np

from clri.collect.simulate.market.params import Params
from clri.collect.simulate.market.state import LEVEL, SENTIMENT, K, S, State, V
from clri.maths.kernel import F8, kernel
from clri.maths.log import exp, ln

BP: Final = 1e-4

MARK: Final = 0
RATE: Final = 1
COINS: Final = 2
BIDS: Final = 3
ASKS: Final = 4
PERP: Final = 5
SPOT: Final = 6
RATIO: Final = 7
FIELDS: Final = 8
"""Fields of the output by venue, as in `Tape`."""
INNER: Final = (
    "v",
    "sentiment",
    "level",
    "longs",
    "shorts",
    "premium",
    "mean_premium",
    "stress",
    "queued_long",
    "queued_short",
)
"""Fields of the output that no venue shows."""


@kernel
def rate_of(mean: float) -> float:
    """Funding per 8 h of a mean premium, both fractions: an interest of 1 bp within 5 bp of it, cap 30 bp."""
    rate = mean + min(5.0 * BP, max(-5.0 * BP, BP - mean))
    return min(30.0 * BP, max(-30.0 * BP, rate))


@kernel
def write(
    state: State, params: Params, depth: F8, level: float, end: int, step: int, prices: F8, told: F8, inner: F8
) -> None:
    """Write the outputs of a step that ended at `end` (s)."""
    for coin in range(S):
        funding = state.funding[coin]
        mean = funding[0] / funding[1] if funding[1] > 0.0 else funding[5]
        rate = rate_of(mean) if funding[1] > 0.0 else funding[3]
        past = end % 3600
        hourly = rate_of(funding[2] / past) if past > 0 else funding[4]
        sums = np.zeros(4)
        prices[step, coin] = params.price[coin] * exp(state.spot[coin])
        for venue in range(V):
            longs = 0.0
            shorts = 0.0
            for tier in range(K):
                longs += state.held[coin, venue, 0, tier]
                shorts += state.held[coin, venue, 1, tier]
            for tier in range(K + 1):
                sums[2] += state.queue[coin, venue, 0, tier]
                sums[3] += state.queue[coin, venue, 1, tier]
                longs += state.queue[coin, venue, 0, tier]
                shorts += state.queue[coin, venue, 1, tier]
            sums[0] += longs
            sums[1] += shorts
            told[MARK, step, venue, coin] = params.price[coin] * exp(state.mark[coin, venue])
            told[RATE, step, venue, coin] = hourly if venue == V - 1 else rate
            told[COINS, step, venue, coin] = longs + shorts
            told[BIDS, step, venue, coin] = depth[coin, venue, 0]
            told[ASKS, step, venue, coin] = depth[coin, venue, 1]
            told[PERP, step, venue, coin] = params.oi_share[venue] * state.turnover[coin, 0]
            told[SPOT, step, venue, coin] = params.spot_share[venue] * state.turnover[coin, 1]
            crowd = 0.75 * ln(longs / shorts) + 0.12 * state.local[1, coin, venue]
            told[RATIO, step, venue, coin] = exp(crowd)
        row = inner[step, coin]
        row[0] = level
        row[1] = 0.2 * state.moods[SENTIMENT, coin]
        row[2] = 0.04 * state.moods[LEVEL, coin]
        row[3] = sums[0]
        row[4] = sums[1]
        row[5] = funding[5]
        row[6] = mean
        row[7] = state.stress[coin]
        row[8] = sums[2]
        row[9] = sums[3]
