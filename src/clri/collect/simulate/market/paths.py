"""What moves without forced orders: volatility, returns, sentiment, flows, tastes (SIMULATION 2)."""

import math
from typing import Final

import numpy as np

from clri.collect.simulate.market.params import DAY_S, MARKET_VOL, Params
from clri.collect.simulate.market.state import (
    LEVEL,
    PREMIUM,
    SENTIMENT,
    SKEW,
    TASTE,
    VOLATILITY,
    S,
    State,
    V,
)
from clri.maths.kernel import F8, kernel
from clri.maths.log import exp

HOUR_S: Final = 3600.0
JUMPS_A_DAY: Final = 0.5
JUMP: Final = 0.0085
STIR: Final = 1.5
"""What a jump adds to the fastest part of volatility, sd."""


@kernel
def drift_ou(value: float, tau: float, span: float, noise: float) -> float:
    """Ornstein-Uhlenbeck process of unit spread after `span` seconds, exact."""
    keep = exp(-span / tau)
    return keep * value + math.sqrt(1.0 - keep * keep) * noise


@kernel
def wander(state: State, span: float, slow: np.random.Generator) -> None:
    """Move every process of unit spread on by `span` seconds."""
    moods = state.moods
    for part in range(3):
        tau = 1800.0 if part == 0 else 8.0 * HOUR_S if part == 1 else 5.0 * DAY_S
        moods[VOLATILITY, part] = drift_ou(moods[VOLATILITY, part], tau, span, slow.standard_normal())
    for row in range(VOLATILITY):
        tau = HOUR_S
        if row == SENTIMENT:
            tau = 3.0 * DAY_S
        elif row == LEVEL:
            tau = 7.0 * DAY_S
        elif row == PREMIUM:
            tau = DAY_S
        elif row == TASTE:
            tau = 0.5 * DAY_S
        elif row == SKEW:
            tau = 600.0
        keep = exp(-span / tau)
        push = math.sqrt(1.0 - keep * keep)
        for coin in range(S):
            moods[row, coin] = keep * moods[row, coin] + push * slow.standard_normal()
    for row in range(2):
        keep = exp(-span / (1800.0 if row == 0 else 0.5 * DAY_S))
        push = math.sqrt(1.0 - keep * keep)
        for coin in range(S):
            for venue in range(V):
                state.local[row, coin, venue] = keep * state.local[row, coin, venue] + push * slow.standard_normal()


@kernel
def volatility(state: State, now: int, times: float, fixed: float) -> float:
    """Level of volatility; `fixed` replaces it unless NaN, `times` multiplies it."""
    if fixed == fixed:
        return fixed
    hour = (now % 86_400) / HOUR_S
    y = state.moods[VOLATILITY]
    daily = 0.22 * math.cos(2.0 * math.pi * (hour - 15.0) / 24.0)
    return times * exp(0.42 * y[0] + 0.40 * y[1] + 0.36 * y[2] + daily)


@kernel
def returns(
    state: State, params: Params, level: float, span: float, drift: F8, jumps: float, slow: np.random.Generator
) -> None:
    """Move the spot prices on by `span` seconds at volatility `level`; `drift` = ln per second by coin."""
    root = math.sqrt(span)
    market = MARKET_VOL / math.sqrt(DAY_S) * level * root * slow.standard_normal()
    chance = slow.random()
    size = slow.standard_normal()
    tail = slow.standard_normal()
    if chance < jumps * JUMPS_A_DAY * span / DAY_S:
        market += JUMP * level * size * math.sqrt(abs(tail)) * 1.3
        state.moods[VOLATILITY, 0] += STIR * min(1.0, abs(size))
    leader = state.pushed[0]
    for coin in range(S):
        state.pending[coin] += params.beta[coin] * market
        come = 1.0 if params.follow[coin] <= 0.0 else 1.0 - exp(-span / params.follow[coin])
        move = come * state.pending[coin]
        state.pending[coin] -= move
        move += params.own[coin] * level * root * slow.standard_normal() + drift[coin] * span
        if coin > 0:
            move += 0.2 * params.beta[coin] * leader
        state.spot[coin] += move
