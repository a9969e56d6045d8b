"""Gate: what golden frames cannot say."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.collect.event_id import event_id
from clri.collect.instruments import InstrumentTable, instrument
from clri.collect.mapper import Control
from clri.collect.venues.gate import feed as plan
from clri.collect.venues.gate.bootstrap import BOOTSTRAP, SIZES
from clri.collect.venues.gate.mapper import GateMapper
from clri.collect.venues.gate.settings import Settings
from clri.model.errors import QuarantineError
from clri.model.facts import Book, Liquidation, MarkFunding, OpenInterest, Ticker
from clri.model.instrument import Instrument
from tests.collect.mutated import broken, check, feed
from tests.collect.test_golden import mapper_of

T = 1_790_000_000_000
RECV = (T + 600) * 1_000_000
LIMIT_10S = 200


def encoded(frame: object) -> bytes:
    return json.dumps(frame, separators=(",", ":")).encode()


def pushed(channel: str, result: object, **more: Any) -> bytes:
    return encoded(
        {"time": T // 1000, "time_ms": T + 20, "channel": channel, "event": "update", "result": result} | more
    )


def row(**changed: Any) -> dict[str, Any]:
    return {"contract": "BTC_USDT", "price": "59000", "size": "1245", "time_ms": T - 500} | changed


def liquidations(*rows: dict[str, Any]) -> bytes:
    return pushed("futures.public_liquidates", list(rows))


def ticker(**changed: Any) -> bytes:
    base = {"contract": "BTC_USDT", "mark_price": "60000", "index_price": "59990", "total_size": "20000"}
    return pushed("futures.tickers", [base | {"funding_rate": "0.0001", "last": "60001"} | changed])


def book(event: str, result: object) -> bytes:
    return pushed("futures.order_book", result, event=event)


def listed(**sizes: float) -> InstrumentTable:
    return InstrumentTable(
        instrument(0, "gate", f"{coin}_USDT", coin, "USDT", contract_size=size, funding_interval_h=8.0)
        for coin, size in sizes.items()
    )


# ------------------------------------------------------------ liquidations
def test_the_id_is_made_of_the_raw_texts_of_the_row_and_its_rank() -> None:
    first, twin = GateMapper().decode(liquidations(row(size="10.50"), row(size="10.50")), RECV)
    raws = f"BTC_USDT|{T - 500}|10.50|59000"
    assert [first.event_id, twin.event_id] == [event_id("gate", raws, 0), event_id("gate", raws, 1)]
    assert (first.ts, first.ts_venue) == (RECV, (T - 500) * 10**6)


@pytest.mark.parametrize(
    "changed", [{"size": "1245.0"}, {"price": "59000.0"}, {"time_ms": T}, {"contract": "ETH_USDT"}]
)
def test_every_one_of_those_texts_enters_the_id(changed: dict[str, Any]) -> None:
    mapper = GateMapper()
    assert (
        mapper.decode(liquidations(row()), RECV)[0].event_id
        != mapper.decode(liquidations(row(**changed)), RECV)[0].event_id
    )


def test_twins_survive_and_redelivery_does_not_whatever_stands_beside_them() -> None:
    mapper = GateMapper()
    ids = [fact.event_id for fact in mapper.decode(liquidations(row(), row(size="-1"), row()), RECV)]
    again = [fact.event_id for fact in mapper.decode(liquidations(row(size="-1"), row(), row()), RECV + 10**9)]
    assert len(set(ids)) == 3
    assert set(again) == set(ids)


def test_history_never_has_the_id_of_a_pushed_row() -> None:
    mapper = GateMapper()
    live = mapper.decode(liquidations(row(time_ms=T)), RECV)[0]
    past = {"contract": "BTC_USDT", "time": T // 1000, "size": "1245", "left": "0", "order_price": "59000"}
    old = mapper.reply("GET /futures/usdt/liq_orders?from=1&limit=1000", encoded([past]), RECV)[0]
    assert (live.side, live.qty, live.price, live.ts_venue) == (old.side, old.qty, old.price, old.ts_venue)
    assert live.event_id != old.event_id
    assert (live.backfill, old.backfill) == (False, True)


@pytest.mark.parametrize(("size", "side"), [("5", "LONG"), ("-5", "SHORT"), (5, "LONG"), (-0.5, "SHORT")])
def test_the_sign_is_that_of_the_position(size: Any, side: str) -> None:
    assert GateMapper().decode(liquidations(row(size=size)), RECV)[0].side == side


def test_a_full_window_keeps_order_and_every_row() -> None:
    facts = GateMapper().decode(
        liquidations(*(row(time_ms=T + i % 7, size=str(10_000 * (1 + i))) for i in range(200))), RECV
    )
    assert [fact.qty for fact in facts] == pytest.approx([1.0 + i for i in range(200)])


@given(size=st.integers(1, 10**6), coins=st.sampled_from([0.0001, 0.01, 1.0, 10.0, 1e7]), price=st.integers(1, 10**4))
def test_value_is_contracts_times_size_times_price(size: int, coins: float, price: int) -> None:
    mapper = GateMapper(listed(XYZ=coins), infer=False)
    facts = mapper.decode(liquidations(row(contract="XYZ_USDT", size=str(-size), price=str(price))), RECV)
    if size * coins * price >= 1e10:
        assert facts == []
    else:
        assert facts[0].qty == pytest.approx(size * coins)
        assert facts[0].usd == pytest.approx(size * coins * price)


# ------------------------------------------------------------ symbols
def test_sizes_come_from_a_list_or_from_the_bootstrap_never_from_a_guess() -> None:
    mapper = GateMapper(InstrumentTable())
    frame = liquidations(*(row(contract=f"{coin}_USDT", size="1", price="1") for coin in ("SOL", "XYZ")))
    assert [(fact.symbol, fact.qty) for fact in mapper.decode(frame, RECV)] == [("SOL", SIZES["SOL"])]
    assert mapper.tally.rows == {"ignored:contract_size_unknown": 1}
    assert mapper.table.find("XYZ_USDT") is None
    listed_only = GateMapper(InstrumentTable(), infer=False)
    assert listed_only.decode(frame, RECV) == []
    assert listed_only.tally.rows == {"ignored:unknown_symbol": 2}


def test_an_unlisted_contract_yields_mark_and_turnover_but_no_open_interest() -> None:
    mapper = GateMapper()
    traded = {"volume_24h_base": "10", "volume_24h_quote": "600000"}
    funding, day = mapper.decode(ticker(contract="XYZ_USDT", **traded), RECV)
    assert (funding.symbol, funding.mark, funding.index, funding.rate) == ("XYZ", 60000.0, 59990.0, 0.0001)
    assert (funding.interval_h, funding.rate_8h) == (None, None)
    assert (day.last, day.vol24h_base, day.vol24h_usd) == (60001.0, 10.0, 600_000.0)
    assert mapper.tally.rows == {"ignored:contract_size_unknown": 1}
    assert GateMapper(infer=False).decode(ticker(contract="XYZ_USDT"), RECV) == []


def test_statistics_of_an_unlisted_contract_are_ratios_and_sums() -> None:
    stat = {"time": T // 1000 - 900, "lsr_account": 3, "lsr_taker": 1, "long_liq_usd": 5, "short_liq_usd": 7}
    stat |= {"open_interest": "100", "open_interest_usd": 60000, "mark_price": "60000"}
    mapper = GateMapper()
    path = "GET /futures/usdt/contract_stats?contract=XYZ_USDT&interval=5m&limit=3"
    account, taker, sums = mapper.reply(path, encoded([stat]), RECV)
    assert (account.kind, account.long_share, taker.kind, sums.long_usd) == ("account", 0.75, "taker", 5.0)
    assert mapper.tally.rows == {"ignored:contract_size_unknown": 1}


@pytest.mark.parametrize(
    ("path", "raw"),
    [
        (
            None,
            book("all", {"t": T, "contract": "XYZ_USDT", "bids": [{"p": "1", "s": 1}], "asks": [{"p": "2", "s": 1}]}),
        ),
        (
            "GET /futures/usdt/order_book?contract=XYZ_USDT&limit=300",
            encoded({"update": T / 1000, "bids": [{"p": "1", "s": 1}], "asks": [{"p": "2", "s": 1}]}),
        ),
    ],
)
def test_books_of_an_unlisted_contract_are_counted(path: str | None, raw: bytes) -> None:
    mapper = GateMapper()
    assert (mapper.decode(raw, RECV) if path is None else mapper.reply(path, raw, RECV)) == []
    assert mapper.tally.rows == {"ignored:contract_size_unknown": 1}


def test_the_list_overrules_the_bootstrap() -> None:
    fact = GateMapper(listed(SOL=0.1)).decode(liquidations(row(contract="SOL_USDT", size="10")), RECV)[0]
    assert fact.qty == 1.0


def test_the_bootstrap_holds_only_sizes_of_majors() -> None:
    assert SIZES["BTC"] == 0.0001
    assert all(row.contract_size > 0 and row.venue == "gate" and row.raw == f"{row.symbol}_USDT" for row in BOOTSTRAP)


@pytest.mark.parametrize("raw", [b'{"label":"X","message":"no"}', b"<html>", b'[{"name":"BTC_USDT"}]', b"3"])
def test_a_list_that_is_none_is_refused(raw: bytes) -> None:
    with pytest.raises(QuarantineError):
        GateMapper().instruments(raw)


# ------------------------------------------------------------ state across frames
def test_a_ticker_is_mark_interest_and_turnover_in_that_order() -> None:
    facts = GateMapper().decode(ticker(), RECV)
    assert [type(fact) for fact in facts] == [MarkFunding, OpenInterest, Ticker]
    assert (facts[1].oi_base, facts[1].oi_usd, facts[1].contracts) == (2.0, 120_000.0, 20_000.0)


def test_the_last_mark_values_open_interest_of_its_own_contract_only() -> None:
    mapper = GateMapper()
    mapper.decode(ticker(mark_price="50000"), RECV)
    only = {"mark_price": "", "last": "", "total_size": "10000"}
    assert mapper.decode(ticker(**only), RECV)[0].oi_usd == 50_000.0
    assert mapper.decode(ticker(contract="ETH_USDT", **only), RECV)[0].oi_usd is None


def test_the_next_settlement_of_the_contract_list_serves_until_it_has_passed() -> None:
    mapper = mapper_of("gate")
    due = (T // 1000 + 6400) * 10**9
    assert mapper.decode(ticker(), RECV)[0].next_funding_ts == due
    assert mapper.decode(ticker(t=T + 6_400_000), RECV)[0].next_funding_ts is None


def test_an_unknown_interval_gives_no_comparable_rate() -> None:
    table = InstrumentTable([instrument(0, "gate", "RARE_USDT", "RARE", "USDT")])
    fact = GateMapper(table).decode(ticker(contract="RARE_USDT"), RECV)[0]
    assert (fact.rate, fact.interval_h, fact.rate_8h, fact.apr) == (0.0001, None, None, None)


@given(seconds=st.sampled_from([3600, 7200, 14400, 28800]), rate=st.floats(-0.05, 0.05))
def test_funding_of_every_interval_is_made_comparable(seconds: int, rate: float) -> None:
    fact = GateMapper().decode(ticker(funding_interval=seconds, funding_rate=repr(rate)), RECV)[0]
    assert fact.interval_h == seconds / 3600
    assert fact.rate_8h == pytest.approx(rate * 28800 / seconds, abs=1e-15)


def test_a_change_ends_the_book_until_the_next_whole_one() -> None:
    mapper = GateMapper()
    whole = {"t": T, "id": 1, "contract": "BTC_USDT", "bids": [{"p": "1", "s": 1}], "asks": [{"p": "2", "s": 1}]}
    change = [{"p": "1", "s": 0, "c": "BTC_USDT", "id": 2}]
    frames = [book("all", whole), book("update", change), book("all", whole)]
    first, (invalid, control), last = (mapper.decode(frame, RECV) for frame in frames)
    assert (first[0].valid, invalid.valid, last[0].valid) == (True, False, True)
    assert control == Control("book_invalid", "futures.order_book", "BTC_USDT", "event update")
    assert isinstance(invalid, Book)


# ------------------------------------------------------------ what is asked for
def contracts(count: int) -> list[Instrument]:
    return [instrument(0, "gate", f"C{i}_USDT", f"C{i}", "USDT") for i in range(count)]


@pytest.mark.parametrize("count", [0, 1, 8, 50, 51, 150, 151, 400])
def test_subscriptions_name_every_contract_once(count: int) -> None:
    conns = plan.subscriptions(contracts(count))
    frames = [json.loads(frame) for conn in conns for frame in conn.frames]
    by_channel: dict[str, list[Any]] = {}
    for frame in frames:
        assert frame["event"] == "subscribe"
        by_channel.setdefault(frame["channel"], []).append(frame["payload"])
    wanted = [f"C{i}_USDT" for i in range(count)]
    assert by_channel["futures.public_liquidates"] == [["!all"]]
    assert [name for payload in by_channel.get("futures.tickers", []) for name in payload] == wanted
    assert by_channel.get("futures.order_book", []) == [[name, "20", "0"] for name in wanted]
    assert all(0 < len(payload) <= 50 for payload in by_channel.get("futures.tickers", []))
    assert len(conns) == max(1, -(-count // 150))
    for conn in conns:
        assert (conn.url, conn.headers) == ("/v4/ws/usdt", {"X-Gate-Size-Decimal": "1"})
        assert (conn.ping.period_s, json.loads(conn.ping.payload)["channel"]) == (20.0, "futures.ping")
        assert all(plan.STAMP in frame for frame in [*conn.frames, conn.ping.payload])


def test_every_tracked_contract_is_expected_on_every_channel() -> None:
    expected = {
        (e.channel, e.symbol): e.max_silence_s for conn in plan.subscriptions(contracts(2)) for e in conn.expect
    }
    assert expected.pop(("futures.public_liquidates", None)) is None
    channels = ("futures.tickers", "futures.order_book")
    assert set(expected) == {(channel, f"C{i}_USDT") for channel in channels for i in range(2)}
    assert expected["futures.tickers", "C0_USDT"] > 30, "a quiet contract has one ticker in 30 s"


@pytest.mark.parametrize("count", [1, 8, 180, 200, 400])
def test_polls_stay_within_two_fifths_of_the_limit(count: int) -> None:
    polls = plan.polls(contracts(count))
    assert sum(poll.weight * 10 / poll.every_s for poll in polls) <= 0.4 * LIMIT_10S


def test_every_poll_has_a_handler_and_the_document_order_of_priority() -> None:
    mapper = GateMapper()
    rows = contracts(2)
    every = [*plan.polls(rows), *plan.history(rows), plan.gap_poll(1_789_999_000)]
    for poll in every:
        assert any(part in poll.path for part, _ in mapper.replies()), poll
    rank = {poll.name: poll.priority for poll in plan.polls(rows)}
    order = ["tickers", "spot tickers", "contract_stats", "depth", "contracts"]
    assert [rank[name] for name in order] == sorted(rank.values())
    assert every[-1].path == "/futures/usdt/liq_orders?from=1789999000&limit=1000"


def test_coins_become_the_contracts_that_are_listed() -> None:
    paths = [poll.path for poll in mapper_of("gate").polls(["PEPE", "NONE", "PEPE"]) if poll.name == "depth"]
    assert paths == ["/futures/usdt/order_book?contract=PEPE_USDT&limit=300"]
    assert len(GateMapper().subscriptions(["BTC", "ETH"])[0].expect) == 5


def test_rest_and_socket_ask_for_fractional_sizes() -> None:
    assert dict(Settings().headers) == {"X-Gate-Size-Decimal": "1"}


# ------------------------------------------------------------ broken input
@pytest.mark.parametrize("deep", [b"[" * 100_000, b'{"a":' * 100_000])
def test_deep_nesting_is_quarantined_and_the_next_frame_lives(deep: bytes) -> None:
    mapper = GateMapper()
    assert mapper.decode(b'{"channel":"futures.public_liquidates","result":[{"x":' + deep, RECV) == []
    assert mapper.decode(deep, RECV) == []
    assert mapper.tally.frames == {"quarantined:malformed": 2}
    assert [type(fact) for fact in mapper.decode(liquidations(row()), RECV)] == [Liquidation]


def test_whitespace_and_key_order_do_not_matter() -> None:
    frame = {"result": [row()], "event": "update", "channel": "futures.public_liquidates"}
    assert [type(fact) for fact in GateMapper().decode(json.dumps(frame, indent=1).encode(), RECV)] == [Liquidation]


@given(case=broken("gate"))
def test_broken_frames_never_crash_and_never_yield_absurd_facts(case: tuple[str | None, bytes]) -> None:
    reply, raw = case
    for item in feed(mapper_of("gate"), reply, raw, RECV):
        check(item)


@given(
    data=st.binary(max_size=200),
    word=st.sampled_from(
        [b'"futures.public_liquidates"', b'"futures.tickers"', b'"futures.order_book"', b'"subscribe"']
    ),
)
def test_any_bytes_are_counted(data: bytes, word: bytes) -> None:
    feed(GateMapper(), None, word + data, RECV)
