"""Frames of Bitget recorded by others: each is decoded, ignored with a reason or quarantined with a reason."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from clri.collect.frames import Frame, read_frames
from clri.collect.mapper import Control
from clri.collect.venues.bitget.mapper import BitgetMapper
from clri.model.facts import Book, Liquidation, MarkFunding, OpenInterest, Ticker
from tests.collect.mutated import check, feed

pytestmark = pytest.mark.dev_data
RECV = 1_790_000_000_000_000_000


def lines(dev_data: Path, name: str) -> list[Frame]:
    return list(read_frames(dev_data / "payloads" / "bitget" / f"{name}.jsonl"))


def facts_of(dev_data: Path, name: str, mapper: BitgetMapper | None = None) -> list[tuple[dict[str, Any], list[Any]]]:
    mapper = mapper or BitgetMapper()
    out = []
    for frame in lines(dev_data, name):
        items = feed(mapper, None, frame.raw, frame.recv_ns or RECV)
        for item in items:
            check(item)
        out.append((json.loads(frame.raw), items))
    return out


EVERYTHING = {
    "ack": {"ignored:control_ack": 5},
    "book_delta": {"ignored:unused_channel": 2},
    "book_snapshot": {"ignored:unused_channel": 2, "decoded": 1},
    "book_top": {"ignored:unused_channel": 3},
    "coinm_ticker": {"ignored:no_row_used": 1, "rows ignored:inverse_off": 1},
    "coinm_trade": {"ignored:unused_channel": 1},
    "liquidation": {"decoded": 1},
    "spot_book_delta": {"ignored:unused_channel": 2},
    "spot_book_snapshot": {"ignored:unused_channel": 2, "ignored:no_row_used": 1, "rows ignored:spot_off": 1},
    "spot_book_top": {"ignored:unused_channel": 2},
    "spot_trade": {"ignored:unused_channel": 5},
    "ticker": {"decoded": 2},
    "trade": {"ignored:unused_channel": 2},
}


def test_every_recorded_file_has_its_categories(dev_data: Path) -> None:
    assert {path.stem for path in (dev_data / "payloads" / "bitget").glob("*.jsonl")} == set(EVERYTHING)


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_line_is_counted_once_with_a_reason(dev_data: Path, name: str) -> None:
    mapper = BitgetMapper()
    seen = facts_of(dev_data, name, mapper)
    counted = mapper.tally.frames + Counter({f"rows {reason}": n for reason, n in mapper.tally.rows.items()})
    assert counted == EVERYTHING[name]
    assert mapper.tally.frames.total() == len(seen)


@pytest.mark.parametrize("name", [name for name in EVERYTHING if name.startswith(("spot_", "coinm_"))])
def test_no_frame_of_another_market_becomes_a_perpetual(dev_data: Path, name: str) -> None:
    assert [items for _, items in facts_of(dev_data, name) if items] == []


def test_liquidations(dev_data: Path) -> None:
    seen = 0
    for frame, items in facts_of(dev_data, "liquidation"):
        for row, fact in zip(frame["data"], items, strict=True):
            seen += 1
            price, amount = float(row["price"]), float(row["amount"])
            assert isinstance(fact, Liquidation)
            assert fact.side == {"buy": "LONG", "sell": "SHORT"}[row["side"]]
            assert (fact.usd, fact.price, fact.ts_venue) == (amount, price, int(row["ts"]) * 1_000_000)
            assert fact.qty == amount / price
            assert fact.qty * 10 == pytest.approx(round(fact.qty * 10), rel=1e-12), "a whole lot: amount is USD"
            assert (fact.raw, fact.completeness, fact.price_kind) == (f"{fact.symbol}USDT", "largest_1s", "fill")
            assert frame["ts"] - int(row["ts"]) > 10_000
            assert not fact.backfill, "late by less than 30 s is normal"
    assert seen == 2


V2 = ("lastPr", "holdingAmount", "quoteVolume", "baseVolume", "bidPr", "open24h")
V3 = ("lastPrice", "openInterest", "turnover24h", "volume24h", "bid1Price", "openPrice24h")


def test_tickers(dev_data: Path) -> None:
    for frame, items in facts_of(dev_data, "ticker"):
        (row,) = frame["data"]
        last, oi, usd, base, bid, first = (float(row[name]) for name in (V3 if "topic" in frame["arg"] else V2))
        mark, interest, ticker = items
        assert [type(item) for item in items] == [MarkFunding, OpenInterest, Ticker]
        assert {item.ts_venue for item in items} == {int(row.get("ts", frame["ts"])) * 1_000_000}
        assert (mark.mark, mark.rate) == (float(row["markPrice"]), float(row["fundingRate"]))
        assert mark.index == pytest.approx(float(row["indexPrice"]), rel=1e-15)
        assert mark.next_funding_ts == int(row["nextFundingTime"]) * 1_000_000
        assert (mark.interval_h, mark.rate_8h, mark.apr) == (None, None, None), "the ticker does not say the interval"
        assert (interest.oi_base, interest.oi_usd) == (oi, oi * mark.mark)
        assert (ticker.last, ticker.vol24h_usd, ticker.vol24h_base, ticker.bid) == (last, usd, base, bid)
        assert usd / base == pytest.approx(last, rel=0.05), "turnover is quote, volume is coins"
        assert ticker.change24h_pct is not None
        if "topic" not in frame["arg"]:
            assert ticker.change24h_pct < 0
        else:
            assert ticker.change24h_pct == pytest.approx((last / first - 1) * 100, abs=0.01)


def test_books(dev_data: Path) -> None:
    ((frame, (fact,)),) = [(frame, items) for frame, items in facts_of(dev_data, "book_snapshot") if items]
    (row,) = frame["data"]
    assert isinstance(fact, Book)
    assert fact.raw == frame["arg"]["instId"]
    assert fact.ts_venue == int(row["ts"]) * 1_000_000
    assert fact.bids == [(float(price), float(size)) for price, size in row["bids"]]
    assert fact.asks == [(float(price), float(size)) for price, size in row["asks"]]
    assert fact.valid


def test_answers(dev_data: Path) -> None:
    for frame, items in facts_of(dev_data, "ack"):
        assert items == [Control("ack", frame["arg"]["channel"], frame["arg"]["instId"])]
