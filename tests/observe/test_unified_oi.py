"""Unified open interest: the vectors of SCORES 9, failed venues, inverse contracts, age, order."""

from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.model.errors import SnapshotError
from clri.model.names import EXCHANGES
from clri.model.timebase import HOUR, MINUTE
from clri.observe.oi_contract import category_of
from clri.observe.unified_oi import NO_INVERSE, UnifiedOpenInterest
from clri.testing.builders import T0, feed_status, instrument, mark_funding, open_interest, ticker

VECTOR = (
    ("binance", 88_500.0, 103_120.0, 0.00011, 8.0),
    ("bybit", 51_200.0, 103_110.0, 0.00012, 8.0),
    ("okx", 2_950_000 * 0.01, 103_130.0, 0.00009, 8.0),
    ("gate", 612_000_000 * 0.0001, 103_125.0, 0.0001, 8.0),
    ("bitget", 36_400.0, 103_115.0, 0.00013, 8.0),
    ("hyperliquid", 29_800.0, 103_105.0, 0.0000125, 1.0),
)
SHARES = {"binance": 29.8387, "bybit": 17.2609, "okx": 9.9472, "gate": 20.6352, "bitget": 12.2720}
SHARES |= {"hyperliquid": 10.0459}


def told(venue: str, coins: float, mark: float, rate: float, hours: float, **header) -> list:
    """Facts of one contract."""
    header = {"venue": venue, "raw": "BTC" if venue == "hyperliquid" else "BTCUSDT", **header}
    funding = {"rate": rate, "interval_h": hours, "rate_8h": rate * 8 / hours, "apr": rate * 8760 / hours}
    return [
        open_interest(oi_base=coins, oi_usd=None, price_used=None, **header),
        mark_funding(mark=mark, **funding, **header),
    ]


def kept(*facts, venues=EXCHANGES, symbols=("BTC",)) -> UnifiedOpenInterest:
    keeper = UnifiedOpenInterest(symbols, venues)
    for fact in facts:
        keeper.take(fact)
    return keeper


def everything() -> list:
    return [fact for row in VECTOR for fact in told(*row)]


def test_the_vector() -> None:
    found = kept(*everything()).snapshot_of("BTC", T0)
    totals = found.aggregated_oi
    assert (totals.total_tokens, totals.total_usd) == (pytest.approx(296_600), pytest.approx(30_584_852_000))
    assert {e.exchange: round(e.oi_percentage, 4) for e in found.exchange_breakdown} == SHARES
    assert round(totals.funding_rate * 1e4, 4) == 1.0912
    assert round(totals.apr * 100, 4) == 11.9490
    assert totals.exchanges_count == found.total_markets == 6
    assert found.validation_summary.validation_passed
    assert found.timestamp == T0
    categories = found.market_categories
    assert categories["usdc_stable"].exchanges == ["hyperliquid"]
    assert categories["usdc_stable"].percentage == pytest.approx(10.0459, abs=5e-5)
    assert len(categories["usdt_stable"].exchanges) == 5
    assert categories["usd_inverse"].total_usd is None
    assert found.notes == [NO_INVERSE, "turnover is known of 0 of 6 contracts: its sum is a lower bound"]


def test_an_inverse_contract_is_worth_its_contracts() -> None:
    raw = {"venue": "okx", "raw": "BTC-USD-SWAP"}
    keeper = kept(
        instrument(**raw, inverse=True, contract_size=100.0, settle="BTC"),
        open_interest(**raw, oi_base=1.0, oi_usd=1.0, contracts=410_000.0),
        mark_funding(**raw, mark=103_130.0),
        *told("okx", 29_500.0, 103_130.0, 0.00009, 8.0),
    )
    found = keeper.snapshot_of("BTC", T0)
    inverse = found.market_categories["usd_inverse"]
    assert inverse.total_usd == 41_000_000
    assert round(inverse.total_tokens, 4) == 397.5565
    assert NO_INVERSE not in found.notes
    assert found.exchange_breakdown[0].markets == 2


