"""Synthetic frames of three venues in their documented shapes, fields that nobody uses included; every number varies.

Binance frames have no combined-stream wrapper: ccxt drops arrays inside one.
"""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from clri.collect.simulate.coins import COINS, Coin
from clri.model.names import Venue

T0_MS: Final = 1_790_000_040_000
"""A whole minute."""
FUNDING_MS: Final = 1_790_006_400_000
KINDS: Final = ("liquidation", "mark", "ticker")
VENUES: Final[tuple[Venue, ...]] = ("binance", "bybit", "okx")

Json = dict[str, Any] | list[Any]


class Case(NamedTuple):
    """Frames of one kind: `opening` sets up what later frames refer to and is never timed."""

    venue: str
    kind: str
    opening: list[str]
    frames: list[str]


def text(frame: Json) -> str:
    """Frame as a venue writes it: no spaces."""
    return json.dumps(frame, separators=(",", ":"))


class Numbers:
    """Prices and sizes of a coin, as texts; prices within `spread` of that at rest, a fraction."""

    def __init__(self, seed: int, spread: float = 0.02) -> None:
        self.rng = random.Random(seed)
        self.spread = spread

    def price(self, coin: Coin) -> str:
        """Price."""
        return f"{coin.price * self.rng.uniform(1.0 - self.spread, 1.0 + self.spread):.{coin.digits}f}"

    def size(self, coin: Coin) -> str:
        """Worth some thousand USD."""
        least = 10.0**-coin.lot
        return f"{max(least, self.rng.lognormvariate(9.0, 1.5) / coin.price):.{coin.lot}f}"

    def day(self, low: float, high: float, digits: int = 2) -> str:
        """Any number."""
        return f"{self.rng.uniform(low, high):.{digits}f}"


def binance_liquidation(n: Numbers, coin: Coin, at: int) -> Json:
    """Row of `!forceOrder@arr`."""
    size, side = n.size(coin), n.rng.choice(("SELL", "BUY"))
    order = {"s": f"{coin.symbol}USDT", "S": side, "o": "LIMIT", "f": "IOC", "q": size, "p": n.price(coin)}
    order |= {"ap": n.price(coin), "X": "FILLED", "l": size, "z": size, "T": at}
    return {"e": "forceOrder", "E": at + 9, "o": order}


def binance_mark(n: Numbers, coin: Coin, at: int) -> Json:
    """Array of `!markPrice@arr@1s`: all coins, whichever was asked for."""
    del coin
    rows = []
    for c in COINS:
        row = {"e": "markPriceUpdate", "E": at, "s": f"{c.symbol}USDT", "p": n.price(c), "P": n.price(c)}
        rows.append(row | {"i": n.price(c), "r": n.day(-5e-4, 5e-4, 8), "T": FUNDING_MS})
    return rows


def binance_ticker(n: Numbers, coin: Coin, at: int) -> Json:
    """`<sym>@ticker` of a perpetual."""
    row = {"e": "24hrTicker", "E": at, "s": f"{coin.symbol}USDT", "p": n.day(-9, 9), "P": n.day(-9, 9, 3)}
    row |= {"w": n.price(coin), "c": n.price(coin), "Q": n.size(coin), "o": n.price(coin), "h": n.price(coin)}
    row |= {"l": n.price(coin), "v": n.day(1e5, 9e6, 3), "q": n.day(1e8, 9e9), "O": at - 86_400_000, "C": at}
    return row | {"F": n.rng.randrange(10**9), "L": n.rng.randrange(10**9), "n": n.rng.randrange(10**6)}


def bybit_liquidation(n: Numbers, coin: Coin, at: int) -> Json:
    """`allLiquidation.<sym>` of one to three rows."""
    raw = f"{coin.symbol}USDT"
    rows = [
        {"T": at - k, "s": raw, "S": n.rng.choice(("Buy", "Sell")), "v": n.size(coin), "p": n.price(coin)}
        for k in range(n.rng.choice((1, 1, 1, 2, 3)))
    ]
    return {"topic": f"allLiquidation.{raw}", "type": "snapshot", "ts": at + 80, "data": rows}


def _bybit(kind: str, n: Numbers, coin: Coin, at: int, changed: dict[str, str]) -> Json:
    raw = f"{coin.symbol}USDT"
    data = {"symbol": raw, **changed}
    return {"topic": f"tickers.{raw}", "type": kind, "data": data, "cs": n.rng.randrange(10**11), "ts": at}


def bybit_mark(n: Numbers, coin: Coin, at: int) -> Json:
    """Delta of `tickers.<sym>` with mark and index; one in four has the funding rate, one in eight open interest."""
    changed = {"markPrice": n.price(coin), "indexPrice": n.price(coin)}
    if n.rng.random() < 0.25:
        changed["fundingRate"] = n.day(-5e-4, 5e-4, 6)
    if n.rng.random() < 0.125:
        changed |= {"openInterest": n.day(1e4, 9e4, 3), "openInterestValue": n.day(1e8, 9e9)}
    return _bybit("delta", n, coin, at, changed)


