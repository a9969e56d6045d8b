"""History as venues tell it, against a slow truth, and never from beyond the time of the question."""

import numpy as np
import pytest

from clri.collect.simulate.coins import COINS, PLACES
from clri.collect.simulate.past import KEPT, Past
from clri.model.timebase import MINUTE, SECOND
from tests.testing.fake_venues.market import START_NS, SmallWorld

MS = START_NS // 1_000_000
MINUTE_MS = 60_000


@pytest.fixture(scope="module")
def tape():
    return SmallWorld().advance(1000)


def slow_bar(tape, place: int, i: int, start_ms: int, end_ms: int):
    """Open, high, low and close of the seconds from `start_ms` up to `end_ms`."""
    rows = [t for t in range(tape.end) if start_ms <= MS + t * 1000 < end_ms]
    marks = [float(tape.mark[t, place, i]) for t in rows]
    return (marks[0], max(marks), min(marks), marks[-1]) if marks else None


@pytest.mark.parametrize("span", [1, 5])
@pytest.mark.parametrize("later", [0, 30, 400])
def test_bars_are_those_of_the_seconds_and_know_no_future(tape, span, later) -> None:
    at = MS + 500_000
    past = Past()
    world = SmallWorld()
    past.keep(world.advance(300))
    past.keep(world.advance(201 + later))  # played on beyond `at` by so many seconds
    for place, i in ((0, 0), (3, 5)):
        bars = past.bars(place, i, span, 20, at)
        assert [bar.start % (span * MINUTE_MS) for bar in bars] == [0] * len(bars)
        assert [bar.closed for bar in bars] == [True] * (len(bars) - 1) + [False]
        for bar in bars:
            truth = slow_bar(tape, place, i, bar.start, min(bar.start + span * MINUTE_MS, at + 1))
            assert (bar.open, bar.high, bar.low, bar.close) == truth
        assert len(bars) == (9 if span == 1 else 3)


def test_states_stand_at_whole_spans(tape) -> None:
    past = Past()
    past.keep(tape)
    at = MS + 900_000
    states = past.at_ends(2, 1, 5, 10, at)
    assert states
    for end, state in states:
        assert end % 300_000 == 0
        row = (end - MS) // 1000 - 1
        assert state.coins == tape.coins[row, 2, 1]
        assert state.rate == tape.rate[row, 2, 1]
        assert end <= at


@pytest.mark.parametrize("at_s", [700, 742, 999])
def test_liquidated_sums_are_those_of_the_orders_so_far(tape, at_s) -> None:
    past = Past()
    past.keep(tape)
    at = MS + at_s * 1000
    for place in range(len(PLACES)):
        for i in range(len(COINS)):
            for bucket in range(START_NS // (300 * SECOND), at * 1_000_000 // (300 * SECOND) + 1):
                start, end = bucket * 300 * SECOND, min((bucket + 1) * 300 * SECOND, at * 1_000_000)
                own = [o for o in tape.orders if o.place == place and o.coin == i and start <= o.at < end]
                longs, shorts = past.liquidated(place, i, bucket, at)
                assert longs == pytest.approx(sum(o.usd for o in own if o.long))
                assert shorts == pytest.approx(sum(o.usd for o in own if not o.long))


def test_days_before_the_tape_are_told_and_bounded() -> None:
    past, minutes = Past(), 3000
    first = START_NS // MINUTE - minutes
    rng = np.random.default_rng(1)
    shape = (minutes, len(PLACES), len(COINS))
    mark = 100.0 * np.cumprod(1.0 + 1e-4 * rng.standard_normal(shape), axis=0)
    coins = 1000.0 + rng.standard_normal(shape)
    past.note(first, mark[:1700], 1440.0 * mark[:1700], coins[:1700], 1e-4 * coins[:1700])
    past.note(first + 1700, mark[1700:], 1440.0 * mark[1700:], coins[1700:], 1e-4 * coins[1700:])
    at = (first + minutes) * MINUTE_MS
    assert len(past.bars(0, 0, 1, 5000, at)) == KEPT[1]
    hours = past.bars(1, 2, 60, 40, at)
    assert len(hours) == 39 + bool(hours[-1].closed is False)
    for bar in hours[:-1]:
        rows = slice(bar.start // MINUTE_MS - first, bar.start // MINUTE_MS - first + 60)
        assert bar.close == mark[rows, 1, 2][-1]
        assert bar.high == max(mark[rows.start - 1 : rows.stop, 1, 2])
        assert bar.usd == pytest.approx(mark[rows, 1, 2].sum())
    fives = past.at_ends(1, 2, 5, 500, at)
    assert len(fives) == 500
    assert all(state.coins == coins[end // MINUTE_MS - first - 1, 1, 2] for end, state in fives)
    assert len(past.at_ends(0, 0, 480, 100, at)) in {6, 7}
    day = at - 1440 * MINUTE_MS
    assert past.price_before(at, 2) == mark[day // MINUTE_MS - first, 0, 2]
    assert past.price_before(at + 9 * 1440 * MINUTE_MS, 2) == COINS[2].price
