"""The REST poller against a host on 127.0.0.1, on a clock that the tests move."""

import asyncio
import contextlib
import gzip
import json
import random
import resource

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from clri.collect.mapper import Poll
from clri.collect.transport.limits import LIMITS, Limits
from clri.collect.transport.poller import Poller
from clri.collect.venues.binance.mapper import BinanceMapper
from clri.collect.venues.bybit.mapper import BybitMapper
from clri.collect.venues.hyperliquid.mapper import HyperliquidMapper
from clri.model.control import FeedStatus
from tests.collect.transport.clocks import FakeClock, turns

T = 1_790_000_000_000
PATH = "/fapi/v1/openInterest?symbol=BTCUSDT"
BINANCE = json.dumps({"symbol": "BTCUSDT", "openInterest": "100.5", "time": T}).encode()
BYBIT_ROW = {"symbol": "BTCUSDT", "markPrice": "60000", "openInterest": "5", "lastPrice": "60000"}
BYBIT = json.dumps({"retCode": 0, "retMsg": "OK", "result": {"category": "linear", "list": [BYBIT_ROW]}, "time": T})


def poll(every_s: float = 15.0, priority: int = 0, path: str = PATH, **names) -> Poll:
    return Poll("openInterest", "rest", "GET", path, None, 1, every_s, priority, **names)


