"""The health of the feeds: words of the sockets, silence by their own data, gaps, rates, and what a loss costs."""

import importlib
import random
from statistics import median

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clri.collect.crosscheck.stage import CrossCheck
from clri.collect.day import Day, Spans
from clri.collect.effects import effect, weights
from clri.collect.health import HealthBook
from clri.collect.mapper import Expect, Ping
from clri.collect.rhythm import Rhythm
from clri.collect.transport import watchdog
from clri.collect.transport.watchdog import Watchdog
from clri.model.control import LIQUIDATION
from clri.model.errors import SnapshotError
from clri.model.names import MARKET
from clri.model.timebase import DAY, HOUR, MINUTE, SECOND
from clri.testing.builders import T0, feed_status, liquidation, long_short_ratio
from tests.collect.crosscheck.driving import at, book, interest, liq, mark, second, up


def taken(*facts, symbols=("BTC", "ETH"), **options) -> HealthBook:
    found = HealthBook(symbols, **options)
    for fact in facts:
        found.take(fact)
    return found


def row(found: HealthBook, now: int, venue: str, channel: str = LIQUIDATION, symbol: str | None = None):
    (one,) = [r for r in found.rows(now) if (r.venue, r.channel, r.symbol) == (venue, channel, symbol)]
    return one


def marks(venue: str, until_s: float, every_s: float = 1.0, symbol: str = "BTC", **changes):
    return [mark(n * every_s, venue, 60_000.0, symbol, **changes) for n in range(int(until_s / every_s) + 1)]


# ---------------------------------------------------------------- silence
@pytest.mark.parametrize("name", ["SHORTEST_S", "GAPS_FACTOR", "BUSY_S", "GAPS_KEPT", "GAPS_ENOUGH", "NOISE_S"])
def test_the_numbers_are_those_of_the_watchdog(name):
    own = importlib.import_module("clri.collect.rhythm")
    mine = getattr(own, name.replace("_S", "_NS"))
    assert mine == getattr(watchdog, name) * (SECOND if name.endswith("_S") else 1)


@given(st.lists(st.floats(0.0, 30.0), min_size=1, max_size=60), st.sampled_from([5.0, 10.0, 75.0]))
def test_silence_is_judged_as_the_watchdog_judges(gaps, stated):
    key = ("tickers", "BTCUSDT")
    dog, rhythm, now = Watchdog([Expect(*key, stated)], Ping(20.0), 0.0), Rhythm(), 0
    for gap in gaps:
        now += max(1, round(gap * SECOND))
        dog.saw(key, now / SECOND)
        rhythm.saw(now)
    assume(not rhythm.gaps or abs(median(rhythm.gaps) - SECOND) > 1000)  # the watchdog counts in floats
    limit = rhythm.limit_ns(int(stated * SECOND))
    assert dog.check((rhythm.last + limit) / SECOND - 0.01).stale == []
    assert dog.check((rhythm.last + limit) / SECOND + 0.01).stale == [key]


@pytest.mark.parametrize(("age_s", "state"), [(4.9, "up"), (5.1, "late"), (9.9, "late"), (10.1, "stale")])
def test_a_busy_feed_becomes_late_and_then_silent(age_s, state):
    found = taken(up(0, "okx", channel="mark-price"), *marks("okx", 60))
    one = row(found, at(60 + age_s), "okx", "mark-price")
    assert (one.state, one.data_age_s) == (state, pytest.approx(age_s))
    assert one.code == ("CLRI-FEED-002" if state == "stale" else None)
    if state == "stale":
        assert one.detail == "silent: no price and funding of BTC for 10 s"


def test_a_frozen_coin_is_told_beside_its_channel():
    both = sorted([*marks("okx", 120), *marks("okx", 60, symbol="ETH")], key=lambda fact: fact.ts)
    found = taken(*both)
    assert row(found, at(120), "okx", "mark-price").state == "late"
    frozen = row(found, at(120), "okx", "mark-price", "ETH")
    assert (frozen.state, frozen.detail) == ("stale", "silent: no price and funding of ETH for 60 s")
    assert frozen.effect.startswith("ETH price and funding input loses 100 % of its open interest; coverage 0 %")


