"""Everything that a run of the simulated market carries on, as plain arrays."""

from typing import Final, NamedTuple

import numpy as np

from clri.maths.kernel import F8, I8

S: Final = 8
V: Final = 6
K: Final = 6
"""Coins, venues, tiers. Literals: compiled code is kept by the contents of this folder; `make_params` compares."""
BINS: Final = 4000
WIDTH: Final = 0.001
"""Width of a bin in ln(price / origin): 10 bp; bin b begins at (b - BINS / 2) * WIDTH."""
DAY_MIN: Final = 1440

OPENED: Final = 0
CLOSED: Final = 1
STOPPED: Final = 2
FORCED: Final = 3


class State(NamedTuple):
    """State between two steps. S coins, V venues, side 0 = long and 1 = short, K tiers; logarithms are natural.

    Attributes
    ----------
    mass
        Coins by coin, venue, side, tier, bin of the liquidation price, divided by `scale`.
    scale, held
        Factor of a cohort's bins [S, V, 2, K], and its coins.
    edge
        Bin nearest to the price that may hold coins [S, V, 2]: highest of longs, lowest of shorts.
    queue, worth
        Coins waiting to be closed by force [S, V, 2, K + 1], and coins times bankruptcy price; the last place holds
        hedge legs.
    credit, wanted
        Coins that the engine may close by now, and coins of its next order (0 = not drawn) [S, V, 2].
    spot, mark, offset
        ln of spot [S] and of each venue's mark [S, V], both over the origin; offset of the venue from the premium.
    pending
        Market return that has not reached the coin yet [S].
    fresh
        Share of the depth that was not eaten by forced orders [S, V, 2].
    moods
        OU processes [8, S] of unit spread: sentiment, level, flow of longs, of shorts, premium, taste for spot, skew of
        the book, and in the last row the three of the volatility.
    local
        OU processes of [2, S, V]: depth, account ratio.
    variance, anchor, stress, pushed
        [S]: per second over 1 h; mean ln spot over 1 d; forced volume of 10 min, % of open interest; permanent impact
        of the last step.
    funding
        [S, 6]: sum of premium times s since the last 8-h settlement, those s, the same for the hour, last settled
        rates per 8 h (8-h venues, hourly venue).
    minute, day
        Turnover USD [S, 2] (perp, spot) of the running minute, and of the last 1,440 [S, 2, 1440].
    turnover
        Sums of `day` [S, 2].
    ledger
        Coins opened, closed, stopped out, closed by force [S, 4].
    """

    mass: F8
    scale: F8
    held: F8
    edge: I8
    queue: F8
    worth: F8
    credit: F8
    wanted: F8
    spot: F8
    mark: F8
    offset: F8
    pending: F8
    fresh: F8
    moods: F8
    local: F8
    variance: F8
    anchor: F8
    stress: F8
    pushed: F8
    funding: F8
    minute: F8
    day: F8
    turnover: F8
    ledger: F8


SENTIMENT: Final = 0
LEVEL: Final = 1
FLOW: Final = 2
PREMIUM: Final = 4
TASTE: Final = 5
SKEW: Final = 6
VOLATILITY: Final = 7
MOODS: Final = 8
"""Rows of `State.moods`."""


def empty() -> State:
    """State without any position, all prices at the origin."""
    market = (S, V, 2)
    return State(
        mass=np.zeros((*market, K, BINS)),
        scale=np.ones((*market, K)),
        held=np.zeros((*market, K)),
        edge=np.tile(np.array([0, BINS - 1], np.int64), (S, V, 1)),
        queue=np.zeros((*market, K + 1)),
        worth=np.zeros((*market, K + 1)),
        credit=np.zeros(market),
        wanted=np.zeros(market),
        spot=np.zeros(S),
        mark=np.zeros((S, V)),
        offset=np.zeros((S, V)),
        pending=np.zeros(S),
        fresh=np.ones(market),
        moods=np.zeros((MOODS, S)),
        local=np.zeros((2, S, V)),
        variance=np.zeros(S),
        anchor=np.zeros(S),
        stress=np.zeros(S),
        pushed=np.zeros(S),
        funding=np.zeros((S, 6)),
        minute=np.zeros((S, 2)),
        day=np.zeros((S, 2, DAY_MIN)),
        turnover=np.zeros((S, 2)),
        ledger=np.zeros((S, 4)),
    )


def fork(state: State) -> State:
    """Copy that runs on by itself."""
    return State(**{name: array.copy() for name, array in state._asdict().items()})


def unbalanced(state: State) -> float:
    """Largest relative gap in the books of coins: opened = held + queued + closed + stopped + forced.

    Examples
    --------
    >>> unbalanced(empty())
    0.0
    """
    worst = 0.0
    for coin in range(S):
        bins = (state.mass[coin] * state.scale[coin][..., np.newaxis]).sum()
        opened, gone = state.ledger[coin, OPENED], state.ledger[coin, CLOSED:].sum()
        if opened > 0.0:
            worst = max(worst, abs(bins + state.queue[coin].sum() + gone - opened) / opened)
    return worst