class Rest:
    """Answers as told: `reply` is a status, headers and body, or a coroutine function."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.paths: list[str] = []
        self.bodies: list[bytes] = []
        self.reply = 200, {"Content-Type": "application/json"}, BINANCE
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self.server = TestServer(app)
        self.clock = FakeClock()
        self.facts: list = []
        self.poller: Poller

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.times.append(self.clock.now)
        self.paths.append(request.path_qs)
        self.bodies.append(await request.read())
        if callable(self.reply):
            return await self.reply(request)
        status, headers, body = self.reply
        return web.Response(status=status, headers=headers, body=body)

    def states(self) -> list[tuple[str, str | None]]:
        return [(fact.state, fact.code) for fact in self.facts if isinstance(fact, FeedStatus)]

    def data(self) -> list:
        return [fact for fact in self.facts if not isinstance(fact, FeedStatus)]

    async def until(self, condition, within_s: float = 20.0) -> float:
        return await self.clock.until(condition, within_s)


@contextlib.asynccontextmanager
async def polling(polls, venue="binance", mapper=BinanceMapper, reply=None, limits: Limits | None = None):
    rest = Rest()
    rest.reply = reply or rest.reply

    async def emit(facts) -> None:
        rest.facts.extend(facts)

    async with rest.server, aiohttp.ClientSession() as session:
        base = str(rest.server.make_url("/")).rstrip("/")
        rest.poller = Poller(
            venue,
            {"rest": base, "spot": base},
            polls,
            mapper(),
            emit,
            session=session,
            rng=random.Random(3),
            clock=rest.clock,
            limits=limits or LIMITS[venue],
        )
        task = asyncio.create_task(rest.poller.run())
        try:
            yield rest
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def test_replies_become_facts_at_a_fixed_phase() -> None:
    async def main() -> None:
        async with polling([poll()]) as rest:
            await rest.clock.advance(100.0)
            assert [type(fact).__name__ for fact in rest.data()] == ["OpenInterest"] * len(rest.times)
            assert rest.states() == [("up", None)]
            gaps = {round(b - a, 6) for a, b in zip(rest.times[1:], rest.times[2:], strict=False)}
            assert max(gaps) - min(gaps) <= 0.5
            assert 14.5 <= min(gaps) <= 15.5

    asyncio.run(main())


def test_bybit_and_a_posted_call() -> None:
    async def main() -> None:
        tickers = poll(path="/v5/market/tickers?category=linear")
        reply = 200, {"Content-Type": "application/json; charset=utf-8"}, BYBIT.encode()
        async with polling([tickers], "bybit", BybitMapper, reply) as rest:
            await rest.until(rest.data)
            assert {fact.symbol for fact in rest.data()} == {"BTC"}
        book = {
            "coin": "BTC",
            "time": T,
            "levels": [[{"px": "1", "sz": "1", "n": 1}], [{"px": "2", "sz": "1", "n": 1}]],
        }
        posted = Poll("depth", "rest", "POST", "/info", b'{"type":"l2Book","coin":"BTC","nSigFigs":3}', 2, 30.0, 0)
        reply = 200, {"Content-Type": "application/json"}, json.dumps(book).encode()
        async with polling([posted], "hyperliquid", HyperliquidMapper, reply) as rest:
            await rest.until(lambda: rest.poller.outcomes)
            assert rest.bodies == [posted.body]
            assert rest.poller.outcomes["ok"] == 1

    asyncio.run(main())


@pytest.mark.parametrize(
    ("status", "headers", "wait_s", "told"),
    [
        (429, {}, 60.0, ("rate_limited", "CLRI-NET-429")),
        (429, {"Retry-After": "25"}, 25.0, ("rate_limited", "CLRI-NET-429")),
        (429, {"Retry-After": "Mon, 21 Sep 2026 14:15:20 GMT"}, 120.0, ("rate_limited", "CLRI-NET-429")),
        (418, {}, 600.0, ("rate_limited", "CLRI-NET-418")),
        (418, {"Retry-After": "99999"}, 3600.0, ("rate_limited", "CLRI-NET-418")),
        (451, {}, 900.0, ("geo_blocked", "CLRI-NET-451")),
        (403, {}, 600.0, ("down", "CLRI-NET-403")),
    ],
)
def test_a_refusal_stops_the_host_for_its_time(status, headers, wait_s, told) -> None:
    async def main() -> None:
        other = poll(path="/fapi/v1/openInterest?symbol=ETHUSDT")
        async with polling([poll(), other], reply=(status, headers, b"")) as rest:
            await rest.until(lambda: rest.times)
            rest.reply = Rest().reply
            await rest.clock.advance(wait_s - 6.0)
            assert len(rest.times) == 1
            assert rest.states() == [told]
            await rest.until(lambda: rest.states()[-1] == ("up", None), 30.0)
            assert rest.times[1] - rest.times[0] >= wait_s - 4.0

    asyncio.run(main())


def test_the_third_403_is_the_place() -> None:
    async def main() -> None:
        async with polling([poll()], reply=(403, {}, b"")) as rest:
            await rest.until(lambda: len(rest.times) == 3, 1300.0)
            await rest.until(lambda: rest.states()[-1] == ("geo_blocked", "CLRI-NET-451"))
            await rest.clock.advance(880.0)
            assert len(rest.times) == 3

    asyncio.run(main())


async def cut(request: web.Request) -> web.StreamResponse:
    request.transport.abort()
    return web.Response()


@pytest.mark.parametrize("reply", [(503, {}, b""), cut], ids=["503", "cut"])
def test_a_short_failure_is_tried_twice_more_and_then_the_circuit_opens(reply) -> None:
    async def main() -> None:
        async with polling([poll(60.0)], reply=reply) as rest:
            failed = rest.poller.outcomes
            start = await rest.until(lambda: failed["lost"] == 1)
            assert await rest.until(lambda: failed["lost"] == 3, 6.5) + start < 20.0
            await rest.until(lambda: rest.states() == [("down", "CLRI-NET-003")], 120.0)
            assert failed["lost"] == 5
            opened = rest.times[-1]
            await rest.until(lambda: failed["lost"] == 6, 200.0)
            assert rest.times[-1] - opened >= 60.0
            await rest.clock.advance(100.0)
            assert failed["lost"] == 6  # the probe failed: twice as long
            rest.reply = Rest().reply
            await rest.until(lambda: rest.states()[-1] == ("up", None), 200.0)

    asyncio.run(main())


def test_a_reply_that_never_comes_is_given_up_after_ten_seconds() -> None:
    async def hang(request: web.Request) -> web.StreamResponse:
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    async def main() -> None:
        async with polling([poll(60.0)], reply=hang) as rest:
            await rest.until(lambda: rest.times)
            assert 9.0 <= await rest.until(lambda: rest.poller.outcomes["lost"]) <= 11.0

    asyncio.run(main())


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ((200, {"Content-Type": "text/html"}, b"<html>log in</html>"), "content"),
        ((302, {"Location": "http://127.0.0.1:1/login"}, b""), "content"),
        ((200, JSON, b'{"code":-1121,"msg":"Invalid symbol."}'), "refused"),
        ((200, JSON, b"{"), "refused"),
        ((404, JSON, b"{}"), "lost"),
    ],
    ids=["html", "redirect", "code", "torn", "404"],
)
def test_other_replies_are_errors_and_give_no_fact(reply, outcome) -> None:
    async def main() -> None:
        async with polling([poll()], reply=reply) as rest:
            await rest.until(lambda: rest.poller.outcomes)
            assert dict(rest.poller.outcomes) == {outcome: 1}
            assert rest.data() == []
            assert rest.paths == [PATH]

    asyncio.run(main())


def test_a_gzip_bomb_is_cut_at_its_unpacked_size() -> None:
    bomb = gzip.compress(b'{"x":"' + b"0" * (256 << 20) + b'"}', 9)

    async def main() -> None:
        async with polling([poll()], reply=(200, JSON | {"Content-Encoding": "gzip"}, bomb)) as rest:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            await rest.until(lambda: rest.poller.outcomes)
            assert dict(rest.poller.outcomes) == {"too_large": 1}
            assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 << 10

    asyncio.run(main())


def test_a_body_at_the_cap_passes_and_one_byte_more_does_not() -> None:
    async def main() -> None:
        for cap, outcome in ((len(BINANCE), "ok"), (len(BINANCE) - 1, "too_large")):
            async with polling([poll(cap_bytes=cap)]) as rest:
                await rest.until(lambda rest=rest: rest.poller.outcomes)
                assert dict(rest.poller.outcomes) == {outcome: 1}

    asyncio.run(main())


def test_short_of_weight_the_lowest_are_skipped_and_never_over_the_limit() -> None:
    async def main() -> None:
        polls = [poll(10.0, 0, f"/fapi/v1/openInterest?symbol=BTCUSDT&a={n}") for n in range(4)]
        polls += [poll(10.0, 6, f"/fapi/v1/openInterest?symbol=BTCUSDT&z={n}") for n in range(40)]
        async with polling(polls, limits=Limits(20.0, 10.0)) as rest:
            await rest.clock.advance(120.0)
            high = sum("a=" in path for path in rest.paths)
            assert high >= 4 * 11
            assert len(rest.paths) > high
            assert rest.poller.hosts["rest"].bucket.skipped["openInterest"] > 100
            for start in rest.times:
                assert sum(start <= at < start + 10.0 for at in rest.times) <= 20

    asyncio.run(main())


def test_the_hosts_own_count_is_believed() -> None:
    async def main() -> None:
        used = (200, JSON | {"X-MBX-USED-WEIGHT-1M": "955"}, BINANCE)
        async with polling([poll(), poll(path="/fapi/v1/openInterest?symbol=ETHUSDT")], reply=used) as rest:
            await rest.until(lambda: rest.times)
            await turns()
            assert rest.poller.hosts["rest"].bucket.tokens(rest.clock.now) <= 5.0 + 16.0 * 0.5

    asyncio.run(main())


def test_a_bug_in_one_reply_does_not_stop_the_others() -> None:
    class Broken(BinanceMapper):
        def reply(self, path: str, raw: bytes, recv_ns: int) -> list:
            if "ETH" in path:
                raise KeyError(path)
            return super().reply(path, raw, recv_ns)

    async def main() -> None:
        other = poll(path="/fapi/v1/openInterest?symbol=ETHUSDT")
        async with polling([poll(), other], mapper=Broken) as rest:
            await rest.clock.advance(40.0)
            assert len(rest.data()) >= 2
            assert rest.poller.outcomes["error"] >= 2
            assert "lost: error in clri: KeyError" in {f.detail for f in rest.facts if isinstance(f, FeedStatus)}

    asyncio.run(main())


def test_a_call_of_the_start_is_made_once() -> None:
    async def main() -> None:
        async with polling([poll(0.0)]) as rest:
            await rest.clock.advance(200.0)
            assert len(rest.times) == 1

    asyncio.run(main())