def test_a_polled_kind_is_judged_by_its_own_period():
    """Open interest each 15 s stops, ratios each 5 min go on."""
    polls = [interest(15 * n, 1.0, "okx", src="rest") for n in range(40)]
    ratios = [long_short_ratio(ts=at(300 * n), venue="okx", src="rest") for n in range(12)]
    found = taken(*sorted([*polls, *ratios], key=lambda fact: fact.ts))
    assert row(found, at(3350), "okx", "rest").state == "late"
    assert "no open interest of BTC for 46 min" in row(found, at(3350), "okx", "rest").detail


def test_calls_that_come_in_bunches_are_not_silent_between_them():
    """Five contracts of a coin in one go each minute: the median gap is a second."""
    bunches = [interest(60 * minute + n, 1.0, "okx", src="rest") for minute in range(10) for n in range(5)]
    found = taken(*bunches)
    assert row(found, at(544 + 111), "okx", "rest").detail == "no data for 111 s"
    assert row(found, at(544 + 113), "okx", "rest").state == "stale"


def test_history_is_no_sign_of_life():
    found = taken(up(0, "okx"), liq(1, "okx", backfill=True))
    assert row(found, at(2), "okx").last_event_ts is None


# ---------------------------------------------------------------- quiet is not broken
def test_no_liquidation_is_quiet_with_the_usual_gap_beside_it():
    found = taken(up(0, "okx"), *(liq(n, "okx") for n in (10, 670, 700)))
    one = row(found, at(700 + 360), "okx")
    assert (one.state, one.code, one.effect) == ("quiet", None, None)
    assert one.detail == "quiet for 6 min, usual gap up to 11 min"
    assert row(found, at(700 + 59), "okx").state == "up"


def test_what_the_cross_check_suspects_is_told_and_costs_coverage():
    """The words of EXPERIENCE 7 from facts alone."""
    check, found = CrossCheck(["BTC"]), HealthBook(["BTC"])
    facts = [interest(0, coins, venue) for venue, coins in (("binance", 30.0), ("bybit", 50.0), ("okx", 20.0))]
    facts += [up(0, venue) for venue in ("binance", "bybit", "okx")]
    facts += [liq(30.0 * n, "binance") for n in range(1, 201)]
    facts += [liq(10.0 * n, venue) for n in range(1, 700) for venue in ("bybit", "okx")]
    facts += [second(n) for n in range(7000)]
    for fact in sorted(facts, key=lambda one: one.ts):
        for out in check.feed(fact):
            found.take(out)
    one = row(found, at(7000), "binance")
    assert (one.state, one.code, one.completeness) == ("stale", "CLRI-FEED-002", "all")
    assert one.detail.startswith("suspect: no liquidation for 5 min while bybit and okx reported 6")
    assert one.effect == "BTC liquidation input loses 30 % of its open interest; coverage 70 %"
    assert row(found, at(7000), "okx").state == "up"


@pytest.mark.parametrize("seed", [1, 2])
def test_a_calm_simulated_day_is_never_silent(seed):
    """Sparse liquidations, and busy topics whose gaps the watchdog would not blame, asked each 30 s."""
    rng, found, bad = random.Random(seed), HealthBook(["BTC"]), set()
    dog = Watchdog([Expect("mark-price", "BTCUSDT", 15.0)], Ping(20.0), 0.0)
    found.take(up(0, "okx"))
    now, due, asked = 0.0, 300.0, 0.0
    while now < DAY / SECOND / 4:
        now += rng.choice((0.2, 0.5, 1.0, 3.0))
        found.take(mark(now, "okx", 60_000.0))
        dog.saw(("mark-price", "BTCUSDT"), now)
        if now > due:
            found.take(liq(now, "okx"))
            due = now + rng.expovariate(1 / 240.0)
        if now > asked:
            asked = now + 30.0
            assert dog.check(now).stale == []
            bad |= {(r.channel, r.state) for r in found.rows(at(now)) if r.state not in {"up", "quiet"}}
    assert bad == set()


