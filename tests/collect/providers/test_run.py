"""All services over a host on 127.0.0.1: keys, pages, limits, refusals; a key shows nowhere."""

import asyncio
import contextlib
import json
import random
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from clri.collect.providers import PROVIDERS
from clri.collect.providers.mapper import Watch
from clri.collect.providers.run import Access, Providers, Setup, mapper_class
from clri.collect.providers.wallets import bundled
from clri.model.codec import json_line
from clri.model.control import FeedStatus
from clri.model.facts import LiquidationAggregate, StablecoinSupply, StablecoinTransfer, Ticker
from clri.model.secret import Secret
from tests.collect.providers.chain import Chain, Event, M, tx
from tests.collect.transport.clocks import FakeClock, turns

CANARY = "c4n4ry&77/x"


class Services:
    """The four services in one host; `wrong` replaces the reply of those whose path holds its key."""

    def __init__(self) -> None:
        self.chain = Chain()
        self.wrong: dict[str, tuple[int, object]] = {}
        self.calls: list[tuple[float, str, dict[str, str]]] = []
        self.clock = FakeClock()
        app = web.Application()
        app.router.add_get("/{tail:.*}", self._answer)
        self.server = TestServer(app)
        self.facts: list = []
        self.heard: list[tuple[str, bytes]] = []
        self.providers: Providers

    async def _answer(self, request: web.Request) -> web.Response:
        self.calls.append((self.clock.now, request.raw_path, dict(request.headers)))
        for part, (status, body) in self.wrong.items():
            if part in request.raw_path:
                return web.json_response(body, status=status)
        if request.path.startswith("/v2/api"):
            return web.Response(body=self.chain.answer(request.path_qs), content_type="application/json")
        return web.json_response(self._body(request.path))

    def _body(self, path: str) -> object:
        if path.endswith("/liquidation/exchange-list"):
            rows = [
                {"exchange": name, "long_liquidation_usd": 5, "short_liquidation_usd": 4}
                for name in ("All", "OKX", "Gate")
            ]
            return {"code": "0", "msg": "success", "data": rows}
        if path.endswith("exchange-list"):
            return {"code": "0", "msg": "success", "data": []}
        if path == "/simple/price":
            return {"bitcoin": {"usd": 60000}}
        if path == "/derivatives":
            return []
        return {"peggedAssets": [{"gecko_id": "tether", "circulating": {"peggedUSD": 1e11}}]}

    # what a Tap does
    def reply(self, _recv_ns: int, path: str, raw: bytes) -> None:
        self.heard.append((path, raw))

    def paths(self, part: str) -> list[str]:
        return [path for _, path, _ in self.calls if part in path]

    def states(self, venue: str) -> list[tuple[str, str, str | None]]:
        return [(f.channel, f.state, f.code) for f in self.facts if isinstance(f, FeedStatus) and f.venue == venue]

    def kinds(self) -> set[type]:
        return {type(fact) for fact in self.facts} - {FeedStatus}


@contextlib.asynccontextmanager
async def running(keys=("coinglass", "coingecko", "etherscan"), symbols=("BTC",), **names):
    services = Services()

    async def emit(facts) -> None:
        services.facts.extend(facts)

    async with services.server, aiohttp.ClientSession() as session:
        base = str(services.server.make_url("/")).rstrip("/")
        access = {
            venue: Access(f"{base}/v2/api" if venue == "etherscan" else base, Secret(CANARY) if venue in keys else None)
            for venue in PROVIDERS
        }
        services.providers = Providers(
            Setup(Watch(symbols=symbols, wallets=bundled()), access),
            emit,
            session=session,
            rng=random.Random(5),
            clock=services.clock,
            taps=dict.fromkeys(PROVIDERS, services),
            **names,
        )
        task = asyncio.create_task(services.providers.run())
        await turns()
        try:
            yield services
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def test_all_four_deliver() -> None:
    async def main() -> None:
        async with running() as services:
            await services.clock.advance(40.0)
            services.chain.head += 3
            services.chain.events.append(Event(1002, tx(1), 2 * M * M))
            await services.clock.until(lambda: StablecoinTransfer in services.kinds(), 60.0)
            assert services.kinds() == {LiquidationAggregate, StablecoinSupply, StablecoinTransfer, Ticker}
            for venue in PROVIDERS:
                assert {state for _, state, _ in services.states(venue)} == {"up"}, venue
            await services.clock.advance(120.0)
            assert sum(isinstance(fact, StablecoinTransfer) for fact in services.facts) == 1

    asyncio.run(main())


def test_without_keys_each_service_says_so_once_and_is_not_asked() -> None:
    async def main() -> None:
        async with running(keys=()) as services:
            await services.clock.advance(700.0)
            for venue in ("coinglass", "coingecko", "etherscan"):
                (fact,) = [fact for fact in services.facts if fact.venue == venue]
                assert (fact.state, fact.code, fact.symbol) == ("disabled", "CLRI-KEY-001", "MARKET")
                assert f"CLRI_COLLECT__{venue.upper()}__API_KEY" in fact.detail
            assert {path.partition("?")[0] for _, path, _ in services.calls} == {"/stablecoins"}
            assert StablecoinSupply in services.kinds()

    asyncio.run(main())


