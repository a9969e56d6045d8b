"""Skew is the least of receipt - venue time in ten minutes; late and future rows are judged after it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.collect.crosscheck.clocks import ENOUGH
from clri.collect.crosscheck.stage import CrossCheck
from clri.model.timebase import MILLI, SECOND
from tests.collect.crosscheck.driving import VENUES, at, liq, mark, run, second, told


def stamped(seconds: float, venue: str, lag_s: float, **changes):
    """A mark received at `seconds` that the venue stamped `lag_s` before."""
    return mark(seconds, venue, 60_000.0, ts_venue=at(seconds - lag_s), **changes)


def event(seconds: float, venue: str, lag_s: float, **changes):
    return liq(seconds, venue, ts_venue=at(seconds - lag_s), **changes)


def steady(check: CrossCheck, venue: str, lag_s: float, from_s: float, until_s: float, every_s: float = 1.0):
    n = int((until_s - from_s) / every_s)
    return [out for i in range(n) for out in check.feed(stamped(from_s + i * every_s, venue, lag_s))]


def skew_s(check: CrossCheck, venue: str) -> float | None:
    found = check.clocks.skew_ns(venue)
    return None if found is None else found / SECOND


def test_nothing_is_known_before_twenty_stamps():
    check = CrossCheck([])
    steady(check, "okx", 0.08, 0, ENOUGH - 1)
    assert skew_s(check, "okx") is None
    steady(check, "okx", 0.05, ENOUGH, ENOUGH + 1)
    assert skew_s(check, "okx") == pytest.approx(0.05)


@given(st.lists(st.tuples(st.floats(0.01, 90.0), st.floats(-3.0, 20.0)), min_size=ENOUGH, max_size=120))
def test_the_least_of_ten_minutes_as_recomputed_from_a_list(rows):
    """Over whole minutes: the running one and the nine before it."""
    check, now, seen = CrossCheck([]), 0.0, []
    first = [lag for _, lag in rows[:ENOUGH]]
    if max(first) - min(first) > 4.9:  # a strange first stamp is another rule
        rows = [(wait, min(lag, min(first) + 4.0)) for wait, lag in rows]
    for number, (wait, lag) in enumerate(rows):
        now += wait
        if number >= ENOUGH and seen and lag < check.clocks.skew_ns("okx") / SECOND - 5.0:
            continue  # as is one that comes before it was sent
        fact = stamped(now, "okx", lag)
        seen.append((fact.ts, fact.ts - fact.ts_venue))
        check.feed(fact)
    begun = seen[ENOUGH - 1][0] // (60 * SECOND)
    start = min(lag for _, lag in seen[:ENOUGH])
    known = [(begun, start), *((ts // (60 * SECOND), lag) for ts, lag in seen[ENOUGH:])]
    last = known[-1][0]
    assert check.clocks.skew_ns("okx") == min(lag for minute, lag in known if minute > last - 10)


def test_calls_history_and_facts_without_stamp_teach_nothing():
    check = CrossCheck([])
    for n in range(50):
        run(check, [stamped(n, "okx", 300.0, src="rest"), stamped(n, "okx", 300.0, backfill=True)])
        run(check, [mark(n, "okx", 100.0, ts_venue=None)])
    assert skew_s(check, "okx") is None


@pytest.mark.parametrize(
    ("lag_s", "backfill", "moved"),
    [(0.05, False, False), (30.0, False, False), (30.1, True, False), (-4.9, False, False), (-5.1, False, True)],
)
def test_without_skew_the_plain_lag_counts(lag_s, backfill, moved):
    check, fact = CrossCheck(["BTC"]), event(100, "okx", lag_s)
    (out,) = check.feed(fact)
    assert (out.backfill, out.ts_venue) == (backfill, fact.ts if moved else fact.ts_venue)
    assert check.changed == ({"okx:late": 1} if backfill else {"okx:clamped": 1} if moved else {})


@pytest.mark.parametrize("skew", [300.0, -300.0, 45.0, -20.0])
@pytest.mark.parametrize(("lag_s", "backfill"), [(0.2, False), (29.0, False), (31.0, True)])
def test_a_wrong_clock_is_taken_out_first(skew, lag_s, backfill):
    """Five minutes ahead or behind: the rows are placed where they happened by our clock."""
    check = CrossCheck(["BTC"])
    steady(check, "okx", skew, 0, 60)
    fact = event(61, "okx", skew + lag_s)
    (out,) = check.feed(fact)
    assert out.backfill == backfill
    assert out.ts_venue == fact.ts_venue + round(skew * SECOND)
    assert out == msgspec.structs.replace(fact, ts_venue=out.ts_venue, backfill=backfill)


def test_a_small_skew_moves_nothing():
    check = CrossCheck(["BTC"])
    steady(check, "okx", 1.9, 0, 60)
    fact = event(61, "okx", 2.0)
    assert check.feed(fact) == [fact]


def test_one_stamp_out_of_the_future_changes_nothing():
    check = CrossCheck(["BTC"])
    steady(check, "okx", 0.1, 0, 60)
    check.feed(stamped(61, "okx", -3600.0))
    assert skew_s(check, "okx") == pytest.approx(0.1)
    (out,) = check.feed(event(62, "okx", -3600.0))
    assert out.ts_venue == out.ts


def test_a_clock_set_forward_at_the_venue_is_learned_in_seconds():
    check = CrossCheck([])
    steady(check, "okx", 0.1, 0, 60)
    steady(check, "okx", -60.0, 60, 60 + ENOUGH - 1)
    assert skew_s(check, "okx") == pytest.approx(0.1)
    steady(check, "okx", -60.0, 80, 83)
    assert skew_s(check, "okx") == pytest.approx(-60.0)


def test_a_slow_line_is_no_clock_for_ten_minutes():
    check = CrossCheck(["BTC"])
    steady(check, "okx", 0.1, 0, 60)
    steady(check, "okx", 40.0, 60, 600)
    assert skew_s(check, "okx") == pytest.approx(0.1)
    (out,) = check.feed(event(600, "okx", 40.0))
    assert out.backfill
    steady(check, "okx", 40.0, 600, 700)
    assert skew_s(check, "okx") == pytest.approx(40.0)


def test_our_own_clock_set_forward_is_seen_by_three_at_once():
    check = CrossCheck(["BTC"])
    for venue in VENUES[:3]:
        steady(check, venue, 0.1, 0, 60)
    for venue in VENUES[:3]:
        steady(check, venue, 3600.1, 3660, 3690)
    outs = check.feed(second(3700, 60))
    assert told(outs) == [("clri", "MARKET", "stale", "clock")]
    assert outs[0].detail == "clock: own clock is 3600 s ahead of venues; all times are shifted"
    assert outs[0].channel == "clock"
    assert outs[0].code == "CLRI-FEED-011"
    (out,) = check.feed(event(3701, "okx", 3600.3))
    assert (out.backfill, out.ts - out.ts_venue) == (False, pytest.approx(200 * MILLI, abs=MILLI))


def test_our_own_clock_set_back_an_hour_makes_no_storm():
    check = CrossCheck(["BTC"])
    for venue in VENUES:
        steady(check, venue, 0.1, 3600, 3660)
    for venue in VENUES:
        steady(check, venue, -3599.9, 60, 90)
    outs = run(check, [event(91, venue, -3599.8) for venue in VENUES])
    assert [out.backfill for out in outs] == [False] * 6
    assert all(abs(out.ts - out.ts_venue) < SECOND for out in outs)
    assert told(check.feed(second(120, 60))) == [("clri", "MARKET", "stale", "clock")]


def test_a_venue_more_than_thirty_seconds_off_is_told_once_and_again_when_well():
    check = CrossCheck([])
    for venue in VENUES[1:]:
        steady(check, venue, 0.1, 0, 60)
    steady(check, "binance", 31.0, 0, 60)
    assert told(check.feed(second(60, 60))) == [("binance", "MARKET", "stale", "clock")]
    assert told(check.feed(second(120, 60))) == []
    steady(check, "binance", 26.5, 120, 125)
    assert told(check.feed(second(180, 60))) == []
    steady(check, "binance", 22.0, 180, 185)
    assert told(check.feed(second(240, 60))) == [("binance", "MARKET", "up", "")]


def test_two_venues_that_agree_are_not_our_own_clock():
    check = CrossCheck([])
    for venue, lag in zip(VENUES, (40.0, 40.5, 0.1, 0.1, 0.1, 0.1), strict=True):
        steady(check, venue, lag, 0, 60)
    assert check.clocks.own_ns() == 0
    assert [one[0] for one in told(check.feed(second(60, 60)))] == ["binance", "bybit"]
