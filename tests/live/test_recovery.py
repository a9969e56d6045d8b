"""No network at the start, a killed process, a feed that falls silent: what a trader would see, and how soon."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from clri.model.names import EXCHANGES
from clri.model.reading import MarketReading
from clri.model.timebase import SECOND
from clri.testing.fake_venues import FakeVenues
from tests.live.running import STORM, Collection, account, gaps, settings_for, stored

PORT = 42_310
SILENT_MOST_S = 10.0 + 2.0
"""Longest silence before a feed of one frame a second is called silent, and two turns of the watchdog."""


def closed(port: int) -> dict:
    """URLs of the fake venues on fixed ports, at which nobody listens yet."""
    found = {}
    for n, venue in enumerate(EXCHANGES, start=1):
        at = port + n + (venue != "binance")  # the spot host of the first takes a port of its own
        prefix = "/api/v4" if venue == "gate" else ""
        http = f"http://127.0.0.1:{at}{prefix}"
        spot = f"http://127.0.0.1:{at + 1}" if venue == "binance" else http
        found[venue] = {"ws_url": f"ws://127.0.0.1:{at}", "rest_url": http, "spot_rest_url": spot}
    return found


@pytest.mark.timeout(240)
def test_without_a_network_it_starts_says_so_and_recovers_by_itself(tmp_path: Path) -> None:
    async def go() -> Collection:
        settings = settings_for(None, tmp_path, closed(PORT))
        async with Collection(settings) as at:
            await at.until(lambda: {f.venue for f in at.statuses if f.channel == "instruments"} == set(EXCHANGES))
            await at.until(lambda: any(isinstance(out, MarketReading) for out in at.outputs), 100.0)
            async with FakeVenues("calm", seed=1, port=PORT) as venues:
                assert {name: msgspec.structs.asdict(one) for name, one in venues.urls.items()} == closed(PORT)
                await at.all_up()
        return at

    at = asyncio.run(go())
    refused = [fact for fact in at.statuses if fact.channel == "instruments" and fact.state == "down"]
    assert {fact.code for fact in refused} == {"CLRI-NET-002"}
    assert all("ClientConnectorError" in str(fact.detail) for fact in refused)
    first = next(out for out in at.outputs if isinstance(out, MarketReading))
    assert (first.market_clri, first.risk_level, first.coverage) == (None, "UNKNOWN", 0.0)


@pytest.mark.timeout(180)
def test_a_silent_feed_is_called_silent_in_time_and_no_other_is(tmp_path: Path) -> None:
    async def go() -> tuple[Collection, int]:
        async with FakeVenues("calm", seed=1) as venues, Collection(settings_for(venues, tmp_path)) as at:
            await at.all_up()
            calm = at.live.clock.wall_ns() + 20 * SECOND
            await at.until(lambda: at.live.clock.wall_ns() >= calm)
            began = at.live.clock.wall_ns()
            venues.fault("blackhole", venue="okx", channel="mark-price")
            await at.until(lambda: any(f.state == "stale" and f.channel == "mark-price" for f in at.statuses))
            return at, began

    at, began = asyncio.run(go())
    stale = [fact for fact in at.statuses if fact.state == "stale"]
    assert {(fact.venue, fact.channel) for fact in stale} == {("okx", "mark-price")}
    assert 5.0 <= (stale[0].ts - began) / SECOND <= SILENT_MOST_S


@pytest.mark.timeout(240)
@pytest.mark.skipif(os.name != "posix", reason="kills a process")
def test_killed_and_started_again_every_liquidation_is_stored_once_or_in_a_gap(tmp_path: Path) -> None:
    async def run(venues: FakeVenues, until: int, seconds: float) -> None:
        """`clri up` as a process, until the store holds so many liquidations; then it is killed."""
        names = {"CLRI_GENERAL__DATA_DIR": str(tmp_path), "CLRI_GENERAL__SYMBOLS": "BTC,ETH,SOL,XRP,BNB,DOGE,ADA,LINK"}
        for venue, urls in venues.urls.items():
            for key, value in msgspec.structs.asdict(urls).items():
                names[f"CLRI_COLLECT__VENUE__{venue}__{key}".upper()] = value
        code = "from clri.app.cli import main; main()"
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", code, "-q", "up"),
            env=os.environ | names | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(seconds):
                while count(tmp_path / "live.sqlite") < until:
                    assert child.returncode is None
                    await asyncio.sleep(0.2)
        finally:
            child.send_signal(signal.SIGKILL)
            await child.wait()

    async def go() -> tuple[FakeVenues, int, int]:
        async with FakeVenues(STORM, seed=3) as venues:
            await run(venues, 60, 100.0)
            since = min(fact.ts for fact in stored(tmp_path / "live.sqlite"))
            await run(venues, 200, 100.0)
            until = max(fact.ts for fact in stored(tmp_path / "live.sqlite")) - 2 * SECOND
            return venues, since, until

    venues, since, until = asyncio.run(go())
    found = account(venues, tmp_path / "live.sqlite", since, until)
    assert (found.silent, found.twice, found.invented) == ([], [], [])
    nobody = {one.venue for one in venues.truth.unsent if one.reason == "nobody"}
    holes = gaps(tmp_path / "live.sqlite")
    assert nobody  # orders of the pause, told to nobody: the gap is what is known of them
    assert all(any(end - start > SECOND for start, end in holes[venue]) for venue in EXCHANGES)


def count(path: Path) -> int:
    """Liquidations stored so far; 0 before there is a store."""
    if not path.exists():
        return 0
    try:
        return len(stored(path))
    except Exception:  # noqa: BLE001 - it is being made
        return 0
