"""Coinglass: replies in the documented and in the recorded spelling; refusals; recordings of others."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.collect.frames import read_frames
from clri.collect.providers.coinglass.mapper import CoinglassMapper
from clri.collect.providers.mapper import Watch
from clri.model.control import FeedStatus
from clri.model.facts import LiquidationAggregate
from clri.observe.liquidations import Liquidations
from clri.observe.shares import OpenInterestShares

RECV = 1_790_000_000_000_000_000
LIQUIDATIONS = "GET /api/futures/liquidation/exchange-list?symbol=BTC&range=1h"
INTEREST = "GET /api/futures/open-interest/exchange-list?symbol=BTC"
FUNDING = "GET /api/futures/funding-rate/exchange-list"


def made(*symbols: str) -> CoinglassMapper:
    return CoinglassMapper(Watch(symbols=symbols or ("BTC",)))


def envelope(data, code="0", msg="success") -> bytes:
    return json.dumps({"code": code, "msg": msg, "data": data}).encode()


def row(exchange: str, longs, shorts, spelling: str = "longLiquidation_usd") -> dict:
    other = spelling.replace("long", "short")
    return {"exchange": exchange, "liquidation_usd": 1, spelling: longs, other: shorts}


def sums(items: list) -> list[tuple[str, float, float, list[str]]]:
    return [
        (item.raw, item.long_usd, item.short_usd, item.venues)
        for item in items
        if isinstance(item, LiquidationAggregate)
    ]


@pytest.mark.parametrize("spelling", ["longLiquidation_usd", "long_liquidation_usd"])
def test_both_spellings_and_numbers_as_text(spelling: str) -> None:
    rows = [row("All", "900.5", 100, spelling), row("Bybit", 700, "60", spelling), row("OKX", 200.5, 40, spelling)]
    items = made().reply(LIQUIDATIONS, envelope(rows), RECV)
    assert sums(items) == [
        ("All", 900.5, 100.0, ["bybit", "okx"]),
        ("Bybit", 700.0, 60.0, ["bybit"]),
        ("OKX", 200.5, 40.0, ["okx"]),
    ]
    first = items[0]
    head = (first.ts, first.ts_venue, first.symbol, first.venue, first.src, first.window_s, first.backfill)
    assert head == (RECV, None, "BTC", "coinglass", "aggregator", 3600, False)
    assert [(item.channel, item.state) for item in items if isinstance(item, FeedStatus)] == [("liquidations", "up")]


def test_the_row_shows_the_market_and_never_one_exchange() -> None:
    shares, observed = OpenInterestShares("BTC", ["okx"]), Liquidations("BTC")
    rows = [row("Bybit", 7, 6), row("OKX", 2, 4), row("All", 90, 10)]
    for item in made().reply(LIQUIDATIONS, envelope(rows), 60 * 10**9):
        observed.add(item)
    closed = observed.close(120 * 10**9, shares)
    assert (closed["liq_agg_1h_long_usd"], closed["liq_agg_1h_short_usd"]) == (90.0, 10.0)


@pytest.mark.parametrize(
    "rows",
    [
        [row("Binance", 1, 1)],
        [row("All", 1, 1), row("Binance", 1, 1)],
        [row("OKX", 1, 1), row("Binance", 1, 1)],
        [row("All", None, 1), row("OKX", 1, 1), row("Binance", 1, 1)],
        [row("All", "NaN", 1), row("OKX", 1, 1), row("Binance", 1, 1)],
        [row("All", -1, 1), row("OKX", 1, 1), row("Binance", 1, 1)],
        [],
    ],
)
def test_without_a_total_of_several_exchanges_nothing_is_told(rows) -> None:
    mapper = made()
    assert sums(mapper.reply(LIQUIDATIONS, envelope(rows), RECV)) == []
    assert sum(mapper.tally.frames.values()) == 1


def test_a_broken_exchange_costs_no_other() -> None:
    mapper = made()
    rows = [row("All", 9, 1), row("OKX", "inf", 1), row("Gate", 2, 1), {"exchange": 7}]
    items = mapper.reply(LIQUIDATIONS, envelope(rows), RECV)
    assert [name for name, *_ in sums(items)] == ["All", "Gate"]
    assert mapper.tally.rows == {"quarantined:not_finite": 1, "quarantined:schema": 1}


@pytest.mark.parametrize(
    ("code", "msg", "state", "told"),
    [
        ("401", "Upgrade plan", "down", "CLRI-NET-004"),
        (30001, "API key missing.", "down", "CLRI-KEY-002"),
        ("429", "Too Many Requests", "rate_limited", "CLRI-NET-429"),
    ],
)
def test_success_is_the_services_own_code(code, msg, state, told) -> None:
    mapper = made()
    items = [item for _ in range(3) for item in mapper.reply(LIQUIDATIONS, envelope(None, code, msg), RECV)]
    assert [(item.channel, item.state, item.code) for item in items] == [("liquidations", state, told)]
    assert msg in items[0].detail
    assert mapper.tally.frames == {"quarantined:refused": 3}
    rows = [row("All", 9, 1), row("OKX", 1, 1), row("Gate", 2, 1)]
    assert mapper.reply(LIQUIDATIONS, envelope(rows), RECV)[-1].state == "up"


def test_open_interest_and_funding_are_figures_and_no_facts() -> None:
    mapper = made("BTC")
    oi = [
        {"exchange": "All", "symbol": "BTC", "open_interest_usd": 9e9, "open_interest_quantity": 9e4},
        {"exchange": "CME", "symbol": "BTC", "open_interest_usd": 3e9, "open_interest_quantity": 3e4},
        {"exchange": "Odd", "symbol": "BTC", "open_interest_usd": "NaN"},
        {"exchange": "Kraken", "symbol": "BTC", "open_interest_usd": None, "open_interest_quantity": 5},
    ]
    paid = [
        {"exchange": "dYdX", "funding_rate": 0.002, "funding_rate_interval": 1.0, "next_funding_time": None},
        {"exchange": "HTX", "funding_rate": 0.01, "funding_rate_interval": None},
        {"exchange": "Odd", "funding_rate": 80, "funding_rate_interval": 8},
        {"exchange": "Zero", "funding_rate": 0.01, "funding_rate_interval": 0},
    ]
    coins = [{"symbol": "BTC", "stablecoin_margin_list": paid}, {"symbol": "XYZ", "stablecoin_margin_list": paid}]
    items = mapper.reply(INTEREST, envelope(oi), RECV) + mapper.reply(FUNDING, envelope(coins), RECV)
    assert {type(item) for item in items} == {FeedStatus}
    found = [
        (row.exchange, row.kind, row.oi_usd, row.oi_base, row.rate, row.rate_8h)
        for row in mapper.elsewhere.rows("BTC", RECV)
    ]
    assert found == [
        ("CME", "oi", 3e9, 3e4, None, None),
        ("HTX", "funding", None, None, pytest.approx(1e-4), None),
        ("Kraken", "oi", None, 5.0, None, None),
        ("dYdX", "funding", None, None, pytest.approx(2e-5), pytest.approx(1.6e-4)),
    ]
    assert sum(mapper.tally.rows.values()) == 3


def test_calls_fit_into_the_smallest_plan() -> None:
    for count in (1, 8, 29, 200):
        polls = made().polls([f"C{n}" for n in range(count)])
        assert len(polls) == 2 * count + 1
        assert sum(60.0 / poll.every_s for poll in polls) <= 0.4 * 30.0
        assert polls[0].every_s >= 300.0


@given(
    st.binary(max_size=80)
    | st.recursive(
        st.none() | st.floats() | st.text(max_size=5),
        lambda x: (
            st.lists(x, max_size=3)
            | st.dictionaries(
                st.sampled_from(["exchange", "code", "data", "symbol", "longLiquidation_usd"]), x, max_size=4
            )
        ),
    ).map(lambda x: json.dumps({"code": "0", "data": x}).encode())
)
def test_no_reply_breaks_it(raw: bytes) -> None:
    for path in (LIQUIDATIONS, INTEREST, FUNDING):
        mapper = made()
        assert all(isinstance(item, FeedStatus | LiquidationAggregate) for item in mapper.reply(path, raw, RECV))
        assert sum(mapper.tally.frames.values()) == 1


@pytest.mark.dev_data
def test_recorded_replies_come_out_as_their_own_text_says(dev_data: Path) -> None:
    seen = 0
    for kind in ("liquidation_by_exchange", "open_interest_by_exchange", "funding_by_exchange"):
        for line in (dev_data / f"payloads/coinglass/{kind}.jsonl").read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            mapper = made("BTC", "ETH", "SOL", "XRP")
            items = mapper.reply(f"GET {told['channel']}", envelope(told["raw"]), RECV)
            assert not any(key.startswith("quarantined") for key in mapper.tally.frames + mapper.tally.rows), told[
                "channel"
            ]
            if kind == "liquidation_by_exchange":
                expected = [(r["exchange"], r["longLiquidation_usd"], r["shortLiquidation_usd"]) for r in told["raw"]]
                assert [made_sum[:3] for made_sum in sums(items)] == expected
                assert {item.window_s for item in items if isinstance(item, LiquidationAggregate)} == {14_400}
                coin = told["channel"].partition("symbol=")[2]
                assert {item.symbol for item in items if isinstance(item, LiquidationAggregate)} == {coin}
            elif kind == "open_interest_by_exchange":
                coin = told["raw"][0]["symbol"]
                expected = sorted(
                    (r["exchange"], r["open_interest_usd"]) for r in told["raw"] if r["exchange"] != "All"
                )
                assert [(row.exchange, row.oi_usd) for row in mapper.elsewhere.rows(coin, RECV)] == expected
            else:
                (btc,) = [r for r in told["raw"] if r["symbol"] == "BTC"]
                listed = btc["stablecoin_margin_list"]
                assert [row.exchange for row in mapper.elsewhere.rows("BTC", RECV)] == sorted(
                    r["exchange"] for r in listed
                )
            seen += 1
    assert seen >= 3


@pytest.mark.dev_data
def test_frames_of_other_channels_are_counted(dev_data: Path) -> None:
    mapper = made()
    for frame in read_frames(dev_data / "payloads/coinglass/chain_transfers.jsonl"):
        assert mapper.reply("GET /api/exchange/chain/tx/list", frame.raw, RECV) == []
    assert set(mapper.tally.frames) == {"ignored:unused_channel"}
