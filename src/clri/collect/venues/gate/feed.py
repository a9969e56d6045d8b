"""What clri asks of Gate: channels, calls, and their pace (VENUES 2.4)."""

from collections.abc import Sequence
from typing import Final

import msgspec

from clri.collect.mapper import Conn, Expect, Ping, Poll
from clri.collect.polls import DEPTH, HISTORY, LIST, OI, ONCE, RATIO, TICKERS, get
from clri.collect.venues.gate.settings import Settings
from clri.model.instrument import Instrument

PATH: Final = "/v4/ws/usdt"
STAMP: Final = b'"time":0'
"""In every frame to send. The socket puts the present second here: the venue wants requests less than 60 s old."""

CONTRACTS_A_FRAME: Final = 50
CONTRACTS_A_SOCKET: Final = 150
"""Books come ten times a second: 150 of them are some 450 frames a second."""

PING: Final = Ping(20.0, b'{"time":0,"channel":"futures.ping"}')
FEW: Final = 180
"""Contracts whose depth fits into every 30 s; more stretch the pace."""


def subscriptions(tracked: Sequence[Instrument]) -> list[Conn]:
    """Sockets: the first carries the liquidations of all contracts, each the tickers and books of its contracts."""
    headers = dict(Settings().headers)
    conns = []
    for start in range(0, max(1, len(tracked)), CONTRACTS_A_SOCKET):
        part = tracked[start : start + CONTRACTS_A_SOCKET]
        names = [row.raw for row in part]
        frames, expect = [], []
        if start == 0:
            frames.append(_subscribe("futures.public_liquidates", ["!all"]))
            expect.append(Expect("futures.public_liquidates", None, None))
        frames += [
            _subscribe("futures.tickers", names[at : at + CONTRACTS_A_FRAME])
            for at in range(0, len(names), CONTRACTS_A_FRAME)
        ]
        frames += [_subscribe("futures.order_book", [name, "20", "0"]) for name in names]
        for row in part:
            expect += [Expect("futures.tickers", row.raw, 60.0), Expect("futures.order_book", row.raw, 30.0)]
        conns.append(Conn(PATH, headers, frames, PING, expect))
    return conns


def _subscribe(channel: str, payload: Sequence[str | None]) -> bytes:
    return msgspec.json.encode({"time": 0, "channel": channel, "event": "subscribe", "payload": payload})


def polls(tracked: Sequence[Instrument]) -> list[Poll]:
    """Calls to repeat."""
    depth_s = 30.0 * max(1.0, len(tracked) / FEW)
    calls = [
        get("contracts", "/futures/usdt/contracts", 3600.0, LIST),
        get("tickers", "/futures/usdt/tickers", 15.0, OI),
        get("spot tickers", "/spot/tickers", 60.0, TICKERS, host="spot"),
    ]
    for row in tracked:
        # Three buckets: the running one, one that may still be rewritten, one that stands.
        stats = f"/futures/usdt/contract_stats?contract={row.raw}&interval=5m&limit=3"
        calls.append(get("contract_stats", stats, 300.0, RATIO))
        calls.append(get("depth", f"/futures/usdt/order_book?contract={row.raw}&limit=300", depth_s, DEPTH))
    return calls


def gap_poll(from_s: int) -> Poll:
    """Call that fills a gap of the liquidation channel, which began at this second (UTC)."""
    return get("liq_orders", f"/futures/usdt/liq_orders?from={from_s}&limit=1000", ONCE, HISTORY)


def history(tracked: Sequence[Instrument]) -> list[Poll]:
    """Calls to make once at start-up: open interest and ratios of the last eight hours."""
    return [
        get(
            "contract_stats",
            f"/futures/usdt/contract_stats?contract={row.raw}&interval=5m&limit=100",
            ONCE,
            HISTORY,
        )
        for row in tracked
    ]
