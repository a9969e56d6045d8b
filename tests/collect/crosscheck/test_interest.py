"""Open interest that jumps while the price stays is held until three samples agree; another unit never passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.collect.channels import channel_of
from clri.collect.crosscheck.stage import CrossCheck
from clri.testing.builders import instrument
from tests.collect.crosscheck.driving import at, balanced, interest, mark, passed, run, told


def begun(coins: float = 50_000.0) -> CrossCheck:
    check = CrossCheck(["BTC"])
    run(check, [mark(0, "okx", 60_000.0), interest(0, coins)])
    return check


def test_ordinary_changes_pass_untouched():
    check = begun()
    facts = [interest(15 * n, 50_000.0 * factor) for n, factor in enumerate((1.0, 1.5, 0.9, 2.6, 1.0, 0.4), start=1)]
    assert run(check, facts) == facts


@pytest.mark.parametrize("factor", [3.0, 30.0, 0.3, 0.0])
def test_three_samples_that_agree_are_believed(factor):
    check = begun()
    facts = [interest(15 * n, 50_000.0 * factor * (1.0 + 0.02 * n)) for n in (1, 2, 3)]
    assert passed(check, *facts) == [False, False, True]
    assert (check.held, dict(check.dropped), dict(check.changed)) == (0, {"okx:oi_superseded": 2}, {"okx:oi_step": 1})
    assert passed(check, interest(60, 50_000.0 * factor)) == [True]


def test_a_single_jump_is_dropped_when_the_old_value_comes_back():
    check = begun()
    assert passed(check, interest(15, 500_000.0), interest(30, 50_100.0)) == [False, True]
    assert (check.held, dict(check.dropped)) == (0, {"okx:oi_superseded": 1})


def test_samples_that_do_not_agree_begin_anew():
    check = begun()
    wild = [interest(15 * n, coins) for n, coins in enumerate((2e5, 4e5, 8e5, 16e5), start=1)]
    assert passed(check, *wild) == [False] * 4
    assert (check.held, balanced(check)) == (1, True)


@pytest.mark.parametrize(("price", "passes"), [(57_100.0, False), (57_000.0, True), (63_000.0, True)])
def test_a_move_of_the_price_explains_a_jump(price, passes):
    check = begun()
    check.feed(mark(10, "okx", price))
    assert passed(check, interest(15, 10_000.0)) == [passes]


@pytest.mark.parametrize(("age_s", "passes"), [(900, False), (901, True)])
def test_a_value_that_no_longer_counts_is_not_compared_with(age_s, passes):
    check = begun()
    assert passed(check, interest(age_s, 500_000.0)) == [passes]


@pytest.mark.parametrize(
    ("size", "multiplier", "factor"), [(0.01, 1.0, 100.0), (10.0, 1.0, 10.0), (1.0, 1000.0, 0.001)]
)
def test_contracts_told_as_coins_never_pass(size, multiplier, factor):
    check = begun()
    terms = instrument(ts=at(1), venue="okx", contract_size=size, multiplier=multiplier)
    assert passed(check, terms) == [True]
    outs = run(check, [interest(15 * n, 50_000.0 * factor * 1.01**n) for n in range(1, 80)])
    assert told(outs) == [("okx", "BTC", "stale", "unit")]
    assert [(out.channel, out.code) for out in outs] == [(channel_of(interest(1, 1.0)), "CLRI-FEED-009")]
    assert (check.dropped, check.held) == ({"okx:oi_unit": 79}, 0)


def test_the_old_unit_ends_it():
    check = begun()
    run(check, [instrument(ts=at(1), venue="okx", contract_size=0.01), interest(15, 5_000_000.0)])
    outs = run(check, [back := interest(30, 50_500.0)])
    assert (told(outs), back in outs) == ([("okx", "BTC", "up", "")], True)


def test_new_terms_of_the_contract_end_it():
    check = begun()
    run(check, [instrument(ts=at(1), venue="okx", contract_size=0.01), interest(15, 5_000_000.0)])
    outs = run(check, [instrument(ts=at(20), venue="okx", contract_size=0.0001)])
    assert told(outs) == [("okx", "BTC", "up", "")]
    assert outs[0].channel == channel_of(interest(1, 1.0))
    assert passed(check, interest(30, 5_000_000.0)) == [True]


def test_each_contract_has_its_own_past_and_history_passes():
    check = begun()
    others = [
        interest(15, 900.0, raw="BTC-USDC-SWAP"),
        interest(15, 900.0, venue="gate"),
        interest(15, 900.0, period_s=300),
        interest(15, 900.0, backfill=True),
        interest(15, 900.0, symbol="DOGE"),
    ]
    assert passed(check, *others) == [True] * 5
    assert passed(check, interest(16, 900.0)) == [False]


def close(one: float, other: float) -> bool:
    return abs(one - other) <= 0.1 * max(one, other)


@given(st.lists(st.tuples(st.floats(0.0, 120.0), st.floats(0.0, 1e6)), max_size=40))
def test_nothing_is_lost_and_nothing_jumps_unconfirmed(steps):
    """What passes is within a factor of three of what passed before, old, or the third of three that agree."""
    check, now, believed, former = CrossCheck(["BTC"]), 0.0, None, []
    for wait, coins in steps:
        now += wait
        fact = interest(now, coins)
        if fact in check.feed(fact):
            if believed is not None:
                at_s, last = believed
                near = last <= 0.0 or (last < 3.0 * coins and coins < 3.0 * last)
                agree = len(former) >= 2 and close(former[-2], former[-1]) and close(former[-1], coins)
                assert near or agree or now - at_s > 900.0
            believed, former = (now, coins), []
        else:
            former.append(coins)
        assert balanced(check)
