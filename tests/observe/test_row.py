import pytest

from clri.model.codec import decode_output, encode
from clri.model.errors import SnapshotError
from clri.model.observation import INPUTS
from clri.model.timebase import SECOND
from clri.observe import ACCUMULATORS
from clri.observe.row import RowBuilder
from clri.testing.builders import (
    T0,
    depth,
    feed_status,
    instrument,
    liquidation,
    long_short_ratio,
    mark_funding,
    minute,
    open_interest,
    tick,
    ticker,
)
from tests.observe.facts import aggregate, bar, transfer

VENUES = ("binance", "bybit")


def builder(symbol="BTC"):
    """A builder whose minute 0 is closed."""
    rows = RowBuilder(symbol, "live", VENUES)
    rows.close(T0)
    return rows


def test_a_full_row():
    rows = builder()
    ts = T0 + 10 * SECOND
    for venue in VENUES:
        for fact in (
            open_interest(ts=ts, venue=venue),
            mark_funding(ts=ts, venue=venue, predicted_8h=2e-4),
            ticker(ts=ts, venue=venue),
            ticker(ts=ts, venue=venue, market="spot"),
            depth(ts=ts, venue=venue),
            feed_status(ts=ts, venue=venue),
            liquidation(ts=ts, venue=venue),
            bar(ts=ts, venue=venue),
        ):
            rows.add(fact)
        for kind in ("account", "top_account", "top_position", "taker"):
            rows.add(long_short_ratio(ts=ts, venue=venue, kind=kind))
    rows.add(aggregate(ts))
    row = rows.close(minute(1))
    missing = {name for name in row.__struct_fields__ if getattr(row, name) is None}
    later = {"settled_8h", "liq_long_usd_est", "liq_short_usd_est", "cascade_score_max", "cascade_active"}
    later |= {"cascade_signal_max", "branching_ratio", "branching_percentile"}
    assert missing == later | {name for name in row.__struct_fields__ if "stable" in name}
    assert all(getattr(row, f"cov_{name}") == 1.0 for name in INPUTS[:-1])
    assert all(getattr(row, f"n_{name}") == 2 for name in INPUTS[:-1])
    assert (row.ts, row.symbol, row.mode, row.oi_usd) == (minute(1), "BTC", "live", 6e9)
    assert decode_output(encode(row)) == row


def test_a_row_comes_though_nothing_came():
    row = builder().close(minute(1))
    assert (row.price, row.cov_price, row.n_price, row.age_price_s, row.liq_long_usd) == (None, 0.0, 0, None, None)
    assert row.cov_stable is None


def test_the_market_row_holds_stablecoins_and_nothing_else():
    rows = builder("MARKET")
    rows.add(feed_status(ts=T0 + 1, venue="etherscan", channel="logs"))
    rows.add(transfer(T0 + 1, "BURN", 3e6))
    row = rows.close(minute(1))
    assert (row.stable_burn_usd, row.cov_stable, row.cov_price, row.n_liq) == (3e6, 1.0, None, None)


def test_a_row_builder_holds_every_registered_accumulator():
    coin, market = RowBuilder("BTC", "live", VENUES), RowBuilder("MARKET", "live", VENUES)
    parts = coin.parts | market.parts
    assert list(parts) == list(ACCUMULATORS)
    for name, part in parts.items():
        kind = type(part)
        assert f"{kind.__module__.rpartition('.')[2]}:{kind.__qualname__}" == ACCUMULATORS[name]


def test_a_fact_after_the_boundary_waits_for_its_own_row():
    rows = builder()
    rows.add(liquidation(ts=minute(1), qty=1.0, price=5.0))
    rows.add(liquidation(ts=minute(1) + 1, qty=1.0, price=7.0))
    rows.add(liquidation(ts=minute(2) + 1, qty=1.0, price=9.0))
    rows.add(feed_status(ts=minute(1)))
    assert rows.close(minute(1)).liq_long_usd == 5.0
    rows.add(feed_status(ts=minute(2)))
    assert rows.close(minute(2)).liq_long_usd == 7.0
    rows.add(feed_status(ts=minute(3)))
    assert rows.close(minute(3)).liq_long_usd == 9.0
    assert rows.late == {}


def test_before_the_first_close_every_fact_waits():
    rows = RowBuilder("BTC", "live", VENUES)
    for number in (0, 1, 2):
        rows.add(open_interest(ts=minute(number), oi_base=10.0 + number))
    assert [rows.close(minute(number)).oi_base for number in (0, 1, 2)] == [10.0, 11.0, 12.0]


def test_a_minute_that_was_skipped_is_part_of_the_next_row():
    rows = builder()
    for number in (1, 2, 3):
        rows.add(liquidation(ts=minute(number), qty=1.0, price=1.0))
    rows.add(feed_status(ts=minute(3)))
    assert rows.close(minute(3)).liq_long_n == 3


