"""A mute feed is told from a calm one by its own past and by the other venues; calm days raise nothing."""

import itertools
import random
from math import ceil

import pytest

from clri.collect.crosscheck.silence import EXPECTED, GAP_FACTOR, GAPS_ENOUGH
from clri.collect.crosscheck.stage import CrossCheck
from clri.model.facts import Liquidation
from clri.model.timebase import MINUTE, SECOND
from clri.testing.builders import T0
from tests.collect.crosscheck.driving import at, interest, liq, run, second, told, up

DAY_S = 86_400


def told_at(
    check: CrossCheck, facts, until_s: float, from_s: float = 0.0
) -> list[tuple[float, tuple[str, str, str, str]]]:
    """Statuses that were added, with their second, of facts in order with a Tick at every second between them."""
    found, waiting, position = [], sorted(facts, key=lambda fact: fact.ts), 0
    for now in range(int(from_s), int(until_s) + 1):
        while position < len(waiting) and waiting[position].ts <= at(now):
            fact = waiting[position]
            position += 1
            found += [
                ((fact.ts - T0) / SECOND, one) for one in told(out for out in check.feed(fact) if out is not fact)
            ]
        found += [(now, one) for one in told(check.feed(second(now)))]
    return found


def regular(venue: str, every_s: float, until_s: float, from_s: float = 0.0, **changes):
    return [liq(from_s + n * every_s, venue, **changes) for n in range(1, int((until_s - from_s) / every_s) + 1)]


def judged(facts, until_s: float):
    check = CrossCheck(["BTC"])
    return check, told_at(check, facts, until_s)


# ---------------------------------------------------------------- by the own past
def test_ten_times_the_usual_gap_while_others_speak_is_suspect():
    """Usual gap 30 s, so 300 s; by then bybit had 29 events, of which half as many were due here."""
    quiet = regular("okx", 30.0, 7200.0)
    check, found = judged(quiet + regular("bybit", 10.0, 9000.0), 9000)
    assert [(when, one) for when, one in found if one[0] == "okx"] == [(7501.0, ("okx", "MARKET", "stale", "suspect"))]
    assert dict(check.told) == {"okx:suspect": 1}


def test_the_words_name_the_others_and_their_count():
    check = CrossCheck(["BTC"])
    facts = regular("okx", 30.0, 7200.0) + regular("bybit", 10.0, 7600.0) + regular("gate", 20.0, 7600.0)
    outs = []
    for fact in sorted(facts, key=lambda one: one.ts):
        outs += check.feed(fact)
    (status,) = check.feed(second(7600))[:1]
    assert (status.code, status.channel) == ("CLRI-FEED-002", "liquidation")
    assert status.detail == "suspect: no liquidation for 6 min while bybit and gate reported 62; treated as missing"


def test_recovery_comes_before_the_event_that_brings_it():
    check, _ = judged(regular("okx", 30.0, 7200.0) + regular("bybit", 10.0, 9000.0), 9000)
    first, again = check.feed(event := liq(9010, "okx")), check.feed(liq(9020, "okx"))
    assert (told(first), first[-1]) == ([("okx", "MARKET", "up", "")], event)
    assert len(again) == 1


def test_nobody_else_speaks_so_it_is_calm():
    _, found = judged(regular("okx", 30.0, 7200.0) + regular("bybit", 10.0, 7200.0), 20_000)
    assert found == []


def test_few_gaps_are_no_past():
    events = regular("okx", 70.0, 70.0 * GAPS_ENOUGH)
    _, found = judged(events + regular("bybit", 10.0, 12_000.0), 12_000)
    assert found == []


def test_where_all_calm_down_nothing_is_suspect():
    """The other venue slows from 10 s to 60 s: ten own events, a third of its, are due after 30 of them."""
    before = regular("okx", 30.0, 7200.0) + regular("bybit", 10.0, 7195.0)
    _, found = judged(before + regular("bybit", 60.0, 9600.0, 7200.0), 9600)
    assert [(when, one) for when, one in found] == [(9000.0, ("okx", "MARKET", "stale", "suspect"))]
    assert (9000.0 - 7200.0) / 60.0 / 3.0 == EXPECTED > (7500.0 - 7200.0) / 60.0 / 3.0


def test_a_cascade_does_not_make_the_calm_after_it_suspicious():
    """Thousands of events a few ms apart, then 30 s apart as before."""
    before = regular("okx", 30.0, 7200.0) + regular("bybit", 10.0, 7200.0)
    storm = regular("okx", 0.05, 7260.0, 7200.0) + regular("bybit", 0.02, 7260.0, 7200.0)
    after = regular("okx", 200.0, 12_000.0, 7260.0) + regular("bybit", 60.0, 12_000.0, 7260.0)
    _, found = judged(before + storm + after, 12_000)
    assert found == []


def test_a_feed_that_is_known_to_be_down_is_not_told_again():
    facts = [up(0, "okx"), *regular("okx", 30.0, 7200.0), *regular("bybit", 10.0, 9000.0)]
    check = CrossCheck(["BTC"])
    found = told_at(check, [*facts, up(7210, "okx", state="down")], 9000)
    assert [one for _, one in found if one[0] == "okx"] == []
    found = told_at(check, [up(9001, "okx"), *regular("bybit", 10.0, 9400.0, 9000.0)], 9400, 9001)
    assert [one[3] for _, one in found] == ["suspect"]
    assert found[0][0] > 9001.0 + GAP_FACTOR * 30.0


