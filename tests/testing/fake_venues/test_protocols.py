"""What each venue makes of the frames of a client: its answers, its errors, its limits, its traps."""

import json
from itertools import pairwise

import aiohttp
import pytest

from clri.collect.decoders import mapper_class
from clri.collect.simulate.past import Past
from clri.collect.simulate.venues import FRAMES
from clri.collect.simulate.view import View
from clri.collect.simulate.voice import Topic
from clri.collect.venues import VENUES
from clri.testing.fake_venues.protocols import PROTOCOLS
from tests.collect.transport.clocks import turns
from tests.testing.fake_venues.market import START_NS, grown
from tests.testing.fake_venues.running import on_loop, running

MS = START_NS // 1_000_000
PLACE = {venue: number for number, venue in enumerate(FRAMES)}


def opened(venue: str, path: str, query: str = "", headers=None):
    view = View(grown(3), PLACE[venue], Past())
    return PROTOCOLS[venue](FRAMES[venue](view), path, query, headers or {})


def said(heard) -> list:
    return [raw if raw == b"pong" else json.loads(raw) for raw in heard.answers]


@pytest.mark.parametrize("venue", VENUES)
def test_every_subscription_of_clri_is_taken(venue) -> None:
    mapper = mapper_class(venue)()
    for conn in mapper.subscriptions(("BTC", "ETH")):
        path, _, query = conn.url.partition("?")
        assert path in PROTOCOLS[venue].paths
        protocol = opened(venue, path, query, conn.headers)
        topics = list(protocol.opened().add)
        for k, frame in enumerate(conn.frames):
            heard = protocol.heard(frame.replace(b'"time":0', b'"time":%d' % (MS // 1000)).decode(), float(k), MS)
            assert not heard.over
            topics += heard.add
            for raw in heard.answers:
                (control,) = mapper.decode(raw, START_NS)
                assert control.kind == "ack"
        assert all(protocol.serves(topic) for topic in topics)
        expected = {(one.channel, one.symbol or "") for one in conn.expect}
        if venue == "binance":
            expected = {(channel, "" if channel[0] == "!" else symbol) for channel, symbol in expected}
        assert {tuple(topic) for topic in topics} == expected


def test_binance_acknowledges_on_old_paths_and_stays_silent() -> None:
    protocol = opened("binance", "/stream")
    heard = protocol.heard('{"method":"SUBSCRIBE","params":["btcusdt@ticker","!forceOrder@arr"],"id":7}', 0.0, MS)
    assert said(heard) == [{"result": None, "id": 7}]
    assert not any(protocol.serves(topic) for topic in heard.add)
    public = opened("binance", "/public/stream")
    assert public.serves(Topic("@depth20@500ms", "BTCUSDT"))
    assert not public.serves(Topic("@ticker", "BTCUSDT"))
    assert "error" in said(public.heard("{", 1.0, MS))[0]
    over = [protocol.heard('{"method":"SUBSCRIBE","params":[],"id":8}', 2.0, MS).over for _ in range(11)]
    assert [bool(one) for one in over] == [False] * 10 + [True]


def test_bybit_refuses_a_frame_with_one_wrong_topic_as_a_whole() -> None:
    protocol = opened("bybit", "/v5/public/linear")
    heard = protocol.heard('{"op":"subscribe","req_id":"a","args":["tickers.BTCUSDT","tickers.NONE"]}', 0.0, MS)
    assert (said(heard)[0]["success"], heard.add) == (False, [])
    assert "tickers.NONE" in said(heard)[0]["ret_msg"]
    assert said(protocol.heard('{"op":"ping"}', 0.0, MS))[0]["ret_msg"] == "pong"
    many = json.dumps({"op": "subscribe", "args": ["allLiquidation.BTCUSDT"] * 900})
    assert protocol.heard(many, 0.0, MS).over


def test_okx_answers_each_topic_by_itself() -> None:
    protocol = opened("okx", "/ws/v5/public")
    args = [{"channel": "mark-price", "instId": "BTC-USDT-SWAP"}, {"channel": "mark-price", "instId": "NO-USDT-SWAP"}]
    heard = protocol.heard(json.dumps({"op": "subscribe", "args": args}), 0.0, MS)
    assert [one["event"] for one in said(heard)] == ["subscribe", "error"]
    assert heard.add == [Topic("mark-price", "BTC-USDT-SWAP")]
    assert said(protocol.heard("ping", 0.0, MS)) == [b"pong"]
    assert protocol.heard(json.dumps({"op": "subscribe", "args": args[:1] * 200}), 0.0, MS).over
    for _ in range(13):
        protocol.heard(json.dumps({"op": "subscribe", "args": args[:1] * 40}), 0.0, MS)
    assert protocol.heard(json.dumps({"op": "subscribe", "args": args[:1]}), 0.0, MS).over


def test_gate_wants_fresh_requests_and_lies_about_some_channels() -> None:
    protocol = opened("gate", "/v4/ws/usdt")

    def asked(channel, payload, at=MS // 1000):
        frame = {"time": at, "channel": channel, "event": "subscribe", "payload": payload}
        return protocol.heard(json.dumps(frame), 0.0, MS)

    assert said(asked("futures.tickers", ["BTC_USDT"]))[0]["result"] == {"status": "success"}
    assert "error" in said(asked("futures.tickers", ["BTC_USDT"], MS // 1000 - 61))[0]
    assert "error" in said(asked("futures.order_book", ["NO_USDT", "20", "0"]))[0]
    false = asked("futures.obu", ["ob.NO_USDT.7"])
    assert said(false)[0]["result"] == {"status": "success"}
    assert not any(protocol.serves(topic) for topic in false.add)
    row = {"contract": "BTC_USDT", "size": "-12.5", "price": "1"}
    floored = protocol.shaped(Topic("futures.public_liquidates"), {"result": [row]})
    assert floored == {"result": [row | {"size": -12}]}
    exact = opened("gate", "/v4/ws/usdt", headers={"X-Gate-Size-Decimal": "1"})
    assert exact.shaped(Topic("futures.public_liquidates"), {"result": [row]}) == {"result": [row]}


def test_bitget_keeps_its_protocols_apart() -> None:
    arg = {"instType": "USDT-FUTURES", "channel": "books15", "instId": "BTCUSDT"}
    frame = json.dumps({"op": "subscribe", "args": [arg]})
    assert opened("bitget", "/v2/ws/public").heard(frame, 0.0, MS).add == [Topic("books15", "BTCUSDT")]
    refused = opened("bitget", "/v3/ws/public").heard(frame, 0.0, MS)
    assert (refused.add, said(refused)[0]["event"]) == ([], "error")
    protocol = opened("bitget", "/v3/ws/public")
    assert [bool(protocol.heard("ping", 0.0, MS).over) for _ in range(11)] == [False] * 10 + [True]


def test_hyperliquid_follows_ten_users() -> None:
    protocol = opened("hyperliquid", "/ws")

    def asked(topic):
        return protocol.heard(json.dumps({"method": "subscribe", "subscription": topic}), 0.0, MS)

    for k in range(10):
        assert said(asked({"type": "userFills", "user": f"0x{k:040x}"}))[0]["channel"] == "subscriptionResponse"
    assert asked({"type": "userFills", "user": f"0x{11:040x}"}).over
    assert said(asked({"type": "userFills", "user": f"0x{1:040x}"}))[0]["channel"] == "error"
    assert said(asked({"type": "l2Book", "coin": "NONE"}))[0]["channel"] == "error"
    assert said(protocol.heard('{"method":"ping"}', 0.0, MS)) == [{"channel": "pong"}]


# ---------------------------------------------------------------- over the wire
async def raw_socket(run, venue: str, path: str, *frames: str):
    socket = await run.session.ws_connect(run.venues.urls[venue].ws_url + path, autoping=False)
    for frame in frames:
        await socket.send_str(frame)
    await turns()
    return socket


@pytest.mark.parametrize(
    ("venue", "path", "after_s"),
    [("okx", "/ws/v5/public", 30.0), ("gate", "/v4/ws/usdt", 30.5), ("bitget", "/v3/ws/public", 30.0)],
)
@on_loop
async def test_a_client_that_asks_for_nothing_is_cut(venue, path, after_s) -> None:
    async with running() as run:
        socket = await raw_socket(run, venue, path)
        await run.advance(after_s - 1.0)
        assert run.venues.lines(venue)
        await run.advance(2.0)
        assert not run.venues.lines(venue)
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE


@on_loop
async def test_binance_pings_each_three_minutes() -> None:
    async with running() as run:
        socket = await raw_socket(run, "binance", "/ws")
        await run.advance(181.0)
        assert (await socket.receive()).type is aiohttp.WSMsgType.PING


@on_loop
async def test_bybit_counts_on_from_its_snapshot() -> None:
    async with running() as run:
        args = ["orderbook.50.BTCUSDT"]
        socket = await raw_socket(run, "bybit", "/v5/public/linear", json.dumps({"op": "subscribe", "args": args}))
        await run.advance(6.0)
        frames = [json.loads((await socket.receive()).data) for _ in range(6)][1:]
        assert [frame["type"] for frame in frames] == ["snapshot"] + ["delta"] * 4
        counts = [frame["data"]["u"] for frame in frames]
        assert all(two - one in {0, 1} for one, two in pairwise(counts))
        assert all(two - one == 1 for one, two in pairwise(counts[1:]))


@on_loop
async def test_calls_above_the_limit_are_counted_and_refused() -> None:
    async with running() as run:
        url = f"{run.venues.urls['okx'].rest_url}/api/v5/public/time"
        statuses = []
        for _ in range(41):
            async with run.session.get(url) as reply:
                statuses.append(reply.status)
        assert statuses == [200] * 40 + [429]
        assert run.venues.counts["okx over limit"] == run.venues.counts["over limit"] == 1
        async with run.session.get(f"{run.venues.urls['okx'].rest_url}/api/v5/none") as reply:
            assert reply.status == 429
        await run.advance(2.5)
        async with run.session.get(f"{run.venues.urls['okx'].rest_url}/api/v5/none") as reply:
            assert reply.status == 404
