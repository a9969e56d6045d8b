"""OKX: frames recorded by others (development data) come out right, or are left out for a stated reason."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from clri.collect.frames import Frame, read_frames
from clri.collect.instruments import InstrumentTable, instrument
from clri.collect.venues.okx.mapper import OkxMapper
from clri.model.facts import Fact, Liquidation, MarkFunding, OpenInterest, Ticker
from clri.model.instrument import Instrument
from tests.collect.mutated import check

pytestmark = pytest.mark.dev_data
RECV = 1_790_000_000_000_000_000

# What becomes of the frames and of their rows, file by file.
OUTCOMES: dict[str, dict[str, int]] = {
    "ack": {"ignored:control_ack": 2},
    "book_delta": {"ignored:unused_channel": 2},
    "book_snapshot": {"ignored:unused_channel": 1},
    "book_top": {"ignored:unused_channel": 1},
    "funding_rate": {"ignored:no_row_used": 4, "ignored:dated_off": 1, "ignored:no_mark": 3},
    "index_price": {"ignored:no_row_used": 6, "ignored:merged": 3, "ignored:inverse_off": 3},
    "instruments": {"decoded": 1},
    "kline": {"ignored:unused_channel": 1},
    "liquidation": {"ignored:no_row_used": 1, "ignored:dated_off": 1},
    "mark_price": {"decoded": 1, "ignored:no_row_used": 2, "ignored:dated_off": 2},
    "open_interest": {"decoded": 1, "ignored:no_row_used": 1, "ignored:dated_off": 1},
    "price_limit": {"ignored:unused_channel": 1},
    "rest_book_snapshot": {"ignored:no_row_used": 1, "ignored:symbol_not_said": 1},
    "rest_funding_history": {"ignored:no_row_used": 1, "ignored:no_mark": 2},
    "rest_index_price": {"ignored:no_row_used": 1, "ignored:merged": 1},
    "rest_instruments": {"decoded": 1, "ignored:inverse_off": 1},
    "rest_klines": {"ignored:no_row_used": 1, "ignored:symbol_not_said": 1},
    "rest_mark_price": {"decoded": 1},
    "spot_book_delta": {"ignored:unused_channel": 2},
    "spot_book_snapshot": {"ignored:unused_channel": 2},
    "spot_book_top": {"ignored:unused_channel": 1},
    "spot_rest_instruments": {"ignored:no_row_used": 1, "ignored:spot_pair_off": 5},
    "spot_rest_trades": {"ignored:unused_channel": 1},
    "spot_ticker": {"decoded": 2},
    "spot_trade": {"ignored:unused_channel": 3},
    "ticker": {"decoded": 4, "ignored:no_row_used": 1, "ignored:dated_off": 1},
    "trade": {"ignored:unused_channel": 2},
}


def outcome(mapper: OkxMapper, frame: Frame) -> list[Any]:
    channel = frame.channel or ""
    if channel.startswith(("GET", "POST")):
        return mapper.reply(channel, frame.raw, RECV)
    return mapper.decode(frame.raw, RECV)


def table_for(frames: list[Frame], size: float) -> InstrumentTable:
    """Every contract of the frames as if it were a listed linear swap of this size."""
    rows = [row for frame in frames for row in json.loads(frame.raw)["data"]]
    names = [row["instId"] for row in rows if row["instId"].count("-") > 1]
    return InstrumentTable(instrument(0, "okx", name, name.split("-")[0], "USDT", contract_size=size) for name in names)


def decoded(path: Path, size: float = 1.0) -> list[tuple[dict[str, Any], Fact]]:
    """Every row of a file with the fact that became of it."""
    frames = list(read_frames(path))
    mapper = OkxMapper(table_for(frames, size))
    rows = [row for frame in frames for row in json.loads(frame.raw)["data"]]
    facts = [item for frame in frames for item in outcome(mapper, frame)]
    return list(zip(rows, facts, strict=True))


@pytest.mark.parametrize("name", OUTCOMES)
def test_every_recorded_frame_has_its_outcome(dev_data: Path, name: str) -> None:
    mapper = OkxMapper()
    for frame in read_frames(dev_data / "payloads" / "okx" / f"{name}.jsonl"):
        for item in outcome(mapper, frame):
            check(item)
    assert dict(mapper.tally.frames + mapper.tally.rows) == OUTCOMES[name]


def test_no_recorded_file_is_forgotten(dev_data: Path) -> None:
    assert {path.stem for path in (dev_data / "payloads" / "okx").glob("*.jsonl")} == set(OUTCOMES)


def test_withdrawn_and_rewritten_frames_yield_nothing(dev_data: Path) -> None:
    counts: Counter[str] = Counter()
    for folder in ("retired", "not_as_sent"):
        mapper = OkxMapper()
        for frame in read_frames(dev_data / "payloads" / folder / "okx.jsonl"):
            assert outcome(mapper, frame) == []
        counts += mapper.tally.frames + mapper.tally.rows
    assert counts == {"ignored:no_row_used": 33, "ignored:retired_api": 33, "ignored:unused_channel": 2}


def test_liquidation(dev_data: Path) -> None:
    (frame,) = read_frames(dev_data / "payloads" / "okx" / "liquidation.jsonl")
    (group,) = json.loads(frame.raw)["data"]
    (order,) = group["details"]
    ((_, fact),) = decoded(dev_data / "payloads" / "okx" / "liquidation.jsonl", size=10.0)
    assert isinstance(fact, Liquidation)
    assert fact.side == {"sell": "LONG", "buy": "SHORT"}[order["side"]]
    assert fact.side.lower() == order["posSide"]
    assert (fact.price, fact.qty) == (float(order["bkPx"]), float(order["sz"]) * 10.0)
    assert fact.usd == fact.price * fact.qty
    assert fact.ts_venue == int(order["ts"]) * 1_000_000


def test_marks(dev_data: Path) -> None:
    pairs = decoded(dev_data / "payloads" / "okx" / "mark_price.jsonl")
    pairs += decoded(dev_data / "payloads" / "okx" / "rest_mark_price.jsonl")
    assert len(pairs) == 4
    for row, fact in pairs:
        assert isinstance(fact, MarkFunding)
        assert (fact.mark, fact.raw) == (float(row["markPx"]), row["instId"])
        assert (fact.ts_venue, fact.rate, fact.index) == (int(row["ts"]) * 1_000_000, None, None)


def test_funding_of_every_age_of_the_format(dev_data: Path) -> None:
    frames = list(read_frames(dev_data / "payloads" / "okx" / "funding_rate.jsonl"))
    mapper = OkxMapper(table_for(frames, 1.0))
    intervals = []
    for frame in frames:
        (row,) = json.loads(frame.raw)["data"]
        mark = {
            "arg": {"channel": "mark-price"},
            "data": [{"instId": row["instId"], "markPx": "2", "ts": "1790000000000"}],
        }
        mapper.decode(json.dumps(mark).encode(), RECV)
        (fact,) = outcome(mapper, frame)
        assert isinstance(fact, MarkFunding)
        said = row.get("fundingRate")
        assert fact.rate == (None if said is None else float(said))
        assert fact.next_funding_ts == int(row["fundingTime"]) * 1_000_000
        if fact.rate is not None and fact.interval_h is not None:
            assert fact.rate_8h == pytest.approx(fact.rate * 8 / fact.interval_h)
        intervals.append(fact.interval_h)
    assert intervals == [None, None, 8.0, 8.0]


def test_open_interest_in_contracts_and_coins(dev_data: Path) -> None:
    pairs = decoded(dev_data / "payloads" / "okx" / "open_interest.jsonl")
    assert len(pairs) == 2
    for row, fact in pairs:
        assert isinstance(fact, OpenInterest)
        assert (fact.oi_base, fact.contracts, fact.oi_usd) == (float(row["oiCcy"]), float(row["oi"]), None)


@pytest.mark.parametrize(
    ("name", "market", "coins"), [("ticker", "perp", "volCcy24h"), ("spot_ticker", "spot", "vol24h")]
)
def test_tickers(dev_data: Path, name: str, market: str, coins: str) -> None:
    pairs = decoded(dev_data / "payloads" / "okx" / f"{name}.jsonl")
    assert len(pairs) == {"perp": 5, "spot": 2}[market]
    for row, fact in pairs:
        assert isinstance(fact, Ticker)
        assert (fact.market, fact.last, fact.vol24h_base) == (market, float(row["last"]), float(row[coins]))
        usd = float(row["volCcy24h"]) * (fact.last if market == "perp" else 1.0)
        assert fact.vol24h_usd == pytest.approx(usd)
        assert (fact.bid, fact.ask) == (float(row["bidPx"]), float(row["askPx"]))


def test_the_bootstrap_agrees_with_the_recorded_list(dev_data: Path) -> None:
    (frame,) = read_frames(dev_data / "payloads" / "okx" / "rest_instruments.jsonl")
    sizes = {row.raw: row.contract_size for row in OkxMapper().instruments(frame.raw)}
    known = {row.raw: row.contract_size for row in OkxMapper.bootstrap}
    assert sizes
    assert all(known[raw] == size for raw, size in sizes.items())
    assert all(isinstance(row, Instrument) for row in OkxMapper.bootstrap)