# ---------------------------------------------------------------- words of the feed
def test_the_newest_word_counts_and_data_do_not_raise_a_feed_that_is_down():
    found = taken(
        up(0, "okx"), up(1, "okx", state="down", code="CLRI-NET-002", detail="lost: code 1006"), liq(2, "okx")
    )
    one = row(found, at(3), "okx")
    assert (one.state, one.code, one.detail) == ("down", "CLRI-NET-002", "lost: code 1006")
    found.take(up(4, "okx"))
    found.take(up(3, "okx", state="down"))  # older
    assert row(found, at(5), "okx").state == "up"


def test_a_refused_call_says_nothing_about_delivery_but_is_shown():
    found = taken(up(0, "okx", channel="rest", state="rate_limited", code="CLRI-NET-429", detail="rate_limited: 429"))
    assert row(found, at(1), "okx", "rest").state == "rate_limited"


def test_a_channel_is_up_while_one_of_its_coins_is():
    words = [up(n, "bybit", channel="tickers", symbol=coin) for n, coin in enumerate(("BTC", "ETH"))]
    found = taken(*words, up(5, "bybit", channel="tickers", symbol="ETH", state="stale", detail="silent: no data"))
    assert row(found, at(6), "bybit", "tickers").state == "up"
    assert row(found, at(6), "bybit", "tickers", "ETH").state == "stale"
    found.take(up(7, "bybit", channel="tickers", symbol="BTC", state="down", detail="lost: closed"))
    assert row(found, at(8), "bybit", "tickers").state == "down"


def test_calibrated_and_the_last_event_come_from_the_word():
    found = taken(up(5, "okx", calibrated=True, last_event_ts=at(2)))
    one = row(found, at(12), "okx")
    assert (one.calibrated, one.last_event_ts, one.data_age_s) == (True, at(2), 10.0)


def test_services_without_a_key_say_what_that_costs():
    words = {"venue": "etherscan", "channel": "rest", "state": "disabled", "detail": "no key"}
    found = taken(feed_status(**words))
    one = row(found, T0 + 1, "etherscan", "rest")
    assert (one.state, one.effect) == ("disabled", "stablecoin flows are missing: the stablecoin pressure is unknown")


# ---------------------------------------------------------------- counts
def gap(seconds: float, venue: str, start_s: float, symbol: str = MARKET, **changes):
    ends = {"gap_from": at(start_s), "gap_to": at(seconds)}
    return up(seconds, venue, state="gap", symbol=symbol, **(ends | changes))


def test_gaps_are_counted_with_their_seconds_and_leave_after_a_day():
    found = taken(up(0, "okx"), gap(100, "okx", 90), up(100, "okx"), gap(7200, "okx", 7000), up(7200, "okx"))
    one = row(found, at(7300), "okx")
    assert (one.gaps_24h, one.gap_s_24h) == (2, pytest.approx(210.0))
    assert row(found, at(86_400 + 3600), "okx").gaps_24h == 1
    assert row(found, at(86_400 + 9000), "okx").gaps_24h == 0


def test_the_gap_that_runs_counts():
    found = taken(
        up(0, "okx"), up(50, "okx", state="down", gap_from=at(40)), up(60, "okx", state="down", gap_from=at(40))
    )
    one = row(found, at(100), "okx")
    assert (one.gaps_24h, one.gap_s_24h) == (1, pytest.approx(60.0))


def test_topics_that_are_lost_together_are_one_gap_of_the_channel():
    words = [gap(100 + n * 0.01, "bybit", 90, coin, channel="tickers") for n, coin in enumerate(("BTC", "ETH", "SOL"))]
    one = row(taken(*words), at(120), "bybit", "tickers")
    assert (one.gaps_24h, one.gap_s_24h) == (1, pytest.approx(10.02))


