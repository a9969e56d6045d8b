"""OKX: what golden frames cannot say."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.collect.event_id import event_id
from clri.collect.instruments import InstrumentTable, instrument
from clri.collect.mapper import Expect
from clri.collect.venues.okx import feed as data
from clri.collect.venues.okx.bootstrap import BOOTSTRAP, SIZES
from clri.collect.venues.okx.mapper import OkxMapper
from clri.collect.venues.okx.settings import Settings
from clri.model.facts import Liquidation, MarkFunding, OpenInterest, Ticker
from clri.model.instrument import Instrument
from tests.collect.mutated import broken, check, feed
from tests.collect.test_golden import mapper_of

T = 1_790_000_000_000
RECV = (T + 600) * 1_000_000
SECOND = 1_000_000_000
BTC = "BTC-USDT-SWAP"


def encoded(frame: object) -> bytes:
    return json.dumps(frame, separators=(",", ":")).encode()


def order(**changed: Any) -> dict[str, Any]:
    return {"side": "sell", "posSide": "long", "bkPx": "58000", "sz": "7", "ts": str(T)} | changed


def liquidations(*orders: dict[str, Any], inst_id: str = BTC) -> bytes:
    arg = {"channel": "liquidation-orders", "instType": "SWAP"}
    return encoded({"arg": arg, "data": [{"instId": inst_id, "details": list(orders)}]})


def push(channel: str, row: dict[str, Any], inst_id: str = BTC) -> bytes:
    return encoded({"arg": {"channel": channel, "instId": inst_id}, "data": [{"instId": inst_id, "ts": str(T)} | row]})


def mark(price: str, ts: int = T) -> bytes:
    return push("mark-price", {"markPx": price, "ts": str(ts)})


def funding(rate: str) -> bytes:
    times = {"fundingTime": str(T + 3_600_000), "nextFundingTime": str(T + 18_000_000)}
    return push("funding-rate", {"fundingRate": rate} | times)


def ids(items: list[Any]) -> list[str]:
    return [item.event_id for item in items]


# ---------------------------------------------------------------- ids and order
def test_the_id_is_made_of_the_raw_texts_in_the_stated_order() -> None:
    (fact,) = OkxMapper().decode(liquidations(order(bkPx="58000.10", sz="7.0")), RECV)
    assert fact.event_id == event_id("okx", f"{BTC}|{T}|sell|7.0|58000.10")


def test_twins_differ_and_a_redelivery_does_not() -> None:
    frame = liquidations(order(), order(sz="8"), order())
    first, second = OkxMapper().decode(frame, RECV), OkxMapper().decode(frame, RECV + 90 * SECOND)
    assert len(set(ids(first))) == 3
    assert ids(first) == ids(second)
    assert [fact.qty for fact in first] == pytest.approx([0.07, 0.08, 0.07])


@pytest.mark.parametrize("field", ["side", "bkPx", "sz", "ts"])
def test_each_raw_text_changes_the_id(field: str) -> None:
    other = {"side": "buy", "bkPx": "58001", "sz": "70", "ts": str(T + 1)}[field]
    here = OkxMapper().decode(liquidations(order(posSide="net")), RECV)
    there = OkxMapper().decode(liquidations(order(posSide="net", **{field: other})), RECV)
    assert ids(here) != ids(there)


def test_the_receipt_time_orders_and_the_venue_time_places() -> None:
    (fact,) = OkxMapper().decode(liquidations(order()), RECV)
    assert (fact.ts, fact.ts_venue) == (RECV, T * 1_000_000)


# ---------------------------------------------------------------- the replay after a subscription
def test_only_the_first_push_after_a_confirmation_is_history() -> None:
    ack = encoded({"event": "subscribe", "arg": {"channel": "liquidation-orders", "instType": "SWAP"}})
    other = encoded({"event": "subscribe", "arg": {"channel": "mark-price", "instId": BTC}})
    mapper = OkxMapper()
    seen = []
    for frame in (liquidations(order()), ack, other, mark("60000"), liquidations(order(), order(sz="8"))):
        seen += [item.backfill for item in mapper.decode(frame, RECV) if isinstance(item, Liquidation)]
    seen += [item.backfill for item in mapper.decode(liquidations(order(sz="9")), RECV)]
    assert seen == [False, True, True, False]


def test_a_first_push_of_what_came_after_the_confirmation_is_no_history() -> None:
    ack = encoded({"event": "subscribe", "arg": {"channel": "liquidation-orders", "instType": "SWAP"}})
    mapper = OkxMapper()
    mapper.decode(ack, T * 1_000_000)
    push = liquidations(order(), order(ts=str(T + 1)))
    assert [fact.backfill for fact in mapper.decode(push, RECV)] == [True, False]


def test_a_broken_push_does_not_use_up_the_replay() -> None:
    ack = encoded({"event": "subscribe", "arg": {"channel": "liquidation-orders", "instType": "SWAP"}})
    mapper = OkxMapper()
    mapper.decode(ack, RECV)
    assert mapper.decode(liquidations(order())[:60], RECV) == []
    (fact,) = mapper.decode(liquidations(order()), RECV)
    assert fact.backfill


# ---------------------------------------------------------------- mark, index and funding across frames
def last_mark(mapper: OkxMapper, at: int) -> MarkFunding:
    (fact,) = mapper.decode(mark("60000", at // 1_000_000), at)
    return fact


def test_a_mark_carries_what_the_other_channels_said_until_it_is_too_old() -> None:
    mapper = OkxMapper()
    mapper.decode(
        encoded({"arg": {"channel": "index-tickers"}, "data": [{"instId": "BTC-USDT", "idxPx": "59990", "ts": T}]}),
        RECV,
    )
    mapper.decode(funding("0.0004"), RECV)
    fact = last_mark(mapper, RECV + SECOND)
    assert (fact.index, fact.rate, fact.interval_h, fact.rate_8h) == (59990.0, 0.0004, 4.0, 0.0008)
    assert fact.next_funding_ts == (T + 3_600_000) * 1_000_000
    assert fact.apr == pytest.approx(0.0004 * 8760 / 4)
    late = last_mark(mapper, RECV + 121 * SECOND)
    assert (late.index, late.rate) == (None, 0.0004)
    later = last_mark(mapper, RECV + 601 * SECOND)
    assert (later.rate, later.rate_8h, later.apr, later.next_funding_ts) == (None, None, None, None)


def test_new_funding_never_looks_newer_than_its_mark() -> None:
    mapper = OkxMapper()
    mapper.decode(mark("60000", T - 400), RECV)
    (fact,) = mapper.decode(funding("0.0004"), RECV + SECOND)
    assert (fact.mark, fact.rate, fact.ts_venue) == (60000.0, 0.0004, (T - 400) * 1_000_000)


def test_open_interest_takes_the_last_mark_of_its_own_contract() -> None:
    mapper = OkxMapper()
    mapper.decode(mark("50000"), RECV)
    mapper.decode(mark("60000"), RECV)
    mapper.decode(push("mark-price", {"markPx": "3000"}, "ETH-USDT-SWAP"), RECV)
    (fact,) = mapper.decode(push("open-interest", {"oi": "200", "oiCcy": "2"}), RECV)
    assert isinstance(fact, OpenInterest)
    assert (fact.oi_base, fact.oi_usd, fact.price_used, fact.contracts) == (2.0, 120000.0, 60000.0, 200.0)


def test_instances_share_no_state() -> None:
    one, other = OkxMapper(), OkxMapper()
    one.decode(mark("60000"), RECV)
    (fact,) = other.decode(push("open-interest", {"oi": "200", "oiCcy": "2"}), RECV)
    assert fact.oi_usd is None


# ---------------------------------------------------------------- contracts
NEW = "WIF-USDT-SWAP"
RUBIK = f"GET /api/v5/rubik/stat/contracts/long-short-account-ratio-contract?instId={NEW}&period=5m"
CANDLES = f"GET /api/v5/market/candles?instId={NEW}&bar=1m"
DEPTH = f"GET /api/v5/market/books?instId={NEW}&sz=400"
LEVELS = {"bids": [["1.9", "5"]], "asks": [["2.1", "5"]]}
DAY = {"last": "2", "open24h": "1", "vol24h": "70", "volCcy24h": "700"}


def rows(*data: Any) -> bytes:
    return encoded({"code": "0", "data": list(data)})


def asked_of(mapper: OkxMapper, path: str | None, raw: bytes) -> list[Any]:
    return mapper.decode(raw, RECV) if path is None else mapper.reply(path, raw, RECV)


SIZELESS: dict[str, tuple[str | None, bytes, dict[str, Any]]] = {
    "mark": (None, push("mark-price", {"markPx": "2"}, NEW), {"symbol": "WIF", "mark": 2.0}),
    "ticker": (None, push("tickers", DAY, NEW), {"last": 2.0, "vol24h_base": 700.0, "vol24h_usd": 1400.0}),
    "interest": (None, push("open-interest", {"oi": "50", "oiCcy": "500"}, NEW), {"oi_base": 500.0, "contracts": 50.0}),
    "ratio": (RUBIK, rows([str(T), "3"]), {"long_share": 0.75}),
    "bar": (CANDLES, rows([str(T), "2", "3", "1", "2", "70", "700", "1400", "1"]), {"vol_base": 700.0}),
}
SIZED: dict[str, tuple[str | None, bytes]] = {
    "liquidation": (None, liquidations(order(), inst_id=NEW)),
    "book": (None, push("books5", LEVELS, NEW)),
    "depth": (DEPTH, rows(LEVELS | {"ts": str(T)})),
    "contracts alone": (None, push("open-interest", {"oi": "50", "oiCcy": ""}, NEW)),
}


@pytest.mark.parametrize("kind", SIZELESS)
def test_an_unlisted_swap_yields_what_needs_no_contract_size(kind: str) -> None:
    path, raw, want = SIZELESS[kind]
    (fact,) = asked_of(OkxMapper(), path, raw)
    assert {name: getattr(fact, name) for name in want} == want
    assert fact.raw == NEW


@pytest.mark.parametrize("kind", SIZED)
def test_an_unlisted_swap_yields_nothing_that_is_told_in_contracts(kind: str) -> None:
    mapper = OkxMapper()
    assert asked_of(mapper, *SIZED[kind]) == []
    assert mapper.tally.rows == {"ignored:contract_size_unknown": 1}


@pytest.mark.parametrize("case", [*[case[:2] for case in SIZELESS.values()], *SIZED.values()])
def test_nothing_is_inferred_once_the_list_is_loaded(case: tuple[str | None, bytes]) -> None:
    mapper = OkxMapper(infer=False)
    assert asked_of(mapper, *case) == []
    assert mapper.tally.rows == {"ignored:unknown_symbol": 1}


def test_mark_index_and_funding_of_an_unlisted_swap_are_merged() -> None:
    mapper = OkxMapper()
    index = {"arg": {"channel": "index-tickers"}, "data": [{"instId": "WIF-USDT", "idxPx": "1.9", "ts": str(T)}]}
    mapper.decode(encoded(index), RECV)
    mapper.decode(push("mark-price", {"markPx": "2"}, NEW), RECV)
    times = {"fundingTime": str(T + 3_600_000), "nextFundingTime": str(T + 18_000_000)}
    (fact,) = mapper.decode(push("funding-rate", {"fundingRate": "0.0001"} | times, NEW), RECV)
    assert (fact.mark, fact.index, fact.rate, fact.interval_h) == (2.0, 1.9, 0.0001, 4.0)
    assert mapper.table.find(NEW) is None, "the table holds only contracts whose size is known"


def test_the_list_gives_an_inferred_swap_its_size() -> None:
    mapper = OkxMapper()
    mapper.decode(push("mark-price", {"markPx": "2"}, NEW), RECV)
    mapper.table.update([instrument(0, "okx", NEW, "WIF", "USDT", contract_size=10.0)])
    (fact,) = mapper.decode(liquidations(order(bkPx="2", sz="3"), inst_id=NEW), RECV)
    assert fact.qty == 30.0


def test_the_sizes_of_majors_are_known_without_a_list() -> None:
    assert {row.raw for row in BOOTSTRAP} == {f"{coin}-USDT-SWAP" for coin in SIZES}
    (fact,) = OkxMapper(InstrumentTable()).decode(liquidations(order(sz="7")), RECV)
    assert fact.qty == pytest.approx(7 * SIZES["BTC"])


@pytest.mark.parametrize(("multiplier_name", "size"), [("1000CAT", 10.0), ("CAT", 10_000.0)])
def test_a_multiplied_name_and_a_big_contract_say_the_same(multiplier_name: str, size: float) -> None:
    raw = "CAT-USDT-SWAP"
    table = InstrumentTable([instrument(0, "okx", raw, multiplier_name, "USDT", contract_size=size)])
    price = "0.02" if multiplier_name == "1000CAT" else "0.00002"
    (fact,) = OkxMapper(table).decode(liquidations(order(bkPx=price, sz="3"), inst_id=raw), RECV)
    assert (fact.symbol, fact.price, fact.qty, fact.usd) == pytest.approx(("CAT", 2e-5, 30_000.0, 0.6))


def test_an_inverse_row_of_the_table_is_not_used() -> None:
    raw = "BTC-USD-SWAP"
    table = InstrumentTable([instrument(0, "okx", raw, "BTC", "BTC", contract_size=100.0, inverse=True)])
    mapper = OkxMapper(table)
    assert mapper.decode(liquidations(order(), inst_id=raw), RECV) == []
    assert mapper.tally.rows == {"ignored:inverse_off": 1}
    assert mapper.polls(["BTC"]) == data.polls([])


def test_a_spot_pair_needs_a_listed_swap_once_inference_is_off() -> None:
    row = {"last": "2", "open24h": "2", "vol24h": "10", "volCcy24h": "20"}
    reply = encoded({"code": "0", "data": [{"instId": pair, "ts": str(T)} | row for pair in ("NEW-USDT", "ETH-USDT")]})
    mapper = OkxMapper(infer=False)
    facts = mapper.reply("GET /api/v5/market/tickers?instType=SPOT", reply, RECV)
    assert [(fact.symbol, fact.market) for fact in facts if isinstance(fact, Ticker)] == [("ETH", "spot")]
    assert mapper.tally.rows == {"ignored:spot_pair_off": 1}


def test_the_list_replaces_the_bootstrap() -> None:
    mapper = OkxMapper()
    row = {"instId": BTC, "instType": "SWAP", "state": "live", "ctType": "linear", "ctVal": "0.5", "ctMult": "2"}
    listed = encoded({"code": "0", "data": [row | {"ctValCcy": "BTC", "settleCcy": "USDT"}]})
    facts = mapper.reply("GET /api/v5/public/instruments?instType=SWAP", listed, RECV)
    assert [type(fact) for fact in facts] == [Instrument]
    (fact,) = mapper.decode(liquidations(order(sz="3")), RECV)
    assert fact.qty == 3.0


# ---------------------------------------------------------------- sockets and polls
def table_of(count: int) -> InstrumentTable:
    return InstrumentTable(instrument(0, "okx", f"C{n:03}-USDT-SWAP", f"C{n:03}", "USDT") for n in range(count))


def asked(frames: list[bytes]) -> list[dict[str, str]]:
    requests = [json.loads(frame) for frame in frames]
    assert all(request["op"] == "subscribe" for request in requests)
    return [arg for request in requests for arg in request["args"]]


@pytest.mark.parametrize(("count", "sockets"), [(0, 1), (1, 1), (119, 1), (120, 2), (200, 2)])
def test_sockets_keep_the_limits_and_miss_nothing(count: int, sockets: int) -> None:
    conns = OkxMapper(table_of(count)).subscriptions(f"C{n:03}" for n in range(count))
    assert len(conns) == sockets
    args = [arg for conn in conns for arg in asked(conn.frames)]
    assert len(args) == 1 + 4 * count
    assert len({json.dumps(arg) for arg in args}) == len(args)
    assert args[0] == {"channel": "liquidation-orders", "instType": "SWAP"}
    for conn in conns:
        assert conn.url == "/ws/v5/public"
        assert (conn.ping.period_s, conn.ping.payload) == (20.0, b"ping")
        assert all(len(frame) <= data.MAX_FRAME_BYTES for frame in conn.frames)
        assert len(asked(conn.frames)) <= 480
        said = [(arg["channel"], arg.get("instId")) for arg in asked(conn.frames)]
        assert [(expect.channel, expect.symbol) for expect in conn.expect] == said


def test_what_one_swap_subscribes_to() -> None:
    (conn,) = OkxMapper().subscriptions(["BTC", "NOPE"])
    assert conn.frames == [
        (
            b'{"op":"subscribe","args":[{"channel":"liquidation-orders","instType":"SWAP"},'
            b'{"channel":"mark-price","instId":"BTC-USDT-SWAP"},{"channel":"funding-rate","instId":"BTC-USDT-SWAP"},'
            b'{"channel":"books5","instId":"BTC-USDT-SWAP"},{"channel":"index-tickers","instId":"BTC-USDT"}]}'
        )
    ]
    assert Expect("liquidation-orders", None, None) in conn.expect
    assert all(expect.max_silence_s for expect in conn.expect[1:])


def test_polls_have_the_stated_paces_and_order() -> None:
    polls = {poll.name: poll for poll in OkxMapper().polls(["ETH"])}
    assert {name: poll.every_s for name, poll in polls.items()} == {
        "open_interest": 15.0,
        "mark_price": 15.0,
        "funding_rate": 60.0,
        "tickers": 60.0,
        "spot_tickers": 60.0,
        "instruments": 3600.0,
        "account_ratio:ETH-USDT-SWAP": 300.0,
        "depth:ETH-USDT-SWAP": 30.0,
    }
    by_priority = sorted(polls.values(), key=lambda poll: poll.priority)
    assert [poll.name.split(":")[0] for poll in by_priority] == [
        "open_interest",
        "mark_price",
        "funding_rate",
        "tickers",
        "spot_tickers",
        "account_ratio",
        "depth",
        "instruments",
    ]
    assert all((poll.method, poll.body, poll.weight) == ("GET", None, 1) for poll in polls.values())


def test_every_poll_has_a_handler() -> None:
    for poll in OkxMapper().polls(["BTC"]):
        mapper = OkxMapper()
        mapper.reply(f"{poll.method} {poll.path}", b'{"code":"0","msg":"","data":[]}', RECV)
        assert mapper.tally.frames == {"ignored:empty": 1}, poll.name


def test_settings_refuse_unknown_keys() -> None:
    assert Settings().rest.startswith("https://")
    with pytest.raises(TypeError, match="nope"):
        Settings(nope=1)  # type: ignore[call-arg]


# ---------------------------------------------------------------- anything at all
@pytest.mark.parametrize(
    "frame",
    [
        b'{"arg":{"channel":"liquidation-orders"},"data":[{"instId":"BTC-USDT-SWAP","x":%s,"details":[]}]}',
        b'{"arg":{"channel":"mark-price"},"x":%s}',
        b'{"x":%s}',
    ],
)
def test_deep_nesting_is_quarantined(frame: bytes) -> None:
    mapper = OkxMapper()
    assert mapper.decode(frame % (b"[" * 100_000 + b"]" * 100_000), RECV) == []
    assert mapper.tally.frames == {"quarantined:malformed": 1}
    assert all(len(sample) <= 4096 for _, sample in mapper.tally.samples)


def test_a_frame_above_the_cap_is_not_read() -> None:
    mapper = OkxMapper()
    assert mapper.decode(b" " * (1 << 20) + b"{}", RECV) == []
    assert mapper.tally.frames == {"quarantined:too_large": 1}


@given(broken("okx"), st.integers(0, 3))
def test_a_broken_frame_never_crashes_and_never_yields_an_impossible_fact(
    case: tuple[str | None, bytes], minutes: int
) -> None:
    mapper = mapper_of("okx")
    mapper.decode(mark("60000"), RECV)
    for item in feed(mapper, *case, RECV + minutes * 60 * SECOND):
        check(item)
    check(last_mark(mapper, RECV + 240 * SECOND))


@given(st.binary(max_size=200))
def test_noise_is_counted(noise: bytes) -> None:
    for item in feed(OkxMapper(), None, noise, RECV):
        check(item)
