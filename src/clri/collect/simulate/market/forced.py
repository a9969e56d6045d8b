"""Forced closing: bins that the price crosses, the engine's queue, its orders and what they do to price and depth."""

from typing import Final

import numpy as np

from clri.collect.simulate.market.params import Params
from clri.collect.simulate.market.state import BINS, FORCED, STOPPED, WIDTH, K, State
from clri.maths.kernel import F8, I8, kernel
from clri.maths.log import exp

STOP: Final = 0.4
"""Share of crossed coins that stop orders close: they leave without a forced order."""
HEDGE: Final = 0.2
"""Coins of the other side that cross-margin accounts lose, per coin queued."""
ENGINE_S: Final = 15.0
"""Time in which the engine works off its queue, s."""
BIG: Final = 0.03
"""Queue over the depth within 1 % from which long steps are cut."""
SHORT_S: Final = 5
"""Length of the cut steps, s."""
SPREAD: Final = 2.0
"""Of the sizes of forced orders, sd of the logarithm."""
EATEN: Final = 0.55
FLOOR: Final = 0.08
IMPACT: Final = 0.0007
"""Move of the price per order of the size of the depth, fraction (.07 of 1 %)."""
MOST: Final = 0.02
LASTING: Final = 0.35
"""Part of a move that stays, at all venues; a venue moves them by its share of the depth."""

Orders = tuple[I8, F8, int]
"""Columns of I8: ns, coin, venue, side, tier (K = hedge leg), lots; of F8: fill and bankruptcy price, USD. And rows."""


@kernel
def cross(state: State, params: Params, coin: int, venue: int, side: int, at: float) -> None:
    """Take every bin that the price, at place `at` among the bins, has passed out of the book: to queue and stops."""
    edge = state.edge[coin, venue, side]
    queued = 0.0
    while (side == 0 and edge >= at and edge >= 0) or (side == 1 and edge <= at and edge < BINS):
        price = params.price[coin] * exp((edge + 0.5 - 0.5 * BINS) * WIDTH)
        for tier in range(K):
            found = state.mass[coin, venue, side, tier, edge]
            if found > 0.0:
                state.mass[coin, venue, side, tier, edge] = 0.0
                coins = found * state.scale[coin, venue, side, tier]
                state.held[coin, venue, side, tier] -= coins
                state.ledger[coin, STOPPED] += STOP * coins
                coins *= 1.0 - STOP
                state.queue[coin, venue, side, tier] += coins
                state.worth[coin, venue, side, tier] += coins * price * bankrupt(params, side, tier)
                queued += coins
        edge += -1 if side == 0 else 1
    state.edge[coin, venue, side] = edge
    if queued > 0.0:
        hedge(state, params, coin, venue, 1 - side, HEDGE * queued)


@kernel
def bankrupt(params: Params, side: int, tier: int) -> float:
    """Bankruptcy price over liquidation price of a position with the tier's own leverage."""
    room = 1.0 / params.times[tier]
    if side == 0:
        return float((1.0 - room) / (1.0 - room + params.margin[tier]))
    return float((1.0 + room) / (1.0 + room - params.margin[tier]))


@kernel
def hedge(state: State, params: Params, coin: int, venue: int, side: int, coins: float) -> None:
    """Move `coins` of a side into its queue, the same fraction of every cohort."""
    held = 0.0
    for tier in range(K):
        held += max(0.0, state.held[coin, venue, side, tier])
    part = min(0.5, coins / held) if held > 0.0 else 0.0
    price = params.price[coin] * exp(state.mark[coin, venue])
    for tier in range(K):
        taken = part * max(0.0, state.held[coin, venue, side, tier])
        state.held[coin, venue, side, tier] -= taken
        state.scale[coin, venue, side, tier] *= 1.0 - part
        state.queue[coin, venue, side, K] += taken
        state.worth[coin, venue, side, K] += taken * price