def test_the_sockets_own_word_ends_it_and_time_begins_anew():
    check, _ = judged(regular("okx", 30.0, 7200.0) + regular("bybit", 10.0, 8000.0), 8000)
    found = told_at(check, [up(8000.5, "okx"), *regular("bybit", 10.0, 8400.0, 8000.0)], 8400, 8001)
    assert [one[3] for _, one in found] == ["suspect"]
    assert found[0][0] > 8000.5 + GAP_FACTOR * 30.0


@pytest.mark.parametrize("seed", [1, 2])
def test_a_calm_day_of_sparse_feeds_raises_nothing(seed):
    """Random events of six venues at the rates that were seen, swinging by a factor of ten over the day."""
    rng, facts = random.Random(seed), []
    for venue, per_min in {
        "binance": 3.0,
        "bybit": 2.2,
        "okx": 4.5,
        "gate": 1.8,
        "bitget": 0.8,
        "hyperliquid": 0.2,
    }.items():
        now = 0.0
        while now < DAY_S:
            swing = 0.2 + 1.8 * abs(2.0 * (now / DAY_S) - 1.0)
            now += rng.expovariate(per_min * swing / 60.0)
            facts.append(liq(now, venue, usd=rng.lognormvariate(8.0, 1.5)))
    assert told_at(CrossCheck(["BTC"]), facts, DAY_S) == []


def test_the_kept_gaps_are_the_longest_of_each_minute():
    """Against the plain list of events."""
    rng, check, times, now = random.Random(7), CrossCheck(["BTC"]), [], 0.0
    for _ in range(3000):
        now += rng.expovariate(1 / 9.0)
        times.append(at(now))
        check.feed(liq(now, "okx"))
    longest = {}
    for before, after in itertools.pairwise(times):
        minute = after // MINUTE
        longest[minute] = max(longest.get(minute, 0), after - before)
    closed = sorted(longest[minute] for minute in sorted(longest)[:-1])
    (silence,) = (one for one in check._checks if one.name == "silence")
    state = silence._venues["okx"]
    assert state.order == closed
    assert state.order[ceil(0.99 * len(closed)) - 1] == closed[ceil(0.99 * len(closed)) - 1]


# ---------------------------------------------------------------- by a burst elsewhere
def burst(venues, usd: float = 1_100_000.0, from_s: float = 100.0):
    return [liq(from_s + n, venue, usd=usd / 5, price=60_000.0) for venue in venues for n in range(5)]


def with_interest(shares: dict[str, float]):
    return [interest(90, coins, venue) for venue, coins in shares.items()]


SHARES = {"bybit": 40.0e3, "okx": 40.0e3, "gate": 12.0e3, "bitget": 8.0e3, "hyperliquid": 20.0e3}


def after_burst(*more, usd: float = 1_100_000.0, until_s: float = 500.0, venues=("bybit", "okx")):
    check = CrossCheck(["BTC"])
    words = [up(0, venue) for venue in SHARES]
    return check, told_at(check, [*words, *with_interest(SHARES), *burst(venues, usd), *more], until_s)


def test_a_large_venue_without_a_word_in_five_minutes_is_suspect_for_the_coin():
    """gate holds 10 %, bitget less; of hyperliquid only part is ever told."""
    check, found = after_burst()
    assert found == [(404.0, ("gate", "BTC", "stale", "suspect"))]
    assert told(check.feed(liq(510, "gate"))) == [("gate", "BTC", "up", "")]


@pytest.mark.parametrize("when", [45.0, 104.0, 390.0])
def test_one_event_from_a_minute_before_to_five_after_is_a_word(when):
    assert after_burst(liq(when, "gate"))[1] == []


def test_an_event_of_another_coin_is_none():
    assert len(after_burst(liq(200, "gate", symbol="DOGE"))[1]) == 1


@pytest.mark.parametrize("options", [{"usd": 990_000.0}, {"venues": ("bybit",)}])
def test_less_than_a_burst_proves_nothing(options):
    assert after_burst(**options)[1] == []


def test_a_feed_that_is_down_or_was_never_there_is_not_judged():
    assert after_burst(up(150, "gate", state="down"))[1] == []
    check = CrossCheck(["BTC"])
    assert told_at(check, [*with_interest(SHARES), *burst(("bybit", "okx"))], 500) == []


def test_sums_are_those_of_sixty_seconds():
    """1 M in 61 s is no burst."""
    slow = [liq(100 + 15.25 * n, venue, usd=200_001.0, price=60_000.0) for n in range(5) for venue in ("bybit", "okx")]
    check = CrossCheck(["BTC"])
    assert told_at(check, [up(0, "gate"), *with_interest(SHARES), *slow], 600) == []


def test_history_is_no_event():
    check = CrossCheck(["BTC"])
    run(check, [liq(n, "okx", backfill=True) for n in range(10)])
    (silence,) = (one for one in check._checks if one.name == "silence")
    assert silence._venues == {}
    assert Liquidation in silence.listens
