"""Bybit: what golden frames cannot say."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.collect.book import is_sound
from clri.collect.event_id import event_id
from clri.collect.instruments import InstrumentTable, instrument
from clri.collect.mapper import Control, Expect, Ping
from clri.collect.venues.bybit import feed as data
from clri.collect.venues.bybit.mapper import BybitMapper
from clri.collect.venues.bybit.settings import Settings
from clri.model.facts import Book, Liquidation, MarkFunding, OpenInterest, Ticker
from tests.collect.mutated import broken, check, feed
from tests.collect.test_golden import mapper_of

T = 1_790_000_000_000
RECV = (T + 600) * 1_000_000


def encoded(frame: object) -> bytes:
    return json.dumps(frame, separators=(",", ":")).encode()


def liquidations(*rows: dict[str, Any]) -> bytes:
    return encoded({"topic": "allLiquidation.BTCUSDT", "type": "snapshot", "ts": T + 500, "data": list(rows)})


def row(**changed: Any) -> dict[str, Any]:
    return {"T": T + 400, "s": "BTCUSDT", "S": "Buy", "v": "0.5", "p": "58000"} | changed


def ticker(kind: str, ts: int, **fields: str) -> bytes:
    return encoded(
        {"topic": "tickers.BTCUSDT", "type": kind, "data": {"symbol": "BTCUSDT"} | fields, "cs": ts, "ts": ts}
    )


def book(kind: str, u: int, bids: list[Any], asks: list[Any]) -> bytes:
    body = {"s": "BTCUSDT", "b": bids, "a": asks, "u": u, "seq": u}
    return encoded({"topic": "orderbook.50.BTCUSDT", "type": kind, "ts": T, "data": body, "cts": T})


def listed(*raws: str) -> InstrumentTable:
    return InstrumentTable(instrument(0, "bybit", raw, raw.removesuffix("USDT"), "USDT") for raw in raws)


# ------------------------------------------------------------ liquidations
def test_the_id_is_made_of_the_raw_texts_of_the_row_and_its_rank() -> None:
    first, twin = BybitMapper().decode(liquidations(row(v="0.50"), row(v="0.50")), RECV)
    raws = f"BTCUSDT|{T + 400}|Buy|0.50|58000"
    assert [first.event_id, twin.event_id] == [event_id("bybit", raws, 0), event_id("bybit", raws, 1)]


def test_twins_survive_and_redelivery_does_not_whatever_stands_beside_them() -> None:
    mapper = BybitMapper()
    ids = [fact.event_id for fact in mapper.decode(liquidations(row(), row(S="Sell"), row()), RECV)]
    again = [fact.event_id for fact in mapper.decode(liquidations(row(S="Sell"), row(), row()), RECV + 10**9)]
    assert len(set(ids)) == 3
    assert set(again) == set(ids)


def test_a_frame_of_a_thousand_rows_keeps_order_and_every_row() -> None:
    rows = [row(T=T + i % 7, v=str(1 + i)) for i in range(1000)]
    facts = BybitMapper().decode(liquidations(*rows), RECV)
    assert [fact.qty for fact in facts] == [1.0 + i for i in range(1000)]


def test_an_unlisted_symbol_yields_nothing_once_the_list_is_loaded() -> None:
    mapper = BybitMapper(listed("ETHUSDT"), infer=False)
    assert mapper.decode(liquidations(row()), RECV) == []
    assert mapper.tally.rows == {"ignored:unknown_symbol": 1}
    assert mapper.table.find("BTCUSDT") is None
    guess = BybitMapper()
    assert guess.decode(liquidations(row()), RECV)[0].symbol == "BTC"
    assert guess.table.find("BTCUSDT") is not None


# ------------------------------------------------------------ tickers
FIELDS = {
    "markPrice": ("59000", "59000.5", "58999"),
    "indexPrice": ("59010", ""),
    "fundingRate": ("0.0001", "-0.0002", ""),
    "fundingIntervalHour": ("8", "4", "1"),
    "nextFundingTime": ("1790006400000", ""),
    "openInterest": ("51000", "0", "50999.5"),
    "lastPrice": ("59001", "59002"),
    "turnover24h": ("4100000000", "0"),
    "bid1Price": ("59000.5", "0", ""),
}
TRADED = {"lastPrice", "turnover24h", "bid1Price"}


def number(text: str | None) -> float | None:
    return float(text) if text else None


@given(st.lists(st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in FIELDS.items()}), max_size=12))
def test_deltas_merge_like_a_dictionary(deltas: list[dict[str, str]]) -> None:
    """Slow truth: a dict updated with every delta; after each, the facts of the touched fields equal it."""
    mapper = BybitMapper()
    known = {name: values[0] for name, values in FIELDS.items()}
    mapper.decode(ticker("snapshot", T, **known), RECV)
    for step, delta in enumerate(deltas, start=1):
        known |= delta
        facts = {type(fact): fact for fact in mapper.decode(ticker("delta", T + step, **delta), RECV)}
        touched = {
            MarkFunding: delta.keys()
            & {"markPrice", "indexPrice", "fundingRate", "fundingIntervalHour", "nextFundingTime"},
            OpenInterest: delta.keys() & {"openInterest"},
            Ticker: delta.keys() & {"lastPrice", "turnover24h", "bid1Price"},
        }
        assert facts.keys() == {kind for kind, fields in touched.items() if fields}
        mark = float(known["markPrice"])
        if fact := facts.get(MarkFunding):
            rate, hours = number(known["fundingRate"]), float(known["fundingIntervalHour"])
            assert (fact.mark, fact.index, fact.rate) == (mark, number(known["indexPrice"]), rate)
            assert fact.rate_8h == (None if rate is None else pytest.approx(rate * 8 / hours))
            assert fact.apr == (None if rate is None else pytest.approx(rate * 8760 / hours))
        if fact := facts.get(OpenInterest):
            base = float(known["openInterest"])
            assert (fact.oi_base, fact.oi_usd, fact.price_used) == (base, base * mark, mark)
        if fact := facts.get(Ticker):
            bid = number(known["bid1Price"]) or None
            assert (fact.last, fact.vol24h_usd, fact.bid) == (
                float(known["lastPrice"]),
                float(known["turnover24h"]),
                bid,
            )


def test_a_snapshot_forgets_what_it_does_not_repeat() -> None:
    mapper = BybitMapper()
    mapper.decode(ticker("snapshot", T, markPrice="59000", fundingRate="0.0001", fundingIntervalHour="8"), RECV)
    (fact,) = mapper.decode(ticker("snapshot", T + 1, markPrice="59001"), RECV)
    assert (fact.mark, fact.rate, fact.interval_h) == (59001.0, None, None)


def test_merge_state_belongs_to_the_connection() -> None:
    table = listed("BTCUSDT")
    one, other = BybitMapper(table), BybitMapper(table)
    one.decode(ticker("snapshot", T, markPrice="59000", lastPrice="59000"), RECV)
    assert other.decode(ticker("delta", T + 1, lastPrice="59001"), RECV) == []
    assert other.tally.rows == {"ignored:no_snapshot": 1}


# ------------------------------------------------------------ books
LEVELS = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 3)), max_size=4)


@given(st.lists(st.tuples(LEVELS, LEVELS), min_size=1, max_size=20))
def test_books_equal_a_book_kept_in_a_dictionary(changes: list[Any]) -> None:
    mapper = BybitMapper()
    kept: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for step, sides in enumerate(changes):
        for side, levels in zip(kept, sides, strict=True):
            side.update(levels)
        bids, asks = ([[str(price), str(size)] for price, size in levels] for levels in sides)
        frame = book("delta" if step else "snapshot", 100 + step, bids, asks)
        (fact,) = mapper.decode(frame, RECV + step * 250_000_000)
        want_bids = sorted(((p, s) for p, s in kept[0].items() if s), reverse=True)
        want_asks = sorted((p, s) for p, s in kept[1].items() if s)
        assert (fact.bids, fact.asks) == (want_bids, want_asks)
        assert fact.valid == is_sound(want_bids, want_asks)
        assert fact.seq == 100 + step


def test_a_book_that_grows_without_end_is_given_up() -> None:
    mapper = BybitMapper()
    mapper.decode(book("snapshot", 100, [["1", "1"]], [["1000", "1"]]), RECV)
    items: list[Any] = []
    for step in range(1, 8):
        bids = [[f"{2 + step}.{i:03d}", "1"] for i in range(100)]
        items = mapper.decode(book("delta", 100 + step, bids, []), RECV)
        if items:
            break
    assert [type(item) for item in items] == [Book, Control]
    assert step == 5
    assert not items[0].valid


def test_a_book_leaves_at_most_each_250_ms_even_if_the_clock_steps_back() -> None:
    mapper = BybitMapper()
    mapper.decode(book("snapshot", 100, [["1", "1"]], [["2", "1"]]), RECV)
    sent = [bool(mapper.decode(book("delta", 100 + i, [], []), RECV + i * 20_000_000)) for i in range(1, 26)]
    assert [i + 1 for i, was in enumerate(sent) if was] == [13]
    assert mapper.decode(book("delta", 126, [], []), RECV - 10**12) != []


def test_on_a_socket_known_to_be_linear_the_order_of_keys_means_nothing() -> None:
    frame = encoded({"topic": "orderbook.50.BTCUSDT", "ts": T, "type": "snapshot"} | {
        "data": {"s": "BTCUSDT", "b": [["1", "1"]], "a": [["2", "1"]], "u": 5, "seq": 5}})  # fmt: skip
    assert BybitMapper().decode(frame, RECV) == []
    (fact,) = BybitMapper(listed("BTCUSDT"), infer=False).decode(frame, RECV)
    assert fact.market == "perp"


# ------------------------------------------------------------ lists and spot
def test_spot_counts_only_where_the_coin_has_a_perpetual() -> None:
    rows = [{"symbol": s, "lastPrice": "1", "turnover24h": "5"} for s in ("PEPEUSDT", "NEWUSDT", "PEPEBTC", "PEPEUSDC")]
    body = {"category": "spot", "list": rows}
    reply = encoded({"retCode": 0, "retMsg": "OK", "result": body, "time": T})
    table = InstrumentTable([instrument(0, "bybit", "1000PEPEUSDT", "1000PEPE", "USDT")])
    mapper = BybitMapper(table, infer=False)
    for _ in range(2):
        facts = mapper.reply("GET /v5/market/tickers?category=spot", reply, RECV)
        assert [(fact.raw, fact.symbol, fact.market) for fact in facts] == [
            ("PEPEUSDT", "PEPE", "spot"),
            ("PEPEUSDC", "PEPE", "spot"),
        ]
    assert mapper.tally.rows == {"ignored:spot_pair_off": 4}
    assert mapper.table.find("PEPEUSDT") is None


def page(cursor: str | None) -> bytes:
    body = {"category": "linear", "list": [], "nextPageCursor": cursor}
    return encoded({"retCode": 0, "retMsg": "OK", "result": body, "time": T})


def test_the_list_is_read_to_its_last_page() -> None:
    mapper = BybitMapper()
    path = mapper.next_page(page("first%3DXYZ"))
    assert path == "/v5/market/instruments-info?category=linear&limit=1000&cursor=first%3DXYZ"
    assert mapper.next_page(page("")) is None
    assert mapper.next_page(page(None)) is None


def test_a_reply_of_the_list_fills_the_table() -> None:
    mapper = mapper_of("bybit")
    found = mapper.table.find("SOLUSDT")
    assert found is not None
    assert found.funding_interval_h == 4.0
    assert mapper.table.find("DAWNUSDT") is None
    contract = {
        "symbol": "NEARUSDT", "contractType": "LinearPerpetual", "status": "Trading", "baseCoin": "NEAR",
        "quoteCoin": "USDT", "settleCoin": "USDT", "fundingInterval": 120,
    }  # fmt: skip
    reply = {"retCode": 0, "result": {"list": [contract]}, "time": T}
    mapper.reply("GET /v5/market/instruments-info?category=linear", encoded(reply), RECV)
    found = mapper.table.find("NEARUSDT")
    assert found is not None
    assert found.funding_interval_h == 2.0


# ------------------------------------------------------------ feed
def topics_of(conn: Any) -> list[str]:
    return [topic for frame in conn.frames for topic in json.loads(frame)["args"]]


def test_one_coin_is_one_exact_frame() -> None:
    (conn,) = BybitMapper().subscriptions(["BTC"])
    topics = '"tickers.BTCUSDT","orderbook.50.BTCUSDT","allLiquidation.BTCUSDT"'
    assert conn.frames == [b'{"op":"subscribe","req_id":"1-1","args":[' + topics.encode() + b"]}"]
    assert (conn.url, conn.headers, conn.ping) == ("/v5/public/linear", {}, Ping(20.0, b'{"op":"ping"}'))
    assert conn.expect == [
        Expect("tickers", "BTCUSDT", 10.0),
        Expect("orderbook.50", "BTCUSDT", 10.0),
        Expect("allLiquidation", "BTCUSDT", None),
    ]


@pytest.mark.parametrize(("contracts", "tracked"), [(805, 8), (805, 200), (2000, 1), (1, 1)])
def test_sockets_stay_inside_the_limits_and_carry_a_busy_topic(contracts: int, tracked: int) -> None:
    raws = [f"COIN{i}USDT" for i in range(contracts)]
    coins = [f"COIN{i}" for i in range(tracked)]
    conns = BybitMapper(listed(*raws)).subscriptions(coins)
    for conn in conns:
        frames = [json.loads(frame) for frame in conn.frames]
        assert len(json.dumps(topics_of(conn), separators=(",", ":"))) <= 20_000
        assert max(len(frame["args"]) for frame in frames) <= 100
        assert any(topic.startswith("tickers.") for topic in topics_of(conn))
        assert [f"{expect.channel}.{expect.symbol}" for expect in conn.expect] == topics_of(conn)
    wanted = {f"allLiquidation.{raw}" for raw in raws}
    wanted |= {f"{channel}.{coin}USDT" for coin in coins for channel in ("tickers", "orderbook.50")}
    sent = [topic for conn in conns for topic in topics_of(conn)]
    assert set(sent) == wanted
    assert len(sent) - len(wanted) == len(conns) - 1, "only the heartbeat is subscribed twice"
    ids = [json.loads(frame)["req_id"] for conn in conns for frame in conn.frames]
    assert len(set(ids)) == len(ids)


def test_the_heartbeat_of_a_further_socket_counts_too() -> None:
    raws = ["C" * 400 + "USDT", *(f"COIN{i}USDT" for i in range(3000))]
    conns = BybitMapper(listed(*raws)).subscriptions(["C" * 400])
    assert len(conns) > 2
    assert all(len(json.dumps(topics_of(conn), separators=(",", ":"))) <= 20_000 for conn in conns)


def test_tickers_of_both_stables_and_the_book_of_the_usdt_contract() -> None:
    table = listed("BTCUSDT")
    table.update([instrument(0, "bybit", "BTCPERP", "BTC", "USDC")])
    (conn,) = BybitMapper(table, infer=False).subscriptions(["BTC", "NOPE"])
    assert topics_of(conn) == [
        "tickers.BTCUSDT",
        "tickers.BTCPERP",
        "orderbook.50.BTCUSDT",
        "allLiquidation.BTCPERP",
        "allLiquidation.BTCUSDT",
    ]


def test_polls_have_the_pace_of_the_documents_and_a_handler() -> None:
    mapper = BybitMapper(listed("BTCUSDT", "ETHUSDT"))
    polls = mapper.polls(["ETH"])
    assert {(poll.name, poll.host, poll.every_s, poll.priority) for poll in polls} == {
        ("tickers", "rest", 15.0, 0),
        ("spot_tickers", "spot", 60.0, 2),
        ("ratio", "rest", 300.0, 3),
        ("depth", "rest", 30.0, 4),
        ("instruments", "rest", 3600.0, 5),
    }
    for poll in polls + data.history(["ETHUSDT"], 1_790_000_000_000_000_000) + data.hourly(["ETHUSDT"]):
        assert any(part in poll.path for part, _ in mapper.replies()), poll.path
        assert poll.path.startswith("/v5/market/")
    assert [poll.path for poll in polls if poll.name == "ratio"] == [
        "/v5/market/account-ratio?category=linear&symbol=ETHUSDT&period=5min&limit=2"
    ]


@pytest.mark.parametrize("coins", [8, 200])
def test_polls_use_at_most_40_percent_of_the_limit(coins: int) -> None:
    polls = data.polls([f"C{i}USDT" for i in range(coins)])
    assert sum(poll.weight / poll.every_s for poll in polls) <= 0.4 * 600 / 5


def test_base_urls() -> None:
    assert Settings() == Settings("wss://stream.bybit.com", "https://api.bybit.com", "https://api.bybit.com")


# ------------------------------------------------------------ broken input
@given(st.lists(broken("bybit"), min_size=1, max_size=6))
def test_broken_frames_never_crash_and_never_become_absurd_facts(frames: list[tuple[str | None, bytes]]) -> None:
    mapper = mapper_of("bybit")
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
        (liquidations(row()).replace(b"Buy", b"B\xffy"), "malformed"),
        (b"\x1f\x8b\x08\x00allLiquidation.", "malformed"),
        (b'{"topic":"allLiquidation.BTCUSDT","data":5}', "schema"),
        (b'"allLiquidation."', "schema"),
        (liquidations(row(T=10**400)), "time_unit"),
        (liquidations(row(v="9" * 5000)), "not_finite"),
    ],
)
def test_hostile_frames_are_quarantined(raw: bytes, reason: str) -> None:
    mapper = BybitMapper()
    assert mapper.decode(raw, RECV) == []
    assert mapper.tally.frames == {f"quarantined:{reason}": 1}
    assert mapper.decode(liquidations(row()), RECV)[0].side == "LONG", "the socket goes on"


def test_one_bad_row_of_many_costs_itself_only() -> None:
    mapper = BybitMapper()
    bad = [row(v="NaN"), row(p="-1"), row(S="?"), row(T=T * 1000), {"s": "BTCUSDT"}, row(v=5)]
    rows = [one for i, broken_row in enumerate(bad) for one in (row(v=str(i + 1)), broken_row)]
    facts = mapper.decode(liquidations(*rows), RECV)
    assert [fact.qty for fact in facts] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert all(isinstance(fact, Liquidation) for fact in facts)
    reasons = {"schema": 3, "not_finite": 1, "range": 1, "time_unit": 1}
    assert mapper.tally.rows == {f"quarantined:{reason}": n for reason, n in reasons.items()}


def test_numbers_at_the_edge_of_floating_point_do_not_overflow() -> None:
    mapper = BybitMapper()
    assert mapper.decode(ticker("snapshot", T, markPrice="5", lastPrice="5", price24hPcnt="1e308"), RECV) == []
    rows = [{"symbol": "BTCUSDT", "buyRatio": "1", "sellRatio": "5e-324", "timestamp": str(T)}]
    reply = encoded({"retCode": 0, "result": {"list": rows}, "time": T})
    (fact,) = mapper.reply("GET /v5/market/account-ratio?category=linear&symbol=BTCUSDT&period=5min", reply, RECV)
    assert (fact.long_share, fact.ratio) == (1.0, None)
    assert mapper.tally.frames == {"quarantined:range": 1, "decoded": 1}
