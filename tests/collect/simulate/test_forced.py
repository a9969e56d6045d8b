"""Crossing and engines against plain recomputation, and what the feeds would tell against the venues' own throttles."""

import numpy as np
import pytest

from clri.collect.simulate.coins import COINS, PLACES
from clri.collect.simulate.market.feeds import (
    COMPLETE_USD,
    FEEDS,
    LONG_N,
    LONG_USD,
    MAX_USD,
    SHORT_N,
    SHORT_USD,
    told,
    told_by_minute,
)
from clri.collect.simulate.market.forced import bankrupt, cross, work_off
from clri.collect.simulate.market.params import make_params
from clri.collect.simulate.market.run import place_of
from clri.collect.simulate.market.state import BINS, FORCED, STOPPED, WIDTH, K, empty
from clri.collect.simulate.throttle import first, largest
from clri.collect.simulate.world import orders_of
from clri.model.timebase import SECOND
from tests.collect.simulate.runs import BEGIN, market

PARAMS = make_params()


def filled(seed: int):
    """A state with random cohorts of BTC at one venue, and their edges."""
    state, rng = empty(), np.random.default_rng(seed)
    for side, bins in ((0, slice(1500, 1995)), (1, slice(2005, 2500))):
        state.mass[0, 0, side, :, bins] = rng.exponential(1.0, (K, 495)) * (rng.random((K, 495)) < 0.6)
        state.scale[0, 0, side] = rng.uniform(0.2, 1.0, K)
        state.held[0, 0, side] = state.mass[0, 0, side].sum(axis=1) * state.scale[0, 0, side]
        where = np.flatnonzero(state.mass[0, 0, side].sum(axis=0))
        state.edge[0, 0, side] = where.max() if side == 0 else where.min()
    return state


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("level", [0.0, -0.0049, -0.0062, -0.03, -0.31])
@pytest.mark.parametrize("side", [0, 1])
def test_crossing_takes_every_bin_that_was_passed_and_no_other(seed: int, level: float, side: int) -> None:
    state = filled(seed)
    if side:
        level = -level
    before, held = state.mass.copy(), state.held.copy()
    cross(state, PARAMS, 0, 0, side, place_of(level) - 0.5)
    middle = (np.arange(BINS) + 0.5 - BINS / 2) * WIDTH
    passed = middle >= level - 1e-12 if side == 0 else middle <= level + 1e-12
    taken = (before[0, 0, side] * passed).sum(axis=1) * state.scale[0, 0, side]
    np.testing.assert_array_equal(state.mass[0, 0, side], np.where(passed, 0.0, before[0, 0, side]))
    np.testing.assert_allclose(state.queue[0, 0, side, :K], 0.6 * taken, rtol=1e-12)
    assert state.ledger[0, STOPPED] == pytest.approx(0.4 * taken.sum())
    hedged = 0.2 * 0.6 * taken.sum()
    assert state.queue[0, 0, 1 - side, K] == pytest.approx(min(hedged, 0.5 * held[0, 0, 1 - side].sum()))
    np.testing.assert_allclose(
        state.held[0, 0, 1 - side],
        held[0, 0, 1 - side] * (1.0 - state.queue[0, 0, 1 - side, K] / held[0, 0, 1 - side].sum()),
    )
    worth = [
        (before[0, 0, side, tier] * passed * np.exp(middle)).sum()
        * state.scale[0, 0, side, tier]
        * 0.6
        * 1e5
        * bankrupt(PARAMS, side, tier)
        for tier in range(K)
    ]
    np.testing.assert_allclose(state.worth[0, 0, side, :K], worth, rtol=1e-9)


@pytest.mark.parametrize("side", [0, 1])
def test_the_engine_works_off_its_queue_in_lots_against_the_price(side: int) -> None:
    state = filled(1)
    state.queue[0, 0, side, 2], state.worth[0, 0, side, 2] = 500.0, 500.0 * 9.5e4
    rng = np.random.Generator(np.random.PCG64(1))
    closed, spot, offset = 0.0, [0.0], [0.0]
    numbers = []
    for second in range(120):
        ints, floats, count, done = work_off(
            state, PARAMS, 0, 0, side, 1e8, BEGIN + second, 1, rng, np.empty((4, 6), np.int64), np.empty((4, 2)), 0
        )
        closed += done
        spot.append(state.spot[0])
        offset.append(state.offset[0, 0])
        assert done == pytest.approx(0.001 * ints[:count, 5].sum())
        assert set(ints[:count, 4]) <= {2}
        assert (ints[:count, 0] // SECOND == BEGIN + second).all()
        np.testing.assert_allclose(floats[:count, 1], 9.5e4)
        assert state.queue[0, 0, side].sum() == pytest.approx(500.0 - closed)
        numbers.append(count)
    assert sum(numbers) > 4, "more orders than the first buffer holds"
    assert closed > 495.0
    moves = np.diff(spot) if side else -np.diff(spot)
    assert (moves >= 0.0).all()
    assert abs(offset[-1]) > abs(spot[-1]) > 0.0
    assert 0.08 <= state.fresh[0, 0, side] < 1.0
    assert state.ledger[0, FORCED] == pytest.approx(closed)


def test_what_feeds_tell_is_what_the_venues_would() -> None:
    found = market(12).go(1440, 60)
    usd = found.orders[:, 5] * PARAMS.lot[found.orders[:, 1]] * found.prices[:, 0]
    kept = told(found.orders, usd, found.first, FEEDS).astype(bool)
    orders = orders_of(found)
    for place in range(len(PLACES)):
        seconds: dict[int, list] = {}
        for order in orders:
            if order.place == place:
                seconds.setdefault(order.at // SECOND, []).append(order)
        ours = {order.number for order, yes in zip(orders, kept, strict=True) if yes and order.place == place}
        venue = PLACES[place].venue
        if venue in {"bybit", "gate"}:
            assert len(ours) == sum(map(len, seconds.values()))
        elif venue == "hyperliquid":
            assert len(ours) / sum(map(len, seconds.values())) == pytest.approx(0.35, abs=0.02)
        else:
            key = {
                "binance": lambda one: one.coin,
                "okx": lambda one: one.coin,
                "bitget": lambda one: (one.coin, one.long),
            }[venue]
            rule = first if venue == "okx" else largest
            theirs = {order.number for found_ in seconds.values() for order in rule(found_, key)[0]}
            # Rounded prices may change which of two nearly equal orders is larger.
            assert len(ours ^ theirs) <= 0.002 * len(theirs)


def test_sums_by_minute_are_those_of_what_is_told() -> None:
    found = market(12).go(240, 60)
    sums = told_by_minute(found, PARAMS)
    usd = found.orders[:, 5] * PARAMS.lot[found.orders[:, 1]] * found.prices[:, 0]
    kept = told(found.orders, usd, found.first, FEEDS)
    slow = np.zeros_like(sums)
    for (at, coin, place, side, _, _), value, yes in zip(
        found.orders.tolist(), usd.tolist(), kept.tolist(), strict=True
    ):
        if yes:
            row = (at // SECOND - found.start) // 60
            slow[LONG_USD if side == 0 else SHORT_USD, row, coin] += value
            slow[LONG_N if side == 0 else SHORT_N, row, coin] += 1
            slow[MAX_USD, row, coin] = max(slow[MAX_USD, row, coin], value)
            slow[COMPLETE_USD, row, coin] += value * (PLACES[place].venue in {"bybit", "gate"})
    np.testing.assert_allclose(sums, slow, rtol=1e-12)
    assert sums[LONG_N].sum() > 100
    assert len(COINS) == sums.shape[2]
