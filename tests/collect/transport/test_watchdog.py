"""Silence by the age of data; time is passed in."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.collect.mapper import Expect, Ping
from clri.collect.transport.watchdog import Watchdog

BUSY = ("tickers", "BTCUSDT")
OTHER = ("tickers", "ETHUSDT")
SPARSE = ("allLiquidation", "BTCUSDT")
PING = Ping(20.0, b"ping")


def watchdog(*keys, silence_s=10.0, given_up=()) -> Watchdog:
    expect = [Expect(*key, None if key == SPARSE else silence_s) for key in keys]
    return Watchdog(expect, PING, 0.0, given_up)


def feed(dog: Watchdog, key, gap_s: float, until_s: float) -> float:
    at = 0.0
    while at + gap_s <= until_s:
        at += gap_s
        dog.saw(key, at)
    return at


@pytest.mark.parametrize(
    ("gap_s", "silence_s", "limit_s"),
    [(0.1, 10.0, 5.0), (0.1, 75.0, 5.0), (0.8, 10.0, 8.0), (1.0, 30.0, 10.0), (2.0, 10.0, 20.0), (3.0, 180.0, 180.0)],
)
def test_the_limit_follows_the_median_gap(gap_s, silence_s, limit_s) -> None:
    dog = watchdog(BUSY, silence_s=silence_s)
    last = feed(dog, BUSY, gap_s, 100.0)
    assert dog.check(last + limit_s - 0.01).stale == []
    assert dog.check(last + limit_s + 0.01).stale == [BUSY]
    assert dog.check(last + limit_s + 0.02).stale == []


def test_before_gaps_are_known_the_venues_word_counts() -> None:
    dog = watchdog(BUSY, silence_s=30.0)
    assert dog.check(29.9).stale == []
    assert dog.check(30.1).stale == [BUSY]


def test_resubscribe_at_three_limits_then_reconnect() -> None:
    dog = watchdog(BUSY)
    last = feed(dog, BUSY, 0.5, 20.0)
    assert dog.check(last + 14.9).resubscribe == []
    assert dog.check(last + 15.1).resubscribe == [BUSY]
    found = dog.check(last + 25.0)
    assert (found.resubscribe, found.reconnect) == ([], [])
    assert dog.check(last + 25.2).reconnect == [BUSY]


def test_data_after_the_new_subscription_is_enough() -> None:
    dog = watchdog(BUSY)
    last = feed(dog, BUSY, 0.5, 20.0)
    dog.check(last + 16.0)
    assert dog.saw(BUSY, last + 20.0) is True
    assert dog.check(last + 26.0).reconnect == []


def test_a_topic_that_a_new_socket_did_not_bring_back_costs_no_further_one() -> None:
    dog = watchdog(BUSY, OTHER, given_up={BUSY})
    for at in range(600):
        dog.saw(OTHER, float(at))
        assert dog.check(float(at)).reconnect == []
    assert dog.given_up == {BUSY}
    dog.saw(BUSY, 600.0)
    assert dog.given_up == frozenset()


def test_a_socket_on_which_all_is_given_up_is_still_replaced() -> None:
    dog = watchdog(BUSY, given_up={BUSY})
    assert any(dog.check(float(at)).reconnect for at in range(60))


def test_sparse_is_alive_by_pong_and_a_busy_topic_together() -> None:
    dog = watchdog(BUSY, SPARSE)
    assert dog.check(0.5).fresh == []
    dog.saw(BUSY, 1.0)
    assert dog.check(1.5).fresh == [SPARSE]
    for at in range(2, 60):
        dog.saw(BUSY, float(at))
        dog.heard(float(at), pong=False)
    assert dog.check(59.5).stale == [SPARSE]
    dog.heard(60.0, pong=True)
    assert dog.check(60.0).fresh == [SPARSE]
    dog.heard(70.0, pong=True)
    assert dog.check(75.0).stale == [BUSY, SPARSE]


def test_protocol_pings_are_answered_below_us_so_any_frame_stands_for_a_pong() -> None:
    dog = Watchdog([Expect(*BUSY, 5.0), Expect(*SPARSE, None)], Ping(10.0), 0.0)
    for at in range(1, 60):
        dog.saw(BUSY, float(at))
        dog.heard(float(at), pong=False)
    assert dog.check(59.5).fresh == [SPARSE]


def test_proven_is_the_age_of_the_last_sign_of_life() -> None:
    dog = watchdog(BUSY, SPARSE)
    dog.saw(BUSY, 4.0)
    assert (dog.proven(BUSY, 6.0), dog.proven(SPARSE, 6.0)) == (2.0, 2.0)


def test_a_stall_suspends_the_clock_for_its_length() -> None:
    dog = watchdog(BUSY)
    last = feed(dog, BUSY, 0.5, 20.0)
    dog.stalled(30.0)
    assert dog.check(last + 34.0).stale == []
    assert dog.check(last + 36.0).stale == [BUSY]


@given(st.integers(0, 1000), st.floats(0.05, 5.0))
def test_no_false_alarm_on_random_gaps_within_the_limit(seed, mean_s) -> None:
    rng = random.Random(seed)
    dog = watchdog(BUSY, silence_s=20.0)
    at = 0.0
    for _ in range(300):
        step = min(rng.expovariate(1.0 / mean_s), 4.9)
        assert dog.check(at + step).stale == []
        at += step
        dog.saw(BUSY, at)


def test_a_topic_that_is_sent_once_a_minute_does_not_prove_that_liquidations_come() -> None:
    quick, slow, sparse = Expect("mark-price", "A", 15.0), Expect("funding-rate", "A", 180.0), Expect("liq", None, None)
    dog = Watchdog([quick, slow, sparse], Ping(20.0), 0.0)
    dog.saw(("funding-rate", "A"), 0.0)
    for n in range(20):
        dog.saw(("mark-price", "A"), float(n))
        dog.check(float(n))
    assert ("liq", None) in dog.fresh
    found = [at for at in range(20, 40) if dog.check(float(at)).stale]
    assert found == [30]
    assert dog.stale == [("mark-price", "A"), ("liq", None)]
    assert dog.fresh == [("funding-rate", "A")]


def test_a_pace_a_little_slower_than_a_second_is_judged_by_itself() -> None:
    dog = Watchdog([Expect("tickers", "A", 60.0)], Ping(20.0), 0.0)
    for n in range(20):
        dog.saw(("tickers", "A"), n * 1.1)
    last = 19 * 1.1
    assert not dog.check(last + 10.9).stale
    assert dog.check(last + 11.1).stale == [("tickers", "A")]
