import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.model.timebase import MINUTE, SECOND
from clri.observe.price import Price
from clri.testing.builders import T0, mark_funding, ticker
from tests.observe import streams, truth
from tests.observe.facts import GivenShares, equal

LIMIT = 120 * SECOND


def middle(facts, boundary, shares, value):
    """Price at one moment, from all facts."""
    used = truth.fresh(facts, boundary, LIMIT, shares, value)
    if truth.share_of(used, shares) < 0.30:
        return None
    return truth.median({venue: value(fact) for venue, fact in used.items()}, truth.weights(shares))


def slow(facts, boundary, shares):
    """The row's price fields, from all facts."""
    marks = [f for f in facts if type(f).__name__ == "MarkFunding" and f.kind == "current"]
    spots = [f for f in facts if type(f).__name__ == "Ticker" and f.market == "spot"]
    seconds = range(boundary - MINUTE + SECOND, boundary + 1, SECOND)
    path = [middle(marks, second, shares, lambda f: f.mark) for second in seconds]
    known = [price for price in path if price is not None]
    there = path[-1] is not None
    used = truth.fresh(marks, boundary, LIMIT, shares, lambda f: f.mark)
    indexed = [f for f in marks if f.index is not None]
    return {
        "price": path[-1],
        "open": known[0] if there else None,
        "high": max(known) if there else None,
        "low": min(known) if there else None,
        "close": path[-1],
        "index_price": middle(indexed, boundary, shares, lambda f: f.index),
        "spot_price": middle(spots, boundary, shares, lambda f: f.last),
        "cov_price": pytest.approx(truth.share_of(used, shares)),
        "age_price_s": max(((boundary - f.ts) / SECOND for f in used.values()), default=None),
        "n_price": len(used),
    }


@given(st.lists(streams.marks() | streams.tickers(), max_size=30), streams.given_shares())
def test_every_minute_equals_the_slow_truth(facts, shares):
    price = Price("BTC")
    facts = streams.sorted_facts(facts)
    for boundary in (T0 + MINUTE, T0 + 2 * MINUTE, T0 + 3 * MINUTE, T0 + 6 * MINUTE):
        for fact in facts:
            if boundary - MINUTE < fact.ts <= boundary:
                price.add(fact)
        for second in range(boundary - MINUTE + SECOND, boundary + 1, SECOND):
            price.second(second)
        assert dict(price.close(boundary, shares)) == slow(facts, boundary, shares)


def test_one_bad_venue_does_not_move_the_price():
    price = Price("BTC")
    for venue, mark in (("binance", 100.0), ("bybit", 101.0), ("okx", 1e6)):
        price.add(mark_funding(ts=T0 + 1, venue=venue, mark=mark))
    shares = GivenShares({"binance": 0.5, "bybit": 0.2, "okx": 0.3})
    assert price.close(T0 + MINUTE, shares)["price"] == 100.5  # binance holds exactly half
    assert price.close(T0 + MINUTE, equal("binance", "bybit", "okx"))["price"] == 101.0


def test_the_path_of_the_minute_is_seen_at_the_seconds():
    price = Price("BTC")
    for second, mark in ((1, 100.0), (2, 130.0), (2.4, 90.0), (50, 105.0)):
        price.add(mark_funding(ts=T0 + int(second * SECOND), ts_venue=None, mark=mark))
    for second in range(1, 61):
        price.second(T0 + second * SECOND)
    row = price.close(T0 + MINUTE, equal("bybit"))
    assert (row["open"], row["high"], row["low"], row["close"]) == (100.0, 130.0, 90.0, 105.0)


def test_a_price_of_one_second_is_part_of_the_path_up_to_the_last_one():
    price = Price("BTC")
    for half, mark in ((117, 130.0), (119, 100.0), (121, 120.0)):
        price.add(mark_funding(ts=T0 + half * SECOND // 2, ts_venue=None, mark=mark))
        price.second(T0 + (half + 1) // 2 * SECOND)
    row = price.close(T0 + MINUTE, equal("bybit"))
    assert (row["open"], row["high"], row["close"]) == (130.0, 130.0, 100.0)
    price.add(mark_funding(ts=T0 + 62 * SECOND, ts_venue=None, mark=90.0))
    row = price.close(T0 + 2 * MINUTE, equal("bybit"))
    assert (row["open"], row["high"], row["close"]) == (120.0, 120.0, 90.0)


def test_an_older_index_never_wins():
    price = Price("BTC")
    price.add(mark_funding(ts=T0 + 2, ts_venue=T0 + 2, index=1.0))
    price.add(mark_funding(ts=T0 + 3, ts_venue=T0 + 1, index=2.0))
    price.add(mark_funding(ts=T0 + 4, ts_venue=T0 + 4, index=None))
    assert price.close(T0 + MINUTE, equal("bybit"))["index_price"] == 1.0


def test_a_mark_leaves_after_two_minutes_and_age_grows_until_then():
    price = Price("BTC")
    price.add(mark_funding(ts=T0))
    row = price.close(T0 + 2 * MINUTE, equal("bybit"))
    assert (row["price"], row["age_price_s"], row["cov_price"]) == (60_000.0, 120.0, 1.0)
    row = price.close(T0 + 3 * MINUTE, equal("bybit"))
    assert (row["price"], row["age_price_s"], row["cov_price"], row["n_price"]) == (None, None, 0.0, 0)


def test_too_little_weight_is_no_price_but_is_reported():
    price = Price("BTC")
    price.add(mark_funding(ts=T0, venue="gate"))
    row = price.close(T0 + MINUTE, GivenShares({"binance": 0.71, "gate": 0.29}))
    assert (row["price"], row["open"], row["cov_price"], row["n_price"]) == (None, None, 0.29, 1)


@pytest.mark.parametrize("change", [{"market": "future"}, {"kind": "settled"}, {"symbol": "ETH"}, {"backfill": True}])
def test_only_running_perpetuals_have_a_mark(change):
    price = Price("BTC")
    price.add(mark_funding(ts=T0, **change))
    assert price.close(T0 + MINUTE, equal("bybit"))["n_price"] == 0


def test_a_socket_wins_over_rest_at_the_same_time_and_an_older_value_never():
    price = Price("BTC")
    price.add(mark_funding(ts=T0 + 5, ts_venue=T0, src="ws", mark=1.0))
    price.add(mark_funding(ts=T0 + 6, ts_venue=T0, src="rest", mark=2.0))
    price.add(mark_funding(ts=T0 + 7, ts_venue=T0 - 1, src="ws", mark=3.0))
    assert price.close(T0 + MINUTE, equal("bybit"))["price"] == 1.0


def test_a_clock_that_runs_ahead_does_not_hold_back_later_values():
    price = Price("BTC")
    price.add(mark_funding(ts=T0, ts_venue=T0 + 300 * SECOND, mark=1.0))
    price.add(mark_funding(ts=T0 + SECOND, ts_venue=None, src="rest", mark=2.0))
    assert price.close(T0 + MINUTE, equal("bybit"))["price"] == 2.0


def test_spot_price_comes_from_spot_tickers_alone():
    price = Price("BTC")
    price.add(ticker(ts=T0, market="spot", last=99.0))
    price.add(ticker(ts=T0 + 1, market="perp", last=101.0))
    assert price.close(T0 + 2 * MINUTE, equal("bybit"))["spot_price"] == 99.0
    assert price.close(T0 + 3 * MINUTE, equal("bybit"))["spot_price"] is None
