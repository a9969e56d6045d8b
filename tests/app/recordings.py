"""Frames as venues send them, and a small recording of two venues."""

import json
from pathlib import Path

from clri.model.timebase import MILLI

T = 1_790_000_040_000
"""2026-09-21T14:14:00Z, ms."""

SWAP = "BTC-USDT-SWAP"
TERMS = {
    "instType": "SWAP",
    "fundingRate": "0.0003",
    "fundingTime": str(T + 14_400_000),
    "nextFundingTime": str(T + 43_200_000),
    "nextFundingRate": "",
    "method": "current_period",
    "settState": "settled",
}


def okx(channel: str, at: int, **row) -> dict:
    """OKX push of one row, made at the venue at `at` (ms)."""
    return {"arg": {"channel": channel, "instId": SWAP}, "data": [{"instId": SWAP, "ts": str(at), **row}]}


def ticker(at: int) -> dict:
    """Bybit ticker with price, funding and open interest."""
    row = {"symbol": "BTCUSDT", "markPrice": "60000", "indexPrice": "59990", "lastPrice": "60000"}
    row |= {"fundingRate": "0.0002", "fundingIntervalHour": "8", "nextFundingTime": str(T + 14_400_000)}
    row |= {"openInterest": "30000", "turnover24h": "2000000000", "volume24h": "33000"}
    return {"topic": "tickers.BTCUSDT", "type": "snapshot", "data": row, "cs": at, "ts": at}


def forced(at: int, size="0.3", price="59000.5", symbol: str = "BTCUSDT") -> dict:
    """Bybit liquidation of a long."""
    row = {"T": at, "s": symbol, "S": "Buy", "v": size, "p": price}
    return {"topic": f"allLiquidation.{symbol}", "type": "snapshot", "ts": at + 80, "data": [row]}


def book(at: int, bid: str) -> dict:
    """OKX reply with a deep book: `bid` contracts against 4000, within 1 % of 60,000."""
    levels = [{"bids": [["59900", bid, "0", "3"], ["59000", "1", "0", "1"]]}]
    levels[0] |= {"asks": [["60100", "4000", "0", "3"], ["61000", "1", "0", "1"]], "ts": str(at), "seqId": 5}
    return {"code": "0", "msg": "", "data": levels}


def line(frame: dict, at: int, **said) -> str:
    """Line of a recording, received 150 ms after `at`."""
    return json.dumps({"recv_ns": (at + 150) * MILLI, **said, "raw": frame})


def lines(minutes: int) -> list[str]:
    """OKX prices, funding, open interest and books, Bybit liquidations: enough for a partial score after an hour."""
    out = []
    for second in range(0, minutes * 60, 10):
        at = T + second * 1000
        out.append(line(okx("mark-price", at, markPx=str(60_000 + second % 70)), at, venue="okx"))
        if second % 30 == 0:
            out.append(line(okx("funding-rate", at, **TERMS), at, venue="okx"))
            out.append(line(ticker(at), at, venue="bybit"))
            coins = str(30_000 + second)
            out.append(line(okx("open-interest", at, oi="3000000", oiCcy=coins), at, venue="okx"))
            reply = book(at, str(3000 + second % 900))
            out.append(line(reply, at, venue="okx", channel=f"GET /api/v5/market/books?instId={SWAP}&sz=400"))
        if second % 20 == 0:
            out.append(line(forced(at + 5, str(1 + second % 7)), at + 5, venue="bybit"))
    out += [line(forced(T + minutes * 60_000 + n, "2.5"), T + minutes * 60_000 + n, venue="bybit") for n in range(9)]
    return out


def recording(path: Path, minutes: int) -> Path:
    """Write a recording of so many minutes, ending in a burst of liquidations."""
    path.write_text("\n".join(lines(minutes)) + "\n", encoding="utf-8")
    return path
