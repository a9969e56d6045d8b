"""Bybit's REST answers (VENUES 2.2); sizes are coins."""

from collections.abc import Mapping
from typing import Any, Final

from clri.collect.simulate.coins import COINS
from clri.collect.simulate.texts import EIGHT_HOURS_MS, five_minutes, next_settlement, pairs, price, share, step
from clri.collect.simulate.view import View
from clri.collect.simulate.voice import Asked, Json, RefusedError, Route, place_of

NAMED: Final = "{}USDT"
LIST_ROWS: Final = 1000
"""Most rows of a page of the contract list."""
SPAN_MIN: Final = {"1": 1, "5": 5, "15": 15, "60": 60, "240": 240, "D": 1440}


def reply(asked: Asked, result: Json, code: int = 0, text: str = "OK") -> dict[str, Any]:
    """Envelope of every answer; a refusal is an HTTP 200 with a code."""
    return {"retCode": code, "retMsg": text, "result": result, "retExtInfo": {}, "time": asked.view.stamp(asked.at)}


def coin(asked: Asked) -> int:
    """Place of the coin that `symbol` names."""
    found = place_of(asked.query.get("symbol", ""), NAMED)
    if found is None:
        raise RefusedError(200, reply(asked, {}, 10001, "params error: symbol invalid"))
    return found


def ticker(view: View, i: int, at: int) -> dict[str, str]:
    """Ticker of one contract: the fields of socket and poll."""
    now, c = view.now(at), COINS[i]
    mark, usd = now.mark[i], now.perp[i]
    return {
        "symbol": NAMED.format(c.symbol),
        "lastPrice": price(c, mark),
        "markPrice": price(c, mark),
        "indexPrice": price(c, now.index[i]),
        "price24hPcnt": f"{view.change(at, i):.6f}",
        "openInterest": f"{now.coins[i]:.3f}",
        "turnover24h": f"{usd:.4f}",
        "volume24h": f"{usd / mark:.4f}",
        "fundingRate": f"{now.rate[i]:.8f}",
        "nextFundingTime": str(view.stamp(next_settlement(at))),
        "fundingIntervalHour": "8",
    }


def instruments(asked: Asked) -> Json:
    """A page of the contract list: `limit` rows from the place that the cursor names."""
    start = int(asked.query.get("cursor") or 0)
    end = start + asked.count(most=LIST_ROWS, default=500)
    rows = [
        {
            "symbol": NAMED.format(c.symbol),
            "contractType": "LinearPerpetual",
            "status": "Trading",
            "baseCoin": c.symbol,
            "quoteCoin": "USDT",
            "settleCoin": "USDT",
            "launchTime": "1585526400000",
            "deliveryTime": "0",
            "fundingInterval": 480,
            "priceFilter": {"tickSize": step(c.digits)},
            "lotSizeFilter": {"qtyStep": step(c.lot)},
        }
        for c in COINS
    ]
    following = str(end) if end < len(rows) else ""
    return reply(asked, {"category": "linear", "list": rows[start:end], "nextPageCursor": following})


def tickers(asked: Asked) -> Json:
    """All contracts, or all spot pairs."""
    if asked.query.get("category") != "spot":
        rows = [ticker(asked.view, i, asked.at) for i in range(len(COINS))]
        return reply(asked, {"category": "linear", "list": rows})
    now = asked.view.now(asked.at)
    rows = []
    for i, c in enumerate(COINS):
        last, usd = now.index[i], now.spot[i]
        row = {"symbol": NAMED.format(c.symbol), "lastPrice": price(c, last), "turnover24h": f"{usd:.2f}"}
        change = last / asked.view.day_open(asked.at, i) - 1.0
        rows.append(row | {"volume24h": f"{usd / last:.3f}", "price24hPcnt": f"{change:.4f}"})
    return reply(asked, {"category": "spot", "list": rows})


def ratios(asked: Asked) -> Json:
    """Long and short accounts of the newest periods, newest first."""
    i, rows = coin(asked), []
    for k in range(asked.count(most=500, default=50)):
        then = five_minutes(asked.at) - 300_000 * k
        longs, shorts = share(asked.view.now(then).ratio[i])
        row = {"symbol": asked.query["symbol"], "buyRatio": longs, "sellRatio": shorts}
        rows.append(row | {"timestamp": str(asked.view.stamp(then))})
    return reply(asked, {"list": rows, "nextPageCursor": ""})


def depth(asked: Asked) -> Json:
    """Deep book of one contract."""
    i, at = coin(asked), asked.view.stamp(asked.at)
    bids, asks = (pairs(COINS[i], side) for side in asked.view.deep(asked.at, i))
    return reply(asked, {"s": asked.query["symbol"], "b": bids, "a": asks, "ts": at, "u": asked.at, "seq": asked.at})


def klines(asked: Asked) -> Json:
    """Price bars, newest first; the first one still runs."""
    i, view = coin(asked), asked.view
    span = SPAN_MIN.get(asked.query.get("interval", ""))
    if span is None:
        raise RefusedError(200, reply(asked, {}, 10001, "Invalid period!"))
    count, end = asked.window("start", "end", span * 60_000, default=200)
    bars = view.past.bars(view.number, i, span, count, end)
    rows = [
        [
            str(view.stamp(bar.start)),
            *(price(COINS[i], value) for value in (bar.open, bar.high, bar.low, bar.close)),
            f"{bar.usd / bar.close:.3f}",
            f"{bar.usd:.2f}",
        ]
        for bar in reversed(bars)
    ]
    return reply(asked, {"category": "linear", "symbol": asked.query["symbol"], "list": rows})


def interest(asked: Asked) -> Json:
    """Open interest at whole five minutes, newest first."""
    i, view = coin(asked), asked.view
    count, end = asked.window("startTime", "endTime", 300_000, most=200, default=50)
    found = view.past.at_ends(view.number, i, 5, count, end)
    rows = [{"openInterest": f"{minute.coins:.3f}", "timestamp": str(view.stamp(at))} for at, minute in reversed(found)]
    return reply(asked, {"category": "linear", "symbol": asked.query["symbol"], "list": rows, "nextPageCursor": ""})


def funding(asked: Asked) -> Json:
    """Settled funding, newest first."""
    i, view = coin(asked), asked.view
    count, end = asked.window("startTime", "endTime", EIGHT_HOURS_MS, most=200, default=200)
    found = view.past.at_ends(view.number, i, 480, count, end)
    rows = [
        {
            "symbol": asked.query["symbol"],
            "fundingRate": f"{minute.rate:.8f}",
            "fundingRateTimestamp": str(view.stamp(at)),
        }
        for at, minute in reversed(found)
    ]
    return reply(asked, {"category": "linear", "list": rows})


def server_time(asked: Asked) -> Json:
    """The venue's clock."""
    at = asked.view.stamp(asked.at)
    return reply(asked, {"timeSecond": str(at // 1000), "timeNano": str(at * 1_000_000)})


ROUTES: Final[Mapping[str, Route]] = {
    "/v5/market/instruments-info": instruments,
    "/v5/market/tickers": tickers,
    "/v5/market/account-ratio": ratios,
    "/v5/market/orderbook": depth,
    "/v5/market/kline": klines,
    "/v5/market/open-interest": interest,
    "/v5/market/funding/history": funding,
    "/v5/market/time": server_time,
}
