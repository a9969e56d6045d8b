import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.model.timebase import MINUTE, SECOND
from clri.observe.open_interest import OpenInterestTotals
from clri.observe.row import RowBuilder
from clri.testing.builders import T0, instrument, mark_funding, minute, open_interest
from tests.observe import streams, truth
from tests.observe.facts import GivenShares, equal

LIMIT = 15 * MINUTE
VENUES = ("binance", "bybit", "gate")


def holding(ts, venue, coins, price=1.0, **changes):
    """Open interest of a venue whose USD are given by the fact."""
    usd = None if price is None else coins * price
    return open_interest(ts=ts, venue=venue, oi_base=coins, price_used=price or 1.0, oi_usd=usd, **changes)


def given_usd(fact):
    """USD of the fact itself; -1 if it gives none."""
    if fact.oi_usd is not None:
        return fact.oi_usd
    return -1.0 if fact.price_used is None else fact.oi_base * fact.price_used


def slow(facts, boundary, shares):
    """Coins and USD per venue, from all facts."""
    kind = lambda name: [f for f in facts if type(f).__name__ == name]  # noqa: E731
    live = [f for f in kind("OpenInterest") if f.period_s is None]
    found = truth.fresh(live, boundary, LIMIT, shares, lambda f: (f.oi_base, given_usd(f)))
    marks = [f for f in kind("MarkFunding") if f.kind == "current"]
    marks = truth.fresh(marks, boundary, LIMIT, shares, lambda f: f.mark)
    found = {v: f for v, f in found.items() if v in marks or given_usd(f) >= 0.0}
    coins = {venue: fact.oi_base for venue, fact in found.items()}
    usd = {v: f.oi_base * marks[v].mark if v in marks else given_usd(f) for v, f in found.items()}
    return found, coins, usd


@given(st.lists(streams.holdings() | streams.marks(), max_size=30), streams.given_shares())
def test_every_minute_equals_the_slow_truth(facts, shares):
    oi = OpenInterestTotals("BTC")
    facts = streams.sorted_facts(facts)
    index, before = None, {}
    for boundary in (minute(1), minute(2), minute(3), minute(17), minute(18)):
        for fact in facts:
            if boundary - MINUTE < fact.ts <= boundary:
                oi.add(fact)
        used, coins, usd = slow(facts, boundary, shares)
        both = set(coins) & set(before)
        then, now = sum(before[v] for v in both), sum(coins[v] for v in both)
        if index is None:
            index = sum(coins.values()) or None
        elif then and now:
            index = index * now / then
        before = coins
        row = oi.close(boundary, shares)
        coverage = truth.share_of(used, shares)
        assert row["cov_oi"] == pytest.approx(coverage)
        assert row["n_oi"] == len(used)
        assert row["age_oi_s"] == max(((boundary - f.ts) / SECOND for f in used.values()), default=None)
        if coverage < 0.30:
            assert "oi_usd" not in row
            continue
        assert row["oi_usd"] == pytest.approx(sum(usd.values()))
        assert row["oi_base"] == pytest.approx(sum(coins.values()))
        assert row["oi_index"] == (None if index is None else pytest.approx(index))
        if sum(usd.values()):
            assert usd[row["oi_top_venue"]] == max(usd.values())
            assert row["oi_top_share"] == pytest.approx(max(usd.values()) / sum(usd.values()))
        else:
            assert row["oi_top_venue"] is None


def test_vector_of_the_chain():
    oi, shares = OpenInterestTotals("BTC"), equal(*VENUES)
    for venue, coins in zip(VENUES, (88_000.0, 51_500.0, 160_500.0), strict=True):
        oi.add(holding(T0, venue, coins))
    assert oi.close(minute(1), shares)["oi_index"] == 300_000.0
    oi.add(holding(minute(1) + 1, "binance", 88_500.0))
    oi.add(holding(minute(1) + 1, "bybit", 51_200.0))
    row = oi.close(minute(2), equal("binance", "bybit"))  # gate has left
    assert round(row["oi_index"], 4) == 300_430.1075
    assert row["oi_base"] == 139_700.0


def coins_at(venue, size):
    return 1000.0 * (1 + VENUES.index(venue)) * size


