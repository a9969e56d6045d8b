"""What to subscribe and poll at Bybit: plain data, within the venue's limits (VENUES 2.2)."""

from collections.abc import Iterator
from typing import Final

import msgspec

from clri.collect.mapper import Conn, Expect, Ping, Poll
from clri.collect.polls import DEPTH, FIVE_MINUTES, HISTORY, LIST, OI, ONCE, PAST_NS, RATIO, TICKERS, get, pages

PATH: Final = "/v5/public/linear"
MARKET: Final = "/v5/market"
PING: Final = Ping(20.0, b'{"op":"ping"}')
MAX_ARGS_CHARS: Final = 20_000
"""Characters of topics a connection (the venue's limit is 21,000)."""
ARGS_A_FRAME: Final = 100
"""Topics a subscribe frame: the venue refuses a frame as a whole, so one dead topic costs at most these."""
BUSY_S: Final = 10.0
"""A tracked ticker or book that is silent longer is stale."""
POLL_CALLS_S: Final = 48.0
"""Calls a second that polls per symbol may use: 40 % of 600 in 5 s."""


class _Subscribe(msgspec.Struct):
    op: str
    req_id: str
    args: list[str]


def subscriptions(listed: list[str], tracked: list[str], books: list[str]) -> list[Conn]:
    """Sockets for the liquidations of every listed contract, and tickers and books of the tracked ones.

    Parameters
    ----------
    listed
        Raw symbols of all linear perpetuals.
    tracked
        Raw symbols whose tickers are wanted, the busiest first.
    books
        Raw symbols whose books are wanted.

    Returns
    -------
    list
        Every socket after the first also carries the first tracked ticker: liquidations are silent for minutes, so
        only a busy topic shows that a socket lives.
    """
    topics = [f"tickers.{raw}" for raw in tracked]
    topics += [f"orderbook.50.{raw}" for raw in books]
    topics += [f"allLiquidation.{raw}" for raw in listed]
    return [
        _connection(number, part) for number, part in enumerate(_parts(topics, topics[:1] if tracked else []), start=1)
    ]


def _parts(topics: list[str], heartbeat: list[str]) -> Iterator[list[str]]:
    part: list[str] = []
    chars = 2
    for topic in topics:
        cost = len(topic) + 3  # two quotes and a comma
        if chars + cost > MAX_ARGS_CHARS:
            yield part
            part = list(heartbeat)
            chars = 2 + sum(len(beat) + 3 for beat in part)
        part.append(topic)
        chars += cost
    if part:
        yield part


def _connection(number: int, topics: list[str]) -> Conn:
    frames = []
    for first in range(0, len(topics), ARGS_A_FRAME):
        req_id = f"{number}-{first // ARGS_A_FRAME + 1}"
        frames.append(msgspec.json.encode(_Subscribe("subscribe", req_id, topics[first : first + ARGS_A_FRAME])))
    return Conn(PATH, {}, frames, PING, [_expect(topic) for topic in topics])


def _expect(topic: str) -> Expect:
    channel, _, raw = topic.rpartition(".")
    return Expect(channel, raw, None if channel == "allLiquidation" else BUSY_S)


def polls(tracked: list[str]) -> list[Poll]:
    """REST calls to repeat: all tickers, and ratio and depth of each tracked contract.

    Parameters
    ----------
    tracked
        Raw symbols, one contract a coin.
    """
    repeated = [
        get("tickers", f"{MARKET}/tickers?category=linear", 15.0, OI),
        get("spot_tickers", f"{MARKET}/tickers?category=spot", 60.0, TICKERS, host="spot"),
        get("instruments", instruments(), 3600.0, LIST),
    ]
    depth_s = max(30.0, len(tracked) / POLL_CALLS_S)
    for raw in tracked:
        ratio = f"{MARKET}/account-ratio?category=linear&symbol={raw}&period=5min&limit=2"
        depth = f"{MARKET}/orderbook?category=linear&symbol={raw}&limit=500"
        repeated.append(get("ratio", ratio, 300.0, RATIO))
        repeated.append(get("depth", depth, depth_s, DEPTH))
    return repeated


def instruments(cursor: str = "") -> str:
    """Path of a page of the instrument list."""
    return f"{MARKET}/instruments-info?category=linear&limit=1000&cursor={cursor}"


def history(tracked: list[str], now: int) -> list[Poll]:
    """Calls made once at the start (`every_s` 0): bars of 16 hours, 8 and 41 days, open interest of 8 days."""
    once = []
    for raw in tracked:
        bars = f"{MARKET}/kline?category=linear&symbol={raw}&limit=1000"
        interest = f"{MARKET}/open-interest?category=linear&symbol={raw}&intervalTime=5min&limit=200"
        once.append(get("bars_1m", f"{bars}&interval=1", ONCE, HISTORY))
        once.append(get("bars_1h", f"{bars}&interval=60", ONCE, HISTORY))
        once += [
            get("bars_5m", f"{bars}&interval=5&start={start}&end={end}", ONCE, HISTORY)
            for start, end in pages(now, PAST_NS, 1000 * FIVE_MINUTES)
        ]
        once += [
            get("open_interest_5m", f"{interest}&startTime={start}&endTime={end}", ONCE, HISTORY)
            for start, end in pages(now, PAST_NS, 200 * FIVE_MINUTES)
        ]
    return once


def hourly(tracked: list[str]) -> list[Poll]:
    """The last closed hour bar of each contract; only for coins whose largest listed venue this is (VENUES 2)."""
    paths = [f"{MARKET}/kline?category=linear&symbol={raw}&interval=60&limit=2" for raw in tracked]
    return [get("bars_1h", path, 3600.0, LIST) for path in paths]
