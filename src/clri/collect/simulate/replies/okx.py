"""OKX's REST answers (VENUES 2.3); sizes of swaps are contracts."""

from collections.abc import Mapping
from typing import Any, Final

from clri.collect.simulate.coins import COINS
from clri.collect.simulate.texts import EIGHT_HOURS_MS, five_minutes, next_settlement, pairs, price, step
from clri.collect.simulate.view import View
from clri.collect.simulate.voice import Asked, Json, RefusedError, Route, place_of

NAMED: Final = "{}-USDT-SWAP"
SPAN_MIN: Final = {"1m": 1, "5m": 5, "15m": 15, "1H": 60, "4H": 240}


def reply(rows: Json) -> Json:
    """Envelope of every answer."""
    return {"code": "0", "msg": "", "data": rows}


def refusal(code: str, text: str) -> RefusedError:
    """Refusal: an HTTP 200 with a code."""
    return RefusedError(200, {"code": code, "msg": text, "data": []})


def coin(asked: Asked) -> int:
    """Place of the coin that `instId` names."""
    found = place_of(asked.query.get("instId", ""), NAMED)
    if found is None:
        raise refusal("51001", "Instrument ID doesn't exist.")
    return found


def instruments(asked: Asked) -> Json:
    """Contract list."""
    del asked
    return reply(
        [
            {
                "instType": "SWAP",
                "instId": NAMED.format(c.symbol),
                "ctType": "linear",
                "ctVal": f"{c.okx:g}",
                "ctMult": "1",
                "ctValCcy": c.symbol,
                "settleCcy": "USDT",
                "state": "live",
                "tickSz": step(c.digits),
                "lotSz": "0.01",
                "listTime": "1611916828000",
                "expTime": "",
                "ruleType": "normal",
            }
            for c in COINS
        ]
    )


def interest(asked: Asked) -> Json:
    """All contracts: contracts and coins."""
    now, at, rows = asked.view.now(asked.at), str(asked.view.stamp(asked.at)), []
    for i, c in enumerate(COINS):
        row = {"instType": "SWAP", "instId": NAMED.format(c.symbol), "ts": at}
        rows.append(row | {"oi": f"{now.coins[i] / c.okx:.2f}", "oiCcy": f"{now.coins[i]:.4f}"})
    return reply(rows)


def marks(asked: Asked) -> Json:
    """Mark prices of all contracts."""
    return reply([{"instType": "SWAP"} | mark_row(asked.view, i, asked.at) for i in range(len(COINS))])


def mark_row(view: View, i: int, at: int) -> dict[str, str]:
    """Mark price, as socket and poll tell it."""
    c = COINS[i]
    return {
        "instId": NAMED.format(c.symbol),
        "markPx": price(c, view.now(at).mark[i]),
        "ts": str(view.stamp(at)),
    }


def funding(asked: Asked) -> Json:
    """Funding of one contract, or of all of them (`ANY`)."""
    places = range(len(COINS)) if asked.query.get("instId") == "ANY" else (coin(asked),)
    return reply([funding_row(asked.view, i, asked.at) for i in places])


def funding_row(view: View, i: int, at: int) -> dict[str, str]:
    """Funding, as socket and poll tell it: `fundingTime` is the coming settlement."""
    following = next_settlement(at)
    return {
        "instId": NAMED.format(COINS[i].symbol),
        "instType": "SWAP",
        "fundingRate": f"{view.now(at).rate[i]:.10f}",
        "fundingTime": str(view.stamp(following)),
        "nextFundingRate": "",
        "nextFundingTime": str(view.stamp(following + EIGHT_HOURS_MS)),
        "ts": str(view.stamp(at)),
    }


def tickers(asked: Asked) -> Json:
    """Turnover: swaps in contracts and coins, spot in coins and USD."""
    view, now, rows = asked.view, asked.view.now(asked.at), []
    spot = asked.query.get("instType") == "SPOT"
    for i, c in enumerate(COINS):
        row = {"open24h": price(c, view.day_open(asked.at, i)), "ts": str(view.stamp(asked.at))}
        if spot:
            last, usd = now.index[i], now.spot[i]
            row |= {"instType": "SPOT", "instId": f"{c.symbol}-USDT", "last": price(c, last)}
            row |= {"vol24h": f"{usd / last:.4f}", "volCcy24h": f"{usd:.2f}"}
        else:
            mark, coins = now.mark[i], now.perp[i] / now.mark[i]
            row |= {"instType": "SWAP", "instId": NAMED.format(c.symbol), "last": price(c, mark)}
            row |= {"vol24h": f"{coins / c.okx:.2f}", "volCcy24h": f"{coins:.4f}"}
        rows.append(row)
    return reply(rows)


def ratios(asked: Asked) -> Json:
    """Long to short accounts, newest first."""
    i = coin(asked)
    times = [five_minutes(asked.at) - 300_000 * k for k in range(asked.count(most=100, default=100))]
    view = asked.view
    return reply([[str(view.stamp(then)), f"{view.now(then).ratio[i]:.4f}"] for then in times])


def depth(asked: Asked) -> Json:
    """Deep book of one contract."""
    i = coin(asked)
    c, at = COINS[i], str(asked.view.stamp(asked.at))
    bids, asks = ([[*pair, "0", "3"] for pair in pairs(c, side, c.okx)] for side in asked.view.deep(asked.at, i))
    return reply([{"bids": bids, "asks": asks, "ts": at}])


def candles(asked: Asked) -> Json:
    """Price bars, newest first; the first one still runs."""
    i, view = coin(asked), asked.view
    c, span = COINS[i], SPAN_MIN.get(asked.query.get("bar", "1m"))
    if span is None:
        raise refusal("51000", "Parameter bar error")
    rows: list[Any] = []
    for bar in reversed(view.past.bars(view.number, i, span, asked.count(most=300), asked.at)):
        prices = (price(c, value) for value in (bar.open, bar.high, bar.low, bar.close))
        coins = bar.usd / bar.close
        volumes = f"{coins / c.okx:.2f}", f"{coins:.4f}", f"{bar.usd:.2f}"
        rows.append([str(view.stamp(bar.start)), *prices, *volumes, "1" if bar.closed else "0"])
    return reply(rows)


def settled(asked: Asked) -> Json:
    """Settled funding, newest first."""
    i, view = coin(asked), asked.view
    found = view.past.at_ends(view.number, i, 480, asked.count(most=100), asked.at)
    rows = []
    for at, minute in reversed(found):
        row = {"instType": "SWAP", "instId": asked.query["instId"], "fundingTime": str(view.stamp(at))}
        rows.append(row | {"fundingRate": f"{minute.rate:.10f}", "realizedRate": f"{minute.rate:.10f}"})
    return reply(rows)


def server_time(asked: Asked) -> Json:
    """The venue's clock."""
    return reply([{"ts": str(asked.view.stamp(asked.at))}])


ROUTES: Final[Mapping[str, Route]] = {
    "/api/v5/public/instruments": instruments,
    "/api/v5/public/open-interest": interest,
    "/api/v5/public/mark-price": marks,
    "/api/v5/public/funding-rate": funding,
    "/api/v5/public/funding-rate-history": settled,
    "/api/v5/public/time": server_time,
    "/api/v5/market/tickers": tickers,
    "/api/v5/market/books": depth,
    "/api/v5/market/candles": candles,
    "/api/v5/rubik/stat/contracts/long-short-account-ratio-contract": ratios,
}
