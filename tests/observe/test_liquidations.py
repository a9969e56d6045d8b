import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.model.timebase import MINUTE, SECOND
from clri.observe.liquidations import Liquidations
from clri.testing.builders import T0, depth, feed_status, liquidation, mark_funding, minute
from tests.observe import streams, truth
from tests.observe.facts import GivenShares, aggregate, equal

FIELDS = ("liq_long_usd", "liq_short_usd", "liq_long_n", "liq_short_n", "liq_max_usd", "liq_complete_share")


def healthy(facts, boundary, shares):
    """Sign of life of each venue whose feed is well, from all facts."""
    found = {}
    for venue in shares.enabled():
        mine = [f for f in facts if f.venue == venue and f.ts <= boundary]
        feed = [f for f in mine if type(f).__name__ == "FeedStatus" and f.channel == "liquidation"]
        words = [(f.ts, f.state != "up") for f in feed if f.state != "rate_limited"]
        events = [f for f in mine if type(f).__name__ == "Liquidation" and real(f)]
        well = not max(words)[1] if words else bool(events)
        others = [f.ts for f in mine if type(f).__name__ not in {"FeedStatus", "Liquidation"} and f.src == "ws"]
        signs = others + [f.ts for f in events if f.src == "ws"] + [ts for ts, bad in words if not bad]
        if well and signs and boundary - max(signs) <= 60 * SECOND:
            found[venue] = max(signs)
    return found


def real(fact):
    """A liquidation that counts."""
    return not fact.backfill and fact.completeness != "aggregate"


def slow(facts, start, boundary, shares):
    """The row's liquidation fields, from all facts."""
    well = healthy(facts, boundary, shares)
    coverage = truth.share_of(well, shares)
    row = {"cov_liq": pytest.approx(coverage), "n_liq": len(well)}
    row["age_liq_s"] = max(((boundary - ts) / SECOND for ts in well.values()), default=None)
    events = [f for f in facts if type(f).__name__ == "Liquidation" and start < f.ts <= boundary and real(f)]
    usd = {s: sum(round(f.usd * 1e6) for f in events if f.side == s) / 1e6 for s in ("LONG", "SHORT")}
    if well and coverage >= 0.30:
        row["liq_long_usd"], row["liq_short_usd"] = pytest.approx(usd["LONG"]), pytest.approx(usd["SHORT"])
        row["liq_long_n"] = sum(f.side == "LONG" for f in events)
        row["liq_short_n"] = sum(f.side == "SHORT" for f in events)
        row["liq_max_usd"] = pytest.approx(max((f.usd for f in events), default=0.0), abs=1e-6)
        complete, total = sum(f.usd for f in events if f.completeness == "all"), sum(f.usd for f in events)
        share = complete / total if total > 1e-3 else None
        row["liq_complete_share"] = None if share is None else pytest.approx(share, abs=1e-3)
    return row


stream = st.lists(streams.liquidations() | streams.statuses() | streams.marks(), max_size=30)


@given(stream, streams.given_shares())
def test_every_minute_equals_the_slow_truth(facts, shares):
    liquidations = Liquidations("BTC")
    facts = [f for f in streams.sorted_facts(facts) if getattr(f, "usd", 1.0) > 1e-3]
    for boundary in (minute(1), minute(2), minute(3), minute(4)):
        for fact in facts:
            if boundary - MINUTE < fact.ts <= boundary:
                liquidations.add(fact)
        assert liquidations.close(boundary, shares) == slow(facts, boundary - MINUTE, boundary, shares)


def test_a_quiet_feed_is_zero_and_a_missing_feed_is_none():
    liquidations, shares = Liquidations("BTC"), equal("bybit")
    row = liquidations.close(minute(1), shares)
    assert all(row.get(name) is None for name in FIELDS)
    assert (row["cov_liq"], row["n_liq"], row["age_liq_s"]) == (0.0, 0, None)
    liquidations.add(feed_status(ts=minute(2) - 30 * SECOND))
    row = liquidations.close(minute(2), shares)
    assert [row[name] for name in FIELDS] == [0.0, 0.0, 0, 0, 0.0, None]
    assert (row["cov_liq"], row["n_liq"], row["age_liq_s"]) == (1.0, 1, 30.0)


def test_sums_sides_counts_and_share():
    liquidations = Liquidations("BTC")
    liquidations.add(feed_status(ts=T0 + 1))
    for side, qty, completeness in (("LONG", 2.0, "all"), ("LONG", 1.0, "largest_1s"), ("SHORT", 1.0, "all")):
        liquidations.add(liquidation(ts=T0 + 2, side=side, qty=qty, price=100.0, completeness=completeness))
    row = liquidations.close(minute(1), equal("bybit"))
    assert [row[name] for name in FIELDS] == [300.0, 100.0, 2, 1, 200.0, 0.75]
    assert liquidations.close(minute(2), equal("bybit"))["cov_liq"] == 0.0


