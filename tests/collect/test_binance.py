"""Binance: what golden frames cannot say."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.collect.event_id import event_id
from clri.collect.instruments import InstrumentTable, instrument
from clri.collect.listing import MAX_INFERRED
from clri.collect.venues.binance import feed as plan
from clri.collect.venues.binance.mapper import BinanceMapper
from clri.collect.venues.binance.settings import Settings
from clri.model.errors import QuarantineError
from clri.model.facts import Liquidation, MarkFunding
from clri.model.instrument import Instrument
from tests.collect.mutated import broken, check, feed
from tests.collect.test_golden import mapper_of

T = 1_790_000_000_000
RECV = (T + 600) * 1_000_000
LIMIT_WEIGHT_MIN = 2400


def encoded(frame: object) -> bytes:
    return json.dumps(frame, separators=(",", ":")).encode()


def force(**changed: Any) -> dict[str, Any]:
    order = {
        "s": "BTCUSDT",
        "S": "SELL",
        "q": "0.5",
        "p": "59000",
        "ap": "59010.5",
        "z": "0.5",
        "l": "0.5",
        "T": T + 111,
    }
    return {"E": T + 120, "o": order | changed}


def liquidations(*rows: dict[str, Any]) -> bytes:
    return encoded({"stream": "!forceOrder@arr", "data": list(rows)})


def mark(**changed: Any) -> dict[str, Any]:
    row = {"E": T, "s": "BTCUSDT", "p": "60001.2", "i": "60000.9", "r": "0.00012", "T": T + 6_400_000}
    return {"e": "markPriceUpdate"} | row | changed


def marks(*rows: dict[str, Any]) -> bytes:
    return encoded({"stream": "!markPrice@arr@1s", "data": list(rows)})


def listed(*raws: str, hours: float = 8.0) -> InstrumentTable:
    return InstrumentTable(instrument(0, "binance", raw, raw[:-4], raw[-4:], funding_interval_h=hours) for raw in raws)


# ------------------------------------------------------------ liquidations
def test_the_id_is_made_of_the_raw_texts_that_the_document_names() -> None:
    fact = BinanceMapper().decode(liquidations(force(q="0.50")), RECV)[0]
    assert fact.event_id == event_id("binance", f"BTCUSDT|SELL|{T + 111}|59000|0.50")
    assert (fact.ts, fact.ts_venue) == (RECV, (T + 111) * 10**6)


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({"q": "0.50"}, False),
        ({"p": "59000.0"}, False),
        ({"T": T + 112}, False),
        ({"S": "BUY"}, False),
        ({"s": "ETHUSDT"}, False),
        ({"ap": "59011"}, True),
        ({"z": "0.4"}, True),
        ({"l": "0.1"}, True),
    ],
)
def test_only_those_texts_enter_the_id(changed: dict[str, Any], same: bool) -> None:
    mapper = BinanceMapper()
    first, other = (mapper.decode(liquidations(row), RECV)[0].event_id for row in (force(), force(**changed)))
    assert (first == other) is same


def test_redelivery_has_the_same_id_whenever_and_beside_whatever_it_comes() -> None:
    mapper = BinanceMapper()
    ids = [fact.event_id for fact in mapper.decode(liquidations(force(), force(S="BUY")), RECV)]
    again = [fact.event_id for fact in mapper.decode(liquidations(force(S="BUY"), force()), RECV + 10**9)]
    assert again == ids[::-1]


@pytest.mark.parametrize(("side", "position"), [("SELL", "LONG"), ("BUY", "SHORT")])
def test_the_side_is_that_of_the_position(side: str, position: str) -> None:
    assert BinanceMapper().decode(liquidations(force(S=side)), RECV)[0].side == position


def test_size_is_what_was_filled_at_the_average_price() -> None:
    fact = BinanceMapper().decode(liquidations(force(q="3.0", z="2.5", l="3.5", p="61000", ap="61020.5")), RECV)[0]
    assert (fact.qty, fact.price, fact.price_kind) == (2.5, 61020.5, "fill")
    assert fact.usd == 2.5 * 61020.5


def test_an_array_keeps_every_row_in_order() -> None:
    facts = BinanceMapper().decode(liquidations(*(force(T=T + i % 7, z=str(1 + i)) for i in range(500))), RECV)
    assert [fact.qty for fact in facts] == [1.0 + i for i in range(500)]


# ------------------------------------------------------------ symbols
def test_an_unlisted_symbol_yields_nothing_once_the_list_is_loaded() -> None:
    mapper = BinanceMapper(listed("ETHUSDT"), infer=False)
    assert mapper.decode(liquidations(force()), RECV) == []
    assert mapper.tally.rows == {"ignored:unknown_symbol": 1}
    assert mapper.table.find("BTCUSDT") is None


def test_a_guess_is_kept_and_ends_at_its_bound() -> None:
    mapper = BinanceMapper()
    assert mapper.decode(liquidations(force()), RECV)[0].symbol == "BTC"
    assert mapper.table.find("BTCUSDT") is not None
    mapper.decode(marks(*(mark(s=f"C{i}USDT") for i in range(MAX_INFERRED + 50))), RECV)
    assert len(mapper.table) == MAX_INFERRED
    assert mapper.tally.rows["ignored:unknown_symbol"] == 51


def test_spot_and_perpetual_of_one_name_stay_apart() -> None:
    mapper = BinanceMapper()
    day = {"e": "24hrTicker", "E": T, "s": "BTCUSDT", "c": "60000", "P": "1", "v": "10", "q": "600000"}
    perp = mapper.decode(encoded({"stream": "btcusdt@ticker", "data": day}), RECV)[0]
    spot = mapper.decode(encoded({"stream": "btcusdt@ticker", "data": day | {"x": "59000", "b": "1", "a": "2"}}), RECV)[
        0
    ]
    assert (perp.market, spot.market) == ("perp", "spot")


def test_with_the_list_loaded_only_coins_with_a_perpetual_count_in_spot() -> None:
    mapper = BinanceMapper(listed("1000PEPEUSDT"), infer=False)
    reply = [
        {"symbol": raw, "lastPrice": "0.5", "closeTime": T, "volume": "4", "quoteVolume": "2"}
        for raw in ("PEPEUSDT", "1000PEPEUSDC", "BTCUSDT", "PEPEBTC")
    ]
    facts = mapper.reply("GET /api/v3/ticker/24hr?symbols=x", encoded(reply), RECV)
    assert [(fact.symbol, fact.market, fact.last, fact.vol24h_base) for fact in facts] == [
        ("PEPE", "spot", 0.5, 4.0),
        ("PEPE", "spot", 0.0005, 4000.0),
    ]
    assert mapper.tally.rows == {"ignored:spot_pair_off": 2}


def test_a_list_that_names_a_contract_makes_it_known() -> None:
    mapper = BinanceMapper(infer=False)
    row = {
        "symbol": "BTCUSDT",
        "contractType": "PERPETUAL",
        "status": "TRADING",
        "baseAsset": "BTC",
        "quoteAsset": "USDT",
    }
    assert mapper.decode(marks(mark()), RECV) == []
    rows = mapper.reply("GET /fapi/v1/exchangeInfo", encoded({"symbols": [row]}), RECV)
    assert [type(fact) for fact in rows] == [Instrument]
    assert mapper.decode(marks(mark()), RECV)[0].mark == 60001.2


@pytest.mark.parametrize("raw", [b'{"code":-1003,"msg":"banned"}', b"<html>", b'{"symbols":3}', b'{"symbols":[{}]}'])
def test_a_list_that_is_none_is_refused(raw: bytes) -> None:
    with pytest.raises(QuarantineError):
        BinanceMapper().instruments(raw)


# ------------------------------------------------------------ state across frames
def test_open_interest_takes_the_last_mark_of_its_own_contract() -> None:
    mapper = BinanceMapper()
    reply = encoded({"symbol": "BTCUSDT", "openInterest": "10", "time": T})
    path = "GET /fapi/v1/openInterest?symbol=BTCUSDT"
    assert mapper.reply(path, reply, RECV)[0].oi_usd is None
    mapper.decode(marks(mark(s="BTCUSDC", p="1")), RECV)
    assert mapper.reply(path, reply, RECV)[0].oi_usd is None
    mapper.decode(marks(mark(p="60000"), mark(p="61000")), RECV)
    fact = mapper.reply(path, reply, RECV)[0]
    assert (fact.oi_base, fact.oi_usd, fact.price_used) == (10.0, 610_000.0, 61000.0)


@given(rate=st.floats(-0.05, 0.05), hours=st.sampled_from([1.0, 2.0, 4.0, 8.0]))
def test_funding_of_every_interval_is_made_comparable(rate: float, hours: float) -> None:
    mapper = BinanceMapper(listed("BTCUSDT", hours=hours))
    fact = mapper.decode(marks(mark(r=repr(rate))), RECV)[0]
    assert (fact.rate, fact.interval_h) == (rate, hours)
    assert fact.rate_8h == pytest.approx(rate * 8 / hours, abs=1e-15)
    assert fact.apr == pytest.approx(rate * 24 / hours * 365, abs=1e-12)


def test_an_unknown_interval_gives_no_comparable_rate() -> None:
    table = InstrumentTable([instrument(0, "binance", "BTCUSDT", "BTC", "USDT")])
    fact = BinanceMapper(table).decode(marks(mark()), RECV)[0]
    assert (fact.rate, fact.interval_h, fact.rate_8h, fact.apr) == (0.00012, None, None, None)


# ------------------------------------------------------------ what is asked for
def contracts(count: int) -> list[Instrument]:
    return [instrument(0, "binance", f"C{i}USDT", f"C{i}", "USDT") for i in range(count)]


def names_of(conn: Any) -> list[str]:
    opened = conn.url.partition("?streams=")[2].split("/")
    return opened + [name for frame in conn.frames for name in json.loads(frame)["params"]]


@pytest.mark.parametrize("count", [0, 1, 8, 199, 200, 1023, 1500])
def test_subscriptions_keep_to_the_limits_and_miss_nothing(count: int) -> None:
    conns = plan.subscriptions(contracts(count))
    wanted = ["!forceOrder@arr", "!markPrice@arr@1s"]
    wanted += [f"c{i}usdt@{stream}" for stream in ("ticker", "depth20@500ms") for i in range(count)]
    assert sorted(name for conn in conns for name in names_of(conn)) == sorted(wanted)
    for conn in conns:
        assert len(names_of(conn)) <= 1024
        frames = [json.loads(frame) for frame in conn.frames]
        assert [frame["id"] for frame in frames] == list(range(1, len(frames) + 1))
        assert all(frame["method"] == "SUBSCRIBE" and 0 < len(frame["params"]) <= 200 for frame in frames)
        assert conn.url.startswith(("/market/stream?streams=", "/public/stream?streams="))
        assert ("depth" in conn.url) == conn.url.startswith("/public")
        assert conn.ping.payload is None


def test_every_tracked_contract_is_expected_on_every_channel() -> None:
    expected = {
        (e.channel, e.symbol): e.max_silence_s for conn in plan.subscriptions(contracts(3)) for e in conn.expect
    }
    assert expected.pop(("!forceOrder@arr", None)) is None
    channels = ("!markPrice@arr@1s", "@ticker", "@depth20@500ms")
    assert set(expected) == {(channel, f"C{i}USDT") for channel in channels for i in range(3)}
    assert all(seconds is not None and 1 < seconds <= 30 for seconds in expected.values())


def test_liquidations_stand_beside_a_busy_stream() -> None:
    first = plan.subscriptions([])[0]
    assert names_of(first) == ["!forceOrder@arr", "!markPrice@arr@1s"]
    assert [(e.channel, e.max_silence_s) for e in first.expect] == [
        ("!forceOrder@arr", None),
        ("!markPrice@arr@1s", 5.0),
    ]


def test_coins_become_the_contracts_that_are_listed() -> None:
    mapper = mapper_of("binance")
    urls = "".join(frame.decode() for conn in mapper.subscriptions(["PEPE", "ETH", "PEPE"]) for frame in conn.frames)
    assert "1000pepeusdt@ticker" in urls
    assert "ethusdc@ticker" in urls
    assert urls.count("1000pepeusdt@ticker") == 1
    assert BinanceMapper(listed("ETHUSDT"), infer=False).polls(["XYZ"]) == plan.polls([])
    assert any("SOLUSDT" in poll.path for poll in BinanceMapper().polls(["SOL"]))


@pytest.mark.parametrize("count", [1, 8, 20, 21, 100, 200])
def test_polls_stay_within_two_fifths_of_the_limits(count: int) -> None:
    polls = plan.polls(contracts(count))
    asked = [poll for poll in polls if poll.host == "rest" and poll.path.startswith("/fapi/")]
    assert sum(poll.weight * 60 / poll.every_s for poll in asked) <= 0.4 * LIMIT_WEIGHT_MIN
    data = [poll for poll in polls if poll.path.startswith("/futures/data/")]
    assert sum(300 / poll.every_s for poll in data) <= 0.4 * 1000 + 1e-9
    assert sum(poll.weight * 60 / poll.every_s for poll in polls if poll.host == "spot") <= 0.4 * 6000
    pace = {poll.every_s for poll in polls if poll.name == "openInterest"}
    assert pace == ({15.0} if count <= 20 else {60.0})


def test_every_poll_has_a_handler_and_the_document_order_of_priority() -> None:
    mapper = BinanceMapper()
    rows = contracts(2)
    every = plan.polls(rows) + plan.hourly(rows) + plan.history(rows, 1_790_000_000_000_000_000)
    for poll in every:
        assert any(part in poll.path for part, _ in mapper.replies()), poll
    rank = {poll.name: poll.priority for poll in every}
    order = [
        "openInterest",
        "premiumIndex",
        "spot ticker",
        "takerlongshortRatio",
        "depth",
        "exchangeInfo",
        "fundingRate",
    ]
    assert [rank[name] for name in order] == sorted(rank[name] for name in order)
    assert all(poll.every_s == 0.0 for poll in plan.history(rows, 1_790_000_000_000_000_000))


def test_only_hosts_of_the_market_are_trusted() -> None:
    settings = Settings()
    assert [url.split("/")[2] for url in (settings.ws, settings.rest, settings.spot)] == list(settings.hosts)


# ------------------------------------------------------------ broken input
@pytest.mark.parametrize("deep", [b"[" * 100_000, b'{"a":' * 100_000])
def test_deep_nesting_is_quarantined_and_the_next_frame_lives(deep: bytes) -> None:
    mapper = BinanceMapper()
    assert mapper.decode(b'{"stream":"!forceOrder@arr","data":{"x":' + deep, RECV) == []
    assert mapper.decode(deep, RECV) == []
    assert mapper.tally.frames == {"quarantined:malformed": 2}
    assert [type(fact) for fact in mapper.decode(liquidations(force()), RECV)] == [Liquidation]


def test_a_frame_beyond_the_cap_is_not_read() -> None:
    mapper = BinanceMapper()
    assert mapper.decode(b'{"stream":"forceOrder"' + b" " * (1 << 20), RECV) == []
    assert mapper.tally.frames == {"quarantined:too_large": 1}


def test_whitespace_and_key_order_do_not_matter() -> None:
    text = json.dumps({"data": mark(), "stream": "btcusdt@markPrice@1s"}, indent=1).encode()
    assert [type(fact) for fact in BinanceMapper().decode(text, RECV)] == [MarkFunding]


@given(case=broken("binance"))
def test_broken_frames_never_crash_and_never_yield_absurd_facts(case: tuple[str | None, bytes]) -> None:
    reply, raw = case
    for item in feed(mapper_of("binance"), reply, raw, RECV):
        check(item)


@given(data=st.binary(max_size=200), word=st.sampled_from([b"forceOrder", b"markPrice", b'"24hrTicker"', b"@depth20@"]))
def test_any_bytes_are_counted(data: bytes, word: bytes) -> None:
    feed(BinanceMapper(), None, word + data, RECV)
