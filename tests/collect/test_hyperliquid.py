"""Hyperliquid: what golden frames cannot say."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.collect.event_id import event_id
from clri.collect.instruments import InstrumentTable, instrument
from clri.collect.mapper import Expect, Ping
from clri.collect.venues.hyperliquid import feed as data
from clri.collect.venues.hyperliquid.mapper import HyperliquidMapper
from clri.collect.venues.hyperliquid.replies import suits
from clri.collect.venues.hyperliquid.settings import Settings
from clri.model.facts import Depth, Liquidation, MarkFunding, OpenInterest, Ticker
from clri.model.instrument import Instrument
from tests.collect.mutated import broken, check, feed
from tests.collect.test_golden import mapper_of

T = 1_790_000_000_000
RECV = (T + 600) * 1_000_000
HOUR = 3_600_000_000_000
VAULT, OTHER = "0xAb00000000000000000000000000000000000001", "0xCd00000000000000000000000000000000000002"
STATES = 'POST /info {"type":"metaAndAssetCtxs"}'


def encoded(frame: object) -> bytes:
    return json.dumps(frame, separators=(",", ":")).encode()


def fill(**changed: Any) -> dict[str, Any]:
    liquidation = {"liquidatedUser": OTHER, "markPx": "58010", "method": "market"}
    fixed = {"coin": "BTC", "px": "58000", "sz": "0.2", "side": "B", "time": T, "tid": 5, "dir": "Open Long"}
    return fixed | {"liquidation": liquidation} | changed


def fills(*rows: dict[str, Any], snapshot: bool = False, user: str = VAULT) -> bytes:
    return encoded({"channel": "userFills", "data": {"isSnapshot": snapshot, "user": user, "fills": list(rows)}})


def ctx(mark: str = "60000", **changed: Any) -> dict[str, Any]:
    return {"funding": "0.00001", "openInterest": "10", "markPx": mark, "oraclePx": mark, "dayNtlVlm": "5"} | changed


def state(coin: str, mark: str = "60000", **changed: Any) -> bytes:
    return encoded({"channel": "activeAssetCtx", "data": {"coin": coin, "ctx": ctx(mark, **changed)}})


def book(bid: str, ask: str, channel: bool = True) -> bytes:
    levels = [[{"px": bid, "sz": "1", "n": 1}], [{"px": ask, "sz": "1", "n": 1}]]
    reply = {"coin": "BTC", "time": T, "levels": levels}
    return encoded({"channel": "l2Book", "data": reply} if channel else reply)


# ---------------------------------------------------------------- liquidations
def test_the_id_is_made_of_the_raw_texts_in_the_stated_order() -> None:
    (fact,) = HyperliquidMapper().decode(fills(fill(px="58000.0", sz="0.20")), RECV)
    assert fact.event_id == event_id("hyperliquid", f"BTC|5|{T}|{OTHER}|58000.0|0.20")


def test_twins_differ_and_a_redelivery_does_not() -> None:
    frame = fills(fill(), fill(tid=0), fill(), fill(tid=0))
    first, again = HyperliquidMapper().decode(frame, RECV), HyperliquidMapper().decode(frame, RECV + HOUR)
    ids = [fact.event_id for fact in first]
    assert len(set(ids)) == 4
    assert ids == [fact.event_id for fact in again]


def test_a_snapshot_and_the_live_row_are_one_event() -> None:
    mapper = HyperliquidMapper()
    (live,) = mapper.decode(fills(fill()), RECV)
    (old,) = mapper.decode(fills(fill(), snapshot=True), RECV)
    assert (live.event_id, live.backfill, old.backfill) == (old.event_id, False, True)


def test_two_vaults_that_see_one_fill_tell_one_event() -> None:
    mapper = HyperliquidMapper()
    (one,) = mapper.decode(fills(fill()), RECV)
    (two,) = mapper.decode(fills(fill(), user="0xEf"), RECV)
    assert one.event_id == two.event_id


@pytest.mark.parametrize(
    ("side", "user", "closed"),
    [("B", VAULT, "LONG"), ("A", VAULT, "SHORT"), ("B", OTHER, "SHORT"), ("A", OTHER.lower(), "LONG")],
)
def test_the_side_is_that_of_the_liquidated_position(side: str, user: str, closed: str) -> None:
    (fact,) = HyperliquidMapper().decode(fills(fill(side=side), user=user), RECV)
    assert isinstance(fact, Liquidation)
    assert (fact.side, fact.completeness, fact.price_kind) == (closed, "partial", "fill")


def test_rows_keep_their_order() -> None:
    frame = fills(*(fill(sz=f"0.{n}", tid=n, liquidation=None) if n == 4 else fill(sz=f"0.{n}") for n in range(1, 8)))
    mapper = HyperliquidMapper()
    assert [fact.qty for fact in mapper.decode(frame, RECV)] == [0.1, 0.2, 0.3, 0.5, 0.6, 0.7]
    assert mapper.tally.rows == {"ignored:not_liquidation": 1}


def test_the_user_of_a_call_does_not_stay_for_the_next() -> None:
    mapper = HyperliquidMapper()
    rows = encoded([fill(dir="Close Short")])
    named = mapper.reply(f'POST /info {{"type":"userFills","user":"{VAULT}"}}', rows, RECV)
    assert [fact.side for fact in named] == ["LONG"]
    assert mapper.reply("POST /info userFills", rows, RECV) == []
    assert mapper.tally.rows == {"ignored:user_not_said": 1}


# ---------------------------------------------------------------- states
@pytest.mark.parametrize("minutes", [0, 1, 59])
def test_funding_settles_at_the_next_full_hour(minutes: int) -> None:
    start = RECV // HOUR * HOUR
    fact = HyperliquidMapper().decode(state("BTC"), start + minutes * HOUR // 60)[0]
    assert isinstance(fact, MarkFunding)
    assert fact.next_funding_ts == start + HOUR
    assert (fact.interval_h, fact.rate_8h, fact.apr) == (1.0, 8e-5, pytest.approx(0.0876))
    assert fact.ts_venue is None


def test_a_state_is_three_facts_of_one_mark() -> None:
    mark, interest, ticker = HyperliquidMapper().decode(state("BTC", midPx="60010"), RECV)
    assert isinstance(interest, OpenInterest)
    assert isinstance(ticker, Ticker)
    assert (mark.mark, interest.price_used, interest.oi_usd, ticker.last) == (60000.0, 60000.0, 600000.0, 60010.0)
    assert (ticker.bid, ticker.ask, ticker.vol24h_base) == (None, None, None)


def test_states_belong_to_coins_by_place() -> None:
    names = ["BTC", "ETH", "SOL"]
    universe = [{"name": name, "szDecimals": 2, "isDelisted": name == "ETH"} for name in names]
    reply = encoded([{"universe": universe}, [ctx(str(price)) for price in (1, 2, 3)]])
    facts = HyperliquidMapper().reply(STATES, reply, RECV)
    marks = {fact.symbol: fact.mark for fact in facts if isinstance(fact, MarkFunding)}
    assert marks == {"BTC": 1.0, "SOL": 3.0}
    assert [fact.symbol for fact in facts if isinstance(fact, Instrument)] == ["BTC", "SOL"]


# ---------------------------------------------------------------- names
def test_without_a_list_a_plain_name_is_a_perpetual_and_is_remembered() -> None:
    mapper = HyperliquidMapper()
    assert mapper.decode(state("kBONK", "0.02"), RECV)[0].mark == pytest.approx(2e-5)
    found = mapper.table.find("kBONK")
    assert found is not None
    assert (found.symbol, found.multiplier, found.settle) == ("BONK", 1000.0, "USDC")


@pytest.mark.parametrize(
    ("coin", "reason"),
    [
        ("NEW", "unknown_symbol"),
        ("xyz:NEW", "other_dex_off"),
        ("@7", "spot_pair_off"),
        ("PURR/USDC", "spot_pair_off"),
        ("", "unknown_symbol"),
    ],
)
def test_once_inference_is_off_only_listed_names_count(coin: str, reason: str) -> None:
    mapper = HyperliquidMapper(infer=False)
    assert mapper.decode(state(coin), RECV) == []
    assert mapper.tally.rows == {f"ignored:{reason}": 1}
    assert len(mapper.table) == 0


# ---------------------------------------------------------------- depth
@pytest.mark.parametrize(
    ("price", "figures"), [(1.0, 4), (1.99, 4), (2.01, 3), (9.9, 3), (0.013, 4), (0.07, 3), (2e5, 4)]
)
def test_one_of_the_two_books_suits_each_price(price: float, figures: int) -> None:
    assert [n for n in data.FIGURES if suits(price, n)] == [figures]


def test_the_spread_is_that_of_the_socket_while_it_is_fresh() -> None:
    mapper = HyperliquidMapper()
    call = 'POST /info {"type": "l2Book", "coin": "BTC", "nSigFigs": 3}'
    (coarse,) = mapper.reply(call, book("60000", "60100", channel=False), RECV)
    mapper.decode(book("60049", "60050"), RECV)
    (sharp,) = mapper.reply(call, book("60000", "60100", channel=False), RECV)
    assert isinstance(coarse, Depth)
    assert isinstance(sharp, Depth)
    assert coarse.spread_bps == pytest.approx(100 / 60050 * 1e4)
    assert sharp.spread_bps == pytest.approx(1 / 60049.5 * 1e4)
    assert sharp.bid_usd_1pct == pytest.approx(coarse.bid_usd_1pct)


# ---------------------------------------------------------------- sockets and polls
def test_what_one_coin_subscribes_to() -> None:
    settings = Settings(vaults=(VAULT,))
    (conn,) = HyperliquidMapper(settings=settings).subscriptions(["BTC"])
    assert conn.url == "/ws"
    assert conn.ping == Ping(30.0, b'{"method":"ping"}')
    assert conn.frames == [
        b'{"method":"subscribe","subscription":{"type":"userFills","user":"%s"}}' % VAULT.encode(),
        b'{"method":"subscribe","subscription":{"type":"activeAssetCtx","coin":"BTC"}}',
        b'{"method":"subscribe","subscription":{"type":"l2Book","coin":"BTC"}}',
    ]
    assert conn.expect[0] == Expect("userFills", VAULT, None)
    assert all(expect.max_silence_s for expect in conn.expect[1:])


def test_names_come_from_the_list() -> None:
    table = InstrumentTable([instrument(0, "hyperliquid", name, name, "USDC") for name in ("kPEPE", "BTC")])
    mapper = HyperliquidMapper(table, infer=False)
    (conn,) = mapper.subscriptions(["PEPE", "NOPE", "BTC", "PEPE"])
    assert [expect.symbol for expect in conn.expect if expect.channel == "l2Book"] == ["kPEPE", "BTC"]


def test_the_limits_are_kept() -> None:
    vaults = tuple(f"0x{n:040}" for n in range(12))
    (conn,) = HyperliquidMapper(settings=Settings(vaults=vaults)).subscriptions(f"C{n}" for n in range(200))
    topics = [json.loads(frame)["subscription"] for frame in conn.frames]
    assert len(topics) == 9 + 400
    assert len({topic["user"] for topic in topics if "user" in topic}) == 9
    with pytest.raises(ValueError, match="1000"):
        data.subscriptions([f"C{n}" for n in range(500)], vaults)


def test_told_children_of_the_vault_replace_those_of_the_settings() -> None:
    mapper = HyperliquidMapper()
    children = [f"0x{n:040}" for n in range(11)]
    reply = encoded({"relationship": {"type": "parent", "data": {"childAddresses": children}}})
    poll = next(poll for poll in mapper.polls([]) if poll.name == "vaults")
    assert poll.body is not None
    mapper.reply(f"POST {poll.path} {poll.body.decode()}", reply, RECV)
    (conn,) = mapper.subscriptions([])
    assert [expect.symbol for expect in conn.expect] == children[:9]


@pytest.mark.parametrize("coins", [0, 8, 45, 46, 200])
def test_polls_stay_under_40_percent_of_the_weight(coins: int) -> None:
    polls = data.polls([f"C{n}" for n in range(coins)], VAULT)
    assert sum(poll.weight * 60.0 / poll.every_s for poll in polls) <= 480.0
    assert all(poll.every_s >= 30.0 for poll in polls if poll.name.startswith("depth"))
    paces = {poll.name: (poll.every_s, poll.weight, poll.priority) for poll in polls[:3]}
    assert paces == {"states": (15.0, 20, 0), "spot_states": (60.0, 20, 2), "vaults": (21600.0, 20, 5)}


def test_every_poll_has_a_handler() -> None:
    for poll in HyperliquidMapper().polls(["BTC"]):
        mapper = HyperliquidMapper()
        assert poll.body is not None
        mapper.reply(f"{poll.method} {poll.path} {poll.body.decode()}", b"null", RECV)
        assert mapper.tally.frames == {"quarantined:schema": 1}, poll.name


def test_settings_refuse_unknown_keys() -> None:
    assert len(set(Settings().vaults)) == 7
    with pytest.raises(TypeError, match="nope"):
        Settings(nope=1)  # type: ignore[call-arg]


# ---------------------------------------------------------------- anything at all
@pytest.mark.parametrize(
    "frame",
    [
        b'{"channel":"userFills","data":{"fills":[{"x":%s}]}}',
        b'{"channel":"activeAssetCtx","x":%s}',
        b'{"x":%s}',
    ],
)
def test_deep_nesting_is_quarantined(frame: bytes) -> None:
    mapper = HyperliquidMapper()
    assert mapper.decode(frame % (b"[" * 100_000 + b"]" * 100_000), RECV) == []
    assert mapper.tally.frames == {"quarantined:malformed": 1}
    assert all(len(sample) <= 4096 for _, sample in mapper.tally.samples)


def test_a_frame_above_the_cap_is_not_read() -> None:
    mapper = HyperliquidMapper()
    assert mapper.decode(b" " * (1 << 20) + b"{}", RECV) == []
    assert mapper.tally.frames == {"quarantined:too_large": 1}


@given(broken("hyperliquid"), st.booleans())
def test_a_broken_frame_never_crashes_and_never_yields_an_impossible_fact(
    case: tuple[str | None, bytes], listed: bool
) -> None:
    mapper = mapper_of("hyperliquid") if listed else HyperliquidMapper()
    mapper.decode(book("60049", "60050"), RECV)
    for item in feed(mapper, *case, RECV):
        check(item)


@given(st.binary(max_size=200))
def test_noise_is_counted(noise: bytes) -> None:
    for item in feed(HyperliquidMapper(), None, noise, RECV):
        check(item)
