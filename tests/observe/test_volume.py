import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.model.timebase import HOUR, MINUTE, SECOND
from clri.observe.volume import Volume
from clri.testing.builders import T0, minute, ticker
from tests.observe import streams, truth
from tests.observe.facts import GivenShares, bar, equal

LIMIT = 10 * MINUTE


def slow(facts, boundary, shares):
    """Turnover fields, from all facts."""
    known = [f for f in facts if f.vol24h_usd is not None]
    row = {"volume_1h_usd": None}
    found = {}
    for market, name in (("perp", "volume"), ("spot", "spot")):
        mine = [f for f in known if f.market == market]
        found[market] = truth.fresh(mine, boundary, LIMIT, shares, lambda f: f.vol24h_usd)
        row[f"cov_{name}"] = pytest.approx(truth.share_of(found[market], shares))
        row[f"n_{name}"] = len(found[market])
        ages = [(boundary - f.ts) / SECOND for f in found[market].values()]
        row[f"age_{name}_s"] = max(ages, default=None)
    both = set(found["perp"]) & set(found["spot"])
    if both and truth.share_of(both, shares) >= 0.30:
        row["perp_volume_24h_usd"] = pytest.approx(sum(found["perp"][v].vol24h_usd for v in both))
        row["spot_volume_24h_usd"] = pytest.approx(sum(found["spot"][v].vol24h_usd for v in both))
    return row


@given(st.lists(streams.tickers(), max_size=30), streams.given_shares())
def test_every_minute_equals_the_slow_truth(facts, shares):
    volume = Volume("BTC")
    facts = streams.sorted_facts(facts)
    for boundary in (minute(1), minute(2), minute(3), minute(12)):
        for fact in facts:
            if boundary - MINUTE < fact.ts <= boundary:
                volume.add(fact)
        assert volume.close(boundary, shares) == slow(facts, boundary, shares)


def turnover(venue, market, usd, ts=T0):
    """Ticker of a venue's market."""
    return ticker(ts=ts, venue=venue, market=market, vol24h_usd=usd)


def test_only_venues_with_both_markets_are_summed():
    volume = Volume("BTC")
    for fact in (turnover("binance", "perp", 70.0), turnover("okx", "perp", 20.0), turnover("okx", "spot", 5.0)):
        volume.add(fact)
    row = volume.close(minute(1), equal("binance", "okx"))
    assert (row["perp_volume_24h_usd"], row["spot_volume_24h_usd"]) == (20.0, 5.0)
    assert (row["cov_volume"], row["cov_spot"], row["n_volume"], row["n_spot"]) == (1.0, 0.5, 2, 1)


def test_without_a_spot_market_nothing_is_invented():
    volume = Volume("BTC")
    volume.add(turnover("binance", "perp", 70.0))
    row = volume.close(minute(1), equal("binance"))
    assert "perp_volume_24h_usd" not in row
    assert (row["cov_volume"], row["cov_spot"], row["age_spot_s"]) == (1.0, 0.0, None)


def test_a_turnover_leaves_after_ten_minutes():
    volume = Volume("BTC")
    volume.add(turnover("okx", "perp", 20.0))
    volume.add(turnover("okx", "spot", 5.0, ts=minute(5)))
    row = volume.close(minute(10), equal("okx"))
    assert (row["perp_volume_24h_usd"], row["age_volume_s"], row["age_spot_s"]) == (20.0, 600.0, 300.0)
    assert "perp_volume_24h_usd" not in volume.close(minute(11), equal("okx"))


def test_coins_without_usd_are_missing():
    volume = Volume("BTC")
    volume.add(ticker(ts=T0, vol24h_usd=None))
    assert volume.close(minute(1), equal("bybit"))["n_volume"] == 0


def test_the_last_closed_hour_of_the_largest_venue():
    volume = Volume("BTC")
    shares = GivenShares({"binance": 0.6, "okx": 0.4})
    volume.add(bar(venue="okx", vol_usd=4.0))
    assert volume.close(minute(1), shares)["volume_1h_usd"] == 4.0
    volume.add(bar(venue="binance", vol_usd=9.0, open_ts=T0 - 2 * HOUR))
    assert volume.close(minute(2), shares)["volume_1h_usd"] == 9.0
    volume.add(bar(venue="binance", vol_usd=8.0, open_ts=T0 - 3 * HOUR))  # history that comes late
    assert volume.close(minute(3), shares)["volume_1h_usd"] == 9.0
    assert volume.close(T0 + 61 * MINUTE, shares)["volume_1h_usd"] == 4.0  # binance's hour ended more than 2 h ago
    assert volume.close(T0 + 121 * MINUTE, shares)["volume_1h_usd"] is None


@pytest.mark.parametrize("change", [{"closed": False}, {"tf": "5m"}, {"vol_usd": None}, {"open_ts": T0}])
def test_only_closed_hours_with_a_turnover_count(change):
    volume = Volume("BTC")
    volume.add(bar(venue="okx", **change))
    assert volume.close(minute(1), equal("okx"))["volume_1h_usd"] is None


def test_a_closed_hour_of_the_back_fill_counts_but_a_back_filled_ticker_does_not():
    volume = Volume("BTC")
    volume.add(bar(venue="okx", vol_usd=4.0, backfill=True))
    volume.add(ticker(ts=T0, venue="okx", backfill=True))
    row = volume.close(minute(1), equal("okx"))
    assert (row["volume_1h_usd"], row["n_volume"]) == (4.0, 0)