@pytest.mark.parametrize(
    ("rate", "hours", "rate_8h", "apr"), [(0.0000125, 1.0, 0.0001, 0.1095), (0.001, 8.0, 0.001, 1.095)]
)
def test_funding_is_made_comparable(rate: float, hours: float, rate_8h: float, apr: float) -> None:
    found = kept(*told("bybit", 1.0, 100.0, rate, hours)).snapshot_of("BTC", T0).exchange_breakdown[0]
    assert (found.funding_rate, found.apr) == (pytest.approx(rate_8h), pytest.approx(apr))
    assert found.market_breakdown[0].interval_h == hours


def test_each_contract_has_its_own_mark() -> None:
    facts = told("okx", 10.0, 100.0, 1e-4, 8.0) + told("okx", 10.0, 200.0, 3e-4, 8.0, raw="BTC-USDC-SWAP")
    found = kept(*facts).snapshot_of("BTC", T0).exchange_breakdown[0]
    assert [(m.category, m.oi_usd) for m in found.market_breakdown] == [
        ("usdc_stable", 2000.0),
        ("usdt_stable", 1000.0),
    ]
    assert found.funding_rate == pytest.approx((1e-4 * 1000 + 3e-4 * 2000) / 3000)


def test_a_failed_venue_is_named_and_never_zero() -> None:
    keeper = kept(
        *told(*VECTOR[0]),
        open_interest(venue="bybit", oi_usd=None, price_used=None),
        open_interest(venue="okx", ts=T0 - HOUR),
        feed_status(venue="gate", channel="open_interest", state="geo_blocked", code="CLRI-NET-451", detail="451"),
        open_interest(venue="hyperliquid", raw="BTC"),
        instrument(venue="hyperliquid", raw="BTC", valid_to=T0 - 1),
    )
    found = keeper.snapshot_of("BTC", T0, {"bitget": "time-out after 10 s", "binance": "not asked: it answered"})
    summary = found.validation_summary
    assert {f.exchange: f.reason for f in summary.failed_details} == {
        "bybit": "no fresh mark price, so the open interest cannot be valued",
        "okx": "open interest is 60 min old; the limit is 15 min",
        "gate": "open_interest geo_blocked: CLRI-NET-451 451",
        "bitget": "time-out after 10 s",
        "hyperliquid": "no longer traded",
    }
    assert (summary.successful_exchanges, summary.failed_exchanges, summary.validation_passed) == (1, 5, False)
    assert found.aggregated_oi.total_usd == 88_500.0 * 103_120.0
    assert all(e.oi_usd > 0 for e in found.exchange_breakdown)


@pytest.mark.parametrize(("answering", "passed"), [(3, False), (4, True)])
def test_four_venues_must_answer(answering: int, passed: bool) -> None:
    facts = [fact for row in VECTOR[:answering] for fact in told(*row)]
    assert kept(*facts).snapshot_of("BTC", T0).validation_summary.validation_passed is passed


def test_nothing_known_is_none_everywhere() -> None:
    found = kept().snapshot_of("ETH", T0)
    assert (found.timestamp, found.total_markets, found.aggregated_oi.total_usd) == (None, 0, None)
    assert found.aggregated_oi.funding_rate is None
    assert found.validation_summary.failed_exchanges == 6


def test_a_feed_that_came_back_is_no_reason_any_more() -> None:
    down = feed_status(venue="gate", channel="tickers", state="down", detail="lost")
    up = feed_status(venue="gate", channel="tickers", state="up")
    reason = kept(down, up, venues=("gate",)).snapshot_of("BTC", T0).validation_summary.failed_details[0].reason
    assert reason == "no open interest received"


@pytest.mark.parametrize(("age", "there"), [(15 * MINUTE, True), (15 * MINUTE + 1, False)])
def test_open_interest_leaves_at_its_limit(age: int, there: bool) -> None:
    found = kept(*told(*VECTOR[0])).snapshot_of("BTC", T0 + age)
    assert bool(found.exchange_breakdown) is there


