"""What clri asks of Binance: streams, calls, and their pace (VENUES 2.1)."""

from collections.abc import Sequence
from typing import Final

import msgspec

from clri.collect.mapper import Conn, Expect, Ping, Poll
from clri.collect.polls import DEPTH, FIVE_MINUTES, HISTORY, LIST, MARKS, OI, ONCE, PAST_NS, RATIO, TICKERS, get, pages
from clri.model.instrument import Instrument

NAMES_A_FRAME: Final = 200
STREAMS_A_SOCKET: Final = 1024
NAMES_IN_URL: Final = 2
PING: Final = Ping(180.0)
"""The venue pings each 3 minutes by protocol; nothing is to be sent."""

RATIOS: Final = (
    "globalLongShortAccountRatio",
    "topLongShortAccountRatio",
    "topLongShortPositionRatio",
    "takerlongshortRatio",
)
FEW: Final = 20
"""Up to so many contracts open interest is asked every 15 s, beyond every 60 s."""

DEPTH_WEIGHT: Final = 20
DEPTH_WEIGHT_MIN: Final = 480.0
"""Weight a minute left to depth, a fifth of the venue's 2400; more contracts stretch the pace."""

RATIO_CALLS_5MIN: Final = 400.0
"""Calls in 5 minutes to `/futures/data`, 40 % of the limit it has of its own (1000)."""


def subscriptions(tracked: Sequence[Instrument]) -> list[Conn]:
    """Sockets: liquidations and marks of all symbols, tickers and books of the tracked contracts."""
    marks = [Expect("!markPrice@arr@1s", row.raw, 5.0) for row in tracked]
    market = {
        "!forceOrder@arr": [Expect("!forceOrder@arr", None, None)],
        "!markPrice@arr@1s": marks or [Expect("!markPrice@arr@1s", None, 5.0)],
    }
    market |= {f"{_lower(row)}@ticker": [Expect("@ticker", row.raw, 20.0)] for row in tracked}
    public = {f"{_lower(row)}@depth20@500ms": [Expect("@depth20@500ms", row.raw, 10.0)] for row in tracked}
    return _sockets("/market/stream", market) + _sockets("/public/stream", public)


def _sockets(path: str, streams: dict[str, list[Expect]]) -> list[Conn]:
    names = list(streams)
    conns = []
    for start in range(0, len(names), STREAMS_A_SOCKET):
        part = names[start : start + STREAMS_A_SOCKET]
        later = part[NAMES_IN_URL:]
        frames = [
            msgspec.json.encode({"method": "SUBSCRIBE", "params": later[at : at + NAMES_A_FRAME], "id": number})
            for number, at in enumerate(range(0, len(later), NAMES_A_FRAME), start=1)
        ]
        url = f"{path}?streams={'/'.join(part[:NAMES_IN_URL])}"
        conns.append(Conn(url, {}, frames, PING, [expect for name in part for expect in streams[name]]))
    return conns


def polls(tracked: Sequence[Instrument]) -> list[Poll]:
    """Calls to repeat; those per contract stretch so that the venue's limits are never neared."""
    count = len(tracked)
    depth_s = max(30.0, count * DEPTH_WEIGHT * 60.0 / DEPTH_WEIGHT_MIN)
    ratio_s = max(300.0, count * len(RATIOS) * 300.0 / RATIO_CALLS_5MIN)
    calls = [
        get("fundingInfo", "/fapi/v1/fundingInfo", 3600.0, LIST),
        get("exchangeInfo", "/fapi/v1/exchangeInfo", 3600.0, LIST),
        get("premiumIndex", "/fapi/v1/premiumIndex", 60.0, MARKS, weight=10),
    ]
    for row in tracked:
        asked = f"symbol={row.raw}"
        calls.append(get("openInterest", f"/fapi/v1/openInterest?{asked}", 15.0 if count <= FEW else 60.0, OI))
        calls += [get(name, f"/futures/data/{name}?{asked}&period=5m&limit=2", ratio_s, RATIO) for name in RATIOS]
        calls.append(get("depth", f"/fapi/v1/depth?{asked}&limit=1000", depth_s, DEPTH, weight=DEPTH_WEIGHT))
    # One pair a call: a single pair that the spot market does not list makes the venue refuse the whole call.
    for coin in dict.fromkeys(row.symbol for row in tracked):
        path = f"/api/v3/ticker/24hr?symbols=%5B%22{coin}USDT%22%5D"
        calls.append(get("spot ticker", path, 60.0, TICKERS, weight=2, host="spot"))
    return calls


def history(tracked: Sequence[Instrument], now: int) -> list[Poll]:
    """Calls to make once at start-up: bars of 25 hours, 8 and 62 days, open interest of 8 days, settled funding."""
    calls = []
    for row in tracked:
        asked = f"symbol={row.raw}"
        calls += [
            get("klines", f"/fapi/v1/klines?{asked}&interval=1m&limit=1500", ONCE, HISTORY, weight=10),
            get("klines", f"/fapi/v1/klines?{asked}&interval=1h&limit=1500", ONCE, HISTORY, weight=10),
            get("fundingRate", f"/fapi/v1/fundingRate?{asked}&limit=1000", ONCE, HISTORY),
        ]
        calls += [
            get(
                "klines",
                f"/fapi/v1/klines?{asked}&interval=5m&limit=1500&startTime={start}&endTime={end}",
                ONCE,
                HISTORY,
                weight=10,
            )
            for start, end in pages(now, PAST_NS, 1500 * FIVE_MINUTES)
        ]
        interest = f"/futures/data/openInterestHist?{asked}&period=5m&limit=500"
        calls += [
            get("oiHist", f"{interest}&startTime={start}&endTime={end}", ONCE, HISTORY)
            for start, end in pages(now, PAST_NS, 500 * FIVE_MINUTES)
        ]
    return calls


def hourly(tracked: Sequence[Instrument]) -> list[Poll]:
    """Last closed hour bar of each contract; for coins whose largest listed venue this is (VENUES 2)."""
    return [get("klines", f"/fapi/v1/klines?symbol={row.raw}&interval=1h&limit=2", 3600.0, TICKERS) for row in tracked]


def _lower(row: Instrument) -> str:
    return (row.raw or "").lower()
