"""`clri status`: the newest numbers of a store, and exit code 3 when they are degraded or stale."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from clri.model.timebase import HOUR, SECOND
from clri.stores.sqlite import SqliteStore
from clri.testing.builders import cascade, market_reading, minute, reading


def kept(path: Path, *items, mode: str = "replay-recorded") -> Path:
    """Write items into a store of that mode."""
    with closing(SqliteStore(path, mode)) as store:
        store.write(items)
    return path


def both(mode: str = "replay-recorded", **market) -> list:
    """Two symbols and the market at T0."""
    eth = reading(mode=mode, symbol="ETH", clri_score=None, reasons=["funding: no data"])
    return [reading(mode=mode), eth, market_reading(mode=mode, **market)]


def test_json_has_the_names_of_the_api_and_iso_times(clri, place: Path) -> None:
    older = reading(mode="replay-recorded", ts=minute(-1), clri_score=10)
    kept(place / "s.sqlite", older, *both(), cascade(mode="replay-recorded"))
    said = clri("status", "--store", "s.sqlite", "--json")
    assert (said.code, said.err) == (0, "")
    document = said.json
    assert {"mode", "as_of", "coverage", "stale", "market", "readings", "cascades"} == document.keys()
    assert (document["mode"], document["as_of"]) == ("replay-recorded", "2026-09-21T14:14:00.000Z")
    assert document["market"]["market_clri"] == 64
    btc, eth = document["readings"]
    assert (btc["symbol"], btc["clri_score"], btc["risk_level"], btc["ts"]) == ("BTC", 72, "HIGH", document["as_of"])
    assert (eth["symbol"], eth["clri_score"], eth["risk_level"]) == ("ETH", None, "UNKNOWN")
    assert eth["oi_change_1h_pct"] is None
    assert document["cascades"][0]["started_at"] == "2026-09-21T14:13:30.000Z"


def test_the_plain_table_says_mode_unknowns_and_reasons(clri, place: Path) -> None:
    kept(place / "s.sqlite", *both())
    said = clri("status", "--store", "s.sqlite")
    assert said.code == 0
    assert "RECORDED DATA" in said.out
    assert "72 HIGH" in said.out
    assert "— UNKNOWN" in said.out
    assert "ETH: funding: no data" in said.out
    assert "\x1b" not in said.out
    assert clri(
        "status", "--store", kept(place / "sim.sqlite", *both("replay-simulated"), mode="replay-simulated")
    ).out.count("SIMULATED DATA")


@pytest.mark.parametrize(("quality", "code"), [("ok", 0), ("warming", 0), ("stale", 3), ("partial", 3), ("unknown", 3)])
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_degraded_market_is_code_3(clri, place: Path, quality: str, code: int, form: list[str]) -> None:
    score = None if quality == "unknown" else 64
    kept(place / "s.sqlite", *both(quality=quality, market_clri=score))
    said = clri("status", "--store", "s.sqlite", *form)
    assert (said.code, said.err) == (code, "")
    assert said.out


@pytest.mark.parametrize(("symbol", "code"), [("btcusdt", 0), ("BTC/USDT:USDT", 0), ("ETH", 3), ("eth-usdt-swap", 3)])
def test_one_symbol_is_judged_by_itself(clri, place: Path, symbol: str, code: int) -> None:
    kept(place / "s.sqlite", *both())
    said = clri("status", symbol, "--store", "s.sqlite", "--json")
    assert said.code == code
    assert [found["symbol"] for found in said.json["readings"]] == [symbol[:3].upper()]


@pytest.mark.parametrize("symbol", ["DOGE", "!!", "", "MARKET"])
def test_a_symbol_that_is_not_there_is_code_2(clri, place: Path, symbol: str) -> None:
    kept(place / "s.sqlite", *both())
    said = clri("status", symbol, "--store", "s.sqlite")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("CLRI-DATA-007   ")


@pytest.mark.parametrize(("age", "code"), [(0, 0), (HOUR, 3)])
def test_live_numbers_go_stale_replayed_ones_do_not(clri, place: Path, age: int, code: int) -> None:
    now = time.time_ns() // SECOND * SECOND - age
    live = [reading(ts=now), market_reading(ts=now)]
    said = clri("status", "--store", kept(place / "live.sqlite", *live, mode="live"), "--json")
    assert (said.code, said.json["stale"]) == (code, code == 3)
    words = clri("status", "--store", "live.sqlite").out
    assert ("LIVE stale" in words) == (code == 3)
    assert "LIVE" in words
    recorded = [reading(ts=now, mode="replay-recorded"), market_reading(ts=now, mode="replay-recorded")]
    assert clri("status", "--store", kept(place / "r.sqlite", *recorded), "--json").json["stale"] is False


def test_a_store_without_a_reading_is_degraded(clri, place: Path) -> None:
    kept(place / "s.sqlite")
    said = clri("status", "--store", "s.sqlite")
    assert said.code == 3
    assert "no reading yet" in said.out
    assert clri("status", "--store", "s.sqlite", "--json").json["market"] is None


# ---------------------------------------------------------------- which store
def test_the_live_store_is_meant_first_then_the_newest_replay(clri, place: Path) -> None:
    data = place / "data"
    kept(data / "replay-simulated.sqlite", *both("replay-simulated"), mode="replay-simulated")
    assert clri("status", "--json").json["mode"] == "replay-simulated"
    kept(data / "replay-recorded.sqlite", *both())
    os.utime(data / "replay-simulated.sqlite", (1, 1))
    assert clri("status", "--json").json["mode"] == "replay-recorded"
    now = time.time_ns()
    kept(data / "live.sqlite", reading(ts=now), market_reading(ts=now), mode="live")
    assert clri("status", "--json").json["mode"] == "live"


@pytest.mark.parametrize("verb", [["status"], ["explain", "BTC"], ["export", "readings"]])
@pytest.mark.parametrize("broken", ["absent", "none named", "empty", "text", "folder", "cut", "not ours"])
def test_a_store_that_cannot_be_read_is_code_5(clri, place: Path, verb: list[str], broken: str) -> None:
    path = place / "s.sqlite"
    if broken == "empty":
        path.touch()
    elif broken == "text":
        path.write_text("no store at all\n" * 500)
    elif broken == "folder":
        path.mkdir()
    elif broken == "cut":
        kept(path, *[reading(mode="replay-recorded", ts=minute(n)) for n in range(200)])
        path.write_bytes(path.read_bytes()[:20_000])
    elif broken == "not ours":
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE other (x)")
    said = clri(*verb, *([] if broken == "none named" else ["--store", "s.sqlite"]))
    assert (said.code, said.out) == (5, "")
    assert said.err.startswith("CLRI-STORE-00")
    assert "Traceback" not in said.err


def test_nothing_is_written_by_reading(clri, place: Path) -> None:
    path = kept(place / "s.sqlite", *both())
    before = path.read_bytes()
    for verb in (["status"], ["explain", "BTC"], ["export", "readings", "--out", "x.csv"]):
        assert clri(*verb, "--store", path).code in {0, 3}
    assert path.read_bytes() == before
