"""`clri decode`: every frame counted once, whatever it is, and facts that any program can read."""

import gzip
import json
import math
import os
import sys
import zlib
from pathlib import Path

import pytest

from clri.collect.venues import VENUES
from clri.model.timebase import MILLI
from tests.app.recordings import T, forced, okx

GOOD = json.dumps(forced(T)).encode()
DEEP = b"[" * 100_000
BODY = (
    b'{"topic":"allLiquidation.BTCUSDT","type":"snapshot","ts":1790000040080,"data":[{"T":1790000040000,"s":"BTCUSDT",'
)
CASES = {
    "bare": (GOOD, "decoded"),
    "wrapped object": (json.dumps({"raw": forced(T), "venue": "bybit", "recv_ns": T * MILLI}).encode(), "decoded"),
    "wrapped text": (json.dumps({"raw": json.dumps(forced(T))}).encode(), "decoded"),
    "indented by blanks": (b"  \t" + GOOD + b"  ", "decoded"),
    "unknown fields": (GOOD[:-1] + b',"new":{"a":[1,2,{"b":null}]}}', "decoded"),
    "unused channel": (b'{"topic":"kline.1.BTCUSDT","data":[]}', "unused_channel"),
    "no object": (b"5", "unused_channel"),
    "broken": (b"{broken", "malformed"),
    "truncated": (GOOD[:70], "malformed"),
    "two objects": (GOOD + GOOD, "malformed"),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD, "malformed"),
    "no text": (b"\xff\xfe\x00\x01binary", "malformed"),
    "zeros": (b"\0" * 50, "malformed"),
    "NaN": (BODY + b'"S":"Buy","v":NaN,"p":"1"}]}', "malformed"),
    "Infinity": (BODY + b'"S":"Buy","v":-Infinity,"p":"1"}]}', "malformed"),
    "1e999": (BODY + b'"S":"Buy","v":1e999,"p":"1"}]}', "schema"),
    "nan text": (json.dumps(forced(T, "nan")).encode(), "not_finite"),
    "inf text": (json.dumps(forced(T, "1", "-inf")).encode(), "not_finite"),
    "1e999 text": (json.dumps(forced(T, "1e999")).encode(), "not_finite"),
    "negative": (json.dumps(forced(T, "-1")).encode(), "range"),
    "nothing": (json.dumps(forced(T, "0")).encode(), "range"),
    "absurd": (json.dumps(forced(T, "1", "1e12")).encode(), "range"),
    "seconds": (json.dumps(forced(T // 1000)).encode(), "time_unit"),
    "no size": (json.dumps(forced(T, None)).encode(), "schema"),
    "deep": (DEEP, "malformed"),
    "deep in an unknown field": (b'{"topic":"allLiquidation.BTCUSDT","new":' + DEEP, "malformed"),
    "deep in a known field": (b'{"topic":"allLiquidation.BTCUSDT","data":' + DEEP, "malformed"),
    "deep in raw": (b'{"raw":' + DEEP, "malformed"),
    "deep in a wrapped frame": (b'{"raw":{"topic":"allLiquidation.BTCUSDT","new":' + DEEP, "malformed"),
    "deep and closed": (b'{"topic":"allLiquidation.BTCUSDT","new":' + DEEP + b"]" * 100_000 + b"}", "malformed"),
    "wrapped surrogate": (b'{"raw":"\\ud800"}', "malformed"),
    "wrapped no text": (b'{"raw":"\xff"}', "malformed"),
    "wrapped nothing": (b'{"raw":""}', "malformed"),
    "no text inside": (b'{"topic":"allLiquidation.BTCUSDT","data":"\xff"}', "schema"),
    "large": (b'{"topic":"allLiquidation.BTCUSDT","x":"' + b"x" * 1_100_000 + b'"}', "too_large"),
}


def counted(document: dict) -> int:
    return document["decoded"] + sum(sum(document[kind].values()) for kind in ("ignored", "quarantined"))


def strict(constant: str) -> None:
    raise AssertionError(constant)


def facts(out: str) -> list[dict]:
    """Facts of the lines: JSON without NaN or Infinity, ISO times, finite numbers."""
    found = [json.loads(line, parse_constant=strict) for line in out.splitlines()]
    for fact in found:
        assert fact["ts"].endswith("Z")
        assert all(math.isfinite(value) for value in fact.values() if isinstance(value, float))
    return found


@pytest.mark.parametrize("name", CASES)
def test_every_frame_is_counted_once_by_what_became_of_it(clri, place: Path, name: str) -> None:
    raw, became = CASES[name]
    (place / "f.jsonl").write_bytes(raw + b"\n")
    said = clri("decode", "--venue", "bybit", "--json", "f.jsonl")
    document = json.loads(said.err)
    assert said.code == 0
    assert document["frames"] == counted(document) == 1
    kinds = {"decoded": document["decoded"]} | document["ignored"] | document["quarantined"]
    assert kinds[became] == 1
    assert [fact["k"] for fact in facts(said.out)] == ["liq"] * (became == "decoded")


@pytest.mark.parametrize("venue", VENUES)
def test_no_venue_falls_over_rubbish(clri, place: Path, venue: str) -> None:
    rubbish = [raw for raw, became in CASES.values() if became == "malformed" and b"allLiquidation" not in raw]
    rubbish += [
        b"null",
        b"[]",
        b"{}",
        b'"text"',
        b"-0",
        b'{"data":null}',
        b'{"code":0,"data":[null]}',
        b'{"result":' + DEEP,
    ]
    (place / "f.jsonl").write_bytes(b"\n".join(rubbish))
    said = clri("decode", "--venue", venue, "--json", "f.jsonl")
    document = json.loads(said.err)
    assert (said.code, said.out, document["decoded"]) == (0, "", 0)
    assert document["frames"] == counted(document) == len(rubbish)


@pytest.mark.parametrize("name", ["f.jsonl", "f.jsonl.gz"])
def test_all_of_them_in_one_file(clri, place: Path, name: str) -> None:
    content = b"\n\n   \n".join(raw for raw, _ in CASES.values())  # blank lines are no frames; no last line end
    (place / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    said = clri("decode", "--venue", "bybit", "--json", name)
    document = json.loads(said.last)
    assert said.code == 0
    assert document["frames"] == counted(document) == len(CASES)
    assert document["decoded"] == len(facts(said.out)) == sum(became == "decoded" for _, became in CASES.values())
    assert document["facts"] == {"Liquidation": document["decoded"]}
    words = clri("decode", "--venue", "bybit", name).last
    assert words.startswith(
        f"frames {len(CASES)}: decoded {document['decoded']}, ignored unused_channel 2, quarantined "
    )
    assert words.endswith(f"| facts {document['decoded']}: Liquidation {document['decoded']}")


def test_several_files_are_one_count_and_verbose_shows_samples(clri, place: Path) -> None:
    (place / "a.jsonl").write_bytes(GOOD + b"\n{broken c4n4ry\n")
    (place / "b.jsonl").write_bytes(GOOD)
    said = clri("-v", "decode", "--venue", "bybit", "a.jsonl", "b.jsonl")
    assert said.last == "frames 3: decoded 2, quarantined malformed 1 | facts 2: Liquidation 2"
    assert "malformed: b'{broken c4n4ry'" in said.err


def test_a_fact_says_what_the_frame_said(clri, place: Path) -> None:
    (place / "f.jsonl").write_text(
        json.dumps({"recv_ns": T * MILLI + 123_456_789, "raw": forced(T - 5, "2", "59000.5")})
    )
    (fact,) = facts(clri("decode", "--venue", "bybit", "f.jsonl").out)
    assert (fact["ts"], fact["ts_venue"]) == ("2026-09-21T14:14:00.123Z", "2026-09-21T14:13:59.995Z")
    assert (fact["symbol"], fact["side"], fact["qty"], fact["usd"]) == ("BTC", "LONG", 2.0, 118_001.0)


def test_rows_left_out_of_a_used_frame_are_told(clri, place: Path) -> None:
    frame = forced(T)
    frame["data"] += [forced(T, "-1")["data"][0], forced(T, "nan")["data"][0]]
    (place / "f.jsonl").write_text(json.dumps(frame))
    said = clri("decode", "--venue", "bybit", "--json", "f.jsonl")
    document = json.loads(said.last)
    assert (document["frames"], document["decoded"]) == (1, 1)
    assert document["rows"]["quarantined"] == {"not_finite": 1, "range": 1}


def test_a_line_of_another_venue_is_refused(clri, place: Path) -> None:
    (place / "f.jsonl").write_text(json.dumps({"venue": "okx", "raw": okx("mark-price", T, markPx="1")}))
    said = clri("decode", "--venue", "bybit", "f.jsonl")
    assert said.code == 2
    assert "line 1 is of okx" in said.err


def gzip_with(at: int, value: int) -> bytes:
    data = bytearray(gzip.compress(GOOD * 500))
    data[at] ^= value
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(GOOD, id="no gzip"),
        pytest.param(gzip.compress(GOOD * 500)[:-9], id="truncated"),
        pytest.param(gzip.compress(GOOD)[:5], id="truncated in its head"),
        pytest.param(gzip.compress(GOOD) + b"tail", id="something after it"),
        pytest.param(gzip.compress(GOOD)[:10] + zlib.compress(GOOD), id="another stream inside"),
        *(pytest.param(gzip_with(at, 0xFF), id=f"byte {at} wrong") for at in (0, 10, 12, 20, 30, -1, -5)),
    ],
)
def test_a_damaged_gzip_is_code_2(clri, place: Path, data: bytes) -> None:
    (place / "f.jsonl.gz").write_bytes(data)
    said = clri("decode", "--venue", "bybit", "f.jsonl.gz")
    assert said.code == 2
    assert said.err.startswith("CLRI-DATA-002   cannot read f.jsonl.gz: ")
    facts(said.out)


def test_an_empty_file_holds_no_frame(clri, place: Path) -> None:
    (place / "f.jsonl").touch()
    said = clri("decode", "--venue", "okx", "f.jsonl")
    assert said == (0, "", "frames 0: decoded 0 | facts 0: none\n")


def test_a_folder_is_no_file_of_frames(clri, place: Path) -> None:
    (place / "folder.jsonl").mkdir()
    assert clri("decode", "--venue", "okx", "folder.jsonl").code == 2


# ---------------------------------------------------------------- memory
def measured(real, path: Path) -> tuple[int, dict]:
    """Largest memory of a run over one file, MB, and what it counted."""
    with real("decode", "--venue", "bybit", "--json", path) as process:
        process.stdout.read()
        err = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, err
    return usage.ru_maxrss // (1024**2 if sys.platform == "darwin" else 1024), json.loads(err)


def test_a_long_line_and_a_gzip_bomb_take_no_memory(real, place: Path) -> None:
    (place / "empty.jsonl").touch()
    with (place / "long.jsonl").open("wb") as long:
        long.write(GOOD + b'\n{"topic":"allLiquidation.BTCUSDT","data":"')
        for _ in range(100):
            long.write(b"x" * 1_000_000)
        long.write(b'"}\n' + GOOD)
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    with (place / "bomb.jsonl.gz").open("wb") as bomb:
        for _ in range(1_000):
            bomb.write(packer.compress(b"\0" * 1_000_000))
        bomb.write(packer.compress(b"\n" + GOOD) + packer.flush())
    assert (place / "bomb.jsonl.gz").stat().st_size < 6_000_000
    empty, _ = measured(real, place / "empty.jsonl")
    long_mb, of_long = measured(real, place / "long.jsonl")
    bomb_mb, of_bomb = measured(real, place / "bomb.jsonl.gz")
    assert (of_long["frames"], of_long["decoded"], of_long["quarantined"]) == (3, 2, {"too_large": 1})
    assert (of_bomb["frames"], of_bomb["decoded"], of_bomb["quarantined"]) == (2, 1, {"too_large": 1})
    assert long_mb - empty < 50, (long_mb, empty)
    assert bomb_mb - empty < 50, (bomb_mb, empty)
