"""Recordings as facts: whose frames, received when, in which order, and what became of the connections."""

import gzip
import json
from pathlib import Path

import pytest

from clri.collect.capture import CaptureWriter
from clri.collect.capture.codec import GZIP
from clri.collect.capture.layout import Closed, Connected, Gap
from clri.collect.decoders import mapper_class
from clri.collect.sources import CaptureSource, FrameFileSource, decode_frames, open_source
from clri.model.control import FeedStatus
from clri.model.errors import InputError
from clri.model.facts import Book, Depth, Fact, Liquidation, MarkFunding, OpenInterest
from clri.model.instrument import Instrument
from clri.model.timebase import HOUR, MILLI, SECOND, parse_iso

T = parse_iso("2026-11-20T11:58:00Z")
MS = T // MILLI


def mark(at_ms: int, price: str = "60000.5", symbol: str = "BTC") -> dict:
    """OKX mark price, made at the venue at `at_ms`."""
    swap = f"{symbol}-USDT-SWAP"
    return {
        "arg": {"channel": "mark-price", "instId": swap},
        "data": [{"instId": swap, "markPx": price, "ts": str(at_ms)}],
    }


def forced(at_ms: int, size: str = "0.3", symbol: str = "BTCUSDT") -> dict:
    """Bybit liquidation of a long."""
    row = {"T": at_ms, "s": symbol, "S": "Buy", "v": size, "p": "59000.5"}
    return {"topic": f"allLiquidation.{symbol}", "type": "snapshot", "ts": at_ms + 80, "data": [row]}


CTX = {"funding": "0.00001", "openInterest": "1", "markPx": "60001"}
STATE = {"channel": "activeAssetCtx", "data": {"coin": "BTC", "ctx": CTX}}
LISTING = {
    "code": "0",
    "data": [{"instId": "PEPE-USDT-SWAP", "instType": "SWAP", "state": "live", "ctType": "linear", "ctVal": "10000000",
              "ctMult": "1", "ctValCcy": "PEPE", "settleCcy": "USDT"}],
}  # fmt: skip


def line(frame: dict | str, **said: object) -> str:
    return json.dumps({**said, "raw": frame})


def write(path: Path, *lines: dict | str) -> Path:
    path.write_text("".join((text if isinstance(text, str) else json.dumps(text)) + "\n" for text in lines))
    return path


def facts(source) -> list[Fact]:
    found = list(source.facts())
    assert [fact.ts for fact in found] == sorted(fact.ts for fact in found)
    return found


def data(source) -> list[Fact]:
    return [fact for fact in facts(source) if not isinstance(fact, FeedStatus)]


def feeds(source) -> list[tuple[str, str, str, int]]:
    return [(f.venue, f.channel, f.state, f.ts - T) for f in facts(source) if isinstance(f, FeedStatus)]


# ---------------------------------------------------------------- whose frames
def test_a_venue_is_announced_before_its_first_fact(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        line({"event": "subscribe", "arg": {"channel": "mark-price"}}, venue="okx", recv_ns=T - 1),
        line(mark(MS), venue="okx", recv_ns=T),
        line(forced(MS), venue="bybit", recv_ns=T + 5),
        line(mark(MS + 9), venue="okx", recv_ns=T + 10),
    )
    found = facts(FrameFileSource([path]))
    assert [type(fact).__name__ for fact in found] == [
        "FeedStatus",
        "MarkFunding",
        "FeedStatus",
        "Liquidation",
        "MarkFunding",
    ]
    up = found[2]
    assert (up.ts, up.symbol, up.venue, up.channel, up.state) == (T + 5, "MARKET", "bybit", "liquidation", "up")
    assert up.detail == "replay: up from its first frame"
    assert not up.calibrated


