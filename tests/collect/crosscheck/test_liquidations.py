"""A liquidation far from the mark is valued at the mark, one above all open interest is taken out."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.collect.crosscheck.stage import CrossCheck
from tests.collect.crosscheck.driving import balanced, interest, liq, mark, passed, run


def begun(oi: float = 1000.0) -> CrossCheck:
    """A mark of 100 and an open interest of 1000 coins: 100,000 USD."""
    check = CrossCheck(["BTC"])
    run(check, [mark(0, "bybit", 100.0), mark(0, "okx", 100.0), interest(0, oi, "bybit"), interest(0, oi, "okx")])
    return check


@pytest.mark.parametrize("price", [50.0, 100.0, 150.0])
def test_up_to_half_off_is_left_as_it_is(price):
    assert passed(begun(), liq(1, price=price, usd=5_000.0)) == [True]


@pytest.mark.parametrize("price", [49.9, 150.1, 1e7, 1e-6])
def test_further_off_it_counts_at_the_mark(price):
    check, fact = begun(), liq(1, price=price, usd=price * 0.05)
    (out,) = check.feed(fact)
    assert out == msgspec.structs.replace(fact, price=100.0, price_kind="mark", usd=fact.qty * 100.0)
    assert (out.qty, out.event_id) == (fact.qty, fact.event_id)
    assert dict(check.changed) == {"bybit:valued_at_mark": 1}


def test_where_the_venue_tells_usd_the_coins_follow():
    check = begun()
    run(check, [mark(0, "bitget", 100.0)])
    (out,) = check.feed(liq(1, "bitget", price=1000.0, usd=5_000.0))
    assert (out.usd, out.qty, out.price, out.price_kind) == (5_000.0, 50.0, 100.0, "mark")


def test_another_venues_mark_serves_where_the_own_is_missing():
    check = begun()
    (out,) = check.feed(liq(1, "gate", price=1000.0, usd=5_000.0))
    assert out.price == 100.0


@pytest.mark.parametrize(("usd", "passes"), [(99_999.0, True), (100_001.0, False)])
def test_more_than_all_open_interest_is_taken_out(usd, passes):
    check = begun()
    assert passed(check, liq(1, price=100.0, usd=usd)) == [passes]
    assert check.dropped.get("bybit:above_open_interest", 0) == int(not passes)
    assert balanced(check)


def test_the_open_interest_of_all_contracts_of_the_venue_counts():
    check = begun()
    run(check, [interest(0, 1000.0, "bybit", raw="BTCPERP")])
    assert passed(check, liq(1, price=100.0, usd=150_000.0)) == [True]


def test_old_marks_and_open_interest_say_nothing():
    check = begun()
    assert passed(check, liq(121, price=1000.0, usd=5_000.0)) == [True]
    assert passed(check, liq(901, price=100.0, usd=9e6)) == [True]


def test_history_and_other_coins_pass():
    strange = [liq(1, price=1e6, usd=1e9, backfill=True), liq(1, price=1e6, usd=1e9, symbol="DOGE")]
    assert passed(begun(), *strange) == [True, True]


@given(st.lists(st.tuples(st.floats(1e-6, 1e6), st.floats(1.0, 1e7)), max_size=30))
def test_what_passes_is_plausible_and_nothing_is_lost(rows):
    check = begun()
    for price, usd in rows:
        for out in check.feed(liq(1, price=price, usd=usd)):
            assert abs(out.price - 100.0) <= 50.0 + 1e-9
            assert out.usd == pytest.approx(out.qty * out.price)
            assert out.usd <= 100_000.0
    assert balanced(check)
