"""A venue from its lists to its last fact, against the fake venues over real sockets."""

import asyncio
from pathlib import Path

import pytest

from clri.collect.live import venue as venue_of
from clri.collect.live.lists import ListFile
from clri.model.control import FeedStatus
from clri.model.facts import Liquidation, MarkFunding
from clri.model.instrument import Instrument
from clri.model.timebase import DAY, MINUTE, SECOND
from clri.testing import builders as b
from clri.testing.fake_venues import FakeVenues
from tests.collect.live.collected import Collected, Hidden
from tests.live.running import STORM

DEAD = {
    "bybit": {"ws_url": "ws://127.0.0.1:9", "rest_url": "http://127.0.0.1:9", "spot_rest_url": "http://127.0.0.1:9"}
}


def up(at: Collected) -> bool:
    return ("MARKET", "up") in at.told("liquidation")


# ---------------------------------------------------------------- lists
def test_the_file_serves_for_a_day_and_a_broken_one_is_none(tmp_path: Path) -> None:
    file, rows = ListFile(tmp_path / "a" / "okx.msgpack"), [b.instrument()]
    assert file.load(b.T0) == []
    file.save(rows, b.T0)
    assert file.load(b.T0 + DAY) == rows
    assert file.load(b.T0 + DAY + 1) == []
    (tmp_path / "a" / "okx.msgpack").write_bytes(b"\x93")
    assert file.load(b.T0) == []
    (tmp_path / "file").write_bytes(b"")
    ListFile(tmp_path / "file" / "okx.msgpack").save(rows, b.T0)  # no folder: it costs the cache, nothing else


def test_a_venue_that_is_down_is_subscribed_to_from_the_file(tmp_path: Path) -> None:
    async def first() -> None:
        async with FakeVenues("calm", seed=1) as venues, Collected(venues, "bybit", tmp_path) as at:
            await at.until(lambda: up(at))
        assert at.told("instruments") == [("MARKET", "up")]

    async def again() -> Collected:
        async with Collected(None, "bybit", tmp_path, urls=DEAD) as at:
            await at.until(lambda: any(channel == "liquidation" for channel, _ in map(channel_of, at.facts)))
        return at

    asyncio.run(first())
    at = asyncio.run(again())
    assert at.told("instruments") == [("MARKET", "down")]
    listed = {fact.symbol for fact in at.facts if isinstance(fact, Instrument)}
    assert {"BTC", "ETH", "DOGE"} <= listed
    said = next(fact for fact in at.facts if isinstance(fact, FeedStatus) and fact.channel == "liquidation")
    assert (said.state, said.code) == ("down", "CLRI-NET-002")


def channel_of(fact: object) -> tuple[str, str]:
    return (fact.channel, fact.state) if isinstance(fact, FeedStatus) else ("", "")


def test_the_file_is_replaced_by_the_venue_as_soon_as_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(venue_of, "RETRY_S", 0.5)

    async def go() -> Collected:
        async with FakeVenues("calm", seed=1) as venues:
            async with Collected(venues, "gate", tmp_path) as at:
                await at.until(lambda: up(at))
            told = ListFile(tmp_path / "gate.msgpack")
            before = told.load(at.at._clock.wall_ns())
            venues.fault("status", venue="gate", path="/futures/usdt/contracts", value=503.0)
            async with Collected(venues, "gate", tmp_path) as at:
                await at.until(lambda: up(at))
                assert at.told("instruments") == [("MARKET", "down")]
                venues.clear()
                await at.until(lambda: ("MARKET", "up") in at.told("instruments"))
                assert len(told.load(at.at._clock.wall_ns())) == len(before)
        return at

    at = asyncio.run(go())
    assert [state for _, state in at.told("liquidation")] == ["up", "gap"]  # no socket was touched before the end


def test_a_symbol_that_is_not_listed_is_said_and_served_once_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(venue_of, "REFRESH_S", 1.0)

    async def go() -> tuple[Collected, FakeVenues, int]:
        async with FakeVenues(STORM, seed=1) as venues:
            hidden = Hidden(venues, "bybit")
            hidden.names = {"DOGEUSDT"}
            async with Collected(venues, "bybit", tmp_path) as at:
                await at.until(lambda: up(at))
                await at.until(lambda: any(isinstance(fact, Liquidation) for fact in at.facts))
                assert at.told("instruments") == [("MARKET", "up"), ("DOGE", "unsupported")]
                assert not any("DOGE" in path for path in hidden.asked)
                hidden.names = {"ADAUSDT"}
                await at.until(lambda: any(isinstance(f, MarkFunding) and f.raw == "DOGEUSDT" for f in at.facts))
                await at.until(lambda: any(isinstance(f, Liquidation) and f.raw == "DOGEUSDT" for f in at.facts))
                await at.until(lambda: any("symbol=DOGEUSDT" in path for path in hidden.asked))
                assert "ADAUSDT" not in at.at._table.perps
                await at.until(lambda: sum(row.venue == "bybit" for row in venues.truth.sent) > 20)
                last = venues.clock.wall_ns()
                await at.until(lambda: venues.clock.wall_ns() > last + 2 * SECOND)
            return at, venues, last

    at, venues, last = asyncio.run(go())
    have = {(f.symbol, f.side, round(f.qty, 9), f.ts_venue) for f in at.facts if isinstance(f, Liquidation)}
    sent = {
        (r.symbol, r.side, round(r.qty, 9), r.at) for r in venues.truth.sent if r.venue == "bybit" and r.sent_ns < last
    }
    assert len(sent) > 20
    assert {row for row in sent if row[0] != "ADA"} <= have  # the exchange of the sockets lost none
    assert at.told("instruments")[-2:] == [("ADA", "unsupported"), ("DOGE", "up")]
    states = at.told("liquidation")
    assert states == [("MARKET", "up"), ("MARKET", "up"), ("MARKET", "gap")]  # the gap: its end