def test_late_facts_are_counted_and_none_is_lost():
    rows = builder()
    rows.add(mark_funding(ts=T0 + 50 * SECOND, mark=100.0))
    rows.close(minute(1))
    rows.add(liquidation(ts=minute(1), qty=1.0, price=5.0))
    rows.add(mark_funding(ts=T0 + 40 * SECOND, mark=90.0))
    rows.add(feed_status(ts=minute(2)))
    row = rows.close(minute(2))
    assert (row.liq_long_usd, row.price) == (5.0, 100.0)
    rows.add(mark_funding(ts=T0 + 55 * SECOND, mark=110.0))
    assert rows.close(minute(3)).price is None  # 125 s old
    assert rows.late == {"liq": 1, "mkf": 2}


def test_a_late_value_that_is_newer_counts_in_the_next_row():
    rows = builder()
    rows.add(mark_funding(ts=T0 + 50 * SECOND, mark=100.0))
    rows.close(minute(1))
    rows.add(mark_funding(ts=T0 + 55 * SECOND, mark=110.0))
    row = rows.close(minute(2))
    assert (row.price, row.age_price_s) == (110.0, 65.0)


@pytest.mark.parametrize("change", [{"symbol": "ETH"}, {"symbol": "MARKET"}, {"venue": "okx"}, {"backfill": True}])
def test_what_is_not_ours_is_passed_over(change):
    rows = builder()
    rows.add(liquidation(ts=T0 + 1, **change))
    rows.add(liquidation(ts=T0 - 1, **change))
    rows.add(tick(ts=T0 + 1))
    rows.add(feed_status(ts=T0 + 1))
    assert (rows.close(minute(1)).liq_long_n, rows.late) == (0, {})


def test_newest_means_the_same_here_as_in_each_accumulator():
    rows = builder()
    rows.add(mark_funding(ts=T0 + 5, ts_venue=T0 + 1, src="ws", mark=1.0))
    rows.add(mark_funding(ts=T0 + 6, ts_venue=T0 + 1, src="rest", mark=2.0))
    assert rows.close(minute(1)).price == 1.0
    rows.add(mark_funding(ts=minute(1) + 1, ts_venue=minute(9), mark=3.0))  # its clock runs ahead
    rows.add(mark_funding(ts=minute(1) + 2, ts_venue=None, src="rest", mark=4.0))
    assert rows.close(minute(2)).price == 4.0


def test_coverage_speaks_of_the_venues_that_list_the_symbol():
    rows = builder()
    rows.add(mark_funding(ts=T0 + 1, venue="bybit"))
    assert rows.close(minute(1)).cov_price == 0.5
    rows.add(instrument(ts=minute(1) + 1, venue="binance", valid_to=minute(1)))
    rows.add(mark_funding(ts=minute(1) + 1, venue="bybit"))
    assert rows.close(minute(2)).cov_price == 1.0


def test_open_interest_comes_first_so_that_its_weights_hold_in_the_same_row():
    rows = builder()
    for venue, coins, mark in (("binance", 9.0, 100.0), ("bybit", 1.0, 200.0)):
        rows.add(open_interest(ts=T0 + 1, venue=venue, oi_base=coins))
        rows.add(mark_funding(ts=T0 + 1, venue=venue, mark=mark))
    assert rows.close(minute(1)).price == 100.0


@pytest.mark.parametrize("boundary", [T0, T0 - 1, T0 + SECOND])
def test_a_minute_is_closed_once_and_whole(boundary):
    with pytest.raises(ValueError, match="expected a whole minute after"):
        builder().close(boundary)


def test_state_of_another_row_is_refused():
    saved = builder().snapshot()
    others = (("ETH", "live", VENUES), ("BTC", "replay-simulated", VENUES), ("BTC", "live", ("okx",)))
    for symbol, mode, venues in others:
        with pytest.raises(SnapshotError):
            RowBuilder(symbol, mode, venues).restore(saved)
    with pytest.raises(SnapshotError):
        builder().restore(saved[:-1])


def test_a_second_contract_of_a_venue_does_not_alternate_with_the_first():
    rows = builder()
    for second, (raw, oi) in enumerate((("BTCUSDT", 100.0), ("BTCUSDC", 7.0)) * 3):
        ts = T0 + (second + 1) * SECOND
        rows.add(open_interest(ts=ts, venue="binance", raw=raw, oi_base=oi))
        rows.add(liquidation(ts=ts, venue="binance", raw=raw, event_id=str(second), usd=10.0))
    row = rows.close(minute(1))
    assert row.oi_base == 100.0
    assert row.liq_long_n is None or row.liq_long_n == 6
