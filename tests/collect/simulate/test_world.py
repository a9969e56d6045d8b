"""The tape: seconds of a market in bounded memory, on the ticks and lots of the venues."""

import numpy as np
import pytest

from clri.collect.simulate.coins import COINS, PLACES
from clri.collect.simulate.script import Scenario, Segment, read_scenario
from clri.collect.simulate.world import World
from clri.model.errors import InputError
from clri.model.timebase import HOUR, SECOND
from tests.collect.simulate.runs import START

FIELDS = ("index", "mark", "rate", "coins", "bids", "asks", "perp", "spot", "ratio")


def test_pieces_make_the_same_tape() -> None:
    one, two = World("calm", 2, START), World("calm", 2, START)
    whole = one.advance(400)
    for seconds in (1, 99, 250, 50):
        pieces = two.advance(seconds)
    assert pieces is two.tape
    assert (pieces.first, pieces.end) == (whole.first, whole.end) == (0, 400)
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(pieces, name), getattr(whole, name))
    assert pieces.orders == whole.orders
    assert [order.number for order in whole.orders] == sorted(order.number for order in whole.orders)


def test_old_seconds_leave_and_the_new_ones_are_those_of_the_whole() -> None:
    whole = World("calm", 2, START).advance(500)
    world = World("calm", 2, START, keep_s=120)
    for _ in range(50):
        tape = world.advance(10)
        assert tape.end - tape.first <= 120
        assert all(order.at >= START + tape.first * SECOND for order in tape.orders)
    assert (tape.first, tape.end) == (380, 500)
    assert len(world._index) == 240
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(tape, name), getattr(whole, name)[380:])
    assert tape.orders == [order for order in whole.orders if order.at >= START + 380 * SECOND]
    long = World("calm", 2, START, keep_s=10).advance(500)
    assert (long.first, long.end) == (0, 500), "at least what was just played is kept"


def test_shapes_and_units() -> None:
    tape = World("calm", 2, START).advance(60)
    assert tape.index.shape == (60, len(COINS))
    for name in FIELDS[1:]:
        assert getattr(tape, name).shape == (60, len(PLACES), len(COINS))
    for lane, coin in enumerate(COINS):
        usd = tape.coins[-1, :, lane].sum() * tape.index[-1, lane]
        assert 0.5 < usd / coin.oi < 2.0
        assert 0.2 < tape.bids[-1, :, lane].sum() / coin.depth < 2.5
        assert 0.3 < tape.perp[-1, :, lane].sum() / (2.2 * coin.oi) < 4.0
        assert 0.05 < tape.spot[-1, :, lane].sum() / tape.perp[-1, :, lane].sum() < 0.5
    np.testing.assert_allclose(tape.mark, tape.index[:, np.newaxis, :].repeat(len(PLACES), 1), rtol=5e-3)


def test_orders_are_on_tick_lot_and_millisecond() -> None:
    tape = World("long_squeeze", 5, START - 5 * HOUR).advance(1)
    world = World("long_squeeze", 5, START)
    tape = world.advance(2 * 3600)
    assert len(tape.orders) > 500
    for order in tape.orders:
        coin = COINS[order.coin]
        assert order.price == float(f"{order.price:.{coin.digits}f}") > 0.0
        assert order.bankrupt == float(f"{order.bankrupt:.{coin.digits}f}") > 0.0
        assert order.qty == float(f"{order.qty:.{coin.lot}f}") > 0.0
        assert order.at % 1_000_000 == 0
    assert [order.at for order in tape.orders] == sorted(order.at for order in tape.orders)


def test_a_venue_that_is_out_stands_still_while_the_others_go_on() -> None:
    out = Scenario("out", "x", 10, segment=[Segment("outage", 1, 3, venues=["binance"])])
    world = World(out, 6, START)
    tape = world.advance(300)
    assert [world.out(0, t) for t in (59, 60, 179, 180)] == [False, True, True, False]
    assert not world.out(1, 100)
    during = tape.mark[60:180, 0]
    np.testing.assert_array_equal(during, during[:1].repeat(120, axis=0))
    assert (np.diff(tape.mark[60:180, 1, 0]) != 0.0).all()
    assert not [order for order in tape.orders if order.place == 0 and 60 <= (order.at - START) // SECOND < 180]
    assert (tape.mark[200, 0] != during[0]).all()


def test_history_comes_before_and_changes_nothing_by_being_read() -> None:
    read = World("calm", 2, START, before=2 * 1440 + 30)
    days = list(read.history())
    assert [len(day.spot) for day in days] == [1440, 1440, 30]
    assert days[0].start * SECOND == START - (2 * 1440 + 30) * 60 * SECOND
    unread = World("calm", 2, START, before=2 * 1440 + 30)
    np.testing.assert_array_equal(read.advance(30).mark, unread.advance(30).mark)
    seam = read.tape.index[0] / days[-1].spot[-1]
    np.testing.assert_allclose(seam, 1.0, atol=2e-3)


def test_it_may_start_within_a_minute_and_scripts_start_with_it() -> None:
    odd = START + 17 * SECOND
    push = Scenario(
        "push", "x", 3, segment=[Segment("own_drift", 1, 2, value=0.3), Segment("volatility", 0, 3, value=0.01)]
    )
    tape = World(push, 6, odd).advance(180)
    moves = np.log(tape.index[1:, 0] / tape.index[:-1, 0])
    assert np.abs(moves[:58]).max() < 1e-3
    assert moves[60:118].min() > 0.004
    assert tape.start == odd


def test_forks_play_the_same_with_tapes_of_their_own() -> None:
    world = World("calm", 2, START)
    world.advance(20)
    other = world.fork()
    ahead = other.advance(20).mark.copy()
    assert world.tape.end == 20
    np.testing.assert_array_equal(world.advance(20).mark, ahead)


def test_the_true_map_holds_all_open_positions() -> None:
    world = World("calm", 2, START)
    tape = world.advance(1)
    total = np.zeros(len(COINS))
    for (coin, _, _, _), cohort in world.cohorts():
        total[coin] += cohort.sum()
    np.testing.assert_allclose(total, tape.coins[-1].sum(axis=0), rtol=1e-3)  # the rest waits in queues


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("calm", -1, START), "seed was -1"),
        (("calm", 1, START + 1), "whole second"),
        (("storm", 1, START), "scenario was 'storm'; expected one of calm, demo"),
        (("none.toml", 1, START), "cannot be read"),
    ],
)
def test_what_cannot_be_is_refused(arguments, says: str) -> None:
    with pytest.raises(InputError, match=says):
        World(*arguments)


def test_no_time_passes_backwards() -> None:
    with pytest.raises(InputError, match="expected >= 1"):
        World(read_scenario("calm"), 1, START).advance(0)
