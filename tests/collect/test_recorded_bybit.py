"""Frames of Bybit recorded by others: each is decoded, ignored with a reason or quarantined with a reason."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from clri.collect.frames import Frame, read_frames
from clri.collect.mapper import Control
from clri.collect.venues.bybit.mapper import BybitMapper
from clri.model.facts import Depth, Liquidation, MarkFunding, OpenInterest, Ticker
from clri.model.instrument import Instrument
from tests.collect.mutated import check, feed

pytestmark = pytest.mark.dev_data
RECV = 1_790_000_000_000_000_000


def lines(dev_data: Path, name: str) -> list[Frame]:
    return list(read_frames(dev_data / "payloads" / name))


def run(mapper: BybitMapper, frame: Frame) -> list[Any]:
    path = frame.channel if (frame.channel or "").startswith("GET") else None
    items = feed(mapper, path, frame.raw, frame.recv_ns or RECV)
    for item in items:
        check(item)
    return items


def facts_of(dev_data: Path, name: str, mapper: BybitMapper | None = None) -> list[tuple[dict[str, Any], list[Any]]]:
    mapper = mapper or BybitMapper()
    return [(json.loads(frame.raw), run(mapper, frame)) for frame in lines(dev_data, name)]


EVERYTHING = {
    "bybit/ack": {"ignored:control_ack": 1},
    "bybit/book_delta": {"ignored:unused_channel": 3, "decoded": 1},
    "bybit/book_snapshot": {"ignored:unused_channel": 2, "decoded": 1},
    "bybit/error": {"ignored:control_nack": 1},
    "bybit/inverse_rest_instruments": {"ignored:no_row_used": 1, "rows ignored:inverse_off": 1},
    "bybit/inverse_ticker": {"ignored:no_row_used": 4, "rows ignored:inverse_off": 2, "rows ignored:dated_off": 2},
    "bybit/inverse_trade": {"ignored:unused_channel": 1},
    "bybit/kline": {"ignored:unused_channel": 1},
    "bybit/liquidation": {"decoded": 1},
    "bybit/rest_book_snapshot": {"decoded": 1},
    "bybit/rest_funding_history": {"ignored:no_row_used": 1, "rows ignored:no_mark": 2},
    "bybit/rest_instruments": {"decoded": 1, "rows ignored:funding_interval": 2},
    "bybit/rest_klines": {"ignored:no_row_used": 1, "rows ignored:no_interval": 1},
    "bybit/rest_trades": {"ignored:unused_channel": 1},
    "bybit/spot_book_delta": {"ignored:unused_channel": 1, "ignored:no_row_used": 1, "rows ignored:spot_off": 1},
    "bybit/spot_book_snapshot": {"ignored:unused_channel": 1, "ignored:no_row_used": 1, "rows ignored:spot_off": 1},
    "bybit/spot_trade": {"ignored:unused_channel": 2},
    "bybit/ticker": {"decoded": 2},
    "bybit/trade": {"ignored:unused_channel": 1},
    "retired/bybit": {"ignored:no_row_used": 43, "rows ignored:retired_api": 43},
    "not_as_sent/bybit": {"ignored:no_row_used": 3, "rows ignored:retired_api": 3},
}


def test_every_recorded_file_has_its_categories(dev_data: Path) -> None:
    payloads = dev_data / "payloads"
    files = [*payloads.glob("bybit/*.jsonl"), payloads / "retired/bybit.jsonl", payloads / "not_as_sent/bybit.jsonl"]
    assert {f"{path.parent.name}/{path.stem}" for path in files} == set(EVERYTHING)


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_line_is_counted_once_with_a_reason(dev_data: Path, name: str) -> None:
    mapper = BybitMapper()
    frames = lines(dev_data, f"{name}.jsonl")
    for frame in frames:
        run(mapper, frame)
    counted = mapper.tally.frames + Counter({f"rows {reason}": n for reason, n in mapper.tally.rows.items()})
    assert counted == EVERYTHING[name]
    assert mapper.tally.frames.total() == len(frames)


@pytest.mark.parametrize("name", [name for name in EVERYTHING if "spot_" in name or "inverse_" in name or "/" in name])
def test_no_frame_of_another_market_becomes_a_perpetual(dev_data: Path, name: str) -> None:
    if "spot_" in name or "inverse_" in name or not name.startswith("bybit/"):
        assert [items for _, items in facts_of(dev_data, f"{name}.jsonl") if items] == []


def test_liquidations(dev_data: Path) -> None:
    seen = 0
    for frame, items in facts_of(dev_data, "bybit/liquidation.jsonl"):
        assert len(items) == len(frame["data"])
        for row, fact in zip(frame["data"], items, strict=True):
            seen += 1
            assert isinstance(fact, Liquidation)
            assert fact.side == {"Buy": "LONG", "Sell": "SHORT"}[row["S"]]
            assert (fact.price, fact.qty, fact.ts_venue) == (float(row["p"]), float(row["v"]), row["T"] * 1_000_000)
            assert fact.usd == pytest.approx(float(row["p"]) * float(row["v"]))
            assert (fact.raw, row["s"]) == (row["s"], f"{fact.symbol}USDT")
            assert (fact.completeness, fact.price_kind, fact.backfill) == ("all", "bankruptcy", False)
    assert seen == 1


def test_tickers(dev_data: Path) -> None:
    intervals = set()
    for frame, items in facts_of(dev_data, "bybit/ticker.jsonl"):
        row = frame["data"]
        mark, interest, ticker = items
        assert [type(item) for item in items] == [MarkFunding, OpenInterest, Ticker]
        assert {item.ts_venue for item in items} == {frame["ts"] * 1_000_000}
        assert (mark.mark, mark.index) == (float(row["markPrice"]), float(row["indexPrice"]))
        assert mark.rate == float(row["fundingRate"])
        assert mark.next_funding_ts == int(row["nextFundingTime"]) * 1_000_000
        hours = float(row["fundingIntervalHour"]) if "fundingIntervalHour" in row else None
        intervals.add(hours)
        assert mark.interval_h == hours
        assert mark.apr == (None if hours is None else pytest.approx(mark.rate * 8760 / hours))
        assert interest.oi_base == float(row["openInterest"])
        assert interest.oi_usd == pytest.approx(float(row["openInterestValue"]), rel=1e-6), "the venue's own USD value"
        assert (ticker.last, ticker.bid) == (float(row["lastPrice"]), float(row["bid1Price"]))
        assert (ticker.vol24h_usd, ticker.vol24h_base) == (float(row["turnover24h"]), float(row["volume24h"]))
        assert ticker.change24h_pct == pytest.approx((ticker.last / float(row["prevPrice24h"]) - 1) * 100, abs=1e-3)
    assert intervals == {None, 8.0}


def test_books_follow_from_snapshot_to_delta(dev_data: Path) -> None:
    mapper = BybitMapper()
    (snapshot,) = [items for _, items in facts_of(dev_data, "bybit/book_snapshot.jsonl", mapper) if items]
    mapper._books._kept["BTCPERP"].sent = None  # another 250 ms have passed
    (delta,) = [(frame, items) for frame, items in facts_of(dev_data, "bybit/book_delta.jsonl", mapper) if items]
    before, (after,) = snapshot[0], delta[1]
    assert (before.raw, before.symbol, before.valid, after.valid) == ("BTCPERP", "BTC", True, True)
    assert after.seq == before.seq + 1 == delta[0]["data"]["u"]
    sides = zip((before.bids, before.asks), (after.bids, after.asks), ("b", "a"), strict=True)
    for old, new, key in sides:
        want = {**dict(old), **{float(price): float(size) for price, size in delta[0]["data"][key]}}
        assert dict(new) == {price: size for price, size in want.items() if size}


def test_depth(dev_data: Path) -> None:
    ((reply, (fact,)),) = facts_of(dev_data, "bybit/rest_book_snapshot.jsonl")
    result = reply["result"]
    assert isinstance(fact, Depth)
    assert fact.mid == (float(result["b"][0][0]) + float(result["a"][0][0])) / 2
    assert fact.reach_bid_pct == pytest.approx((fact.mid - float(result["b"][-1][0])) / fact.mid * 100)
    assert fact.ts_venue == result["ts"] * 1_000_000


def test_instruments(dev_data: Path) -> None:
    ((reply, items),) = facts_of(dev_data, "bybit/rest_instruments.jsonl")
    rows = reply["result"]["list"]
    assert len(items) == len(rows)
    for row, fact in zip(rows, items, strict=True):
        assert isinstance(fact, Instrument)
        assert (fact.symbol, fact.raw, fact.settle) == (row["baseCoin"], row["symbol"], row["settleCoin"])
        assert (fact.contract_size, fact.multiplier, fact.inverse) == (1.0, 1.0, False)
        assert fact.tick_size == float(row["priceFilter"]["tickSize"])
        assert row["fundingInterval"] < 60, "written by hand in hours; the venue's unit is minutes"
        assert fact.funding_interval_h is None


def test_answers(dev_data: Path) -> None:
    ((ack, [good]),) = facts_of(dev_data, "bybit/ack.jsonl")
    ((error, [bad]),) = facts_of(dev_data, "bybit/error.jsonl")
    assert good == Control("ack", ack["req_id"])
    assert bad == Control("nack", reason=error["ret_msg"])