@pytest.mark.parametrize("state", ["down", "stale", "gap", "geo_blocked", "disabled", "unsupported"])
def test_a_feed_that_is_not_up_is_missing_though_the_socket_speaks(state):
    liquidations, shares = Liquidations("BTC"), equal("bybit")
    liquidations.add(feed_status(ts=T0 + 1))
    liquidations.add(feed_status(ts=T0 + 2, state=state, symbol="BTC"))
    liquidations.add(mark_funding(ts=minute(1)))
    liquidations.add(liquidation(ts=minute(1)))
    assert liquidations.close(minute(1), shares).get("liq_long_usd") is None
    liquidations.add(feed_status(ts=minute(1) + 1))
    assert liquidations.close(minute(2), shares)["liq_long_usd"] == 0.0


def test_a_feed_without_any_status_is_well_only_after_its_first_liquidation():
    liquidations, shares = Liquidations("BTC"), equal("bybit")
    for number in (1, 2, 3):
        liquidations.add(mark_funding(ts=minute(number)))
        if number == 2:
            liquidations.add(liquidation(ts=minute(2), qty=1.0, price=7.0))
        row = liquidations.close(minute(number), shares)
        assert row.get("liq_long_usd") == (None, 7.0, 0.0)[number - 1]


def test_sixty_seconds_of_silence_end_a_feed_and_only_its_own_socket_revives_it():
    liquidations, shares = Liquidations("BTC"), equal("bybit")
    liquidations.add(feed_status(ts=T0))
    assert liquidations.close(minute(1), shares)["age_liq_s"] == 60.0
    assert liquidations.close(minute(1) + 1, shares)["cov_liq"] == 0.0
    liquidations.add(depth(ts=minute(2) - 1, src="rest"))
    liquidations.add(depth(ts=minute(2) - 1, venue="okx"))
    assert liquidations.close(minute(2), shares)["cov_liq"] == 0.0
    liquidations.add(depth(ts=minute(3) - 1))
    assert liquidations.close(minute(3), shares)["cov_liq"] == 1.0


@pytest.mark.parametrize(("times", "well"), [((2, 1), True), ((1, 2), False), ((1, 1), False)])
def test_the_last_word_counts_in_any_order_of_arrival(times, well):
    words = [feed_status(ts=T0 + ts, state=state) for ts, state in zip(times, ("up", "down"), strict=True)]
    for order in (words, words[::-1]):
        liquidations = Liquidations("BTC")
        for word in order:
            liquidations.add(word)
        assert (liquidations.close(minute(1), equal("bybit"))["n_liq"] == 1) is well


def test_a_rate_limit_says_nothing_about_delivery():
    liquidations, shares = Liquidations("BTC"), equal("bybit")
    liquidations.add(feed_status(ts=T0 + 1, state="rate_limited"))
    assert liquidations.close(minute(1), shares)["n_liq"] == 0
    liquidations.add(feed_status(ts=minute(1) + 1))
    liquidations.add(feed_status(ts=minute(1) + 2, state="rate_limited"))
    assert liquidations.close(minute(2), shares)["n_liq"] == 1


def test_too_little_weight_is_none():
    liquidations = Liquidations("BTC")
    liquidations.add(feed_status(ts=T0, venue="gate"))
    row = liquidations.close(minute(1), GivenShares({"binance": 0.71, "gate": 0.29}))
    assert (row["cov_liq"], row["n_liq"], row.get("liq_long_usd")) == (0.29, 1, None)


def test_backfill_and_provider_events_never_count():
    liquidations = Liquidations("BTC")
    liquidations.add(feed_status(ts=T0))
    liquidations.add(liquidation(ts=T0 + 1, backfill=True))
    liquidations.add(liquidation(ts=T0 + 1, completeness="aggregate", src="aggregator"))
    assert liquidations.close(minute(1), equal("bybit"))["liq_long_usd"] == 0.0


def test_millions_of_cents_sum_without_drift():
    liquidations = Liquidations("BTC")
    liquidations.add(feed_status(ts=T0))
    for _ in range(3000):
        liquidations.add(liquidation(ts=T0 + 1, price=0.1, qty=1.0, event_id="x"))
    assert liquidations.close(minute(1), equal("bybit"))["liq_long_usd"] == 300.0


def test_provider_sums_are_the_newest_of_an_hour_for_fifteen_minutes():
    liquidations, shares = Liquidations("BTC"), equal("bybit")
    liquidations.add(aggregate(T0, 8.0, 8.0, ["binance"]))
    liquidations.add(aggregate(T0, 5.0, 6.0, ["binance", "okx"]))
    liquidations.add(aggregate(T0 + 1, 9.0, 9.0, window_s=86_400))
    row = liquidations.close(minute(15), shares)
    assert (row["liq_agg_1h_long_usd"], row["liq_agg_1h_short_usd"], row.get("liq_long_usd")) == (5.0, 6.0, None)
    assert "liq_agg_1h_long_usd" not in liquidations.close(minute(16), shares)
