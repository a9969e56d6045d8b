"""The server as a whole: the same truth for a seed, time that runs faster, bursts, a process of its own."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import aiohttp
import pytest

from clri.collect.venues import VENUES
from clri.model.facts import Liquidation
from clri.testing.fake_venues import FakeVenues
from clri.testing.fake_venues.burst import FIRST_NUMBER
from clri.testing.fake_venues.clock import WorldClock
from tests.collect.transport.clocks import START_NS as CLOCK_NS
from tests.collect.transport.clocks import FakeClock, turns
from tests.testing.fake_venues.market import SmallWorld
from tests.testing.fake_venues.running import on_loop, running


@on_loop
async def test_the_same_seed_tells_the_same_truth(tmp_path) -> None:
    truths = []
    for name in ("one", "two"):
        async with running(truth=tmp_path / name) as run:
            await run.collect("okx", polls=False)
            await run.collect("gate", polls=False)
            await run.advance(20.0)
            truths.append((run.venues.truth.sent, run.venues.truth.unsent))
    assert truths[0] == truths[1]
    rows = [json.loads(line) for line in (tmp_path / "one").read_text().splitlines()]
    assert len([row for row in rows if "sent_ns" in row]) == len(truths[0][0]) > 10
    assert {row["reason"] for row in rows if "reason" in row} >= {"sample_1s", "nobody"}


@on_loop
async def test_time_runs_as_fast_as_it_is_told() -> None:
    clock = FakeClock()
    async with FakeVenues(SmallWorld, clock=clock, time_factor=100.0) as venues, aiohttp.ClientSession() as session:
        socket = await session.ws_connect(venues.urls["binance"].ws_url + "/market/stream?streams=!markPrice@arr@1s")
        times = []
        for _ in range(8):
            await clock.advance(0.25)
            await turns(60)
        with contextlib.suppress(TimeoutError):
            while True:
                times.append(json.loads((await socket.receive(timeout=0.05)).data)["data"][0]["E"])
        assert len(times) >= 190
        assert times == sorted(times)
        assert venues.clock.wall_ns() - CLOCK_NS == pytest.approx(200e9, rel=0.01)
        await socket.close()


@on_loop
async def test_a_world_clock_follows_its_base() -> None:
    base = FakeClock()
    clock = WorldClock(10.0, base, 5_000_000_000)
    start = clock.monotonic()
    base.jump(2.0)
    assert clock.wall_ns() == 25_000_000_000
    assert clock.monotonic() - start == pytest.approx(20.0)
    asleep = asyncio.create_task(clock.sleep(10.0))
    await turns()
    base.jump(0.9)
    await turns()
    assert not asleep.done()
    base.jump(0.2)
    await asleep
    clock.set(0)
    assert clock.ms() == 0
    with pytest.raises(ValueError, match="expected 1 to 1000"):
        WorldClock(0.5)


@on_loop
async def test_a_market_made_before_brings_its_own_time() -> None:
    world = SmallWorld(1_700_000_000 * 10**9)
    async with FakeVenues(world, clock=FakeClock()) as venues:
        assert venues.clock.wall_ns() == 1_700_000_000 * 10**9


@on_loop
async def test_a_burst_arrives_whole() -> None:
    async with running() as run:
        found = {venue: await run.collect(venue, polls=False) for venue in ("binance", "hyperliquid")}
        await run.advance(3.0)
        for venue in found:
            task = asyncio.create_task(run.venues.burst(venue, 500.0, 2.0))
            await run.until(task.done, 5.0)
            assert task.result() == 1000
        await run.advance(2.0)
        for venue, one in found.items():
            mine = {row.number for row in run.venues.truth.sent if row.venue == venue and row.number >= FIRST_NUMBER}
            assert len(mine) == 1000
            assert not one.quarantined()
            assert one.liquidations() == run.told(venue)
            assert len({fact.event_id for fact in one.of(Liquidation)}) == sum(one.liquidations().values())


@on_loop
async def test_wire_speed() -> None:
    """Not a benchmark: 10,000 pre-rendered frames leave in real time at more than 2,000 a second."""
    async with FakeVenues(SmallWorld) as venues, aiohttp.ClientSession() as session:
        socket = await session.ws_connect(venues.urls["okx"].ws_url + "/ws/v5/public")
        arg = {"channel": "liquidation-orders", "instType": "SWAP"}
        await socket.send_str(json.dumps({"op": "subscribe", "args": [arg]}))
        await socket.receive()
        start, got = time.monotonic(), 0
        task = asyncio.create_task(venues.burst("okx", 10_000.0, 1.0))
        while got < 10_000:
            got += b"details" in (await socket.receive()).data.encode()
        await task
        assert time.monotonic() - start < 5.0
        await socket.close()


ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[3] / "src")}
COMMAND = [sys.executable, "-m", "clri.testing.fake_venues"]


def asked(url: str):
    """What the control host tells."""
    with urllib.request.urlopen(url, timeout=10) as reply:
        return json.load(reply)


@pytest.mark.timeout(240)  # the market's kernels may have to be compiled first
def test_it_runs_as_a_process(tmp_path) -> None:
    truth = tmp_path / "truth.jsonl"
    command = [*COMMAND, "--scenario", "calm", "--seed", "4", "--time-factor", "60", "--truth", str(truth)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as process:
        urls = json.loads(process.stdout.readline())
        assert set(urls["venues"]) == set(VENUES)
        assert set(urls["services"]) == {"coinglass", "coingecko", "etherscan", "defillama"}
        body = json.dumps({"kind": "late", "venue": "okx"}).encode()
        with urllib.request.urlopen(f"{urls['control']}/fault", body, timeout=10) as reply:
            assert json.load(reply)["venue"] == "okx"
        with urllib.request.urlopen(f"{urls['venues']['gate']['rest_url']}/futures/usdt/tickers", timeout=10) as reply:
            assert len(json.load(reply)) == 8
        until = time.monotonic() + 60.0
        while not asked(f"{urls['control']}/unsent"):  # until the market has liquidated somebody
            assert time.monotonic() < until
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    rows = [json.loads(line) for line in truth.read_text().splitlines()]
    assert {row["reason"] for row in rows} >= {"nobody"}


def test_a_scenario_that_is_not_there_is_named(tmp_path) -> None:
    command = [*COMMAND, "--scenario", str(tmp_path / "none.toml")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=ENVIRONMENT)
    assert ended.returncode != 0
    assert "none.toml" in ended.stderr


@on_loop
async def test_a_venue_that_the_scenario_has_out_hangs_up_and_lets_nobody_in(tmp_path) -> None:
    scenario = tmp_path / "out.toml"
    scenario.write_text(
        'title = "Binance is out from the second minute"\nminutes = 5\n'
        '[[segment]]\nkind = "outage"\nfrom = 1\nto = 5\nvenues = ["binance"]\n'
    )
    clock = FakeClock()
    async with FakeVenues(scenario, clock=clock, time_factor=100.0) as venues, aiohttp.ClientSession() as session:
        url = venues.urls["binance"].ws_url + "/market/stream?streams=!markPrice@arr@1s"
        socket = await session.ws_connect(url)
        await clock.advance(1.0)
        await turns(60)
        while (message := await socket.receive(timeout=5.0)).type is aiohttp.WSMsgType.TEXT:
            pass
        assert message.type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.ERROR}
        with pytest.raises(aiohttp.ClientError):
            await session.ws_connect(url)
        async with session.get(venues.urls["okx"].rest_url + "/api/v5/public/instruments?instType=SWAP") as reply:
            assert reply.status == 200
