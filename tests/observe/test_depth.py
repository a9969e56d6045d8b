import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.model.timebase import MINUTE, SECOND
from clri.observe.depth import BookDepth
from clri.testing.builders import T0, depth, minute
from tests.observe import streams, truth
from tests.observe.facts import GivenShares, equal

LIMIT = 120 * SECOND
NEAR = ("bid_usd_1pct", "ask_usd_1pct")
FAR = ("bid_usd_2pct", "ask_usd_2pct")


def rank(fact):
    """Order in which samples are applied."""
    return (
        truth.time_of(fact),
        fact.src != "ws",
        fact.ts,
        fact.bid_usd_1pct,
        fact.ask_usd_1pct,
        *(-1.0 if far is None else far for far in (fact.bid_usd_2pct, fact.ask_usd_2pct)),
    )


def smooth(facts, name, boundaries):
    """Mean of one side of one venue: each minute's samples in order of time, older ones without weight."""
    value, last = None, None
    for start, end in zip([0, *boundaries], boundaries, strict=False):
        mine = [f for f in facts if start < f.ts <= end]
        for fact in sorted(mine, key=rank):
            x, time = getattr(fact, name), truth.time_of(fact)
            if value is None:
                value, last = x, time
            elif time >= last:
                value += (1.0 - math.exp(-(time - last) / 60e9)) * (x - value)
                last = time
    return value


def slow(facts, boundaries, shares):
    """The row's depth fields, from all facts."""
    boundary = boundaries[-1]
    sound = [f for f in facts if f.valid and min(f.reach_bid_pct, f.reach_ask_pct) >= 0.05]
    deep = [f for f in sound if f.bid_usd_2pct is not None]
    near = truth.fresh(sound, boundary, LIMIT, shares, lambda f: f.spread_bps)
    far = truth.fresh(deep, boundary, LIMIT, shares, lambda f: f.spread_bps)
    coverage = truth.share_of(near, shares)
    row = {"cov_book": pytest.approx(coverage), "n_book": len(near)}
    row["age_book_s"] = max(((boundary - f.ts) / SECOND for f in near.values()), default=None)
    side = lambda used, of, name: pytest.approx(  # noqa: E731
        sum(smooth([f for f in of if f.venue == venue], name, boundaries) for venue in used), rel=1e-9, abs=1e-6
    )
    if near and coverage >= 0.30:
        row["bid_depth_usd"], row["ask_depth_usd"] = side(near, sound, NEAR[0]), side(near, sound, NEAR[1])
        spreads = sorted(f.spread_bps for f in near.values())
        row["spread_bps"] = 0.5 * (spreads[(len(spreads) - 1) // 2] + spreads[len(spreads) // 2])
    if far and truth.share_of(far, shares) >= 0.30:
        row["bid_depth_2pct_usd"], row["ask_depth_2pct_usd"] = side(far, deep, FAR[0]), side(far, deep, FAR[1])
    return row


@given(st.lists(streams.depths(), max_size=25), streams.given_shares())
def test_every_minute_equals_the_slow_truth(facts, shares):
    books, boundaries = BookDepth("BTC"), []
    facts = streams.sorted_facts(facts)
    for boundary in (minute(1), minute(2), minute(3), minute(5)):
        boundaries.append(boundary)
        for fact in facts:
            if boundary - MINUTE < fact.ts <= boundary:
                books.add(fact)
        assert books.close(boundary, shares) == slow(facts, boundaries, shares)


def sample(second, bid, ask, **changes):
    """Depth of a venue at a second of the minute."""
    changes = {"ts": T0 + second * SECOND, "ts_venue": None, "bid_usd_2pct": None, "ask_usd_2pct": None} | changes
    return depth(bid_usd_1pct=bid, ask_usd_1pct=ask, **changes)


def test_vector_of_the_smoothing():
    books = BookDepth("BTC")
    books.add(sample(10, 40e6, 40e6))
    books.add(sample(20, 30e6, 50e6))
    row = books.close(minute(1), equal("bybit"))
    assert (round(row["bid_depth_usd"] / 1e6, 4), round(row["ask_depth_usd"] / 1e6, 4)) == (38.4648, 41.5352)
    bid, ask = row["bid_depth_usd"], row["ask_depth_usd"]
    assert round(abs(bid - ask) / (bid + ask) * 100, 4) == 3.8380
    assert "bid_depth_2pct_usd" not in row


def test_the_smoothing_goes_on_over_the_minute():
    books = BookDepth("BTC")
    books.add(sample(55, 40e6, 40e6))
    assert books.close(minute(1), equal("bybit"))["bid_depth_usd"] == 40e6
    books.add(sample(65, 30e6, 50e6))
    assert round(books.close(minute(2), equal("bybit"))["bid_depth_usd"] / 1e6, 4) == 38.4648


@pytest.mark.parametrize(
    "change", [{"valid": False}, {"reach_bid_pct": 0.049}, {"reach_ask_pct": 0.0}, {"market": "spot"}]
)
def test_an_unsound_sample_is_left_out(change):
    books = BookDepth("BTC")
    books.add(sample(1, 1e6, 2e6, **change))
    assert books.close(minute(1), equal("bybit")) == {"cov_book": 0.0, "age_book_s": None, "n_book": 0}


def test_a_venue_leaves_two_minutes_after_its_last_sound_sample():
    books = BookDepth("BTC")
    books.add(sample(0, 1e6, 2e6))
    books.add(sample(100, 9e6, 9e6, valid=False))
    row = books.close(minute(2), equal("bybit"))
    assert (row["bid_depth_usd"], row["age_book_s"]) == (1e6, 120.0)
    assert books.close(minute(2) + 1, equal("bybit"))["n_book"] == 0


def test_of_two_samples_of_one_time_the_socket_goes_first_and_the_other_has_no_weight():
    books = BookDepth("BTC")
    books.add(sample(2, 9e6, 9e6, ts_venue=T0, src="rest"))
    books.add(sample(3, 1e6, 2e6, ts_venue=T0, src="ws"))
    assert books.close(minute(1), equal("bybit"))["bid_depth_usd"] == 1e6


def test_sides_are_summed_and_spreads_are_not():
    books = BookDepth("BTC")
    for venue, spread in (("okx", 1.0), ("gate", 9.0), ("bybit", 2.0)):
        books.add(sample(1, 1e6, 2e6, venue=venue, spread_bps=spread, bid_usd_2pct=3e6, ask_usd_2pct=4e6))
    row = books.close(minute(1), equal("okx", "gate", "bybit"))
    assert (row["bid_depth_usd"], row["ask_depth_usd"], row["spread_bps"]) == (3e6, 6e6, 2.0)
    assert (row["bid_depth_2pct_usd"], row["ask_depth_2pct_usd"]) == (9e6, 12e6)


def test_each_band_needs_its_own_weight():
    books = BookDepth("BTC")
    books.add(sample(1, 1e6, 2e6, venue="okx"))
    books.add(sample(1, 1e6, 2e6, venue="gate", bid_usd_2pct=3e6, ask_usd_2pct=4e6))
    row = books.close(minute(1), GivenShares({"okx": 0.8, "gate": 0.2}))
    assert (row["bid_depth_usd"], "bid_depth_2pct_usd" in row) == (2e6, False)
