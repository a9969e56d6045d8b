"""Bitget: what golden frames cannot say."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.collect.event_id import event_id
from clri.collect.instruments import InstrumentTable, instrument
from clri.collect.mapper import Control, Expect, Ping
from clri.collect.venues.bitget import feed as data
from clri.collect.venues.bitget.mapper import BitgetMapper
from clri.collect.venues.bitget.settings import Settings
from clri.model.facts import MarkFunding, OpenInterest, Ticker
from tests.collect.mutated import broken, check, feed
from tests.collect.test_golden import mapper_of

T = 1_790_000_000_000
RECV = (T + 600) * 1_000_000


def encoded(frame: object) -> bytes:
    return json.dumps(frame, separators=(",", ":")).encode()


def liquidations(*rows: dict[str, Any], ts: int = T + 500, **arg: str) -> bytes:
    return encoded({"action": "update", "arg": {"instType": "usdt-futures", "topic": "liquidation"} | arg} | {
        "data": list(rows), "ts": ts})  # fmt: skip


def row(**changed: Any) -> dict[str, Any]:
    return {"symbol": "BTCUSDT", "side": "buy", "price": "58000", "amount": "290", "ts": str(T)} | changed


def ticker(symbol: str = "BTCUSDT", **fields: str) -> bytes:
    arg = {"instType": "usdt-futures", "topic": "ticker", "symbol": symbol}
    return encoded({"action": "snapshot", "arg": arg, "data": [fields], "ts": T})


def listed(*raws: str) -> InstrumentTable:
    return InstrumentTable(instrument(0, "bitget", raw, raw.removesuffix("USDT"), "USDT") for raw in raws)


# ------------------------------------------------------------ liquidations
def test_the_id_is_made_of_the_raw_texts_of_the_row() -> None:
    (fact,) = BitgetMapper().decode(liquidations(row(price="58000.0", amount="290.00")), RECV)
    assert fact.event_id == event_id("bitget", f"BTCUSDT|{T}|buy|58000.0|290.00")


def test_a_row_delivered_again_has_the_same_id_and_any_other_text_another() -> None:
    mapper = BitgetMapper()
    (first,) = mapper.decode(liquidations(row()), RECV)
    (again,) = mapper.decode(liquidations(row(), ts=T + 9000), RECV + 10**10)
    others = [{"symbol": "ETHUSDT"}, {"side": "sell"}, {"price": "58000.1"}, {"amount": "291"}, {"ts": str(T + 1)}]
    ids = [mapper.decode(liquidations(row(**other)), RECV)[0].event_id for other in others]
    assert again.event_id == first.event_id
    assert len({first.event_id, *ids}) == 6


@given(st.floats(1e-7, 1e6), st.floats(1e-3, 1e9), st.sampled_from(["buy", "sell"]))
def test_amount_is_usd_and_the_size_follows_from_the_price(price: float, amount: float, side: str) -> None:
    facts = BitgetMapper().decode(liquidations(row(price=repr(price), amount=repr(amount), side=side)), RECV)
    if amount / price < 1e15:
        (fact,) = facts
        assert (fact.usd, fact.price, fact.side) == (amount, price, "LONG" if side == "buy" else "SHORT")
        assert fact.qty == pytest.approx(amount / price, rel=1e-12)


def test_rows_keep_their_order() -> None:
    rows = [row(amount=str(1 + i), ts=str(T - i % 5)) for i in range(500)]
    assert [fact.usd for fact in BitgetMapper().decode(liquidations(*rows), RECV)] == [1.0 + i for i in range(500)]


def test_an_unlisted_symbol_yields_nothing_once_the_list_is_loaded() -> None:
    mapper = BitgetMapper(listed("ETHUSDT"), infer=False)
    assert mapper.decode(liquidations(row()), RECV) == []
    assert mapper.tally.rows == {"ignored:unknown_symbol": 1}
    assert mapper.table.find("BTCUSDT") is None
    assert BitgetMapper().decode(liquidations(row()), RECV)[0].symbol == "BTC"


@pytest.mark.parametrize("market", ["spot", "SPOT", "coin-futures", "COIN-FUTURES", "mc", "umcbl"])
def test_no_channel_of_another_market_becomes_a_perpetual(market: str) -> None:
    mapper = BitgetMapper()
    v2 = {"instType": market, "instId": "BTCUSDT"}
    level = {"bids": [["1", "1"]], "asks": [["2", "1"]], "ts": str(T)}
    frames = [
        liquidations(row(), instType=market),
        encoded({"arg": {"instType": market, "topic": "ticker", "symbol": "BTCUSDT"}, "data": [{"markPrice": "5"}]}),
        encoded({"arg": v2 | {"channel": "ticker"}, "data": [{"markPrice": "5", "lastPr": "5", "ts": str(T)}]}),
        encoded({"arg": v2 | {"channel": "books15"}, "data": [level]}),
    ]
    assert [mapper.decode(frame, RECV) for frame in frames] == [[]] * 4
    assert mapper.tally.rows.total() == 4
    assert all(reason.startswith("ignored:") for reason in mapper.tally.rows)


# ------------------------------------------------------------ tickers
def test_v2_and_v3_say_the_same() -> None:
    v3 = ticker(
        markPrice="5", indexPrice="5.1", fundingRate="0.0001", nextFundingTime="1790006400000", openInterest="7",
        lastPrice="4.9", volume24h="70", turnover24h="350", price24hPcnt="0.01", bid1Price="4.8", ask1Price="4.95",
    )  # fmt: skip
    v2_row = {
        "instId": "BTCUSDT", "markPrice": "5", "indexPrice": "5.1", "fundingRate": "0.0001", "lastPr": "4.9",
        "nextFundingTime": "1790006400000", "holdingAmount": "7", "baseVolume": "70", "quoteVolume": "350",
        "change24h": "0.01", "bidPr": "4.8", "askPr": "4.95", "ts": str(T),
    }  # fmt: skip
    v2 = encoded({"arg": {"instType": "USDT-FUTURES", "channel": "ticker", "instId": "BTCUSDT"}, "data": [v2_row]})
    mapper = BitgetMapper(listed("BTCUSDT"))
    facts = mapper.decode(v3, RECV)
    assert [type(fact) for fact in facts] == [MarkFunding, OpenInterest, Ticker]
    assert mapper.decode(v2, RECV) == facts


def test_the_last_mark_is_kept_by_contract() -> None:
    mapper = BitgetMapper()
    mapper.decode(ticker(markPrice="5"), RECV)
    (known,) = mapper.decode(ticker(openInterest="7"), RECV)
    (other,) = mapper.decode(ticker("ETHUSDT", openInterest="7"), RECV)
    assert (known.oi_usd, known.price_used) == (35.0, 5.0)
    assert (other.oi_usd, other.price_used) == (None, None)


def test_a_list_with_an_interval_gives_the_rate_per_8_h() -> None:
    mapper = BitgetMapper()
    frame = ticker(markPrice="5", fundingRate="0.0003")
    assert mapper.decode(frame, RECV)[0].rate_8h is None
    contract = {"symbol": "BTCUSDT", "baseCoin": "BTC", "quoteCoin": "USDT", "fundInterval": "2"}
    mapper.reply(
        "GET /api/v2/mix/market/contracts?productType=USDT-FUTURES", encoded({"code": "00000", "data": [contract]}), 1
    )
    (fact,) = mapper.decode(frame, RECV)
    assert fact.interval_h == 2.0
    assert fact.rate_8h == pytest.approx(0.0012)
    assert fact.apr == pytest.approx(0.0003 * 4380)


# ------------------------------------------------------------ spot
def test_spot_counts_only_where_the_coin_has_a_perpetual() -> None:
    rows = [{"symbol": s, "lastPr": "1", "quoteVolume": "5", "ts": str(T)} for s in ("BONKUSDT", "NEWUSDT", "BONKBTC")]
    table = InstrumentTable([instrument(0, "bitget", "1000BONKUSDT", "1000BONK", "USDT")])
    mapper = BitgetMapper(table, infer=False)
    (fact,) = mapper.reply("GET /api/v2/spot/market/tickers", encoded({"code": "00000", "data": rows}), RECV)
    assert (fact.raw, fact.symbol, fact.market, fact.vol24h_usd) == ("BONKUSDT", "BONK", "spot", 5.0)
    assert mapper.tally.rows == {"ignored:spot_pair_off": 2}
    assert mapper.table.find("BONKUSDT") is None


# ------------------------------------------------------------ feed
def args_of(conn: Any) -> list[dict[str, str]]:
    return [arg for frame in conn.frames for arg in json.loads(frame)["args"]]


def test_one_coin_is_two_exact_sockets() -> None:
    v3, v2 = BitgetMapper().subscriptions(["BTC"])
    liquidation = b'{"instType":"usdt-futures","topic":"liquidation"}'
    every = b'{"instType":"usdt-futures","topic":"ticker","symbol":"BTCUSDT"}'
    assert v3.frames == [b'{"op":"subscribe","args":[' + liquidation + b"," + every + b"]}"]
    assert v2.frames == [
        b'{"op":"subscribe","args":[{"instType":"USDT-FUTURES","channel":"books15","instId":"BTCUSDT"}]}'
    ]
    assert (v3.url, v2.url, v3.ping, v2.ping) == ("/v3/ws/public", "/v2/ws/public", *[Ping(25.0, b"ping")] * 2)
    assert v3.expect == [Expect("liquidation", None, None), Expect("ticker", "BTCUSDT", 10.0)]
    assert v2.expect == [Expect("books15", "BTCUSDT", 10.0)]


@pytest.mark.parametrize("tracked", [0, 1, 200, 1500])
def test_sockets_stay_inside_the_limits(tracked: int) -> None:
    coins = [f"COIN{i}" for i in range(tracked)]
    conns = BitgetMapper(listed(*(f"{coin}USDT" for coin in coins))).subscriptions(coins)
    for conn in conns:
        assert len(args_of(conn)) <= 1000
        assert max(len(json.loads(frame)["args"]) for frame in conn.frames) <= 50
        assert len(conn.expect) == len(args_of(conn))
    assert sum(len(conn.frames) for conn in conns if tracked <= 200) <= 240
    sent = [arg for conn in conns for arg in args_of(conn)]
    assert len(sent) == 1 + 2 * tracked
    assert {arg.get("symbol") or arg.get("instId") for arg in sent} == {None} | {f"{coin}USDT" for coin in coins}


def test_usdc_contracts_are_asked_of_their_own_market() -> None:
    table = listed("BTCUSDT")
    table.update([instrument(0, "bitget", "BTCPERP", "BTC", "USDC")])
    v3, v2 = BitgetMapper(table, infer=False).subscriptions(["BTC", "NOPE"])
    assert args_of(v3)[2] == {"instType": "usdc-futures", "topic": "ticker", "symbol": "BTCPERP"}
    assert [arg["instId"] for arg in args_of(v2)] == ["BTCUSDT"]


def test_polls_have_the_pace_of_the_documents_and_a_handler() -> None:
    mapper = BitgetMapper(listed("BTCUSDT", "1000BONKUSDT"))
    mapper.table.update([instrument(0, "bitget", "1000BONKUSDT", "1000BONK", "USDT")])
    polls = mapper.polls(["BONK"])
    assert {(poll.name, poll.host, poll.every_s, poll.priority) for poll in polls} == {
        ("tickers", "rest", 15.0, 0),
        ("spot_tickers", "spot", 60.0, 2),
        ("ratio", "rest", 300.0, 3),
        ("depth", "rest", 30.0, 4),
        ("instruments", "rest", 3600.0, 5),
    }
    for poll in polls:
        assert any(part in poll.path for part, _ in mapper.replies()), poll.path
    paths = {poll.name: poll.path for poll in polls}
    assert paths["ratio"] == "/api/v2/mix/market/account-long-short?symbol=1000BONKUSDT&period=5m"
    assert paths["depth"] == (
        "/api/v2/mix/market/merge-depth?symbol=1000BONKUSDT&productType=USDT-FUTURES&precision=scale2&limit=max"
    )


@pytest.mark.parametrize("coins", [8, 60, 200])
def test_polls_stretch_to_stay_under_40_percent_of_the_limits(coins: int) -> None:
    polls = data.polls([f"C{i}USDT" for i in range(coins)])
    per_coin = [poll for poll in polls if poll.name in {"ratio", "depth"}]
    assert sum(poll.weight / poll.every_s for poll in per_coin) <= 0.4 * 20 + 1e-9
    assert sum(1 / poll.every_s for poll in per_coin if poll.name == "ratio") <= 0.4
    assert min(poll.every_s for poll in per_coin) >= 30.0
    assert {poll.weight for poll in per_coin if poll.name == "ratio"} == {20}, "1 a second on a host of 20 a second"


def test_base_urls() -> None:
    assert Settings() == Settings("wss://ws.bitget.com", "https://api.bitget.com", "https://api.bitget.com")


# ------------------------------------------------------------ broken input
@given(st.lists(broken("bitget"), min_size=1, max_size=6))
def test_broken_frames_never_crash_and_never_become_absurd_facts(frames: list[tuple[str | None, bytes]]) -> None:
    mapper = mapper_of("bitget")
    for reply, raw in frames:
        for item in feed(mapper, reply, raw, RECV):
            check(item)
            if reply is None and not isinstance(item, Control):
                assert item.market == "perp"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (liquidations(row())[:-1] + b',"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "malformed"),
        (liquidations(row())[:-1] + b',"x":' + b'{"a":' * 100_000, "malformed"),
        (liquidations(row()) + b" " * (1 << 20), "too_large"),
        (liquidations(row()).replace(b'"buy"', b'"b\xffy"'), "malformed"),
        (b'{"topic":"liquidation","data":5}', "schema"),
        (liquidations(row(ts=10**400)), "time_unit"),
        (liquidations(row(ts="9" * 5000)), "malformed"),
        (liquidations(row(amount="9" * 5000)), "not_finite"),
        (ticker(markPrice="1e-320"), "range"),
    ],
)
def test_hostile_frames_are_quarantined(raw: bytes, reason: str) -> None:
    mapper = BitgetMapper()
    mapper.table.update([instrument(0, "bitget", "BTCUSDT", "1000000BTC", "USDT")])
    assert mapper.decode(raw, RECV) == []
    assert mapper.tally.frames == {f"quarantined:{reason}": 1}
    assert mapper.decode(liquidations(row()), RECV)[0].side == "LONG", "the socket goes on"


def test_one_bad_row_of_many_costs_itself_only() -> None:
    mapper = BitgetMapper()
    bad = [row(amount="NaN"), row(price="-1"), row(side="?"), row(ts=T * 1000), {"symbol": "BTCUSDT"}, row(amount=5)]
    rows = [one for i, broken_row in enumerate(bad) for one in (row(amount=str(i + 1)), broken_row)]
    facts = mapper.decode(liquidations(*rows), RECV)
    assert [fact.usd for fact in facts] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    reasons = {"schema": 3, "not_finite": 1, "range": 1, "time_unit": 1}
    assert mapper.tally.rows == {f"quarantined:{reason}": n for reason, n in reasons.items()}


def test_numbers_at_the_edge_of_floating_point_do_not_overflow() -> None:
    mapper = BitgetMapper()
    assert mapper.decode(ticker(markPrice="5", lastPrice="5", price24hPcnt="1e308"), RECV) == []
    rows = [{"longAccountRatio": "1", "shortAccountRatio": "5e-324", "ts": str(T)}]
    path = "GET /api/v2/mix/market/account-long-short?symbol=BTCUSDT&period=5m"
    (fact,) = mapper.reply(path, encoded({"code": "00000", "data": rows}), RECV)
    assert (fact.long_share, fact.ratio) == (1.0, None)
    contract = {"symbol": "AUSDT", "baseCoin": "A", "quoteCoin": "USDT", "priceEndStep": "5e-324", "pricePlace": "9"}
    (found,) = mapper.instruments(encoded({"code": "00000", "data": [contract]}))
    assert found.tick_size is None
    assert mapper.tally.frames == {"quarantined:range": 1, "decoded": 1}
