"""A price that only one venue has is taken out; a crash that others show passes, always."""

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.collect.crosscheck.marks import FAR
from clri.collect.crosscheck.stage import CrossCheck
from tests.collect.crosscheck.driving import VENUES, balanced, book, interest, liq, mark, passed, run, told


def calm(check: CrossCheck, venues=VENUES, price: float = 100.0, at: float = 0.0) -> None:
    for venue in venues:
        check.feed(mark(at, venue, price))


def test_equal_marks_pass_untouched():
    check = CrossCheck(["BTC"])
    facts = [mark(n, venue, 100.0 + n * 0.1) for n in range(20) for venue in VENUES]
    assert run(check, facts) == facts
    assert (check.held, dict(check.dropped), dict(check.told)) == (0, {}, {})


@pytest.mark.parametrize(("price", "label"), [(106.0, "price"), (94.0, "price"), (1000.0, "unit"), (0.1, "unit")])
def test_the_third_sample_is_told_and_nothing_passes(price, label):
    check = CrossCheck(["BTC"])
    calm(check)
    outs = run(check, [mark(n, "okx", price) for n in (1, 2)])
    assert (outs, check.held) == ([], 1)
    (status,) = run(check, [mark(3, "okx", price)])
    assert (status.venue, status.symbol, status.channel, status.state) == ("okx", "BTC", "mark-price", "stale")
    assert status.detail.startswith(f"{label}: BTC mark {price:.10g} where 5 other venues have 100")
    assert status.code == {"price": "CLRI-FEED-008", "unit": "CLRI-FEED-009"}[label]
    assert run(check, [mark(4, "okx", price)]) == []
    assert (check.held, balanced(check)) == (0, True)
    assert check.dropped[f"okx:mark_{label}"] == 3
    assert check.dropped["okx:mark_superseded"] == 1


@pytest.mark.parametrize("price", [104.99, 95.01])
def test_less_than_five_percent_is_no_trouble(price):
    check = CrossCheck(["BTC"])
    calm(check)
    assert passed(check, *(mark(n, "okx", price) for n in range(1, 9))) == [True] * 8


def test_many_marks_within_a_second_are_one_sample():
    check = CrossCheck(["BTC"])
    calm(check)
    assert run(check, [mark(1 + n * 0.05, "okx", 80.0) for n in range(40)]) == []
    assert told(run(check, [mark(3.1, "okx", 80.0)])) == [("okx", "BTC", "stale", "price")]


def test_one_wild_mark_is_dropped_when_the_next_is_well():
    check = CrossCheck(["BTC"])
    calm(check)
    assert passed(check, mark(1, "okx", 130.0), mark(2, "okx", 100.2)) == [False, True]
    assert (dict(check.dropped), check.held) == ({"okx:mark_superseded": 1}, 0)


def test_the_own_book_confirms_a_crash_at_once():
    check = CrossCheck(["BTC"])
    calm(check)
    check.feed(book(0.9, "okx", 71.0))
    assert passed(check, mark(1, "okx", 70.0)) == [True]
    calm(check, ("gate",), 100.0, 2.0)
    held = mark(3, "gate", 70.0)
    assert run(check, [held]) == []
    assert run(check, [second_book := book(3.2, "gate", 70.1)]) == [held, second_book]
    assert dict(check.told) == {}


def test_the_own_book_is_no_witness_of_its_unit():
    check = CrossCheck(["BTC"])
    calm(check)
    outs = run(check, [one for n in (1, 2, 3) for one in (book(n, "okx", 1000.0), mark(n, "okx", 1000.0))])
    assert told(outs) == [("okx", "BTC", "stale", "unit")]


def test_step_by_step_to_a_tenth_is_a_crash_and_no_unit():
    check = CrossCheck(["BTC"])
    calm(check)
    price, n = 100.0, 0
    while price > 9.0:
        n += 1
        price *= 0.97
        calm(check, [venue for venue in VENUES if venue != "okx"], 100.0, float(n))
        check.feed(book(n, "okx", price))
        assert passed(check, mark(n + 0.1, "okx", price)) == [True]


def test_two_followers_release_what_was_held_and_end_the_doubt():
    check = CrossCheck(["BTC"])
    calm(check)
    first, second, third = (mark(1 + n * 0.1, venue, 60.0) for n, venue in enumerate(("okx", "gate", "bybit")))
    assert run(check, [first, second]) == []
    assert run(check, [third]) == [second, first, third]
    assert (check.held, dict(check.dropped), dict(check.told)) == (0, {}, {})


