"""One step of the market after the other: the kernel that everything simulated comes from (SIMULATION 2)."""

import math
from typing import Final, NamedTuple

import numpy as np

from clri.collect.simulate.market.forced import BIG, SHORT_S, cross, work_off
from clri.collect.simulate.market.output import rate_of, write
from clri.collect.simulate.market.params import DAY_S, MARKET_VOL, Params
from clri.collect.simulate.market.paths import returns, volatility, wander
from clri.collect.simulate.market.state import (
    BINS,
    CLOSED,
    DAY_MIN,
    FLOW,
    LEVEL,
    OPENED,
    PREMIUM,
    SENTIMENT,
    SKEW,
    TASTE,
    WIDTH,
    K,
    S,
    State,
    V,
)
from clri.maths.kernel import F8, I8, kernel
from clri.maths.log import exp, ln

LONGS: Final = 0.56
"""Share of longs in what traders want to hold at rest."""
SHIFT: Final = 0.5826
"""Of a barrier that is watched at steps only, in sd of a step (Broadie, Glasserman, Kou 1997)."""
BP: Final = 1e-4
GRID: Final = 64
TINY: Final = 1e-6
"""Factor of a cohort at which its bins are brought up to date."""


class Script(NamedTuple):
    """What a scenario does, by minute from its origin; the last row stands for all other times.

    `drift` ln per second [M, S]; `times`, `fixed` of volatility [M] (NaN = not fixed); `depth`, `longs`, `shorts`
    factors [M, S]; `mood` added to sentiment; `quiet` 0..1 = how far `target` (premium, fraction) replaces the free
    premium; `off` = venue out [M, V]; `jumps` factor of their rate [M].
    """

    drift: F8
    times: F8
    fixed: F8
    depth: F8
    longs: F8
    shorts: F8
    mood: F8
    quiet: F8
    target: F8
    off: F8
    jumps: F8


@kernel
def run(
    t0: int,
    n: int,
    dt: int,
    state: State,
    params: Params,
    script: Script,
    origin: int,
    slow: np.random.Generator,
    sizes: np.random.Generator,
    ladder: F8,
    prices: F8,
    told: F8,
    inner: F8,
) -> tuple[I8, F8, int]:
    """Run `n` steps of `dt` seconds from `t0` (s UTC); state and generators move on, outputs are written.

    Parameters
    ----------
    t0, origin
        Start, and where the script begins, whole seconds UTC.
    slow, sizes
        Background, and leverage and order sizes: PCG64.
    ladder
        ln distance of the liquidation price from the mark [2, K, GRID], by jitter of leverage.
    prices, told, inner
        Outputs at the end of each step: spot USD [n, S]; `FIELDS` [FIELDS, n, V, S]; `INNER` [n, S, 10], see `output`.

    Returns
    -------
    tuple
        Orders of the run as `clri.collect.simulate.market.forced.Orders`.
    """
    ints = np.empty((4096, 6), np.int64)
    floats = np.empty((4096, 2))
    count = len(floats) - len(ints)  # 0, but no literal: numba would compile all that takes it twice
    last = len(script.times) - 1
    depth = np.empty((S, V, 2))
    strained = False
    for step in range(n):
        left = dt
        level = 0.0
        while left > 0:
            span = min(SHORT_S, left) if strained else left
            now = t0 + step * dt + dt - left
            row = (now - origin) // 60
            if row < 0 or row > last:
                row = last
            wander(state, float(span), slow)
            level = volatility(state, now, script.times[row], script.fixed[row])
            returns(state, params, level, float(span), script.drift[row], script.jumps[row], slow)
            for coin in range(S):
                state.pushed[coin] = 0.0
            strained = False
            for coin in range(S):
                sigma = level * math.sqrt(params.beta[coin] ** 2 * MARKET_VOL**2 / DAY_S + params.own[coin] ** 2)
                _premium(state, params, script, row, coin)
                ints, floats, count, tight = _coin(
                    state, params, script, row, coin, sigma, now, span, sizes, ladder, depth, ints, floats, count
                )
                strained = strained or tight
                _close_step(state, params, script, row, coin, now, span, sigma)
            left -= span
        write(state, params, depth, level, t0 + (step + 1) * dt, step, prices, told, inner)
    return ints, floats, count


@kernel
def place_of(level: float) -> float:
    """Where ln(price / origin) lies among the bins; whole part = bin.

    Examples
    --------
    >>> float(place_of(0.0)), round(float(place_of(-0.01)), 6)
    (2000.0, 1990.0)
    """
    return level / WIDTH + 0.5 * BINS