def bybit_ticker(n: Numbers, coin: Coin, at: int) -> Json:
    """Delta of `tickers.<sym>` with the last trade, turnover and best prices."""
    changed = {"tickDirection": "PlusTick", "price24hPcnt": n.day(-0.09, 0.09, 6), "lastPrice": n.price(coin)}
    changed |= {"turnover24h": n.day(1e8, 9e9, 4), "volume24h": n.day(1e5, 9e6, 4), "bid1Price": n.price(coin)}
    changed |= {"bid1Size": n.size(coin), "ask1Price": n.price(coin), "ask1Size": n.size(coin)}
    return _bybit("delta", n, coin, at, changed)


def bybit_snapshot(n: Numbers, coin: Coin, at: int) -> Json:
    """First frame of `tickers.<sym>`."""
    whole = {"markPrice": n.price(coin), "indexPrice": n.price(coin), "openInterest": n.day(1e4, 9e4, 3)}
    whole |= {"lastPrice": n.price(coin), "turnover24h": n.day(1e8, 9e9), "volume24h": n.day(1e5, 9e6)}
    whole |= {"price24hPcnt": "0.01", "nextFundingTime": str(FUNDING_MS), "fundingRate": "0.0001"}
    return _bybit("snapshot", n, coin, at, whole | {"fundingIntervalHour": "8"})


def _okx(channel: str, coin: Coin, row: dict[str, str], kind: str = "-SWAP") -> Json:
    raw = f"{coin.symbol}-USDT{kind}"
    return {"arg": {"channel": channel, "instId": raw}, "data": [{"instType": "SWAP", "instId": raw, **row}]}


def okx_liquidation(n: Numbers, coin: Coin, at: int) -> Json:
    """`liquidation-orders`: one order, as the venue sends them."""
    side, position = n.rng.choice((("sell", "long"), ("buy", "short")))
    detail = {"bkLoss": "0", "bkPx": n.price(coin), "ccy": "", "posSide": position, "side": side}
    detail |= {"sz": f"{max(0.01, n.rng.lognormvariate(9.0, 1.5) / coin.price / coin.okx):.2f}", "ts": str(at)}
    pair = f"{coin.symbol}-USDT"
    row = {"details": [detail], "instFamily": pair, "instId": f"{pair}-SWAP", "instType": "SWAP", "uly": pair}
    return {"arg": {"channel": "liquidation-orders", "instType": "SWAP"}, "data": [row]}


def okx_mark(n: Numbers, coin: Coin, at: int) -> Json:
    """`mark-price`."""
    return _okx("mark-price", coin, {"markPx": n.price(coin), "ts": str(at)})


def okx_ticker(n: Numbers, coin: Coin, at: int) -> Json:
    """`tickers` of a swap."""
    row = {"last": n.price(coin), "lastSz": "3", "askPx": n.price(coin), "askSz": "12", "bidPx": n.price(coin)}
    row |= {"bidSz": "7", "open24h": n.price(coin), "high24h": n.price(coin), "low24h": n.price(coin)}
    row |= {"sodUtc0": n.price(coin), "sodUtc8": n.price(coin), "volCcy24h": n.day(1e5, 9e6, 4)}
    return _okx("tickers", coin, row | {"vol24h": n.day(1e5, 9e6), "ts": str(at)})


def okx_opening(n: Numbers, coin: Coin, at: int) -> Iterator[Json]:
    """What the mark of a contract is joined with: index and funding."""
    yield _okx("index-tickers", coin, {"idxPx": n.price(coin), "ts": str(at)}, "")
    terms = {"fundingRate": "0.00012", "fundingTime": str(FUNDING_MS), "nextFundingRate": ""}
    yield _okx("funding-rate", coin, terms | {"nextFundingTime": str(FUNDING_MS + 28_800_000), "ts": str(at)})


MAKERS: Final[dict[tuple[str, str], Callable[[Numbers, Coin, int], Json]]] = {
    (venue, kind): globals()[f"{venue}_{kind}"] for venue in VENUES for kind in KINDS
}


def opening(venue: str, n: Numbers, at: int = T0_MS) -> list[str]:
    """First frames of a connection."""
    if venue == "bybit":
        return [text(bybit_snapshot(n, coin, at)) for coin in COINS]
    return [text(frame) for coin in COINS for frame in okx_opening(n, coin, at)] if venue == "okx" else []


def case(venue: str, kind: str, count: int, seed: int = 1) -> Case:
    """`count` frames of one kind, one millisecond apart, over all coins in turn."""
    n, make = Numbers(seed), MAKERS[venue, kind]
    frames = [text(make(n, COINS[k % len(COINS)], T0_MS + 1000 + k)) for k in range(count)]
    return Case(venue, kind, opening(venue, n), frames)
