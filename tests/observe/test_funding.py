import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.model.timebase import HOUR, MINUTE, SECOND
from clri.observe.funding import Funding
from clri.testing.builders import T0, mark_funding
from tests.observe import streams, truth
from tests.observe.facts import GivenShares, equal

LIMIT = 10 * MINUTE
END = T0 + MINUTE


def rate(venue="bybit", ts=T0 + 1, f8=1e-4, **changes):
    """A running or settled rate per 8 h of one venue."""
    changes = {"ts_venue": None, "apr": None} | changes
    return mark_funding(venue=venue, ts=ts, rate_8h=f8, rate=f8, **changes)


def slow(facts, boundary, shares):
    """Running and settled rates of the row, from all facts; without settled_8h."""
    rates = [f for f in facts if f.rate_8h is not None and f.ts <= boundary]
    running = [f for f in rates if f.kind == "current"]
    value = lambda f: (f.rate_8h, f.apr, f.next_funding_ts or 0)  # noqa: E731
    now = truth.fresh(running, boundary, LIMIT, shares, value)
    old = truth.newest([f for f in rates if f.kind == "settled"], boundary, value)
    used, times = {}, {}
    for venue in shares.enabled():
        if venue in now:
            used[venue], times[venue] = now[venue].rate_8h, now[venue].ts
        elif venue in old and boundary - truth.time_of(old[venue]) <= 8 * HOUR + LIMIT:
            used[venue], times[venue] = old[venue].rate_8h, truth.time_of(old[venue])
    coverage = truth.share_of(used, shares)
    row = {"cov_funding": pytest.approx(coverage), "n_funding": len(used)}
    row["age_funding_s"] = max(((boundary - ts) / SECOND for ts in times.values()), default=None)
    if not used or coverage < 0.30:
        return row
    weights = truth.weights(shares)
    guess = [f for f in running if f.predicted_8h is not None]
    guess = truth.fresh(guess, boundary, LIMIT, shares, lambda f: f.predicted_8h)
    row["funding_8h"] = pytest.approx(truth.mean(used, weights), abs=1e-15)
    row["funding_apr"] = pytest.approx(1095.0 * truth.mean(used, weights), abs=1e-12)
    large = [f8 for venue, f8 in used.items() if shares.weight(venue) >= 0.05] or list(used.values())
    row["funding_min_8h"], row["funding_max_8h"] = min(large), max(large)
    row["next_funding_ts"] = min(
        (f.next_funding_ts for f in now.values() if (f.next_funding_ts or 0) > boundary), default=None
    )
    if truth.share_of(guess, shares) >= 0.30:
        values = {venue: fact.predicted_8h for venue, fact in guess.items()}
        row["predicted_8h"] = pytest.approx(truth.mean(values, weights), abs=1e-15)
    return row


@given(st.lists(streams.marks(), max_size=25), streams.given_shares())
def test_every_minute_equals_the_slow_truth(facts, shares):
    funding = Funding("BTC")
    facts = streams.sorted_facts(facts)
    for boundary in (END, T0 + 2 * MINUTE, T0 + 3 * MINUTE, T0 + 12 * MINUTE):
        for fact in facts:
            if boundary - MINUTE < fact.ts <= boundary:
                funding.add(fact)
        row = dict(funding.close(boundary, shares))
        row.pop("settled_8h", None)
        assert row == slow(facts, boundary, shares)


def test_vector_of_scores_9():
    venues = ("binance", "bybit", "okx", "gate", "bitget", "hyperliquid")
    coins = (88_500, 51_200, 29_500, 61_200, 36_400, 29_800)
    marks = (103_120, 103_110, 103_130, 103_125, 103_115, 103_105)
    rates = (1.1e-4, 1.2e-4, 0.9e-4, 1e-4, 1.3e-4, 1e-4)
    funding = Funding("BTC")
    for venue, f8 in zip(venues, rates, strict=True):
        funding.add(rate(venue, f8=f8))
    oi = {venue: float(c * m) for venue, c, m in zip(venues, coins, marks, strict=True)}
    row = funding.close(END, GivenShares(dict.fromkeys(venues, 1 / 6), oi))
    assert sum(oi.values()) == 30_584_852_000.0
    assert round(row["funding_8h"] * 1e4, 4) == 1.0912
    assert round(row["funding_apr"] * 100, 4) == 11.9490
    assert (row["funding_min_8h"], row["funding_max_8h"]) == (0.9e-4, 1.3e-4)


def test_the_range_leaves_small_venues_out():
    funding = Funding("BTC")
    for venue, f8 in (("binance", 1e-4), ("okx", 2e-4), ("gate", 90e-4)):
        funding.add(rate(venue, f8=f8))
    weights = {"binance": 0.80, "okx": 0.16, "gate": 0.04}
    row = funding.close(END, GivenShares(weights, {venue: 1e9 * w for venue, w in weights.items()}))
    assert (row["funding_min_8h"], row["funding_max_8h"]) == (1e-4, 2e-4)


def test_a_running_rate_leaves_after_ten_minutes_a_settled_one_after_its_interval_too():
    funding, shares = Funding("BTC"), equal("bybit")
    funding.add(rate(ts=T0, f8=1e-4))
    assert funding.close(T0 + 10 * MINUTE, shares)["funding_8h"] == 1e-4
    assert "funding_8h" not in funding.close(T0 + 11 * MINUTE, shares)
    funding.add(rate(ts=T0 + 12 * MINUTE, ts_venue=T0, f8=2e-4, kind="settled", interval_h=4.0))
    assert funding.close(T0 + 4 * HOUR + 10 * MINUTE, shares)["funding_8h"] == 2e-4
    assert funding.close(T0 + 4 * HOUR + 11 * MINUTE, shares)["cov_funding"] == 0.0


def test_an_older_rate_never_wins():
    funding = Funding("BTC")
    funding.add(rate(ts=T0 + 2, ts_venue=T0 + 2, f8=1e-4))
    funding.add(rate(ts=T0 + 3, ts_venue=T0 + 1, f8=9e-4))
    assert funding.close(END, equal("bybit"))["funding_8h"] == 1e-4


def test_marks_without_a_rate_change_nothing():
    funding = Funding("BTC")
    funding.add(rate(ts=T0 + 1, f8=1e-4))
    funding.add(mark_funding(ts=T0 + 2, rate=None, rate_8h=None))
    assert funding.close(END, equal("bybit"))["age_funding_s"] == pytest.approx(60.0)