def test_after_a_false_alarm_followers_bring_the_venue_back():
    check = CrossCheck(["BTC"])
    calm(check)
    outs = run(check, [mark(n, "okx", 60.0) for n in (1, 2, 3)])
    assert told(outs) == [("okx", "BTC", "stale", "price")]
    run(check, [mark(4, venue, 60.0) for venue in ("binance", "bybit")])
    assert passed(check, mark(5, "okx", 60.0), mark(6, "okx", 60.0)) == [True, True]
    assert told(run(check, [mark(7, "okx", 60.0)])) == [("okx", "BTC", "up", "")]
    assert balanced(check)


def test_with_one_other_venue_the_one_that_moved_is_held():
    check = CrossCheck(["BTC"])
    calm(check, ("okx", "gate"))
    assert passed(check, mark(1, "okx", 60.0)) == [False]
    assert passed(check, mark(1.5, "gate", 100.0)) == [True]
    assert passed(check, mark(2, "gate", 61.0)) == [True]
    assert check.held == 0


def test_alone_nothing_can_be_said():
    check = CrossCheck(["BTC"])
    assert passed(check, mark(0, "okx", 100.0), mark(1, "okx", 10.0), mark(2, "okx", 1000.0)) == [True] * 3


def test_marks_older_than_a_minute_are_not_compared_with():
    check = CrossCheck(["BTC"])
    calm(check)
    assert passed(check, mark(61, "okx", 50.0)) == [True]


def test_a_contract_in_another_unit_is_off_until_its_mark_is_well():
    check = CrossCheck(["BTC"])
    calm(check)
    run(check, [mark(n, "okx", 100_000.0) for n in (1, 2, 3)])
    facts = [interest(4, 50.0), liq(4, "okx"), book(4, "okx", 100_000.0)]
    assert run(check, facts) == []
    assert check.dropped["okx:unit"] == 3
    assert passed(check, liq(4, "gate", price=100.0)) == [True]
    calm(check, at=5.0)
    outs = run(check, [mark(n, "okx", 100.0) for n in (6, 7)])
    assert told(outs)[-1] == ("okx", "BTC", "up", "")
    assert passed(check, interest(8, 50.0)) == [True]
    assert balanced(check)


def test_second_contracts_history_and_other_coins_are_not_judged():
    check = CrossCheck(["BTC"])
    calm(check)
    strange = [
        mark(1, "okx", 5.0, raw="BTC-USDC-SWAP"),
        mark(1, "okx", 5.0, backfill=True),
        mark(1, "okx", 5.0, kind="settled"),
        mark(1, "okx", 5.0, symbol="DOGE"),
    ]
    assert passed(check, *strange) == [True] * 4


# ---------------------------------------------------------------- slow truth and invariants
def believable(prices: dict[str, float], venue: str) -> bool:
    """What six fresh venues say of one of them, without books and units, as the rule reads."""
    others = [price for name, price in prices.items() if name != venue]
    middle = median(others)
    if abs(prices[venue] - middle) <= FAR * middle:
        return True
    near = [price for price in others if abs(price - prices[venue]) <= FAR * prices[venue]]
    return len(near) >= 2


@given(st.lists(st.floats(20.0, 90.0), min_size=6, max_size=6), st.sampled_from(VENUES))
def test_a_first_mark_is_judged_as_the_rule_reads(prices, venue):
    check = CrossCheck(["BTC"])
    found = dict(zip(VENUES, prices, strict=True))
    for name in VENUES:
        if name != venue:
            # Seen by all, whatever was held of it.
            check.feed(mark(0, name, found[name]))
    ratios = [found[venue] / median(p for name, p in found.items() if name != venue)]
    if any(abs(ratio * 10 - 1.0) <= FAR or abs(ratio / 10 - 1.0) <= FAR for ratio in ratios):
        return
    assert passed(check, mark(1, venue, found[venue])) == [believable(found, venue)]


@given(
    st.floats(0.0002, 0.9),
    st.permutations(VENUES),
    st.lists(st.floats(0.05, 3.0), min_size=5, max_size=5),
    st.integers(3, 6),
)
def test_a_crash_that_two_others_follow_always_passes(factor, order, waits, size):
    venues = order[:size]
    check = CrossCheck(["BTC"])
    calm(check, venues)
    now = 0.0
    for venue, wait in zip(venues[:3], waits, strict=False):
        now += wait
        check.feed(mark(now, venue, 100.0 * factor))
    assert all(passed(check, mark(now + 1, venue, 100.0 * factor))[0] for venue in venues[:3])
    assert check.held == 0
    assert balanced(check)