@kernel
def _premium(state: State, params: Params, script: Script, row: int, coin: int) -> None:
    """Marks of all venues that are not out: spot, plus offset, plus the premium common to them."""
    longs = 0.0
    shorts = 0.0
    for venue in range(V):
        for tier in range(K + 1):
            longs += state.queue[coin, venue, 0, tier]
            shorts += state.queue[coin, venue, 1, tier]
        for tier in range(K):
            longs += state.held[coin, venue, 0, tier]
            shorts += state.held[coin, venue, 1, tier]
    mood = state.moods[PREMIUM, coin]
    up = max(0.0, mood)
    free = (-3.8 + 4.5 * ln(longs / shorts / 1.27) + 1.4 * mood + 2.7 * up * up) * BP
    quiet = script.quiet[row, coin]
    premium = free * (1.0 - quiet) + quiet * script.target[row, coin]
    premium += 9.0 * BP * ln(script.longs[row, coin] / script.shorts[row, coin])
    premium += 0.25 * _mean_offset(state, params, script, row, coin)
    state.funding[coin, 5] = premium
    for venue in range(V):
        if script.off[row, venue] == 0.0:
            state.mark[coin, venue] = state.spot[coin] + state.offset[coin, venue] + premium


@kernel
def _mean_offset(state: State, params: Params, script: Script, row: int, coin: int) -> float:
    total = 0.0
    weight = 0.0
    for venue in range(V):
        if script.off[row, venue] == 0.0:
            total += params.depth_share[venue] * state.offset[coin, venue]
            weight += params.depth_share[venue]
    return total / weight if weight > 0.0 else 0.0


@kernel
def _coin(
    state: State,
    params: Params,
    script: Script,
    row: int,
    coin: int,
    sigma: float,
    now: int,
    span: int,
    sizes: np.random.Generator,
    ladder: F8,
    depth: F8,
    ints: I8,
    floats: F8,
    count: int,
) -> tuple[I8, F8, int, bool]:
    """All venues of a coin: crossing, engine, closes, opens. True if a queue is large against its depth."""
    shift = SHIFT * sigma * math.sqrt(span - 1.0)
    busy = math.sqrt(state.variance[coin]) / params.reference[coin]
    thick = min(1.6, max(0.25, exp(-0.6 * ln(max(1e-6, busy))))) * script.depth[row, coin]
    thick *= params.depth[coin] * exp(state.spot[coin])
    skew = min(0.9, max(-0.9, 0.12 * state.moods[SKEW, coin]))
    mood = 0.2 * state.moods[SENTIMENT, coin] + 0.8 * (state.spot[coin] - state.anchor[coin]) + script.mood[row, coin]
    size = 0.04 * state.moods[LEVEL, coin]
    haste = 1.0 + 6.0 * min(3.0, state.stress[coin])
    back = 1.0 - exp(-span / 420.0)
    keep = np.empty(K)
    for tier in range(K):
        keep[tier] = exp(-haste * span / params.hold_s[tier])
    mass, holds, scale = state.mass[coin], state.held[coin], state.scale[coin]
    queue, edge, ledger = state.queue[coin], state.edge[coin], state.ledger[coin]
    tight = False
    forced = 0.0
    lean = 0.0
    held = 0.0
    for venue in range(V):
        mark = state.mark[coin, venue]
        rest = thick * params.depth_share[venue] * exp(0.15 * state.local[0, coin, venue])
        out = script.off[row, venue] != 0.0
        for side in range(2):
            state.fresh[coin, venue, side] += back * (1.0 - state.fresh[coin, venue, side])
            depth[coin, venue, side] = rest * (1.0 + skew if side == 0 else 1.0 - skew)
            # Calls that would do nothing are spared: each hands over every array of the state.
            at = place_of(state.mark[coin, venue] - (shift if side == 0 else -shift)) - 0.5
            if not out and ((side == 0 and edge[venue, side] >= at) or (side == 1 and edge[venue, side] <= at)):
                cross(state, params, coin, venue, side, at)
        for side in range(2):
            queued = 0.0
            for tier in range(K + 1):
                queued += queue[venue, side, tier]
            if not out and queued >= params.lot[coin]:
                ints, floats, count, closed = work_off(
                    state,
                    params,
                    coin,
                    venue,
                    side,
                    depth[coin, venue, side],
                    now,
                    span,
                    sizes,
                    ints,
                    floats,
                    count,
                )
                forced += closed
                lean += closed if side == 0 else -closed
                queued -= closed
                price = params.price[coin] * exp(state.mark[coin, venue])
                tight = tight or queued * price > BIG * depth[coin, venue, side] * state.fresh[coin, venue, side]
            depth[coin, venue, side] *= state.fresh[coin, venue, side]
            wish = size + (mood if side == 0 else -mood) + 0.33 * state.moods[FLOW + side, coin]
            more = script.longs[row, coin] if side == 0 else script.shorts[row, coin]
            want = (
                (LONGS if side == 0 else 1.0 - LONGS) * params.coins[coin] * params.oi_share[venue] * exp(wish) * more
            )
            for tier in range(K):
                gone = holds[venue, side, tier] * (1.0 - keep[tier])
                holds[venue, side, tier] -= gone
                ledger[CLOSED] += gone
                factor = scale[venue, side, tier] * keep[tier]
                if factor < TINY:
                    for at in range(BINS):
                        mass[venue, side, tier, at] *= factor
                    factor = 1.0
                scale[venue, side, tier] = factor
                jitter = ladder[side, tier, int(sizes.random() * GRID)]
                if not out:
                    coins = want * params.share[tier] / params.hold_s[tier] * span
                    bin_ = min(BINS - 1, max(0, int(place_of(mark + jitter))))
                    mass[venue, side, tier, bin_] += coins / factor
                    holds[venue, side, tier] += coins
                    ledger[OPENED] += coins
                    if side == 0:
                        edge[venue, side] = max(edge[venue, side], bin_)
                    else:
                        edge[venue, side] = min(edge[venue, side], bin_)
                held += holds[venue, side, tier]
            held += queued
    if held > 0.0:
        state.stress[coin] += 100.0 * forced / held
        state.moods[SENTIMENT, coin] -= 10.0 * lean / held
    return ints, floats, count, tight


