"""Gate: frames recorded by others (never part of the repository) come out as their own text says."""

import json
from pathlib import Path
from typing import Any

import pytest

from clri.collect.frames import read_frames
from clri.collect.mapper import Control
from clri.collect.venues.gate.bootstrap import SIZES
from clri.collect.venues.gate.mapper import GateMapper
from clri.model.facts import Book, MarkFunding, OpenInterest, Ticker

RECV = 1_790_000_000_000_000_000
FOLDERS = ("payloads/gate/*.jsonl", "payloads/retired/gate.jsonl", "payloads/not_as_sent/gate.jsonl")
YIELDS = {"ticker": {MarkFunding, OpenInterest, Ticker}, "book_snapshot": {Book}, "retired": {Book}}

pytestmark = pytest.mark.dev_data


def decoded(path: Path) -> list[tuple[Any, list[Any], dict[str, int]]]:
    """Each frame of a file as JSON, what it became, and what was counted."""
    mapper = GateMapper()
    rows = []
    for frame in read_frames(path):
        before = mapper.tally.frames + mapper.tally.rows
        items = mapper.decode(frame.raw, RECV)
        rows.append((json.loads(frame.raw), items, dict(mapper.tally.frames + mapper.tally.rows - before)))
    return rows


def coin_of(contract: str) -> str:
    return contract.removesuffix("_USDT")


def test_every_recorded_frame_is_decoded_ignored_or_quarantined_with_a_reason(dev_data: Path) -> None:
    paths = sorted(path for pattern in FOLDERS for path in dev_data.glob(pattern))
    assert paths
    for path in paths:
        kinds = set()
        for _, items, counted in decoded(path):
            assert counted, path.name
            assert all(key == "decoded" or key.split(":")[1] for key in counted)
            kinds |= {type(item) for item in items if not isinstance(item, Control)}
        name = path.stem if path.parent.name == "gate" else path.parent.name
        assert kinds == YIELDS.get(name, set()), path


def test_nothing_but_nested_arrays_is_quarantined(dev_data: Path) -> None:
    for pattern in FOLDERS:
        for path in dev_data.glob(pattern):
            for body, _, counted in decoded(path):
                broken = any(key.startswith("quarantined") for key in counted)
                result = body.get("result")
                assert broken == (isinstance(result, list) and bool(result) and isinstance(result[0], list)), counted


def test_acknowledgements(dev_data: Path) -> None:
    for name in ("ack", "spot_ack"):
        for body, items, _ in decoded(dev_data / f"payloads/gate/{name}.jsonl"):
            assert items == [Control("ack", body["channel"])]


def test_tickers(dev_data: Path) -> None:
    for body, items, _ in decoded(dev_data / "payloads/gate/ticker.jsonl"):
        (row,) = body["result"]
        funding, interest, day = items
        size = SIZES[coin_of(row["contract"])]
        mark, rate = float(row["mark_price"]), float(row["funding_rate"])
        assert (funding.mark, funding.index, funding.rate) == (mark, float(row["index_price"]), rate)
        assert funding.rate_8h == pytest.approx(rate * 8 / funding.interval_h)
        assert interest.contracts == float(row["total_size"])
        assert interest.oi_base == pytest.approx(float(row["total_size"]) * size)
        assert interest.oi_usd == pytest.approx(float(row["total_size"]) * size * mark)
        # Contracts traded, at their size, are the coins traded: the size is right.
        assert float(row["volume_24h"]) * size == pytest.approx(day.vol24h_base, rel=1e-3)
        assert (day.last, day.vol24h_usd) == (float(row["last"]), float(row["volume_24h_quote"]))
        assert {item.ts_venue for item in items} == {body["time_ms"] * 10**6}


def test_books(dev_data: Path) -> None:
    for body, items, counted in decoded(dev_data / "payloads/gate/book_snapshot.jsonl"):
        result = body["result"]
        size = SIZES.get(coin_of(result["contract"]))
        if size is None:
            assert counted == {"ignored:no_row_used": 1, "ignored:contract_size_unknown": 1}
            continue
        (fact,) = items
        assert fact.bids == [(float(level["p"]), pytest.approx(float(level["s"]) * size)) for level in result["bids"]]
        assert fact.asks == [(float(level["p"]), pytest.approx(float(level["s"]) * size)) for level in result["asks"]]
        assert (fact.valid, fact.ts_venue) == (True, result["t"] * 10**6)


def test_withdrawn_forms_never_become_numbers(dev_data: Path) -> None:
    for body, items, counted in decoded(dev_data / "payloads/retired/gate.jsonl"):
        facts = [item for item in items if not isinstance(item, Control)]
        assert all(isinstance(fact, Book) and not fact.valid and not fact.bids for fact in facts)
        if "method" in body:
            assert counted == {"ignored:no_row_used": 1, "ignored:retired_api": 1}
        if str(body.get("result", "")).count("_USD'") and not facts:
            assert any(key in counted for key in ("ignored:inverse_off", "ignored:unused_channel"))
