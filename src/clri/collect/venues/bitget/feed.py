"""What to subscribe and poll at Bitget: plain data, within the venue's limits (VENUES 2.5)."""

from typing import Final

import msgspec

from clri.collect.mapper import Conn, Expect, Ping, Poll
from clri.collect.polls import DEPTH, LIST, OI, RATIO, TICKERS, get

V3: Final = "/v3/ws/public"
V2: Final = "/v2/ws/public"
PING: Final = Ping(25.0, b"ping")
MAX_STREAMS: Final = 1000
"""Streams a connection."""
ARGS_A_FRAME: Final = 50
"""Streams a subscribe frame: 200 contracts on two protocols take 9 of the 240 frames an hour."""
BUSY_S: Final = 10.0
"""A tracked ticker or book that is silent longer is stale."""
RATIO_WEIGHT: Final = 20
"""A call of account-long-short (1 a second) in units of the host's limit (20 a second)."""
UNITS_S: Final = 4.0
"""Units a second that ratios, and depths, may each use: together 40 % of the limit."""

Args = dict[str, str]


class _Subscribe(msgspec.Struct):
    op: str
    args: list[Args]


def subscriptions(tickers: list[str], books: list[str]) -> list[Conn]:
    """Sockets for all liquidations and the tickers (v3), and for the books (v2).

    Parameters
    ----------
    tickers
        Raw symbols whose tickers are wanted, the busiest first; USDC contracts end with PERP.
    books
        Raw symbols whose books are wanted.

    Returns
    -------
    list
        The tickers share the socket of the liquidations, which are silent for minutes: only a busy topic shows that
        it lives.
    """
    every: Args = {"instType": "usdt-futures", "topic": "liquidation"}
    v3 = [every] + [{"instType": _market(raw).lower(), "topic": "ticker", "symbol": raw} for raw in tickers]
    v2 = [{"instType": _market(raw), "channel": "books15", "instId": raw} for raw in books]
    return _connections(V3, v3) + _connections(V2, v2)


def _market(raw: str) -> str:
    return "USDC-FUTURES" if raw.endswith(("PERP", "USDC")) else "USDT-FUTURES"


def _connections(url: str, args: list[Args]) -> list[Conn]:
    return [
        Conn(url, {}, _frames(part), PING, [_expect(arg) for arg in part])
        for part in (args[first : first + MAX_STREAMS] for first in range(0, len(args), MAX_STREAMS))
    ]


def _frames(args: list[Args]) -> list[bytes]:
    parts = (args[first : first + ARGS_A_FRAME] for first in range(0, len(args), ARGS_A_FRAME))
    return [msgspec.json.encode(_Subscribe("subscribe", part)) for part in parts]


def _expect(arg: Args) -> Expect:
    raw = arg.get("symbol") or arg.get("instId")
    return Expect(arg.get("topic") or arg["channel"], raw, None if raw is None else BUSY_S)


def polls(tracked: list[str]) -> list[Poll]:
    """REST calls to repeat: all tickers, and ratio and depth of each tracked contract.

    Parameters
    ----------
    tracked
        Raw symbols, one contract a coin.
    """
    mix, spot, futures = "/api/v2/mix/market", "/api/v2/spot/market", "productType=USDT-FUTURES"
    repeated = [
        get("tickers", f"{mix}/tickers?{futures}", 15.0, OI),
        get("spot_tickers", f"{spot}/tickers", 60.0, TICKERS, host="spot"),
        get("instruments", f"{mix}/contracts?{futures}", 3600.0, LIST),
    ]
    ratio_s = max(300.0, len(tracked) * RATIO_WEIGHT / UNITS_S)
    depth_s = max(30.0, len(tracked) / UNITS_S)
    for raw in tracked:
        ratio = f"{mix}/account-long-short?symbol={raw}&period=5m"
        depth = f"{mix}/merge-depth?symbol={raw}&productType={_market(raw)}&precision=scale2&limit=max"
        repeated.append(get("ratio", ratio, ratio_s, RATIO, weight=RATIO_WEIGHT))
        repeated.append(get("depth", depth, depth_s, DEPTH))
    return repeated