@kernel
def _close_step(
    state: State, params: Params, script: Script, row: int, coin: int, now: int, span: int, sigma: float
) -> None:
    """Arbitrage between venues, means, turnover, funding: what ends a step of a coin."""
    mean = _mean_offset(state, params, script, row, coin)
    for venue in range(V):
        if script.off[row, venue] == 0.0:
            kept = state.offset[coin, venue] + (mean - state.offset[coin, venue]) * (1.0 - exp(-span / 2.0))
            state.offset[coin, venue] = kept * exp(-span / 240.0)
    state.variance[coin] += (sigma * sigma - state.variance[coin]) * (1.0 - exp(-span / 3600.0))
    state.anchor[coin] += (state.spot[coin] - state.anchor[coin]) * (1.0 - exp(-span / DAY_S))
    state.stress[coin] *= exp(-span / 600.0)
    busy = min(8.0, max(0.05, math.sqrt(state.variance[coin]) / params.reference[coin]))
    opens = LONGS * script.longs[row, coin] + (1.0 - LONGS) * script.shorts[row, coin]
    usd = 2.2 * params.coins[coin] * params.price[coin] / DAY_S * span * exp(1.1 * ln(busy)) * (0.5 + 0.5 * opens)
    quiet = script.quiet[row, coin]
    taste = exp(0.22 * state.moods[TASTE, coin] * (1.0 - quiet) + 0.15 * quiet) / (0.3 + 0.7 * opens)
    state.minute[coin, 0] += usd
    state.minute[coin, 1] += 0.16 * usd * taste
    end = now + span
    if end % 60 == 0:
        slot = (end // 60 - 1) % DAY_MIN
        for kind in range(2):
            state.turnover[coin, kind] += state.minute[coin, kind] - state.day[coin, kind, slot]
            state.day[coin, kind, slot] = state.minute[coin, kind]
            state.minute[coin, kind] = 0.0
            if slot % 60 == 0:
                total = 0.0
                for at in range(DAY_MIN):
                    total += state.day[coin, kind, at]
                state.turnover[coin, kind] = total
    funding = state.funding[coin]
    funding[0] += funding[5] * span
    funding[1] += span
    funding[2] += funding[5] * span
    if end % 28_800 == 0:
        funding[3] = rate_of(funding[0] / funding[1])
        funding[0] = 0.0
        funding[1] = 0.0
    if end % 3600 == 0:
        funding[4] = rate_of(funding[2] / 3600.0)
        funding[2] = 0.0
