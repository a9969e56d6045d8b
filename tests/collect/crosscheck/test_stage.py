"""The stage as a whole: nothing lost in silence, the same facts give the same facts, saved and resumed."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.collect.crosscheck import CHECKS
from clri.collect.crosscheck.stage import CrossCheck
from clri.model.codec import encode
from clri.model.errors import SnapshotError
from clri.model.facts import Fact
from clri.testing.builders import depth, instrument, long_short_ratio, ticker
from tests.collect.crosscheck.driving import VENUES, at, balanced, book, interest, liq, mark, run, second, told, up

SYMBOLS = ("BTC", "ETH")


def fact_of(kind: int, seconds: float, venue: str, symbol: str, size: float) -> Fact:
    """A fact of any kind, most of them plausible."""
    price = 60_000.0 * (1.0 if size < 0.9 else 10.0 if size < 0.95 else 0.4)
    made = (
        lambda: mark(seconds, venue, price, symbol),
        lambda: book(seconds, venue, price, symbol),
        lambda: interest(seconds, 50_000.0 * (1.0 if size < 0.8 else 100.0), venue, symbol),
        lambda: liq(seconds, venue, 2e6 * size, symbol, price, backfill=size < 0.05),
        lambda: ticker(
            ts=at(seconds), venue=venue, symbol=symbol, ts_venue=at(seconds - (40.0 if size > 0.9 else 0.1))
        ),
        lambda: up(seconds, venue, state="up" if size < 0.7 else "stale"),
        lambda: instrument(ts=at(seconds), venue=venue, symbol=symbol, contract_size=0.01 if size < 0.9 else 1.0),
        lambda: depth(ts=at(seconds), venue=venue, symbol=symbol, mid=price),
        lambda: long_short_ratio(ts=at(seconds), venue=venue, symbol=symbol),
        lambda: second(seconds // 1, 60 if size < 0.2 else 1),
    )
    return made[kind % len(made)]()


rows = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.floats(0.0, 40.0),
        st.sampled_from(VENUES),
        st.sampled_from((*SYMBOLS, "DOGE")),
        st.floats(0.0, 1.0),
    ),
    max_size=120,
)


def stream(given_rows) -> list[Fact]:
    now, facts = 0.0, []
    for kind, wait, venue, symbol, size in given_rows:
        now += wait
        facts.append(fact_of(kind, now, venue, symbol, size))
    return facts


def storm(seed: int, count: int) -> list[Fact]:
    rng = random.Random(seed)
    kinds = [0, 0, 0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 9]
    venues, symbols = VENUES[:4], (*SYMBOLS, "DOGE")
    return stream(
        (rng.choice(kinds), rng.random() * 2.0, rng.choice(venues), rng.choice(symbols), rng.random())
        for _ in range(count)
    )


@given(rows)
def test_in_is_out_held_and_counted(given_rows):
    check = CrossCheck(SYMBOLS)
    outs = 0
    for fact in stream(given_rows):
        outs += len(check.feed(fact))
        assert balanced(check)
    assert outs == check.given + sum(check.told.values())
    assert check.taken == len(given_rows)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_fact_comes_out_once_at_most(seed):
    check, facts = CrossCheck(SYMBOLS), storm(seed, 4000)
    outs = run(check, facts)
    assert len({id(one) for one in outs}) == len(outs)
    assert balanced(check)
    assert check.told
    assert check.dropped
    strangers = [fact for fact in facts if fact.symbol == "DOGE" and type(fact).__name__ != "Liquidation"]
    passed = {id(one) for one in outs}
    assert all(id(fact) in passed for fact in strangers)


@settings(max_examples=30)
@given(rows, st.integers(0, 119))
def test_saved_and_resumed_anywhere_gives_the_same(given_rows, where):
    facts, cut = stream(given_rows), min(where, len(given_rows))
    whole, first, second_half = CrossCheck(SYMBOLS), CrossCheck(SYMBOLS), CrossCheck(SYMBOLS)
    wanted = run(whole, facts)
    found = run(first, facts[:cut])
    second_half.restore(first.snapshot())
    found += run(second_half, facts[cut:])
    assert [encode(one) for one in found] == [encode(one) for one in wanted]
    assert second_half.snapshot() == whole.snapshot()
    assert (second_half.held, second_half.dropped, second_half.taken) == (whole.held, whole.dropped, whole.taken)


def test_a_long_storm_resumed_many_times_is_the_same():
    facts = storm(9, 3000)
    whole, check, found = CrossCheck(SYMBOLS), CrossCheck(SYMBOLS), []
    wanted = run(whole, facts)
    for start in range(0, len(facts), 250):
        found += run(check, facts[start : start + 250])
        saved, check = check.snapshot(), CrossCheck(SYMBOLS)
        check.restore(saved)
    assert [encode(one) for one in found] == [encode(one) for one in wanted]


def test_the_state_stays_bounded():
    check = CrossCheck(SYMBOLS)
    run(check, storm(4, 6000))
    size = len(check.snapshot())
    run(check, storm(4, 6000))
    assert len(check.snapshot()) < 1.2 * size + 20_000


@pytest.mark.parametrize("data", [b"", b"\x93\x01", CrossCheck(["DOGE"]).snapshot()])
def test_foreign_bytes_are_refused(data):
    with pytest.raises(SnapshotError):
        CrossCheck(SYMBOLS).restore(data)


def test_kinds_without_a_check_pass_as_they_are():
    fact = long_short_ratio()
    assert CrossCheck(SYMBOLS).feed(fact) == [fact]


def test_each_check_has_its_own_name():
    assert len({check.name for check in CHECKS}) == len(CHECKS) == 5


def test_what_is_taken_out_is_told_by_venue():
    check = CrossCheck(SYMBOLS)
    outs = run(check, [*(mark(0, venue, 100.0) for venue in VENUES), *(mark(n, "okx", 200.0) for n in range(1, 6))])
    assert told(outs) == [("okx", "BTC", "stale", "price")]
    assert check.quarantined() == {"okx": 5}
