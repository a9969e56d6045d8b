"""Bitget's REST answers (VENUES 2.5); sizes are coins."""

from collections.abc import Mapping
from typing import Any, Final

from clri.collect.simulate.coins import COINS
from clri.collect.simulate.texts import five_minutes, pairs, price, share, step
from clri.collect.simulate.view import View
from clri.collect.simulate.voice import Asked, Json, RefusedError, Route, place_of

NAMED: Final = "{}USDT"
RATIO_ROWS: Final = 30
SPAN_MIN: Final = {"1m": 1, "5m": 5, "15m": 15, "1H": 60, "4H": 240}


def reply(asked: Asked, data: Json, code: str = "00000", text: str = "success") -> dict[str, Any]:
    """Envelope of every answer."""
    return {"code": code, "msg": text, "requestTime": asked.view.stamp(asked.at), "data": data}


def coin(asked: Asked) -> int:
    """Place of the coin that `symbol` names."""
    found = place_of(asked.query.get("symbol", ""), NAMED)
    if found is None:
        raise RefusedError(400, reply(asked, [], "40034", "Parameter symbol does not exist"))
    return found


def shown(view: View, i: int, at: int) -> dict[str, str]:
    """What tickers of socket and poll call by the same name."""
    c, now = COINS[i], view.now(at)
    mark, index = price(c, now.mark[i]), price(c, now.index[i])
    return {"symbol": NAMED.format(c.symbol), "markPrice": mark, "indexPrice": index} | {
        "fundingRate": f"{now.rate[i]:.8f}"
    }


def contracts(asked: Asked) -> Json:
    """Contract list."""
    return reply(
        asked,
        [
            {
                "symbol": NAMED.format(c.symbol),
                "baseCoin": c.symbol,
                "quoteCoin": "USDT",
                "symbolType": "perpetual",
                "symbolStatus": "normal",
                "fundInterval": "8",
                "priceEndStep": "1",
                "pricePlace": str(c.digits),
                "sizeMultiplier": step(c.lot),
                "launchTime": "",
                "offTime": "-1",
            }
            for c in COINS
        ],
    )


def tickers(asked: Asked) -> Json:
    """All contracts."""
    now, rows = asked.view.now(asked.at), []
    for i in range(len(COINS)):
        row = shown(asked.view, i, asked.at)
        row |= {"lastPr": row["markPrice"], "ts": str(asked.view.stamp(asked.at))}
        row |= {"holdingAmount": f"{now.coins[i]:.3f}", "quoteVolume": f"{now.perp[i]:.2f}"}
        row |= {"change24h": f"{asked.view.change(asked.at, i):.5f}"}
        rows.append(row | {"baseVolume": f"{now.perp[i] / now.mark[i]:.3f}"})
    return reply(asked, rows)


def spot(asked: Asked) -> Json:
    """All spot pairs."""
    now, rows = asked.view.now(asked.at), []
    for i, c in enumerate(COINS):
        last, usd = now.index[i], now.spot[i]
        row = {"symbol": NAMED.format(c.symbol), "lastPr": price(c, last), "ts": str(asked.view.stamp(asked.at))}
        row |= {"baseVolume": f"{usd / last:.4f}", "quoteVolume": f"{usd:.2f}"}
        rows.append(row | {"change24h": f"{last / asked.view.day_open(asked.at, i) - 1.0:.5f}"})
    return reply(asked, rows)


def depth(asked: Asked) -> Json:
    """Merged book of one contract."""
    i, at = coin(asked), str(asked.view.stamp(asked.at))
    bids, asks = (pairs(COINS[i], side) for side in asked.view.deep(asked.at, i))
    precision = asked.query.get("precision", "scale0")
    return reply(asked, {"asks": asks, "bids": bids, "ts": at, "precision": precision})


def ratios(asked: Asked) -> Json:
    """Long and short accounts, oldest first."""
    i, rows = coin(asked), []
    for k in reversed(range(RATIO_ROWS)):
        then = five_minutes(asked.at) - 300_000 * k
        ratio = asked.view.now(then).ratio[i]
        longs, shorts = share(ratio)
        row = {"longAccountRatio": longs, "shortAccountRatio": shorts, "longShortAccountRatio": f"{ratio:.4f}"}
        rows.append(row | {"ts": str(asked.view.stamp(then))})
    return reply(asked, rows)


def candles(asked: Asked) -> Json:
    """Price bars, oldest first."""
    i, view = coin(asked), asked.view
    span = SPAN_MIN.get(asked.query.get("granularity", ""))
    if span is None:
        raise RefusedError(400, reply(asked, [], "40017", "Parameter verification failed granularity"))
    rows = []
    for bar in view.past.bars(view.number, i, span, asked.count(), asked.at):
        prices = (price(COINS[i], value) for value in (bar.open, bar.high, bar.low, bar.close))
        rows.append([str(view.stamp(bar.start)), *prices, f"{bar.usd / bar.close:.4f}", f"{bar.usd:.2f}"])
    return reply(asked, rows)


def settled(asked: Asked) -> Json:
    """Settled funding, newest first."""
    i, view = coin(asked), asked.view
    found = view.past.at_ends(view.number, i, 480, asked.count("pageSize", most=100, default=20), asked.at)
    return reply(
        asked,
        [
            {
                "symbol": asked.query["symbol"],
                "fundingRate": f"{minute.rate:.8f}",
                "fundingTime": str(view.stamp(at)),
            }
            for at, minute in reversed(found)
        ],
    )


def server_time(asked: Asked) -> Json:
    """The venue's clock."""
    return reply(asked, {"serverTime": str(asked.view.stamp(asked.at))})


ROUTES: Final[Mapping[str, Route]] = {
    "/api/v2/mix/market/contracts": contracts,
    "/api/v2/mix/market/tickers": tickers,
    "/api/v2/mix/market/merge-depth": depth,
    "/api/v2/mix/market/account-long-short": ratios,
    "/api/v2/mix/market/candles": candles,
    "/api/v2/mix/market/history-fund-rate": settled,
    "/api/v2/spot/market/tickers": spot,
    "/api/v2/public/time": server_time,
}
