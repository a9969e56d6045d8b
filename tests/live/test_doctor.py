"""`clri doctor`: every finding, and the exit codes 0, 2, 3, 4 and 5."""

import asyncio
import json
import time
from pathlib import Path

import msgspec
import pytest

from clri.app.doctor import Finding, clock, examine, exit_code, feeds, storage
from clri.app.settings.model import General, Settings
from clri.model.health import FeedHealth
from clri.model.names import EXCHANGES
from clri.stores.sqlite import SqliteStore
from clri.testing import builders as b
from clri.testing.fake_venues import FakeVenues
from tests.live.process import run
from tests.live.running import settings_for


def examined(tmp_path: Path, *faults: dict, venues: tuple = ()) -> dict[str, Finding]:
    async def go() -> list[Finding]:
        async with FakeVenues("calm", seed=1) as fake:
            for fault in faults:
                fake.fault(**fault)
            await asyncio.sleep(0.1)
            return await examine(settings_for(fake, tmp_path), venues)

    return {finding.name: finding for finding in asyncio.run(go())}


@pytest.fixture
def now() -> int:
    return time.time_ns()


def health(now: int, state: str = "up", **fields: object) -> FeedHealth:
    base = {"ts": now, "mode": "live", "venue": "okx", "channel": "liquidation", "symbol": None, "state": state}
    return FeedHealth(**(base | fields))


def stored(folder: Path, *items: object) -> Settings:
    with SqliteStore(folder / "live.sqlite", "live") as store:
        store.write(items)
    return Settings(general=General(data_dir=folder))


# ---------------------------------------------------------------- venues
def test_all_is_well(tmp_path: Path) -> None:
    found = examined(tmp_path)
    assert {found[f"{venue} REST"].state for venue in EXCHANGES} == {"ok"}
    assert found["own clock"].state == "ok"
    assert exit_code(list(found.values())) == 0


@pytest.mark.parametrize(
    ("fault", "state", "words", "advice"),
    [
        ({"kind": "status", "value": 451.0}, "fail", "refuses this network location (HTTP 451)", "OKX__ENABLED=false"),
        ({"kind": "status", "value": 403.0}, "fail", "refuses this network location (HTTP 403)", "OKX__ENABLED=false"),
        ({"kind": "status", "value": 429.0, "retry_after": 7.0}, "warn", "asks us to wait (HTTP 429, 7 s", "again"),
        ({"kind": "status", "value": 503.0}, "fail", "cannot be reached (HTTP 503)", "proxy"),
        ({"kind": "html"}, "fail", "something else answers in its place", "login page"),
        ({"kind": "truncated", "path": "instruments"}, "fail", "no list of its own form", "login page"),
        ({"kind": "refuse"}, "fail", "cannot be reached", "network"),
    ],
)
def test_a_venue_that_does_not_answer_as_it_should(
    tmp_path: Path, fault: dict, state: str, words: str, advice: str
) -> None:
    found = examined(tmp_path, fault | {"venue": "okx"}, venues=("okx", "gate"))
    assert found["okx REST"].state == state
    assert words in found["okx REST"].found
    assert advice in found["okx REST"].advice
    assert found["gate REST"].state == "ok"
    assert exit_code(list(found.values())) == (3 if state == "fail" else 0)


def test_no_venue_at_all(tmp_path: Path) -> None:
    found = examined(tmp_path, {"kind": "status", "value": 451.0})
    assert found["network"].found == "no venue can be reached"
    assert found["own clock"].found == "no venue told its time"
    assert exit_code(list(found.values())) == 4


# ---------------------------------------------------------------- clock
@pytest.mark.parametrize(
    ("skews", "state", "words"),
    [
        ([], "warn", "no venue told its time"),
        ([0.4, -0.3, 0.2], "ok", "within 1 s of 3 venues"),
        ([300.0, 300.5, 299.0, 0.1], "fail", "5.0 min behind 3 venues"),
        ([-7200.0, -7200.0], "fail", "2.0 h ahead of 2 venues"),
        ([90.0], "warn", "1.5 min behind 1 venue, which is no proof"),
        ([40.0, 80.0, 120.0], "warn", "1.3 min behind 1 venue, which is no proof"),
    ],
)
def test_the_own_clock_is_wrong_only_if_venues_agree(skews: list, state: str, words: str) -> None:
    found = clock(skews)
    assert (found.state, found.found) == (state, words)