@given(st.lists(st.tuples(st.sets(st.sampled_from(VENUES)), st.floats(0.9, 1.1)), min_size=2, max_size=12))
def test_venues_that_come_and_go_leave_the_index_on_the_common_growth(minutes):
    # All venues grow alike; whoever is present, the index grows so too, or stands where nobody was there twice.
    oi, size, expected, before = OpenInterestTotals("BTC"), 1.0, None, set()
    for number, (present, growth) in enumerate(minutes, 1):
        if expected is not None and before & present:
            expected *= growth
        size *= growth
        for venue in present:
            oi.add(holding(minute(number), venue, coins_at(venue, size)))
        if expected is None and present:
            expected = sum(coins_at(venue, size) for venue in present)
        row = oi.close(minute(number), equal(*sorted(present)) if present else GivenShares({}))
        if present:
            assert row["oi_index"] == pytest.approx(expected)
        before = present


def test_the_index_restarts_its_link_from_the_last_value():
    oi = OpenInterestTotals("BTC")
    oi.add(holding(minute(1), "okx", 100.0))
    assert oi.close(minute(1), equal("okx"))["oi_index"] == 100.0
    oi.add(holding(minute(2), "gate", 7.0))
    assert oi.close(minute(2), equal("gate"))["oi_index"] == 100.0
    oi.add(holding(minute(3), "gate", 14.0))
    assert oi.close(minute(3), equal("gate"))["oi_index"] == 200.0


def test_a_total_of_zero_keeps_the_index():
    oi = OpenInterestTotals("BTC")
    found = []
    for number, coins in enumerate((0.0, 50.0, 0.0, 80.0, 40.0), 1):
        oi.add(holding(minute(number), "okx", coins))
        found.append(oi.close(minute(number), equal("okx"))["oi_index"])
    assert found == [None, 50.0, 50.0, 50.0, 25.0]


def test_usd_are_coins_at_the_own_newest_mark_not_at_the_price_of_the_fact():
    oi = OpenInterestTotals("BTC")
    oi.add(holding(T0, "okx", 10.0, 100.0))
    assert oi.close(minute(1), equal("okx"))["oi_usd"] == 1000.0
    oi.add(mark_funding(ts=minute(1), venue="okx", mark=120.0))
    oi.add(mark_funding(ts=minute(1), venue="gate", mark=1.0))
    assert oi.close(minute(2), equal("okx"))["oi_usd"] == 1200.0


def test_coins_that_nobody_values_are_left_out():
    oi = OpenInterestTotals("BTC")
    oi.add(open_interest(ts=T0, venue="gate", oi_usd=None, price_used=None))
    oi.add(holding(T0, "okx", 10.0, 100.0))
    row = oi.close(minute(1), equal("okx", "gate"))
    assert (row["oi_base"], row["cov_oi"], row["n_oi"]) == (10.0, 0.5, 1)


def test_a_venue_leaves_after_fifteen_minutes():
    oi = OpenInterestTotals("BTC")
    oi.add(holding(T0, "okx", 10.0))
    row = oi.close(minute(15), equal("okx"))
    assert (row["oi_base"], row["age_oi_s"]) == (10.0, 900.0)
    assert oi.close(minute(16), equal("okx")) == {"cov_oi": 0.0, "age_oi_s": None, "n_oi": 0}


@pytest.mark.parametrize("change", [{"period_s": 300}, {"backfill": True}, {"market": "future"}])
def test_history_never_enters(change):
    oi = OpenInterestTotals("BTC")
    oi.add(holding(T0, "okx", 10.0, **change))
    assert oi.close(minute(1), equal("okx"))["n_oi"] == 0


def test_a_delisted_venue_makes_no_jump_in_the_rows():
    builder = RowBuilder("BTC", "live", ["binance", "okx"])
    indexes = []
    for number in range(1, 5):
        for venue, coins in (("binance", 100.0), ("okx", 300.0)):
            builder.add(holding(minute(number) - 1, venue, coins))
        if number == 3:
            builder.add(instrument(ts=minute(3) - 1, venue="okx", valid_to=minute(3)))
        row = builder.close(minute(number))
        indexes.append((row.oi_index, row.oi_base, row.n_oi))
    assert indexes == [(400.0, 400.0, 2), (400.0, 400.0, 2), (400.0, 100.0, 1), (400.0, 100.0, 1)]
    assert all(math.isfinite(index) for index, _, _ in indexes)