@kernel
def work_off(
    state: State,
    params: Params,
    coin: int,
    venue: int,
    side: int,
    depth: float,
    now: int,
    span: int,
    sizes: np.random.Generator,
    ints: I8,
    floats: F8,
    count: int,
) -> tuple[I8, F8, int, float]:
    """Let the engine of a venue close what is due in `span` seconds; orders are appended, coins closed returned.

    `depth` = USD within 1 % on the side that is hit, if none of it were eaten. Credit grows by the share
    1 - exp(-span / 15 s) of the queue; an order goes out as soon as it is covered, cut to what is queued.
    """
    queued = 0.0
    for tier in range(K + 1):
        queued += state.queue[coin, venue, side, tier]
    lot = params.lot[coin]
    if queued < lot:
        return ints, floats, count, 0.0
    sign = -1.0 if side == 0 else 1.0
    price = params.price[coin] * exp(state.mark[coin, venue])
    if span > SHORT_S and queued * price > BIG * depth * state.fresh[coin, venue, side]:
        span = SHORT_S
    credit = min(queued, state.credit[coin, venue, side] + queued * (1.0 - exp(-span / ENGINE_S)))
    wanted = state.wanted[coin, venue, side]
    closed = 0.0
    moved = 0.0
    while True:
        left = queued - closed
        if left < lot:
            break
        if wanted <= 0.0:
            wanted = params.median[coin] * exp(SPREAD * sizes.standard_normal()) / price
        if credit < min(wanted, left) * (1.0 - 1e-12):
            break
        lots = max(1, int(min(wanted, left) / lot + 1e-9))
        coins = min(lots * lot, left)
        usd = coins * price
        tier = pick(state, coin, venue, side, queued * sizes.random())
        now_depth = depth * state.fresh[coin, venue, side]
        far = 1.0 + abs(state.offset[coin, venue]) / 0.02
        move = min(MOST, IMPACT * usd / (now_depth * far * far))
        lasting = sign * LASTING * move * params.depth_share[venue]
        state.offset[coin, venue] += sign * (1.0 - LASTING) * move
        state.spot[coin] += lasting
        state.pushed[coin] += lasting
        moved += sign * move
        state.fresh[coin, venue, side] = max(FLOOR, state.fresh[coin, venue, side] * exp(-EATEN * usd / now_depth))
        if count == len(ints):
            ints, floats = longer(ints, floats)
        ints[count, 0] = now * 1_000_000_000 + int(sizes.random() * span * 1000.0) * 1_000_000
        ints[count, 1] = coin
        ints[count, 2] = venue
        ints[count, 3] = side
        ints[count, 4] = tier
        ints[count, 5] = lots
        floats[count, 0] = price * (1.0 + moved)
        floats[count, 1] = state.worth[coin, venue, side, tier] / state.queue[coin, venue, side, tier]
        count += 1
        closed += coins
        credit = max(0.0, credit - coins)
        wanted = 0.0
    kept = (queued - closed) / queued
    for tier in range(K + 1):
        state.queue[coin, venue, side, tier] *= kept
        state.worth[coin, venue, side, tier] *= kept
    state.credit[coin, venue, side] = credit
    state.wanted[coin, venue, side] = wanted
    state.ledger[coin, FORCED] += closed
    return ints, floats, count, closed


@kernel
def longer(ints: I8, floats: F8) -> tuple[I8, F8]:
    """Room for twice as many orders."""
    more = np.empty((2 * len(ints), ints.shape[1]), np.int64)
    wider = np.empty((2 * len(ints), floats.shape[1]))
    for at in range(len(ints)):  # element by element: a slice would bring numba's texts for its errors along
        for column in range(ints.shape[1]):
            more[at, column] = ints[at, column]
        for column in range(floats.shape[1]):
            wider[at, column] = floats[at, column]
    return more, wider


@kernel
def pick(state: State, coin: int, venue: int, side: int, at: float) -> int:
    """Tier of a queue in which its coin number `at` lies."""
    last = 0
    for tier in range(K + 1):
        coins = state.queue[coin, venue, side, tier]
        if coins > 0.0:
            last = tier
            if at < coins:
                return tier
            at -= coins
    return last
