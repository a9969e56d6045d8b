"""What venues told of the time before stands in a recording: a replay begins as warm as a live run."""

import json
from pathlib import Path

from tests.app.recordings import T, line, lines

FIVE_MIN = 300_000


def receipt(text: str) -> int:
    return json.loads(text)["recv_ns"]


def past(hours: int, told: int = T) -> list[str]:
    """Bybit's replies about its open interest and price of the hours before, as the start asks for them."""
    ends = range(T - hours * 3_600_000, T, FIVE_MIN)
    rows = [{"openInterest": str(30_000 + n), "timestamp": str(at)} for n, at in enumerate(ends)]
    interest = {"symbol": "BTCUSDT", "category": "linear", "list": rows[::-1], "nextPageCursor": ""}
    bars = [[str(at), "60000", "60010", "59990", "60001", "10", "600000"] for at in range(ends[0], T - 60_000, 60_000)]
    klines = {"symbol": "BTCUSDT", "category": "linear", "list": bars[::-1]}
    base = "GET /v5/market"
    return [
        line(
            {"retCode": 0, "retMsg": "OK", "time": T, "result": reply},
            told,
            venue="bybit",
            channel=f"{base}/{path}&limit=1000",
        )
        for path, reply in (
            ("open-interest?category=linear&symbol=BTCUSDT&intervalTime=5min", interest),
            ("kline?category=linear&symbol=BTCUSDT&interval=1", klines),
        )
    ]


def test_the_first_reading_knows_the_hours_before(clri, place: Path) -> None:
    (place / "cold.jsonl").write_text("\n".join(lines(1)))
    (place / "warm.jsonl").write_text("\n".join([*past(9), *lines(1)]))
    cold = clri("replay", "cold.jsonl", "--json").json["readings"][0]
    warm = clri("replay", "warm.jsonl", "--json").json["readings"][0]
    assert cold["oi_change_1h_pct"] is None
    assert warm["oi_change_1h_pct"] is not None
    assert warm["price_change_1h_pct"] is not None
    assert cold["component_quality"]["oi"]["coverage"] < warm["component_quality"]["oi"]["coverage"]


def test_history_that_comes_late_is_no_start(clri, place: Path) -> None:
    """Beyond the time that a live start waits for it, it is a reply like others."""
    (place / "late.jsonl").write_text("\n".join(sorted([*lines(1), *past(9, T + 31_000)], key=receipt)))
    said = clri("replay", "late.jsonl", "--json")
    assert said.json["readings"][0]["oi_change_1h_pct"] is None, said.err
