"""`clri oi`: unified open interest of a recording, and of one that holds none."""

import json
from pathlib import Path

from tests.app.recordings import T, line, lines, okx, recording


def test_the_document_names_every_venue(clri, place: Path) -> None:
    recording(place / "r.jsonl", 12)
    said = clri("oi", "btcusdt", "--from", "r.jsonl", "--json")
    assert (said.code, said.err) == (0, "")
    document = said.json
    assert (document["base_symbol"], document["mode"]) == ("BTC", "replay-recorded")
    assert document["timestamp"] == document["as_of"]
    assert {e["exchange"] for e in document["exchange_breakdown"]} == {"okx", "bybit"}
    assert [f["exchange"] for f in document["validation_summary"]["failed_details"]] == [
        "binance",
        "gate",
        "bitget",
        "hyperliquid",
    ]
    assert document["quality"] == "partial"
    assert document["coverage"] == 2 / 6
    total = document["aggregated_oi"]["total_usd"]
    assert total == sum(e["oi_usd"] for e in document["exchange_breakdown"])
    assert document["market_categories"]["usd_inverse"]["total_usd"] is None


def test_without_a_symbol_all_tracked_ones_that_occur(clri, place: Path) -> None:
    recording(place / "r.jsonl", 12)
    said = clri("oi", "--from", "r.jsonl", "--out", "unified_oi_results.json")
    assert (said.code, said.out) == (0, "")
    written = json.loads((place / "unified_oi_results.json").read_bytes())
    assert list(written["symbols"]) == ["BTC"]
    assert written["symbols"]["BTC"]["total_markets"] == 2


def test_two_recordings_are_one_stream(clri, place: Path) -> None:
    texts = lines(12)
    for name in ("okx", "bybit"):
        (place / f"{name}.jsonl").write_text("\n".join(t for t in texts if f'"venue": "{name}"' in t))
    said = clri("oi", "BTC", "--from", "okx.jsonl", "--from", "bybit.jsonl", "--json")
    assert said.json["total_markets"] == 2


def test_the_table_says_what_is_missing(clri, place: Path) -> None:
    recording(place / "r.jsonl", 12)
    said = clri("oi", "BTC", "--from", "r.jsonl")
    assert said.code == 0
    for words in ("RECORDED DATA", "2 of 6 venues", "too few venues", "BTC-USDT-SWAP", "inverse —"):
        assert words in said.out
    assert "binance: no open interest received" in said.out
    assert "inverse (coin-margined) contracts are not collected" in said.out


def test_what_cannot_be_answered_is_code_2(clri, place: Path) -> None:
    (place / "empty.jsonl").write_text(line(okx("mark-price", T, markPx="60000"), T, venue="okx"))
    recording(place / "r.jsonl", 1)
    for words in (["BTC", "--from", "empty.jsonl"], ["DOGE", "--from", "r.jsonl"], ["BTC", "--from", "no"]):
        said = clri("oi", *words)
        assert (said.code, said.out) == (2, ""), words
        assert said.err.startswith("CLRI-DATA-")
    said = clri("oi", "BTC", "--from", "r.jsonl", "--out", "no/such/folder.json")
    assert said.code == 2
    assert "cannot write" in said.err