def test_an_old_mark_no_longer_values_and_the_facts_own_usd_stand_in() -> None:
    keeper = kept(mark_funding(ts=T0 - HOUR, mark=1.0), open_interest(oi_base=2.0, price_used=50.0))
    market = keeper.snapshot_of("BTC", T0).exchange_breakdown[0].market_breakdown[0]
    assert (market.oi_usd, market.price, market.funding_rate) == (100.0, None, None)


def test_an_older_fact_that_comes_later_changes_nothing() -> None:
    late = told("binance", 1.0, 1.0, 0.01, 8.0, ts=T0 - MINUTE)
    assert kept(*told(*VECTOR[0]), *late).snapshot_of("BTC", T0) == kept(*told(*VECTOR[0])).snapshot_of("BTC", T0)


def test_a_settled_rate_stands_in_for_a_running_one() -> None:
    settled = mark_funding(kind="settled", mark=1.0, rate_8h=5e-4, apr=None, ts=T0 - 2 * HOUR)
    found = kept(settled, open_interest()).snapshot_of("BTC", T0).aggregated_oi
    assert (found.funding_rate, found.apr) == (5e-4, pytest.approx(5e-4 * 1095))
    assert found.total_usd == 50_000 * 60_000.0  # a settlement's mark values nothing


def test_turnover_sums_what_is_given_and_leaves_with_age() -> None:
    keeper = kept(
        *told(*VECTOR[0]), *told(*VECTOR[1]), ticker(venue="binance", vol24h_base=None), ticker(venue="bybit")
    )
    totals = keeper.snapshot_of("BTC", T0).aggregated_oi
    assert (totals.total_volume_24h, totals.total_volume_24h_usd) == (100_000.0, 12e9)
    assert keeper.snapshot_of("BTC", T0 + 11 * MINUTE).aggregated_oi.total_volume_24h_usd is None


def test_history_spot_and_strangers_never_enter() -> None:
    keeper = kept(
        open_interest(period_s=300),
        open_interest(backfill=True),
        open_interest(market="spot"),
        open_interest(symbol="ETH"),
        open_interest(venue="coinglass"),
    )
    assert keeper.snapshot_of("BTC", T0).total_markets == 0


def test_spelling_tells_the_category_without_a_list() -> None:
    raws = (("gate", "BTC_USD"), ("bitget", "BTCUSD_DMCBL"), ("bybit", "BTCUSD"), ("binance", "BTCUSDC"))
    assert [category_of(*raw) for raw in raws] == ["usd_inverse"] * 3 + ["usdc_stable"]


@given(st.permutations(everything() + told("okx", 5.0, 103_000.0, 2e-4, 4.0, raw="BTC-USDC-SWAP", ts=T0 - MINUTE)))
def test_order_of_arrival_does_not_matter_and_sums_agree(facts: list) -> None:
    found = kept(*facts).snapshot_of("BTC", T0)
    assert found == kept(*sorted(facts, key=lambda f: (f.venue, f.raw, type(f).__name__))).snapshot_of("BTC", T0)
    markets = [m for e in found.exchange_breakdown for m in e.market_breakdown]
    assert fsum(m.oi_usd for m in markets) == pytest.approx(found.aggregated_oi.total_usd, rel=1e-12)
    assert fsum(e.oi_percentage for e in found.exchange_breakdown) == pytest.approx(100.0)
    assert fsum(c.percentage or 0.0 for c in found.market_categories.values()) == pytest.approx(100.0)


def test_saved_and_restored_says_the_same() -> None:
    keeper = kept(*everything(), ticker(), feed_status(venue="gate", channel="x", state="down"), instrument())
    other = UnifiedOpenInterest(["BTC"])
    other.restore(keeper.snapshot())
    assert other.snapshot_of("BTC", T0) == keeper.snapshot_of("BTC", T0)
    assert other.snapshot() == keeper.snapshot()
    with pytest.raises(SnapshotError):
        UnifiedOpenInterest(["ETH"]).restore(keeper.snapshot())