def test_new_sockets_that_do_not_deliver_leave_the_former_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(venue_of, "REFRESH_S", 1.0)
    monkeypatch.setattr("clri.collect.live.sockets.PATIENCE_S", 3.0)

    async def go() -> Collected:
        async with FakeVenues("calm", seed=1) as venues:
            hidden = Hidden(venues, "bybit")
            hidden.names = {"DOGEUSDT"}
            async with Collected(venues, "bybit", tmp_path) as at:
                await at.until(lambda: up(at))
                (old,) = {line.number for line in venues.lines("bybit")}
                for number in range(old + 1, old + 20):
                    venues.fault("blackhole", venue="bybit", socket=number)
                hidden.names = set()
                await at.until(lambda: len(venues.lines("bybit")) > 1)
                await at.until(lambda: len(venues.lines("bybit")) == 1)
                assert [line.number for line in venues.lines("bybit")] == [old]
                assert ("MARKET", "down") not in at.told("liquidation")
                assert ("MARKET", "stale") not in at.told("liquidation")
                assert at.at.counts()["sockets"] >= 2
            return at

    asyncio.run(go())


def test_a_list_that_lacks_most_contracts_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venue_of, "REFRESH_S", 0.5)
    monkeypatch.setattr(venue_of, "RETRY_S", 0.5)

    async def go() -> None:
        async with FakeVenues("calm", seed=1) as venues:
            hidden = Hidden(venues, "bybit")
            async with Collected(venues, "bybit", tmp_path) as at:
                await at.until(lambda: up(at))
                hidden.names = {f"{coin}USDT" for coin in ("BTC", "ETH", "SOL", "XRP", "DOGE")}
                asked = len(hidden.asked)
                await at.until(lambda: sum("instruments-info" in path for path in hidden.asked[asked:]) >= 2)
                assert len(at.at._table.perps) == 8
                assert not any(state == "unsupported" for _, state in at.told("instruments"))

    asyncio.run(go())


# ---------------------------------------------------------------- pages
def test_every_page_of_a_list_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clri.collect.simulate.replies.bybit.LIST_ROWS", 3)

    async def go() -> tuple[Collected, Hidden]:
        async with FakeVenues("calm", seed=1) as venues:
            hidden = Hidden(venues, "bybit")
            async with Collected(venues, "bybit", tmp_path) as at:
                await at.until(lambda: up(at))
            return at, hidden

    at, hidden = asyncio.run(go())
    assert len([path for path in hidden.asked if "instruments-info" in path]) >= 3
    assert len({fact.raw for fact in at.facts if isinstance(fact, Instrument)}) == 8
    assert not any(state == "unsupported" for _, state in at.told("instruments"))


# ---------------------------------------------------------------- gaps
def test_what_a_gap_of_gate_swallowed_is_told_once(tmp_path: Path) -> None:
    async def go() -> tuple[Collected, FakeVenues]:
        async with FakeVenues(STORM, seed=3) as venues, Collected(venues, "gate", tmp_path) as at:
            await at.until(lambda: up(at))
            await at.until(lambda: any(isinstance(fact, Liquidation) for fact in at.facts))
            venues.fault("reset", venue="gate")
            await at.until(lambda: ("MARKET", "gap") in at.told("liquidation"))
            await at.until(lambda: at.at._fill.known + at.at._fill.outside > 0, 40.0)
            return at, venues

    at, venues = asyncio.run(go())
    found = [fact for fact in at.facts if isinstance(fact, Liquidation)]
    gap = next(fact for fact in at.facts if channel_of(fact) == ("liquidation", "gap"))
    for fact in found:
        if fact.src == "rest":
            assert gap.gap_from - 3 * SECOND <= fact.ts_venue <= gap.gap_to + 3 * SECOND
    # An order counts once, whichever way it came: qty, side and second name it here.
    ways = [(fact.raw, fact.side, round(fact.qty, 9), fact.ts_venue // SECOND) for fact in found]
    orders = [
        (row.symbol, row.side, round(row.qty, 9), row.at // SECOND)
        for row in {(row.venue, row.number): row for row in venues.truth.sent}.values()
        if row.venue == "gate"
    ]
    for raw, side, qty, at_s in ways:
        same = ways.count((raw, side, qty, at_s))
        assert same <= max(1, sum(one[1:] == (side, qty, at_s) for one in orders))


def test_the_time_since_the_last_run_is_filled_up_to_the_first_delivery(tmp_path: Path) -> None:
    async def go() -> Collected:
        async with FakeVenues(STORM, seed=3) as venues:
            since = venues.clock.wall_ns() - 2 * MINUTE
            async with asyncio.timeout(30.0):
                while not any(one.venue == "gate" for one in venues.truth.unsent):  # noqa: ASYNC110 - it is on its way
                    await asyncio.sleep(0.1)
            async with Collected(venues, "gate", tmp_path, since=since) as at:
                await at.until(lambda: up(at))
                first = next(fact.ts for fact in at.facts if channel_of(fact) == ("liquidation", "up"))
                assert not any(fact.src == "rest" for fact in at.facts if isinstance(fact, Liquidation))
                await at.until(lambda: any(isinstance(f, Liquidation) and f.src == "rest" for f in at.facts), 40.0)
                told = [fact for fact in at.facts if isinstance(fact, Liquidation) and fact.src == "rest"]
                assert all(since - 2 * SECOND <= fact.ts_venue <= first + 2 * SECOND for fact in told)
            return at

    asyncio.run(go())
