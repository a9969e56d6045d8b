"""Binance's REST answers (VENUES 2.1); sizes are coins."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import msgspec

from clri.collect.simulate.coins import COINS
from clri.collect.simulate.texts import EIGHT_HOURS_MS, five_minutes, next_settlement, pairs, price, share, step
from clri.collect.simulate.voice import Asked, Json, RefusedError, Route, place_of

NAMED: Final = "{}USDT"
UNKNOWN: Final = {"code": -1121, "msg": "Invalid symbol."}
SPAN_MIN: Final = {"1m": 1, "5m": 5, "15m": 15, "1h": 60, "4h": 240, "1d": 1440}
TOP_ACCOUNTS, TOP_POSITIONS, TAKERS = 1.1, 1.05, 1 / 1.3
"""Ratios of large accounts, of their positions and of takers, over that of all accounts."""


def coin(asked: Asked) -> int:
    """Place of the coin that `symbol` names."""
    found = place_of(asked.query.get("symbol", ""), NAMED)
    if found is None:
        raise RefusedError(400, UNKNOWN)
    return found


def exchange_info(asked: Asked) -> Json:
    """Contract list."""
    symbols = [
        {
            "symbol": NAMED.format(c.symbol),
            "contractType": "PERPETUAL",
            "status": "TRADING",
            "baseAsset": c.symbol,
            "quoteAsset": "USDT",
            "underlyingType": "COIN",
            "onboardDate": 1_569_398_400_000,
            "deliveryDate": 4_133_404_800_000,
            "filters": [
                {"filterType": "PRICE_FILTER", "tickSize": step(c.digits)},
                {"filterType": "LOT_SIZE", "stepSize": step(c.lot)},
            ],
        }
        for c in COINS
    ]
    return {"timezone": "UTC", "serverTime": asked.view.stamp(asked.at), "symbols": symbols}


def premium_index(asked: Asked) -> Json:
    """Marks and funding of all contracts."""
    now, at = asked.view.now(asked.at), asked.view.stamp(asked.at)
    return [
        {
            "symbol": NAMED.format(c.symbol),
            "markPrice": f"{now.mark[i]:.8f}",
            "indexPrice": f"{now.index[i]:.8f}",
            "lastFundingRate": f"{now.rate[i]:.8f}",
            "nextFundingTime": asked.view.stamp(next_settlement(asked.at)),
            "time": at,
        }
        for i, c in enumerate(COINS)
    ]


def interest(asked: Asked) -> Json:
    """Open interest of one contract."""
    i = coin(asked)
    held = f"{asked.view.now(asked.at).coins[i]:.3f}"
    return {"symbol": asked.query["symbol"], "openInterest": held, "time": asked.view.stamp(asked.at)}


def depth(asked: Asked) -> Json:
    """Deep book of one contract."""
    i, at = coin(asked), asked.view.stamp(asked.at)
    bids, asks = (pairs(COINS[i], side) for side in asked.view.deep(asked.at, i))
    return {"lastUpdateId": asked.at, "E": at, "T": at, "bids": bids, "asks": asks}


def accounts(asked: Asked, factor: float) -> Json:
    """Long and short accounts, or positions, of the newest periods."""
    i = coin(asked)
    rows = []
    for then in _periods(asked):
        ratio = asked.view.now(then).ratio[i] * factor
        longs, shorts = share(ratio)
        row = {"symbol": asked.query["symbol"], "longShortRatio": f"{ratio:.4f}", "timestamp": asked.view.stamp(then)}
        rows.append(row | {"longAccount": longs, "shortAccount": shorts})
    return rows


def takers(asked: Asked) -> Json:
    """Volume of those who bought and sold at the market."""
    i = coin(asked)
    rows = []
    for then in _periods(asked):
        ratio = asked.view.now(then).ratio[i] * TAKERS
        row = {"buySellRatio": f"{ratio:.4f}", "buyVol": f"{ratio * 100.0:.3f}", "sellVol": "100.000"}
        rows.append(row | {"timestamp": asked.view.stamp(then)})
    return rows


def _periods(asked: Asked) -> list[int]:
    last = five_minutes(asked.at)
    return [last - 300_000 * k for k in reversed(range(asked.count(most=500, default=30)))]


def spot(asked: Asked) -> Json:
    """Tickers of spot pairs; one unknown pair refuses the whole call."""
    try:
        names = msgspec.json.decode(asked.query.get("symbols", "[]"), type=list[str])
    except ValueError:
        raise RefusedError(400, {"code": -1100, "msg": "Illegal characters found in parameter 'symbols'."}) from None
    return [_spot_row(asked, name) for name in names or [NAMED.format(c.symbol) for c in COINS]]


def _spot_row(asked: Asked, name: str) -> dict[str, Any]:
    i = place_of(name, NAMED)
    if i is None:
        raise RefusedError(400, UNKNOWN)
    now, opened = asked.view.now(asked.at), asked.view.day_open(asked.at, i)
    last, usd = now.index[i], now.spot[i]
    row = {"symbol": name, "lastPrice": price(COINS[i], last), "volume": f"{usd / last:.3f}"}
    row |= {"quoteVolume": f"{usd:.2f}", "priceChangePercent": f"{(last / opened - 1.0) * 100.0:.3f}"}
    return row | {"closeTime": asked.view.stamp(asked.at)}


def klines(asked: Asked) -> Json:
    """Price bars; the last one still runs."""
    i, view = coin(asked), asked.view
    span = SPAN_MIN.get(asked.query.get("interval", ""))
    if span is None:
        raise RefusedError(400, {"code": -1120, "msg": "Invalid interval."})
    count, end = asked.window("startTime", "endTime", span * 60_000, most=1500, default=500)
    return [
        [
            view.stamp(bar.start),
            *(price(COINS[i], value) for value in (bar.open, bar.high, bar.low, bar.close)),
            f"{bar.usd / bar.close:.3f}",
            view.stamp(bar.start) + span * 60_000 - 1,
            f"{bar.usd:.2f}",
            1000,
            f"{bar.usd / bar.close / 2.0:.3f}",
            f"{bar.usd / 2.0:.2f}",
            "0",
        ]
        for bar in view.past.bars(view.number, i, span, count, end)
    ]


def interest_history(asked: Asked) -> Json:
    """Open interest at whole five minutes."""
    i, view = coin(asked), asked.view
    count, end = asked.window("startTime", "endTime", 300_000, most=500, default=30)
    found = view.past.at_ends(view.number, i, 5, count, end)
    return [
        {
            "symbol": asked.query["symbol"],
            "sumOpenInterest": f"{minute.coins:.3f}",
            "sumOpenInterestValue": f"{minute.coins * minute.close:.2f}",
            "timestamp": view.stamp(then),
        }
        for then, minute in found
    ]


def funding_history(asked: Asked) -> Json:
    """Settled funding, oldest first."""
    i, view = coin(asked), asked.view
    count, end = asked.window("startTime", "endTime", EIGHT_HOURS_MS)
    found = view.past.at_ends(view.number, i, 480, count, end)
    return [
        {
            "symbol": asked.query["symbol"],
            "fundingRate": f"{minute.rate:.8f}",
            "fundingTime": view.stamp(then),
            "markPrice": f"{minute.close:.8f}",
        }
        for then, minute in found
    ]


def server_time(asked: Asked) -> Json:
    """The venue's clock."""
    return {"serverTime": asked.view.stamp(asked.at)}


def nothing(asked: Asked) -> Json:
    """Contracts with funding rules of their own: none."""
    del asked
    return []


ROUTES: Final[Mapping[str, Route]] = {
    "/fapi/v1/exchangeInfo": exchange_info,
    "/fapi/v1/fundingInfo": nothing,
    "/fapi/v1/premiumIndex": premium_index,
    "/fapi/v1/openInterest": interest,
    "/fapi/v1/depth": depth,
    "/fapi/v1/klines": klines,
    "/fapi/v1/fundingRate": funding_history,
    "/fapi/v1/time": server_time,
    "/futures/data/globalLongShortAccountRatio": partial(accounts, factor=1.0),
    "/futures/data/topLongShortAccountRatio": partial(accounts, factor=TOP_ACCOUNTS),
    "/futures/data/topLongShortPositionRatio": partial(accounts, factor=TOP_POSITIONS),
    "/futures/data/takerlongshortRatio": takers,
    "/futures/data/openInterestHist": interest_history,
    "/api/v3/ticker/24hr": spot,
}
