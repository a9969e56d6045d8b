"""A venue on 127.0.0.1 that speaks the shapes of Binance and Bybit, and can be told to misbehave."""

import asyncio
import contextlib
import json

from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

T = 1_790_000_000_000


def encoded(frame: object) -> str:
    return json.dumps(frame, separators=(",", ":"))


def bybit(topic: str, n: int) -> str:
    channel, _, raw = topic.rpartition(".")
    at = {"topic": topic, "type": "snapshot", "ts": T + n}
    if channel == "tickers":
        return encoded(at | {"data": {"symbol": raw, "markPrice": "60000", "lastPrice": str(60000 + n)}})
    if channel == "allLiquidation":
        return encoded(at | {"data": [{"T": T + n, "s": raw, "S": "Buy", "v": "0.3", "p": "59000.5"}]})
    return encoded(at | {"data": {"s": raw, "b": [["60000", "1"]], "a": [["60001", "1"]], "u": 1, "seq": n}})


def binance(stream: str, n: int) -> str:
    raw = stream.partition("@")[0].upper()
    if stream.startswith("!markPrice"):
        row = {"e": "markPriceUpdate", "E": T + n, "s": "BTCUSDT", "p": "60001.2", "i": "60000.9", "r": "0.0001"}
        return encoded({"stream": stream, "data": [row | {"T": T + 3_600_000}]})
    if stream.startswith("!forceOrder"):
        order = {"s": "BTCUSDT", "S": "SELL", "q": "0.5", "p": "59000", "ap": "59010.5", "z": "0.5", "T": T + n}
        return encoded({"stream": stream, "data": {"E": T + n, "o": order}})
    if stream.endswith("@ticker"):
        row = {"e": "24hrTicker", "E": T + n, "s": raw, "c": "60000", "P": "-0.8", "v": "12", "q": "72"}
        return encoded({"stream": stream, "data": row})
    row = {"e": "depthUpdate", "E": T + n, "s": raw, "u": n, "b": [["60000.0", "1"]], "a": [["60000.1", "1"]]}
    return encoded({"stream": stream, "data": row})


class FakeVenue:
    """Attributes are switches: `silent` topics, `mute` (sends nothing), `answer` ack, nack or none, `status` != 101."""

    def __init__(self) -> None:
        self.sockets: list[web.WebSocketResponse] = []
        self.topics: dict[web.WebSocketResponse, list[str]] = {}
        self.requests: list[dict] = []
        self.closes: list[int | None] = []
        self.silent: set[str] = set()
        self.mute = False
        self.muted: set[web.WebSocketResponse] = set()
        self.answer = "ack"
        self.status = 101  # 0: does not answer
        self.hung = asyncio.Event()
        self.handshakes = 0
        self.n = 0
        self.pings = 0
        app = web.Application()
        app.router.add_get("/market/stream", self._binance)
        app.router.add_get("/public/stream", self._binance)
        app.router.add_get("/v5/public/linear", self._bybit)
        self.server = TestServer(app)

    @property
    def base(self) -> str:
        return str(self.server.make_url("/")).rstrip("/").replace("http", "ws")

    async def _binance(self, request: web.Request) -> web.StreamResponse:
        def asked(frame: dict) -> tuple[list[str], dict]:
            ok = {"result": None, "id": frame["id"]}
            return frame["params"], ok if self.answer == "ack" else {
                "error": {"code": 2, "msg": "no"},
                "id": frame["id"],
            }

        return await self._serve(request, request.query["streams"].split("/"), asked)

    async def _bybit(self, request: web.Request) -> web.StreamResponse:
        def asked(frame: dict) -> tuple[list[str], dict]:
            if frame["op"] == "ping":
                self.pings += 1
                return [], {"success": True, "ret_msg": "pong", "op": "ping"}
            ok = self.answer == "ack"
            said = {"success": ok, "ret_msg": "" if ok else "no such topic", "req_id": frame["req_id"]}
            return frame["args"], said | {"op": frame["op"]}

        return await self._serve(request, [], asked)

    async def _serve(self, request, topics: list[str], asked) -> web.StreamResponse:
        self.handshakes += 1
        if self.status == 0:
            await self.hung.wait()
        if self.status != 101:
            return web.Response(status=self.status)
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        self.sockets.append(socket)
        self.topics[socket] = topics
        async for message in socket:
            assert message.type is WSMsgType.TEXT
            frame = json.loads(message.data)
            self.requests.append(frame)
            listed, answer = asked(frame)
            if self.answer == "none" and "ping" not in message.data:
                continue
            if "unsubscribe" in message.data.lower():
                topics[:] = [topic for topic in topics if topic not in listed]
            elif self.answer == "ack":
                topics += listed
            await socket.send_str(encoded(answer))
        self.sockets.remove(socket)
        self.closes.append(socket.close_code)
        return socket

    async def push(self) -> None:
        """Send one frame of each subscribed topic to each socket."""
        if self.mute:
            return
        for socket in self.sockets[:]:
            for topic in self.topics[socket] if socket not in self.muted else ():
                if topic not in self.silent and not socket.closed:
                    self.n += 1
                    make = binance if "@" in topic else bybit
                    with contextlib.suppress(ConnectionError):  # a test has just cut it
                        await socket.send_str(make(topic, self.n))

    async def reset(self) -> None:
        """Cut every connection without a word."""
        for socket in self.sockets[:]:
            if socket._req.transport is not None:
                socket._req.transport.abort()
