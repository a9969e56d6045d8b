"""Binance: frames recorded by others (never part of the repository) come out as their own text says.

Expected numbers are computed here from the recorded text by other means than the mapper's.
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from clri.collect.frames import read_frames
from clri.collect.mapper import Control
from clri.collect.venues.binance.mapper import BinanceMapper
from clri.model.facts import Depth, Liquidation, LongShortRatio, MarkFunding, OpenInterest, Ticker
from clri.model.instrument import Instrument

RECV = 1_790_000_000_000_000_000
FOLDERS = ("payloads/binance/*.jsonl", "payloads/retired/binance.jsonl", "payloads/not_as_sent/binance.jsonl")

# What becomes of each kind of file; the others must yield nothing.
YIELDS = {
    "liquidation": {Liquidation},
    "mark_price": {MarkFunding},
    "ticker": {Ticker},
    "rest_book_snapshot": {Depth},
    "rest_instruments": {Instrument},
    "rest_long_short_ratio": {LongShortRatio},
    "rest_open_interest": {OpenInterest},
    "rest_open_interest_history": {OpenInterest},
    "rest_premium_index": {MarkFunding},
    "rest_taker_ratio": {LongShortRatio},
    "rest_ticker": {Ticker},
}

pytestmark = pytest.mark.dev_data


def decoded(dev_data: Path, name: str) -> list[tuple[Any, list[Any], dict[str, int]]]:
    """Each frame of a file as JSON, what it became, and what was counted; replies belong to a call for BTCUSDT."""
    mapper = BinanceMapper()
    rows = []
    for frame in read_frames(dev_data / "payloads" / name):
        before = mapper.tally.frames + mapper.tally.rows
        channel = frame.channel or ""
        if channel.startswith(("GET ", "POST ")):
            items = mapper.reply(f"{channel}?symbol=BTCUSDT", frame.raw, RECV)
        else:
            items = mapper.decode(frame.raw, RECV)
        body = json.loads(frame.raw)
        counted = dict(mapper.tally.frames + mapper.tally.rows - before)
        rows.append((body.get("data", body) if isinstance(body, dict) else body, items, counted))
    return rows


def facts_of(dev_data: Path, name: str) -> list[tuple[Any, Any]]:
    """Pairs of a row of the recorded frame and its fact, for frames whose every row became one."""
    pairs = []
    for body, items, _ in decoded(dev_data, name):
        sent = body if isinstance(body, list) else [body]
        if items and not isinstance(items[0], Control):
            assert len(items) == len(sent)
            pairs += zip(sent, items, strict=True)
    assert pairs, f"{name} yields nothing"
    return pairs


def test_every_recorded_frame_is_decoded_ignored_or_quarantined_with_a_reason(dev_data: Path) -> None:
    paths = sorted(path for pattern in FOLDERS for path in dev_data.glob(pattern))
    assert paths
    for path in paths:
        outcomes = decoded(dev_data, str(path.relative_to(dev_data / "payloads")))
        kinds = {type(item) for _, items, _ in outcomes for item in items} - {Control}
        if path.parent.name == "binance":
            assert kinds == YIELDS.get(path.stem, set()), path.name
        else:
            assert kinds <= {MarkFunding}, path
        for _, items, counted in outcomes:
            assert counted, path.name
            assert all(key == "decoded" or key.split(":")[1] for key in counted)
            assert ("decoded" in counted) == any(not isinstance(item, Control) for item in items)


def test_nothing_but_broken_examples_is_quarantined(dev_data: Path) -> None:
    quarantined = {
        (path.stem, key)
        for path in sorted((dev_data / "payloads" / "binance").glob("*.jsonl"))
        for _, _, counted in decoded(dev_data, f"binance/{path.name}")
        for key in counted
        if key.startswith("quarantined")
    }
    assert quarantined == {("ticker", "quarantined:time_unit")}, "its time is no time in ms"


def test_liquidations(dev_data: Path) -> None:
    for body, fact in facts_of(dev_data, "binance/liquidation.jsonl"):
        order = body["o"]
        assert fact.side == {"SELL": "LONG", "BUY": "SHORT"}[order["S"]]
        assert (fact.raw, fact.symbol, fact.market) == (order["s"], order["s"].removesuffix("USDT"), "perp")
        assert Decimal(str(fact.qty)) == Decimal(order["z"])
        assert fact.price == float(order["ap"])
        assert fact.usd == pytest.approx(float(Decimal(order["z"]) * Decimal(order["ap"])))
        assert fact.ts_venue == order["T"] * 10**6
        assert (fact.price_kind, fact.completeness, fact.src) == ("fill", "largest_1s", "ws")


def test_the_fill_is_taken_where_the_last_fill_is_larger_than_the_order(dev_data: Path) -> None:
    odd = [
        (body["o"], fact)
        for body, fact in facts_of(dev_data, "binance/liquidation.jsonl")
        if float(body["o"]["l"]) > float(body["o"]["q"])
    ]
    assert odd
    assert all(fact.qty == float(order["z"]) != float(order["l"]) for order, fact in odd)


@pytest.mark.parametrize("name", ["mark_price", "rest_premium_index"])
def test_marks(dev_data: Path, name: str) -> None:
    names = ("p", "i", "r", "T", "E") if name == "mark_price" else (
        "markPrice", "indexPrice", "lastFundingRate", "nextFundingTime", "time",
    )  # fmt: skip
    for body, fact in facts_of(dev_data, f"binance/{name}.jsonl"):
        mark, index, rate, following, time = (body[key] for key in names)
        assert (fact.mark, fact.index, fact.rate) == (float(mark), float(index), float(rate))
        assert (fact.next_funding_ts, fact.ts_venue) == (following * 10**6, time * 10**6)
        assert fact.rate_8h == pytest.approx(float(rate) * 8 / fact.interval_h)
        assert fact.apr == pytest.approx(float(rate) * 24 * 365 / fact.interval_h)


@pytest.mark.parametrize("name", ["ticker", "rest_ticker"])
def test_tickers(dev_data: Path, name: str) -> None:
    names = ("c", "v", "q", "P") if name == "ticker" else ("lastPrice", "volume", "quoteVolume", "priceChangePercent")
    for body, fact in facts_of(dev_data, f"binance/{name}.jsonl"):
        values = (fact.last, fact.vol24h_base, fact.vol24h_usd, fact.change24h_pct)
        assert values == tuple(float(body[key]) for key in names)
        assert fact.market == "perp"


def test_spot_coin_m_and_dated_frames_never_become_perpetuals(dev_data: Path) -> None:
    for path in sorted((dev_data / "payloads" / "binance").glob("*.jsonl")):
        if path.stem.startswith(("spot_", "coinm_")):
            for _, items, counted in decoded(dev_data, f"binance/{path.name}"):
                assert all(isinstance(item, Control) for item in items), path.name
                assert all(key.startswith("ignored:") for key in counted)
    reasons = {
        key for _, _, counted in decoded(dev_data, "binance/spot_rest_ticker.jsonl") for key in counted if "spot" in key
    }
    assert reasons == {"ignored:spot_pair_off"}


def test_open_interest(dev_data: Path) -> None:
    for body, fact in facts_of(dev_data, "binance/rest_open_interest.jsonl"):
        assert fact.oi_base == float(body["openInterest"])
        assert (fact.oi_usd, fact.period_s, fact.backfill) == (None, None, False)
    times = []
    for body, fact in facts_of(dev_data, "binance/rest_open_interest_history.jsonl"):
        assert fact.oi_base == float(body["sumOpenInterest"])
        assert (fact.oi_usd, fact.backfill) == (None, True)
        times.append((int(body["timestamp"]), fact))
    (first, fact), (second, _) = times
    assert fact.period_s == (second - first) // 1000


def test_ratios(dev_data: Path) -> None:
    kinds = []
    for body, fact in facts_of(dev_data, "binance/rest_long_short_ratio.jsonl"):
        assert fact.long_share == float(body["longAccount"])
        assert fact.ratio == pytest.approx(float(body["longAccount"]) / float(body["shortAccount"]))
        assert fact.ts_venue == int(body["timestamp"]) * 10**6
        kinds.append(fact.kind)
    assert list(dict.fromkeys(kinds)) == ["account", "top_account", "top_position"]
    for body, fact in facts_of(dev_data, "binance/rest_taker_ratio.jsonl"):
        buys, sells = float(body["buyVol"]), float(body["sellVol"])
        assert (fact.kind, fact.long_share) == ("taker", pytest.approx(buys / (buys + sells)))


def test_settlements_without_a_mark_are_counted(dev_data: Path) -> None:
    for body, items, counted in decoded(dev_data, "binance/rest_funding_history.jsonl"):
        assert items == []
        assert counted == {"ignored:no_row_used": 1, "ignored:no_mark": len(body)}


def test_depth(dev_data: Path) -> None:
    for body, items, _ in decoded(dev_data, "binance/rest_book_snapshot.jsonl"):
        best_bid, best_ask = float(body["bids"][0][0]), float(body["asks"][0][0])
        assert items[0].mid == pytest.approx((best_bid + best_ask) / 2)
        assert items[0].bid_usd_1pct == pytest.approx(sum(float(p) * float(q) for p, q in body["bids"]))


def test_instruments(dev_data: Path) -> None:
    for body, items, _ in decoded(dev_data, "binance/rest_instruments.jsonl"):
        wanted = {
            row["symbol"]: row
            for row in body["symbols"]
            if row["contractType"] == "PERPETUAL"
            and row["status"] == "TRADING"
            and row["quoteAsset"] in {"USDT", "USDC"}
        }
        assert [item.raw for item in items] == list(wanted)
        for item in items:
            ticks = [float(rule["tickSize"]) for rule in wanted[item.raw]["filters"] if "tickSize" in rule]
            assert (item.contract_size, item.multiplier, [item.tick_size]) == (1.0, 1.0, ticks)
