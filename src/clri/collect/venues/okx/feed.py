"""Sockets and polls of OKX as data (VENUES 2.3, 6)."""

from collections.abc import Sequence
from typing import Final

import msgspec

from clri.collect.mapper import Conn, Expect, Ping, Poll
from clri.collect.polls import DEPTH, LIST, MARKS, OI, RATIO, TICKERS, get

WS_PATH: Final = "/ws/v5/public"

PING: Final = Ping(20.0, b"ping")
"""Text `ping` after 20 s without a frame; the venue cuts at 30 s."""

MAX_OPERATIONS: Final = 480
"""Subscribe operations an hour and connection; each argument is counted as one, to be safe."""

MAX_FRAME_BYTES: Final = 4096
"""Size of one subscribe frame."""

MARK_S: Final = 15.0
"""Longest silence of `mark-price`: repeated every 10 s at least."""

INDEX_S: Final = 75.0
"""Longest silence of `index-tickers`: repeated every minute at least."""

FUNDING_S: Final = 180.0
"""Longest silence of `funding-rate`: repeated every 30 to 90 s."""

BOOK_S: Final = 10.0
"""Longest silence of `books5`: 100 ms while the book moves."""

SWAP_CHANNELS: Final = (("mark-price", MARK_S), ("funding-rate", FUNDING_S), ("books5", BOOK_S))


def subscriptions(swaps: Sequence[str]) -> list[Conn]:
    """Sockets for these swaps; all channels of one swap share a socket, the liquidations of all swaps the first.

    Parameters
    ----------
    swaps
        Raw ids, such as BTC-USDT-SWAP.
    """
    room = (MAX_OPERATIONS - 1) // (len(SWAP_CHANNELS) + 1)
    groups = [swaps[start : start + room] for start in range(0, len(swaps), room)] or [[]]
    conns = []
    for number, group in enumerate(groups):
        args: list[dict[str, str]] = []
        expect: list[Expect] = []
        if number == 0:
            args.append({"channel": "liquidation-orders", "instType": "SWAP"})
            expect.append(Expect("liquidation-orders", None, None))
        for swap in group:
            for channel, silence_s in SWAP_CHANNELS:
                args.append({"channel": channel, "instId": swap})
                expect.append(Expect(channel, swap, silence_s))
            index = swap.removesuffix("-SWAP")
            args.append({"channel": "index-tickers", "instId": index})
            expect.append(Expect("index-tickers", index, INDEX_S))
        conns.append(Conn(WS_PATH, {}, _frames(args), PING, expect))
    return conns


def _frames(args: list[dict[str, str]]) -> list[bytes]:
    texts = [msgspec.json.encode(arg) for arg in args]
    frames: list[list[bytes]] = []
    used = MAX_FRAME_BYTES
    for text in texts:
        if used + len(text) + 1 > MAX_FRAME_BYTES:
            frames.append([])
            used = len(b'{"op":"subscribe","args":[]}')
        frames[-1].append(text)
        used += len(text) + 1
    return [b'{"op":"subscribe","args":[' + b",".join(frame) + b"]}" for frame in frames]


def polls(swaps: Sequence[str]) -> list[Poll]:
    """REST calls for these swaps: open interest first, the instrument list last."""
    calls = [
        get("open_interest", "/api/v5/public/open-interest?instType=SWAP", 15.0, OI),
        get("mark_price", "/api/v5/public/mark-price?instType=SWAP", 15.0, MARKS),
        get("funding_rate", "/api/v5/public/funding-rate?instId=ANY", 60.0, MARKS),
        get("tickers", "/api/v5/market/tickers?instType=SWAP", 60.0, TICKERS),
        get("spot_tickers", "/api/v5/market/tickers?instType=SPOT", 60.0, TICKERS, host="spot"),
        get("instruments", "/api/v5/public/instruments?instType=SWAP", 3600.0, LIST),
    ]
    for swap in swaps:
        ratio = f"/api/v5/rubik/stat/contracts/long-short-account-ratio-contract?instId={swap}&period=5m"
        calls.append(get(f"account_ratio:{swap}", ratio, 300.0, RATIO))
        calls.append(get(f"depth:{swap}", f"/api/v5/market/books?instId={swap}&sz=400", 30.0, DEPTH))
    return calls