def test_where_the_key_goes() -> None:
    async def main() -> None:
        async with running() as services:
            await services.clock.advance(60.0)
            for _, path, headers in services.calls:
                inside = {name for name, value in headers.items() if CANARY in value}
                if path.startswith("/v2/api"):
                    assert parse_qs(urlsplit(path).query)["apikey"] == [CANARY]
                    assert inside == set()
                else:
                    name = {"/api": {"CG-API-KEY"}, "/sta": set()}.get(path[:4], {"x-cg-demo-api-key"})
                    assert inside == name, path
                    assert "c4n4ry" not in path

    asyncio.run(main())


REFUSALS = [
    (200, {"status": "0", "message": "NOTOK", "result": f"Invalid API Key {CANARY}|x", "code": "401", "msg": CANARY}),
    (200, {"error": CANARY}),
    (200, CANARY),
    (403, {"message": CANARY}),
    (500, {"message": CANARY}),
]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_key_shows_nowhere(refusal, caplog, capfd) -> None:
    async def main() -> None:
        async with running() as services:
            services.wrong = dict.fromkeys(("/api", "/simple", "/derivatives"), refusal)  # those that got a key
            await services.clock.advance(400.0)
            assert services.calls
            text = b" ".join(json_line(fact) for fact in services.facts).decode()
            text += repr(services.heard) + repr(services.providers.pollers) + repr(services.providers.__dict__)
            for venue, tally in services.providers.tallies().items():
                text += repr(list(tally.samples)) + repr(services.providers.pollers[venue].__dict__)
            assert "c4n4ry" not in text
            assert any(state == "down" for _, state, _ in services.states("etherscan"))

    asyncio.run(main())
    assert "c4n4ry" not in caplog.text + "".join(capfd.readouterr())


def test_the_pace_of_etherscan() -> None:
    async def main() -> None:
        async with running() as services:
            await services.clock.advance(300.0)
            times = [at for at, path, _ in services.calls if path.startswith("/v2/api")]
            assert min(b - a for a, b in pairwise(times)) >= 0.75
            assert 40 <= len(times) <= 60  # five calls each half minute

    asyncio.run(main())


def test_a_refusal_of_the_host_stops_the_calls_and_the_stablecoins_are_down() -> None:
    async def main() -> None:
        async with running() as services:
            await services.clock.advance(60.0)
            services.wrong = {"/v2/api": (429, {})}
            await services.clock.until(
                lambda: ("rest", "rate_limited", "CLRI-NET-429") in services.states("etherscan"), 40.0
            )
            count = len(services.paths("/v2/api"))
            await services.clock.advance(50.0)
            assert len(services.paths("/v2/api")) == count
            services.wrong = {}
            await services.clock.until(lambda: services.states("etherscan")[-1][1] == "up", 120.0)

    asyncio.run(main())


def test_a_refused_key_is_not_tried_without_end() -> None:
    async def main() -> None:
        async with running() as services:
            services.wrong = {
                "/v2/api": (200, {"status": "0", "message": "NOTOK", "result": "Invalid API Key (#err2)"})
            }
            await services.clock.advance(900.0)
            times = [at for at, path, _ in services.calls if path.startswith("/v2/api")]
            assert len(times) <= 6
            assert ("transfers", "down", "CLRI-KEY-002") in services.states("etherscan")
            assert services.providers.pollers["etherscan"].outcomes["refused"] == len(times)

    asyncio.run(main())


def test_many_rows_come_over_the_wire_in_pages() -> None:
    async def main() -> None:
        async with running() as services:
            await services.clock.advance(40.0)
            services.chain.head += 40
            services.chain.events = [Event(1001 + n // 70, tx(n), M * M) for n in range(2500)]
            found = lambda: [fact for fact in services.facts if isinstance(fact, StablecoinTransfer)]  # noqa: E731
            await services.clock.until(lambda: len(found()) == 2500, 120.0)
            assert len({fact.tx_hash for fact in found()}) == 2500

    asyncio.run(main())


def test_registered_services_stand_in_the_order_of_the_names() -> None:
    for venue in PROVIDERS:
        made = mapper_class(venue)
        assert made.venue == venue
        assert made.needs_key() is (venue != "defillama")
        assert made.url.startswith("https://")


def test_replies_that_cannot_be_read_put_the_channel_down_once() -> None:
    mapper = mapper_class("coinglass")()
    path = "GET /api/futures/liquidation/exchange-list?symbol=BTC&range=1h"
    (item,) = mapper.reply(path, json.dumps("x").encode(), 1) + mapper.reply(path, b"y", 2)
    assert (item.channel, item.state, item.code) == ("liquidations", "down", "CLRI-FEED-010")
    assert mapper.tally.frames == {"quarantined:schema": 1, "quarantined:malformed": 1}