@given(st.lists(st.tuples(st.floats(0.0, 500.0), st.floats(0.0, 900.0)), max_size=60))
def test_spans_are_the_union_of_the_gaps(rows):
    """Ends in order, as they come; against a plain union of intervals, on steps of the day."""
    spans, ends, now = Spans(), [], T0
    for wait, length in rows:
        now += round(wait * SECOND)
        start = now - round(length * SECOND)
        spans.end(start, now)
        ends.append((start, now))
    merged, until = [], None
    for start, end in ends:
        begin = start if until is None or start > until else until
        if until is None or start > until:
            merged.append(max(0, end - begin))
        elif end > until:
            merged[-1] += end - until
        until = end if until is None else max(until, end)
    number, seconds = spans.within(now)
    assert (number, seconds) == (len(merged), pytest.approx(sum(merged) / SECOND))


@given(st.lists(st.tuples(st.floats(0.0, 3 * 3600.0), st.integers(0, 5)), max_size=80), st.floats(0.0, 30 * 3600.0))
def test_a_day_forgets_in_steps_of_a_quarter_hour(rows, later):
    day, now, all_ = Day(), 0, []
    for wait, number in rows:
        now += round(wait * SECOND)
        day.add(now, number)
        all_.append((now, number))
    now += round(later * SECOND)
    found = day.within(now)[0]
    assert sum(n for ts, n in all_ if ts > now - DAY) <= found
    assert found <= sum(n for ts, n in all_ if ts >= now - DAY - 15 * MINUTE)
    assert len(day.steps) <= 98


def test_rates_are_of_whole_minutes_and_of_hours():
    events = [liq(60 * minute + n, "okx") for minute in range(10) for n in range(minute + 1)]
    found = taken(up(0, "okx"), *events)
    one = row(found, at(600), "okx")
    assert one.events_per_min == 8.0  # minutes of 6 to 10 events
    truth, weight = 1.0, 1.0 - 2.718281828459045 ** (-60.0 / (6 * 3600.0))
    for minute in range(1, 10):
        truth += weight * (minute + 1 - truth)
    assert one.expected_per_min == pytest.approx(truth)
    assert row(taken(up(0, "okx"), *events[:6]), at(180), "okx").expected_per_min is None
    assert row(found, at(600 + 400), "okx").events_per_min == 0.0


def test_counters_of_the_venue_stand_in_each_of_its_rows():
    found = taken(up(0, "okx"), up(0, "okx", channel="rest"), up(0, "bybit"))
    for total in (1, 3):
        found.counts("okx", quarantined=10 * total, dropped=total, reconnects=total)
    found.take(second(86_400 + 1800))
    found.counts("okx", quarantined=31, dropped=3, reconnects=2)  # a new process counts from 0
    rows = {(r.venue, r.channel): (r.quarantined, r.dropped, r.reconnects_24h) for r in found.rows(at(86_400 + 1801))}
    assert rows == {("okx", "rest"): (31, 3, 2), ("okx", LIQUIDATION): (31, 3, 2), ("bybit", LIQUIDATION): (0, 0, 0)}


def test_the_skew_is_that_of_the_cross_check():
    check = CrossCheck(["BTC"])
    found = HealthBook(["BTC"], clocks=check.clocks)
    for n in range(30):
        for out in check.feed(mark(n, "okx", 1.0, ts_venue=at(n) - 38_000_000)):
            found.take(out)
    assert row(found, at(30), "okx", "mark-price").skew_ms == pytest.approx(38.0)


# ---------------------------------------------------------------- effects
def test_weights_sum_to_one_and_unknown_counts_as_the_mean():
    found = weights(["binance", "okx", "gate"], {"binance": 3.0, "okx": 1.0})
    assert found == {"binance": pytest.approx(0.5), "okx": pytest.approx(1 / 6), "gate": pytest.approx(1 / 3)}
    assert weights(["okx", "gate"], {}) == {"okx": 0.5, "gate": 0.5}
    assert weights(["okx"], {"okx": 0.0}) == {"okx": 1.0}


