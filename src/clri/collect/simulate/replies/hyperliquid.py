"""Hyperliquid's answers to POST /info (VENUES 2.6); sizes are coins, funding is per hour."""

from collections.abc import Iterable, Mapping
from math import floor, log10
from typing import Any, Final

from clri.collect.simulate.coins import COINS, SPOT_ON_HYPERLIQUID, Coin
from clri.collect.simulate.texts import price
from clri.collect.simulate.view import Level, View
from clri.collect.simulate.voice import Json

NAMED: Final = "{}"
PARENT: Final = "0xdfc24b077bc1425ad1dea75bcb6f8158e10df303"
VAULTS: Final = ("0x2e3d94f0562703b25c83308a05046ddaf9a8dd14", "0xb0a55f13d22f66e6d495ac98113841b2326e9540")
"""Vaults that take part in liquidations, of the children of the parent vault."""
LEVELS: Final = 20
HOUR_MS: Final = 3_600_000
SPAN_MIN: Final = {"1m": 1, "5m": 5, "15m": 15, "1h": 60, "4h": 240}
FUNDINGS: Final = 500
"""Most settled rates of a reply."""
FIGURES: Final = (2, 3, 4, 5)

Body = Mapping[str, Any]


def state(view: View, i: int, at: int) -> dict[str, str]:
    """State of one coin, as socket and poll tell it; the venue gives no time."""
    c, now = COINS[i], view.now(at)
    mark, usd = now.mark[i], now.perp[i]
    return {
        "funding": f"{now.rate[i] / 8.0:.10f}",
        "openInterest": f"{now.coins[i]:.4f}",
        "prevDayPx": price(c, view.day_open(at, i)),
        "dayNtlVlm": f"{usd:.2f}",
        "oraclePx": price(c, now.index[i]),
        "markPx": price(c, mark),
        "midPx": price(c, mark),
        "dayBaseVlm": f"{usd / mark:.4f}",
    }


def states(view: View, at: int) -> Json:
    """All coins, and their states in the same order."""
    return [_meta(), [state(view, i, at) for i in range(len(COINS))]]


def _meta() -> dict[str, Any]:
    return {"universe": [{"name": c.symbol, "szDecimals": c.lot, "maxLeverage": 40} for c in COINS]}


def spot_states(view: View, at: int) -> Json:
    """Spot pairs of three coins, named by number."""
    tokens: list[dict[str, Any]] = [{"name": "USDC", "index": 0}]
    pairs, found, now = [], [], view.now(at)
    for i, c in enumerate(COINS):
        if c.symbol not in SPOT_ON_HYPERLIQUID:
            continue
        last, usd, name = now.index[i], now.spot[i], f"@{140 + i}"
        tokens.append({"name": f"U{c.symbol}", "index": i + 1})
        pairs.append({"name": name, "tokens": [i + 1, 0], "index": 140 + i})
        row = {"coin": name, "markPx": price(c, last), "midPx": price(c, last)}
        row |= {"prevDayPx": price(c, view.day_open(at, i))}
        found.append(row | {"dayNtlVlm": f"{usd:.2f}", "dayBaseVlm": f"{usd / last:.4f}"})
    return [{"tokens": tokens, "universe": pairs}, found]


def book(c: Coin, stamp: int, bids: Iterable[Level], asks: Iterable[Level]) -> dict[str, Any]:
    """A book, as socket and poll tell it."""
    sides = [[{"px": price(c, at), "sz": f"{coins:.4f}", "n": 3} for at, coins in side] for side in (bids, asks)]
    return {"coin": c.symbol, "time": stamp, "levels": sides}


def coarse_book(view: View, i: int, at: int, figures: int) -> Json:
    """Book whose prices have so many significant figures."""
    now = view.now(at)
    middle = now.mark[i]
    step = max(10.0 ** -COINS[i].digits, 10.0 ** (floor(log10(middle)) + 1 - figures))
    sides = [_coarse(middle, depth, step, sign) for depth, sign in ((now.bids[i], -1.0), (now.asks[i], 1.0))]
    return book(COINS[i], view.stamp(at), *sides)


def _coarse(middle: float, depth: float, step: float, sign: float) -> list[Level]:
    """Levels on multiples of `step`: each holds what stands between it and the next one towards the middle."""
    usd = depth / (0.01 * middle)
    nearest = (floor(middle / step) + (sign > 0.0)) * step
    levels = [(nearest, usd * abs(middle - nearest) / nearest)]
    for k in range(1, LEVELS):
        at = nearest + sign * step * k
        levels.append((at, usd * step / at))
    return levels


def candles(view: View, i: int, body: Body, at: int) -> Json:
    """Price bars between two times, oldest first, at most 5,000; a wrong interval gives none."""
    asked = body.get("req", {})
    span = SPAN_MIN.get(asked.get("interval", ""))
    if span is None:
        return []
    start, end = int(asked.get("startTime", 0)), min(at, int(asked.get("endTime", at)))
    count = min(5000, max(1, (end - start) // (span * 60_000) + 1))
    rows = []
    for bar in view.past.bars(view.number, i, span, count, end):
        prices = zip("ohlc", (bar.open, bar.high, bar.low, bar.close), strict=True)
        row: dict[str, Any] = {"t": view.stamp(bar.start), "T": view.stamp(bar.start) + span * 60_000 - 1}
        row |= {"s": COINS[i].symbol, "i": asked["interval"], "n": 1000, "v": f"{bar.usd / bar.close:.4f}"}
        rows.append(row | {name: price(COINS[i], value) for name, value in prices})
    return rows


def settled(view: View, i: int, body: Body, at: int) -> Json:
    """Settled funding of each hour since `startTime`, oldest first."""
    count = min(FUNDINGS, max(1, (at - int(body.get("startTime", 0))) // HOUR_MS))
    found = view.past.at_ends(view.number, i, 60, count, at)
    coin = COINS[i].symbol
    return [
        {"coin": coin, "fundingRate": f"{minute.rate / 8.0:.10f}", "premium": "0.0", "time": view.stamp(then)}
        for then, minute in found
    ]


def whole(view: View, body: Body, at: int) -> Json | None:
    """Answer that concerns no single coin; None if the type of the question is another one."""
    match body.get("type"):
        case "meta":
            return _meta()
        case "metaAndAssetCtxs":
            return states(view, at)
        case "spotMetaAndAssetCtxs":
            return spot_states(view, at)
        case "vaultDetails":
            children = list(VAULTS) if body.get("vaultAddress") == PARENT else []
            return {"name": "HLP", "relationship": {"type": "parent", "data": {"childAddresses": children}}}
    return None


def answer(view: View, body: Body, at: int) -> Json | None:
    """Answer to a POST of /info; None if the venue does not understand it."""
    if (found := whole(view, body, at)) is not None:
        return found
    asked = body.get("req", body)
    i = next((i for i, c in enumerate(COINS) if c.symbol == asked.get("coin")), None)
    if i is None:
        return None
    kind, figures = body.get("type"), body.get("nSigFigs")
    if kind == "l2Book" and figures in FIGURES:
        return coarse_book(view, i, at, int(figures))
    if kind == "l2Book":
        return book(COINS[i], view.stamp(at), *view.top(at, i, LEVELS))
    if kind == "candleSnapshot":
        return candles(view, i, body, at)
    return settled(view, i, body, at) if kind == "fundingHistory" else None