# ---------------------------------------------------------------- disk and feeds
def test_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, store = storage(Settings(general=General(data_dir=tmp_path / "new")))
    assert (folder.state, store.state) == ("ok", "warn")
    assert "clri up" in store.advice
    (tmp_path / "file").write_bytes(b"")
    (folder,) = storage(Settings(general=General(data_dir=tmp_path / "file" / "data")))
    assert (folder.state, exit_code([folder])) == ("fail", 5)
    (tmp_path / "live.sqlite").write_bytes(b"no database, but long enough to be taken for one" * 99)
    store = storage(Settings(general=General(data_dir=tmp_path)))[1]
    assert (store.state, exit_code([store])) == ("fail", 5)
    monkeypatch.setattr("clri.app.doctor.FREE_LEAST", 1 << 62)
    assert storage(Settings(general=General(data_dir=tmp_path / "new")))[0].state == "warn"


def test_the_age_of_the_newest_reading(tmp_path: Path, now: int) -> None:
    assert "holds no reading" in storage(stored(tmp_path, b.liquidation()))[1].found
    old = msgspec.structs.replace(b.market_reading(), mode="live", ts=now - 3600 * 10**9)
    store = storage(stored(tmp_path, old))[1]
    assert (store.state, store.found) == ("warn", "newest reading is 1.0 h old")
    store = storage(stored(tmp_path, msgspec.structs.replace(old, ts=now)))[1]
    assert store.state == "ok"


def test_feeds_as_the_store_last_knew_them(tmp_path: Path, now: int) -> None:
    assert feeds(Settings(general=General(data_dir=tmp_path / "none"))) == []
    rows = [health(now), health(now, "quiet", venue="bybit"), health(now, "disabled", venue="gate")]
    (well,) = feeds(stored(tmp_path / "a", *rows))
    assert (well.state, well.found) == ("ok", "3 feeds, all deliver")
    rows = [health(now, "late", venue="gate", channel="tickers", symbol="BTC")]
    rows.append(health(now, "stale", code="CLRI-FEED-002", detail="silent: no data", effect="BTC input lost"))
    late, stale = feeds(stored(tmp_path / "b", *rows))
    assert (stale.name, stale.state) == ("okx liquidation", "fail")
    assert stale.found == "stale: silent: no data; BTC input lost"
    assert (late.name, late.state) == ("gate tickers BTC", "warn")
    assert exit_code([stale, late]) == 3
    (old,) = feeds(stored(tmp_path / "c", health(now - 3600 * 10**9, "stale")))
    assert (old.state, "does not run" in old.found) == ("warn", True)


# ---------------------------------------------------------------- the command
def test_the_command_and_its_codes(tmp_path: Path) -> None:
    async def go() -> list:
        async with FakeVenues("calm", seed=1) as venues:
            done = [await run(venues, tmp_path, "doctor", "--json")]
            done.append(await run(venues, tmp_path, "doctor", "--exchange", "mtgox"))
            venues.fault("status", venue="okx", value=451.0)
            done.append(await run(venues, tmp_path, "doctor"))
            done.append(await run(venues, tmp_path, "doctor", "--exchange", "okx", "--json"))
            (tmp_path / "file").write_bytes(b"")
            done.append(await run(venues, tmp_path / "file", "doctor", "--json"))
            return done

    well, unknown, part, none, disk = asyncio.run(go())
    assert [one.code for one in (well, unknown, part, none, disk)] == [0, 2, 3, 4, 5]
    assert json.loads(well.out)["ok"]
    assert "mtgox" in unknown.err
    assert "Collect without it: CLRI_COLLECT__VENUE__OKX__ENABLED=false clri up" in part.out.decode()
    assert json.loads(none.out)["exit_code"] == 4