def test_each_coin_and_input_is_named_once():
    shares = {coin: {"okx": 0.2, "gate": 0.8} for coin in ("BTC", "ETH", "SOL", "XRP", "ADA")}
    text = effect("okx", ["open interest", "depth", "order book"], list(shares), shares, lambda v, *_: v == "gate")
    rest = "coverage 80 %, ETH 20 % (coverage 80 %), SOL 20 % (coverage 80 %), and 2 further coins"
    names = ("open-interest", "order-book")
    assert text == "; ".join(f"BTC {name} input loses 20 % of its open interest; {rest}" for name in names)


def test_less_than_thirty_percent_is_no_input():
    text = effect("okx", ["liquidation"], ["BTC"], {"BTC": {"okx": 0.71, "gate": 0.29}}, lambda v, *_: v == "gate")
    assert text.endswith("coverage 29 %, below 30 %: the input is missing")
    assert effect("okx", ["bar"], ["BTC"], {"BTC": {"okx": 1.0}}, lambda *_: False) is None


def test_another_channel_of_the_venue_makes_good():
    facts = sorted([*marks("okx", 60), *marks("okx", 60, 15.0, src="rest")], key=lambda fact: fact.ts)
    found = taken(*facts, up(60, "okx", channel="mark-price", state="stale", detail="silent: no data"), symbols=["BTC"])
    assert row(found, at(61), "okx", "mark-price").effect is None
    assert row(found, at(61), "okx", "mark-price").state == "stale"


def test_a_venue_that_does_not_list_a_coin_does_not_lack():
    words = [up(0, venue) for venue in ("okx", "gate", "bybit")]
    words.append(up(0, "gate", channel="instruments", symbol="ETH", state="unsupported"))
    found = taken(*words, up(1, "okx", state="down", detail="lost"), symbols=("ETH", "BTC"))
    assert row(found, at(2), "okx").effect == (
        "ETH liquidation input loses 50 % of its open interest; coverage 50 %, BTC 33 % (coverage 67 %)"
    )


# ---------------------------------------------------------------- as a whole
def test_rows_stand_in_a_fixed_order():
    found = taken(up(0, "okx", channel="rest"), up(0, "okx"), up(0, "etherscan", channel="rest"), up(0, "binance"))
    assert [(r.venue, r.channel) for r in found.rows(at(1))] == [
        ("binance", LIQUIDATION),
        ("okx", LIQUIDATION),
        ("okx", "rest"),
        ("etherscan", "rest"),
    ]
    assert {(r.ts, r.mode) for r in found.rows(at(1))} == {(at(1), "live")}


def test_saved_and_resumed_shows_the_same():
    rng, facts, now = random.Random(3), [], 0.0
    for _ in range(2000):
        now += rng.random() * 3.0
        venue = rng.choice(("okx", "bybit", "gate"))
        makes = (liq, interest, book, mark)
        make = rng.choice(makes)
        coin = rng.choice(("BTC", "ETH", "DOGE"))
        if make is liq:
            facts.append(liq(now, venue, symbol=coin))
        elif make is interest:
            facts.append(interest(now, 1e4 * rng.random(), venue, coin))
        else:
            facts.append(make(now, venue, 60_000.0, coin))
        if rng.random() < 0.05:
            facts.append(up(now, venue, state=rng.choice(("up", "down", "stale"))))
    whole, first, again = (HealthBook(["BTC", "ETH"]) for _ in range(3))
    for fact in facts:
        whole.take(fact)
    for fact in facts[:900]:
        first.take(fact)
    again.restore(first.snapshot())
    for fact in facts[900:]:
        again.take(fact)
    assert again.rows(at(now + 30)) == whole.rows(at(now + 30))
    assert again.snapshot() == whole.snapshot()
    assert len(whole.snapshot()) < 60_000
    with pytest.raises(SnapshotError):
        again.restore(b"\x93\x01")


def test_memory_does_not_grow_with_coins_that_are_not_tracked():
    found = taken(symbols=("BTC",))
    for n in range(3000):
        found.take(liquidation(ts=T0 + n * SECOND, symbol=f"C{n}", venue="okx"))
        found.take(feed_status(ts=T0 + n * SECOND, symbol=f"C{n}", venue="okx", state="down"))
    assert len(found.snapshot()) < 400_000
    assert row(found, T0 + HOUR, "okx").completeness == "all"