def test_the_argument_names_the_venue_where_lines_do_not(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", forced(MS), line(mark(MS), venue="okx"), line(forced(MS)))
    assert [fact.venue for fact in data(FrameFileSource([path], "bybit"))] == ["bybit", "okx", "bybit"]


@pytest.mark.parametrize(
    ("lines", "venue", "message", "hint"),
    [
        ([line(mark(MS), venue="okx"), mark(MS)], None, "a.jsonl line 2 names no venue", "--venue binance|bybit|okx"),
        ([line(mark(MS), venue="ftx")], None, "a.jsonl line 1: venue 'ftx' has no mapper; expected one of binance", ""),
        ([mark(MS)], "ftx", "--venue: venue 'ftx' has no mapper", ""),
        ([line(mark(MS), recv_ns=MS)], "okx", f"line 1: recv_ns was {MS}; expected nanoseconds", ""),
        (
            [line(mark(MS), recv_ns=T), line(mark(MS), recv_ns=T - 6 * SECOND)],
            "okx",
            "line 2 was received 6 s before the line above it",
            "separate files",
        ),
        ([STATE], "hyperliquid", "no frame tells a time", "recv_ns"),
    ],
)
def test_what_cannot_be_used_is_named_with_what_to_type(tmp_path: Path, lines, venue, message, hint) -> None:
    path = write(tmp_path / "a.jsonl", *lines)
    with pytest.raises(InputError, match="".join(f"[{c}]" if c in "[]|" else c for c in message)) as caught:
        facts(FrameFileSource([path], venue))
    assert hint in caught.value.hint


def test_a_torn_line_is_counted_and_not_fatal(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl", line(mark(MS), venue="okx", recv_ns=T), line(mark(MS), venue="okx", recv_ns=T)[:-9]
    )
    source = FrameFileSource([path])
    assert len(data(source)) == 1
    assert source.tallies()["okx"].frames == {"decoded": 1, "quarantined:malformed": 1}


# ---------------------------------------------------------------- received when
def test_without_a_receipt_the_newest_venue_time_counts(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        mark(MS),
        mark(MS - 700),
        line(mark(MS + 50), recv_ns=T + SECOND),
        mark(MS + 1),
        mark(MS + 2000),
    )
    found = data(FrameFileSource([path], "okx"))
    assert [fact.ts - T for fact in found] == [0, 0, SECOND, SECOND, 2 * SECOND]
    assert [fact.ts_venue - T for fact in found] == [0, -700 * MILLI, 50 * MILLI, MILLI, 2 * SECOND]


def test_facts_before_the_first_time_wait_for_it(tmp_path: Path) -> None:
    timeless = write(tmp_path / "a.jsonl", line(STATE, venue="hyperliquid"))
    listing = write(
        tmp_path / "b.jsonl", line(LISTING, venue="okx", channel="GET /api/v5/public/instruments?instType=SWAP")
    )
    frames = write(
        tmp_path / "c.jsonl", line(mark(MS, "0.00001", "PEPE"), venue="okx"), line(forced(MS + 5), venue="bybit")
    )
    found = facts(FrameFileSource([timeless, listing, frames]))
    assert {fact.ts for fact in found[:6]} == {T}
    assert [fact.venue for fact in found if isinstance(fact, FeedStatus)] == ["hyperliquid", "okx", "bybit"]
    assert [fact.symbol for fact in found if isinstance(fact, Instrument)] == ["PEPE"]
    assert isinstance(found[-1], Liquidation)
    assert (found[-1].ts, found[-1].ts_venue) == (T + 5 * MILLI, T + 5 * MILLI)


def test_a_small_step_back_counts_as_received_together(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", line(mark(MS), recv_ns=T), line(mark(MS), recv_ns=T - 4 * SECOND))
    assert [fact.ts - T for fact in data(FrameFileSource([path], "okx"))] == [0, 0]


def test_files_are_merged_by_receipt(tmp_path: Path) -> None:
    one = write(tmp_path / "1.jsonl", *(line(mark(MS + n), venue="okx", recv_ns=T + n * SECOND) for n in (0, 3, 4)))
    two = write(tmp_path / "2.jsonl", *(line(forced(MS + n), recv_ns=T + n * SECOND) for n in (1, 3, 9)))
    found = data(FrameFileSource([two, one], "bybit"))
    assert [(fact.venue, (fact.ts - T) // SECOND) for fact in found] == [
        ("okx", 0), ("bybit", 1), ("bybit", 3), ("okx", 3), ("okx", 4), ("bybit", 9),
    ]  # fmt: skip
    assert feeds(FrameFileSource([two, one], "bybit")) == [
        ("okx", "liquidation", "up", 0),
        ("bybit", "liquidation", "up", SECOND),
    ]


def test_every_run_starts_anew(tmp_path: Path) -> None:
    source = FrameFileSource([write(tmp_path / "a.jsonl", mark(MS), mark(MS + 60_000))], "okx")
    assert source.describe() == "frames of a.jsonl"
    first = facts(source)
    assert first == facts(source)
    assert source.tallies()["okx"].frames == {"decoded": 2}
    assert source.describe() == "frames of a.jsonl, 2026-11-20T11:58:00.000Z to 2026-11-20T11:59:00.000Z"


def test_packed_files_give_the_same(tmp_path: Path) -> None:
    plain = write(tmp_path / "a.jsonl", mark(MS), mark(MS + 5))
    packed = tmp_path / "a.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert facts(open_source([packed], "okx")) == facts(open_source([plain], "okx"))


def test_replies_go_to_their_handler(tmp_path: Path) -> None:
    interest = {"code": "0", "data": [{"instId": "BTC-USDT-SWAP", "oi": "100", "oiCcy": "1", "ts": str(MS)}]}
    path = write(
        tmp_path / "a.jsonl", mark(MS), line(interest, channel="GET /api/v5/public/open-interest?instType=SWAP")
    )
    found = data(FrameFileSource([path], "okx"))
    assert [type(fact) for fact in found] == [MarkFunding, OpenInterest]
    assert (found[1].src, found[1].oi_usd) == ("rest", 60000.5)


# ---------------------------------------------------------------- one mapper, as `clri decode` uses it
def test_decode_takes_every_frame_with_one_mapper(tmp_path: Path) -> None:
    files = [write(tmp_path / "a.jsonl", STATE), write(tmp_path / "b.jsonl", STATE)]
    mapper = mapper_class("hyperliquid")()
    found = list(decode_frames(files, "hyperliquid", mapper))
    assert [fact.ts for fact in found] == [0] * len(found), "no time is known, and none is made up"
    assert mapper.tally.frames == {"decoded": 2}
    with pytest.raises(InputError, match="line 1 is of okx; --venue says bybit"):
        list(
            decode_frames([write(tmp_path / "c.jsonl", line(mark(MS), venue="okx"))], "bybit", mapper_class("bybit")())
        )


# ---------------------------------------------------------------- captures
def test_a_capture_gives_what_its_frames_give(tmp_path: Path) -> None:
    path = "GET /api/v5/public/instruments?instType=SWAP"
    frames = [
        ("okx", path, json.dumps(LISTING)),
        ("okx", None, json.dumps(mark(MS, "0.00001", "PEPE"))),
        ("bybit", None, json.dumps(forced(MS + 1))),
        ("okx", None, "pong"),
        ("okx", None, "{broken"),
        ("okx", None, json.dumps(mark(MS + 2))),
        ("bybit", None, json.dumps(forced(MS + 3))),
    ]
    end = (T // HOUR + 1) * HOUR
    times = [end + (n - 4) * SECOND for n in range(len(frames))]
    writers = {venue: CaptureWriter(tmp_path / "capture", venue) for venue in ("okx", "bybit")}
    lines = []
    for recv, (venue, channel, text) in zip(times, frames, strict=True):
        raw = json.loads(text) if text.startswith("{") and text != "{broken" else text
        lines.append(line(raw, venue=venue, recv_ns=recv, **({"channel": channel} if channel else {})))
        if channel:
            writers[venue].reply(recv, channel, text.encode())
        else:
            writers[venue].frame(recv, text.encode())
    for writer in writers.values():
        writer.close()
    files = FrameFileSource([write(tmp_path / "a.jsonl", *lines)])
    captured = CaptureSource(tmp_path / "capture")
    assert captured.describe() == "4 captured hours of bybit, okx, from 2026-11-20T11:00:00.000Z"
    assert facts(captured) == facts(files)
    assert len(data(captured)) == 5
    for venue in ("okx", "bybit"):
        assert captured.tallies()[venue].frames == files.tallies()[venue].frames
    assert captured.damages() == []
    assert facts(open_source([tmp_path / "capture"])) == facts(captured)


def test_what_a_capture_saw_of_connections_becomes_feed_status(tmp_path: Path) -> None:
    with CaptureWriter(tmp_path, "bybit", codec=GZIP) as capture:
        capture.control(T, Connected("wss://x"), connection=1)
        capture.control(T, Connected("wss://books", ("books",)), connection=2)
        capture.frame(T + 1, json.dumps(forced(MS)).encode(), connection=1)
        capture.control(T + 2, Closed(1000), connection=2)
        capture.control(T + 3, Connected("wss://x"), connection=3)  # a rotation: two deliver, one goes
        capture.frame(T + 4, json.dumps(forced(MS + 1)).encode(), connection=3)
        capture.control(T + 5, Closed(1000, "rotated"), connection=1)
        capture.control(T + 6, Gap("liquidation", T + 5, T + 6), connection=3)
        capture.frame(T + 7, json.dumps(forced(MS + 2)).encode(), connection=3)
        capture.control(T + 8, Closed(1006), connection=3)
        capture.control(T + 9, Connected("wss://x"), connection=1)
        capture.frame(T + 10, json.dumps(forced(MS + 3)).encode(), connection=1)
        capture.control(T + 11, Connected("wss://x"), connection=1)  # restarted after a crash: no close was written
        capture.frame(T + 12, json.dumps(forced(MS + 4)).encode(), connection=1)
        capture.control(T + 13, Gap("liquidation", T, None, "ETH"), connection=1)
        capture.frame(T + 14, json.dumps(forced(MS + 5)).encode(), connection=1)
    source = CaptureSource(tmp_path)
    found = [fact for fact in facts(source) if isinstance(fact, FeedStatus)]
    assert [(f.ts - T, f.state, f.symbol) for f in found] == [
        (1, "up", "MARKET"),
        (6, "gap", "MARKET"),
        (7, "up", "MARKET"),
        (8, "down", "MARKET"),
        (10, "up", "MARKET"),
        (11, "gap", "MARKET"),
        (12, "up", "MARKET"),
        (13, "gap", "ETH"),
        (14, "up", "ETH"),
    ]
    assert {f.channel for f in found} == {"liquidation"}
    assert (found[1].gap_from, found[1].gap_to) == (T + 5, T + 6)
    assert found[3].detail == "recorded: close 1006"
    assert (found[5].gap_from, found[5].gap_to) == (T + 10, T + 11)
    assert len(data(source)) == 6


def test_a_new_connection_forgets_and_an_hour_does_not(tmp_path: Path) -> None:
    end = (T // HOUR + 1) * HOUR
    snapshot = {"symbol": "BTCUSDT", "markPrice": "60000", "openInterest": "5"}
    whole = {"topic": "tickers.BTCUSDT", "type": "snapshot", "ts": MS, "data": snapshot}
    delta = {
        "topic": "tickers.BTCUSDT",
        "type": "delta",
        "ts": MS + 1,
        "data": {"symbol": "BTCUSDT", "openInterest": "6"},
    }
    with CaptureWriter(tmp_path, "bybit", codec=GZIP) as capture:
        capture.control(end - 3, Connected("wss://x"), connection=1)
        capture.frame(end - 2, json.dumps(whole).encode(), connection=1)
        capture.frame(end + 1, json.dumps(delta).encode(), connection=1)
        capture.control(end + 2, Closed(1006), connection=1)
        capture.control(end + 3, Connected("wss://x"), connection=1)
        capture.frame(end + 4, json.dumps(delta).encode(), connection=1)
    source = CaptureSource(tmp_path)
    assert [fact.oi_usd for fact in data(source) if isinstance(fact, OpenInterest)] == [300_000.0, 360_000.0]
    assert source.tallies()["bybit"].rows == {"ignored:no_snapshot": 1}
    later = CaptureSource(tmp_path / "bybit" / "2026-11-20" / "12.clrf.gz")
    assert data(later) == [], "without the snapshot of the hour before, deltas say nothing"


def test_damage_is_reported_and_is_a_gap(tmp_path: Path) -> None:
    with CaptureWriter(tmp_path, "bybit", codec=GZIP) as capture:
        for n in range(4):
            capture.frame(T + n * SECOND, json.dumps(forced(MS + n)).encode(), connection=1)
    plain = gzip.decompress(capture.path.read_bytes())
    capture.path.write_bytes(gzip.compress(plain.replace(b'"T": %d' % (MS + 2), b'"T": %d' % (MS + 9))))
    source = CaptureSource(tmp_path)
    assert [fact.ts_venue - T for fact in data(source)] == [0, MILLI, 3 * MILLI]
    assert feeds(source) == [
        ("bybit", "liquidation", "up", 0),
        ("bybit", "liquidation", "gap", SECOND),
        ("bybit", "liquidation", "up", 3 * SECOND),
    ]
    ((path, damage),) = source.damages()
    assert (path, damage.reason) == (str(capture.path), "crc")


def test_a_clock_set_back_does_not_turn_time_back(tmp_path: Path) -> None:
    with CaptureWriter(tmp_path, "okx", codec=GZIP) as capture:
        for after in (0, -9 * SECOND, 1):
            capture.frame(T + after, json.dumps(mark(MS)).encode())
    assert [fact.ts - T for fact in data(CaptureSource(tmp_path))] == [0, 0, 1]


@pytest.mark.parametrize("kind", ["absent", "empty folder", "nothing"])
def test_what_is_no_recording_is_refused(tmp_path: Path, kind: str) -> None:
    paths = {"absent": [tmp_path / "x"], "empty folder": [tmp_path], "nothing": []}[kind]
    with pytest.raises(InputError, match="expected"):
        open_source(paths)


def test_files_and_captures_can_be_replayed_together(tmp_path: Path) -> None:
    with CaptureWriter(tmp_path, "okx") as capture:
        capture.frame(T + 1, json.dumps(mark(MS)).encode())
    path = write(tmp_path / "a.jsonl", line(forced(MS), recv_ns=T), line(forced(MS + 1), recv_ns=T + 2))
    source = open_source([tmp_path / "okx", path], "bybit")
    assert [fact.venue for fact in data(source)] == ["bybit", "okx", "bybit"]
    assert not [fact for fact in data(source) if isinstance(fact, (Book, Depth))]
