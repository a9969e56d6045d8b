"""What was settled in a slot of 8 hours: venues of 1, 4 and 8 hours count alike, each settlement once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.model.timebase import HOUR, MINUTE, SECOND
from clri.observe.funding import SLOT, Funding
from clri.testing.builders import T0
from tests.observe.facts import GivenShares, equal
from tests.observe.test_funding import rate

END = -(-T0 // SLOT) * SLOT
LAST = END - MINUTE


def settle(funding, shares, at, rates, *, known=0):
    """One settlement of each venue at `at`: its rate is told before, or `known` ns after; the row of that minute."""
    for venue, f8 in rates.items():
        if known:
            funding.add(rate(venue, ts=at + known, ts_venue=at, f8=f8, kind="settled", interval_h=1.0))
        else:
            funding.add(rate(venue, ts=at - 20 * SECOND, f8=f8, next_funding_ts=at))
    return funding.close(-(-(at + known) // MINUTE) * MINUTE, shares).get("settled_8h")


def test_the_slots_end_at_00_08_and_16_utc():
    assert [hour for hour in range(24) if hour * HOUR % SLOT == 0] == [0, 8, 16]
    assert END % SLOT == 0


def test_a_rate_settles_in_the_minute_that_ends_its_slot():
    funding = Funding("BTC")
    funding.add(rate(ts=LAST + 1, f8=3e-4, next_funding_ts=END))
    funding.add(rate(ts=LAST + 31 * SECOND, f8=1e-4, next_funding_ts=END + 8 * HOUR))  # the next one begins
    row = funding.close(END, equal("bybit"))
    assert (row["settled_8h"], row["funding_8h"], row["next_funding_ts"]) == (3e-4, 1e-4, END + 8 * HOUR)
    assert funding.close(END + MINUTE, equal("bybit"))["settled_8h"] is None


def test_a_rate_told_after_its_settlement_is_not_the_settled_one():
    funding = Funding("BTC")
    funding.add(rate(ts=LAST + 10 * SECOND, f8=3e-4, next_funding_ts=LAST + 30 * SECOND))
    funding.add(rate(ts=LAST + 40 * SECOND, f8=9e-4, next_funding_ts=LAST + 30 * SECOND))
    assert funding.close(END, equal("bybit"))["settled_8h"] == 3e-4


def test_only_the_venues_that_settled_are_in_the_settled_rate():
    funding = Funding("BTC")
    funding.add(rate("bybit", ts=LAST + 1, f8=2e-4, next_funding_ts=END))
    funding.add(rate("okx", ts=LAST + 1, f8=4e-4, next_funding_ts=END))
    funding.add(rate("gate", ts=LAST + 1, f8=9e-4, next_funding_ts=END + 4 * HOUR))
    shares = GivenShares({"bybit": 0.25, "okx": 0.25, "gate": 0.5}, {"bybit": 3e9, "okx": 1e9, "gate": 4e9})
    assert funding.close(END, shares)["settled_8h"] == pytest.approx(2.5e-4)


@pytest.mark.parametrize("hours", [1, 2, 4, 8])
def test_every_interval_is_summed_and_scaled_to_eight_hours(hours):
    """Per interval the venue pays rate_8h * hours / 8; the sum over the slot is what an 8-h venue pays once."""
    funding, shares = Funding("BTC"), equal("hyperliquid")
    steps = 8 // hours
    told = [1e-5 * (step + 1) for step in range(steps)]
    rows = [
        settle(funding, shares, END - (steps - 1 - step) * hours * HOUR, {"hyperliquid": f8})
        for step, f8 in enumerate(told)
    ]
    paid = sum(f8 * hours / 8 for f8 in told)
    assert rows[:-1] == [None] * (steps - 1)
    assert rows[-1] == pytest.approx(paid, abs=1e-15)


def test_mixed_intervals_weigh_by_open_interest():
    shares = GivenShares({"okx": 0.25, "hyperliquid": 0.5, "gate": 0.25}, {"okx": 1e9, "hyperliquid": 2e9, "gate": 1e9})
    funding = Funding("BTC")
    for hour in range(1, 8):
        rates = {"hyperliquid": 1e-5 * hour} | ({"gate": 2e-4} if hour == 4 else {})
        assert settle(funding, shares, END - SLOT + hour * HOUR, rates) is None
    got = settle(funding, shares, END, {"hyperliquid": 8e-5, "gate": 4e-4, "okx": 1e-4})
    assert got == pytest.approx(0.25 * 1e-4 + 0.5 * 4.5e-5 + 0.25 * 3e-4, abs=1e-15)


def test_a_slot_begins_with_nothing_of_the_one_before():
    funding, shares = Funding("BTC"), equal("hyperliquid")
    settle(funding, shares, END - HOUR, {"hyperliquid": 9e-4})
    settle(funding, shares, END, {"hyperliquid": 9e-4})
    assert settle(funding, shares, END + SLOT, {"hyperliquid": 1e-4}) == 1e-4


def test_a_venue_that_tells_later_changes_the_slot_within_ten_minutes():
    funding, shares = Funding("BTC"), equal("bybit", "okx")
    assert settle(funding, shares, END, {"bybit": 1e-4}) == 1e-4
    assert settle(funding, shares, END, {"okx": 3e-4}, known=150 * SECOND) == pytest.approx(2e-4)
    assert funding.close(END + 4 * MINUTE, shares)["settled_8h"] is None
    late, shares = Funding("BTC"), equal("bybit", "okx")
    settle(late, shares, END, {"bybit": 1e-4})
    assert settle(late, shares, END, {"okx": 3e-4}, known=10 * MINUTE + SECOND) is None


@pytest.mark.parametrize("off", [3_000_000, 900_000_000])
def test_a_settlement_some_ms_past_the_end_belongs_to_the_slot(off):
    funding, shares = Funding("BTC"), equal("binance")
    funding.add(rate("binance", ts=END + 40 * SECOND, ts_venue=END + off, f8=2e-4, kind="settled"))
    assert funding.close(END + MINUTE, shares)["settled_8h"] == 2e-4


def test_a_settled_fact_is_told_once_and_goes_before_the_running_rate():
    funding, shares = Funding("BTC"), equal("bybit")
    funding.add(rate(ts=LAST + 1, f8=3e-4, next_funding_ts=END))
    funding.add(rate(ts=LAST + 59 * SECOND, ts_venue=END - SECOND, f8=2.5e-4, kind="settled"))
    assert funding.close(END, shares)["settled_8h"] == 2.5e-4
    funding.add(rate(ts=END + 40 * SECOND, ts_venue=END - SECOND, f8=2.5e-4, kind="settled"))  # polled again
    assert funding.close(END + MINUTE, shares)["settled_8h"] is None


def test_the_settlement_before_our_start_is_no_news():
    funding = Funding("BTC")
    funding.add(rate(ts=END + 1, ts_venue=END - 5 * HOUR, f8=2e-4, kind="settled"))
    row = funding.close(END + MINUTE, equal("bybit"))
    assert (row["settled_8h"], row["funding_8h"], row["age_funding_s"]) == (None, 2e-4, 5 * 3600.0 + 60.0)


def test_the_former_settlement_does_not_replace_the_one_of_this_minute():
    funding = Funding("BTC")
    funding.add(rate(ts=LAST + 1, f8=3e-4, next_funding_ts=END))
    funding.add(rate(ts=LAST + 2, ts_venue=END - 8 * HOUR, f8=1e-5, kind="settled"))
    assert funding.close(END, equal("bybit"))["settled_8h"] == 3e-4


rates = st.integers(-300, 300).map(lambda n: n * 1e-6)


@given(st.lists(st.tuples(st.sampled_from((1, 2, 4, 8)), st.lists(rates, min_size=8, max_size=8)), max_size=3))
def test_any_venues_equal_the_slow_truth_and_a_restored_one(venues):
    """Each venue pays its interval's rate; the mean over venues of what they paid in the slot."""
    names = ("bybit", "okx", "gate")[: len(venues)]
    funding, shares = Funding("BTC"), equal(*("bybit", "okx", "gate"))
    row = None
    for hour in range(1, 9):
        due = {n: told[hour - 1] for n, (h, told) in zip(names, venues, strict=True) if hour % h == 0}
        row = settle(funding, shares, END - SLOT + hour * HOUR, due)
        again = Funding("BTC")
        again.restore(funding.snapshot())
        funding = again
    paid = [sum(told[hour - 1] * h / 8 for hour in range(h, 9, h)) for h, told in venues]
    assert (row is None) == (not paid)
    if paid:
        assert row == pytest.approx(sum(paid) / len(paid), abs=1e-15)
