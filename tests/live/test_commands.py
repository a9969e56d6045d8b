"""The live commands as a user types them: `up`, `record` and `replay`, `oi`; signals end them in time."""

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from clri.model.facts import Liquidation
from clri.stores.sqlite_reader import SqliteReader
from clri.testing.fake_venues import FakeVenues
from tests.live.process import Ended, ended_by, line_with, run, start
from tests.live.running import STORM

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(os.name != "posix", reason="signals"),
]

LIMIT_S = 2.0 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
"""Two seconds, of a processor that is not shared with others."""


# ---------------------------------------------------------------- up
def test_up_once_says_the_first_minute_as_json(tmp_path: Path) -> None:
    async def go() -> Ended:
        async with FakeVenues("calm", seed=1) as venues:
            return await run(venues, tmp_path, "up", "--once", "--json", "--symbols", "btc,eth")

    done = asyncio.run(go())
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert (document["mode"], len(document["readings"])) == ("live", 2)
    assert document["as_of"] == document["market"]["ts"]
    assert {row["symbol"] for row in document["readings"]} == {"BTC", "ETH"}
    assert all(row["price"] > 0 for row in document["readings"])
    assert "stopped: " in done.err
    assert "\x1b" not in done.err


def test_up_once_without_any_venue_is_code_4(tmp_path: Path) -> None:
    async def go() -> Ended:
        async with FakeVenues("calm", seed=1) as venues:
            venues.fault("status", value=451.0)
            venues.fault("refuse")
            return await run(venues, tmp_path, "up", "--once", "--json")

    done = asyncio.run(go())
    assert done.code == 4
    assert "CLRI-NET-001" in done.err
    document = json.loads(done.out)
    assert (document["market"]["market_clri"], document["market"]["risk_level"]) == (None, "UNKNOWN")


@pytest.mark.parametrize(
    ("number", "code", "when"),
    [
        (signal.SIGTERM, 143, "at once"),
        (signal.SIGTERM, 143, "warming up"),
        (signal.SIGTERM, 143, "under way"),
        (signal.SIGINT, 130, "under way"),
        (signal.SIGTERM, 143, "venues hang"),
    ],
)
def test_a_signal_ends_it_within_two_seconds(tmp_path: Path, number: signal.Signals, code: int, when: str) -> None:
    async def go() -> tuple[Ended, int]:
        async with FakeVenues(STORM, seed=3) as venues:
            child = await start(venues, tmp_path, "up")
            await line_with(child, "collecting")
            if when == "warming up":
                async with asyncio.timeout(60.0):
                    while venues.counts["bybit frames sent"] < 200:  # noqa: ASYNC110 - they are on their way
                        await asyncio.sleep(0.05)
            elif when != "at once":
                await line_with(child, "bybit liquidation delivers")
                await asyncio.sleep(3.0)
            if when == "venues hang":  # they answer neither frames nor the close
                venues.fault("drip", value=1.0)
                await asyncio.sleep(0.5)
            done = await ended_by(child, number)
            with SqliteReader(tmp_path / "live.sqlite") as told:
                return done, len(told.liquidations(None, 0, 1 << 62, limit=100_000))

    done, count = asyncio.run(go())
    assert done.code == code, done.err
    assert done.took_s <= LIMIT_S
    assert "Traceback" not in done.err
    if when != "at once":  # then it may not have begun
        assert "stopped: " in done.err
        assert count > 0


# ---------------------------------------------------------------- record and replay
def test_what_is_recorded_replays_to_what_was_sent(tmp_path: Path) -> None:
    async def go() -> tuple[Ended, Ended, FakeVenues]:
        async with FakeVenues(STORM, seed=3) as venues:
            recorded = await run(venues, tmp_path, "record", "--out", tmp_path / "capture", "--minutes", "0.5")
        played = await run(venues, tmp_path, "replay", tmp_path / "capture", "--json")
        return recorded, played, venues

    recorded, played, venues = asyncio.run(go())
    assert recorded.code == 0, recorded.err
    assert played.code == 0, played.err
    sent = {(row.venue, row.number): row for row in venues.truth.sent}
    want = {(row.venue, row.symbol, row.side, round(row.qty, 9), row.at) for row in sent.values()}
    with SqliteReader(tmp_path / "replay-recorded.sqlite") as told:
        found = told.liquidations(None, 0, 1 << 62, limit=1_000_000)
    have = {key(fact) for fact in found}
    last = max(row.sent_ns for row in sent.values()) - 2_000_000_000  # what was on its way at the end
    late = {(row.venue, row.symbol, row.side, round(row.qty, 9), row.at) for row in sent.values() if row.sent_ns > last}
    assert have <= want
    assert want - late <= have
    assert len(have) > 30


def key(fact: Liquidation) -> tuple:
    return fact.venue, fact.symbol, fact.side, round(fact.qty, 9), fact.ts_venue


def test_a_recording_that_is_stopped_is_whole(tmp_path: Path) -> None:
    async def go() -> tuple[Ended, Ended]:
        async with FakeVenues("calm", seed=3) as venues:
            child = await start(venues, tmp_path, "record", "--out", tmp_path / "capture")
            await line_with(child, "liquidation delivers")
            done = await ended_by(child, signal.SIGTERM)
            return done, await run(venues, tmp_path, "replay", tmp_path / "capture", "--json")

    done, played = asyncio.run(go())
    assert (done.code, done.took_s <= LIMIT_S) == (143, True)
    assert "Play it: clri replay" in done.err
    assert played.code == 0, played.err
    assert json.loads(played.out)["facts"] > 0


def test_a_reader_that_left_ends_it_without_a_word(tmp_path: Path) -> None:
    """`clri record … 2>&1 | head -1`."""

    async def go() -> int | None:
        async with FakeVenues("calm", seed=3) as venues:
            child = await start(venues, tmp_path, "record", "--out", tmp_path / "capture")
            await line_with(child, "recording")
            child.stderr._transport.close()
            async with asyncio.timeout(30.0):
                return await child.wait()

    assert asyncio.run(go()) == 0


# ---------------------------------------------------------------- open interest
def test_oi_asks_the_venues_and_names_those_that_did_not_tell(tmp_path: Path) -> None:
    async def go() -> tuple[Ended, Ended]:
        async with FakeVenues("calm", seed=1) as venues:
            whole = await run(venues, tmp_path, "oi", "BTC", "--json")
            venues.fault("status", venue="okx", value=451.0)
            venues.fault("refuse", venue="gate")
            return whole, await run(venues, tmp_path, "oi", "BTC", "--json")

    whole, part = asyncio.run(go())
    assert (whole.code, part.code) == (0, 0), whole.err + part.err
    document = json.loads(whole.out)
    assert len(document["exchange_breakdown"]) == 6
    assert document["aggregated_oi"]["total_usd"] > 0
    failed = {one["exchange"]: one for one in json.loads(part.out)["validation_summary"]["failed_details"]}
    assert set(failed) == {"okx", "gate"}
    assert "CLRI-NET-451" in json.dumps(failed["okx"])
    assert part.took_s < 22.0  # those that refused are not waited for to the last


def test_oi_without_any_venue_is_code_4(tmp_path: Path) -> None:
    async def go() -> Ended:
        async with FakeVenues("calm", seed=1) as venues:
            venues.fault("status", value=451.0)
            return await run(venues, tmp_path, "oi", "BTC")

    done = asyncio.run(go())
    assert (done.code, done.out) == (4, b"")
    assert "CLRI-NET-001" in done.err
    assert "okx: CLRI-NET-451" in done.err
