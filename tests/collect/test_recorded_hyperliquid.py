"""Hyperliquid: frames recorded by others (development data) come out right, or are left out for a stated reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from clri.collect.frames import Frame, read_frames
from clri.collect.venues.hyperliquid.mapper import HyperliquidMapper
from clri.model.facts import Bar, Book, Depth, Liquidation, MarkFunding, OpenInterest, Ticker
from tests.collect.mutated import check

pytestmark = pytest.mark.dev_data
RECV = 1_790_000_000_000_000_000

# What becomes of the frames and of their rows, file by file.
OUTCOMES: dict[str, dict[str, int]] = {
    "all_asset_ctxs": {"ignored:unused_channel": 1},
    "all_mids": {"ignored:unused_channel": 1},
    "asset_ctx": {"decoded": 1},
    "book_snapshot": {"decoded": 2},
    "book_top": {"ignored:unused_channel": 2},
    "rest_all_mids": {"ignored:unused_channel": 1},
    "rest_book_snapshot": {"decoded": 1},
    "rest_funding_history": {"ignored:no_row_used": 3, "ignored:no_mark": 97},
    "rest_klines": {"decoded": 1},
    "rest_meta": {"decoded": 3},
    "rest_user_fills": {"ignored:no_row_used": 1, "ignored:not_liquidation": 60},
    "spot_asset_ctx": {"ignored:unused_channel": 1},
    "trade": {"ignored:unused_channel": 4},
    "user_fills": {"decoded": 1},
}


def outcome(mapper: HyperliquidMapper, frame: Frame) -> list[Any]:
    channel = frame.channel or ""
    if channel.startswith(("GET", "POST")):
        return mapper.reply(channel, frame.raw, RECV)
    return mapper.decode(frame.raw, RECV)


def only(dev_data: Path, name: str, line: int = 1) -> tuple[Any, list[Any]]:
    """One frame of a file, parsed, and what a fresh mapper makes of it."""
    frames = list(read_frames(dev_data / "payloads" / "hyperliquid" / f"{name}.jsonl"))
    return json.loads(frames[line - 1].raw), outcome(HyperliquidMapper(), frames[line - 1])


@pytest.mark.parametrize("name", OUTCOMES)
def test_every_recorded_frame_has_its_outcome(dev_data: Path, name: str) -> None:
    mapper = HyperliquidMapper()
    for frame in read_frames(dev_data / "payloads" / "hyperliquid" / f"{name}.jsonl"):
        for item in outcome(mapper, frame):
            check(item)
    assert dict(mapper.tally.frames + mapper.tally.rows) == OUTCOMES[name]


def test_no_recorded_file_is_forgotten(dev_data: Path) -> None:
    assert {path.stem for path in (dev_data / "payloads" / "hyperliquid").glob("*.jsonl")} == set(OUTCOMES)


def test_rewritten_frames_are_no_trouble(dev_data: Path) -> None:
    mapper = HyperliquidMapper()
    items = [
        item
        for frame in read_frames(dev_data / "payloads" / "not_as_sent" / "hyperliquid.jsonl")
        for item in outcome(mapper, frame)
    ]
    assert [type(item) for item in items] == [Depth]
    assert mapper.tally.frames == {"decoded": 1, "ignored:unused_channel": 2}


def test_liquidation(dev_data: Path) -> None:
    frame, (fact,) = only(dev_data, "user_fills")
    (fill,) = frame["data"]["fills"]
    assert isinstance(fact, Liquidation)
    assert fill["dir"].startswith("Open"), "the owner opened a position, so he is not the liquidated one"
    assert fact.side == {"B": "LONG", "A": "SHORT"}[fill["side"]]
    assert (fact.price, fact.qty) == (float(fill["px"]), float(fill["sz"]))
    assert fact.usd == fact.price * fact.qty
    assert (fact.method, fact.completeness) == (fill["liquidation"]["method"], "partial")
    assert fact.ts_venue == fill["time"] * 1_000_000


def test_state(dev_data: Path) -> None:
    frame, (mark, interest, ticker) = only(dev_data, "asset_ctx")
    ctx = frame["data"]["ctx"]
    assert isinstance(mark, MarkFunding)
    assert (mark.mark, mark.index, mark.rate) == (float(ctx["markPx"]), float(ctx["oraclePx"]), float(ctx["funding"]))
    assert (mark.rate_8h, mark.apr) == (pytest.approx(mark.rate * 8), pytest.approx(mark.rate * 8760))
    assert isinstance(interest, OpenInterest)
    assert interest.oi_base == float(ctx["openInterest"])
    assert interest.oi_usd == interest.oi_base * mark.mark
    assert isinstance(ticker, Ticker)
    assert (ticker.last, ticker.vol24h_usd) == (float(ctx["midPx"]), float(ctx["dayNtlVlm"]))
    assert ticker.change24h_pct == pytest.approx((ticker.last / float(ctx["prevDayPx"]) - 1) * 100)


def test_books(dev_data: Path) -> None:
    frame, (empty,) = only(dev_data, "book_snapshot", 1)
    assert frame["data"]["levels"] == [[], []]
    assert isinstance(empty, Book)
    assert not empty.valid
    frame, (book,) = only(dev_data, "book_snapshot", 2)
    bids, asks = frame["data"]["levels"]
    assert book.valid
    assert book.bids == [(float(level["px"]), float(level["sz"])) for level in bids]
    assert book.asks == [(float(level["px"]), float(level["sz"])) for level in asks]


def test_depth(dev_data: Path) -> None:
    reply, (depth,) = only(dev_data, "rest_book_snapshot")
    bids, asks = ([(float(x["px"]), float(x["sz"])) for x in side] for side in reply["levels"])
    assert isinstance(depth, Depth)
    assert depth.mid == (bids[0][0] + asks[0][0]) / 2
    assert depth.bid_usd_1pct == pytest.approx(sum(p * q for p, q in bids if p >= depth.mid * 0.99))
    assert depth.ask_usd_1pct == pytest.approx(sum(p * q for p, q in asks if p <= depth.mid * 1.01))


def test_bars_of_a_thousandfold_name(dev_data: Path) -> None:
    rows, bars = only(dev_data, "rest_klines")
    assert len(bars) == len(rows)
    for row, bar in zip(rows, bars, strict=True):
        assert isinstance(bar, Bar)
        assert (bar.symbol, bar.raw, bar.tf, bar.backfill, bar.closed) == ("PEPE", row["s"], row["i"], True, True)
        assert (bar.open_ts, bar.trades) == (row["t"] * 1_000_000, row["n"])
        assert bar.c * 1000 == pytest.approx(float(row["c"]))
        assert bar.vol_base == float(row["v"]) * 1000


def test_lists(dev_data: Path) -> None:
    reply, found = only(dev_data, "rest_meta", 3)
    assert [row.raw for row in found] == [coin["name"] for coin in reply["universe"]]
    assert {row.raw: row.multiplier for row in found if row.multiplier != 1.0} == {"kPEPE": 1000.0}
    reply, found = only(dev_data, "rest_meta", 2)
    assert len(reply) > 1
    assert [row.raw for row in found] == [coin["name"] for coin in reply[0]["universe"]], "other exchanges are left out"
