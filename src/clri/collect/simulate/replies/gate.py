"""Gate's REST answers (VENUES 2.4); sizes are contracts, times seconds."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from clri.collect.simulate.coins import COINS, Coin
from clri.collect.simulate.past import FIVE_MINUTES
from clri.collect.simulate.texts import five_minutes, next_settlement, price, step
from clri.collect.simulate.view import Level, View
from clri.collect.simulate.voice import Asked, Json, RefusedError, Route, place_of
from clri.model.timebase import SECOND

NAMED: Final = "{}_USDT"
TOP_ACCOUNTS, TOP_POSITIONS, TAKERS = 1.1, 1.05, 1 / 1.3
"""Ratios of large accounts, of their positions and of takers, over that of all accounts."""
SPAN_MIN: Final = {"1m": 1, "5m": 5, "15m": 15, "1h": 60}


def coin(asked: Asked) -> int:
    """Place of the coin that `contract` names."""
    found = place_of(asked.query.get("contract", ""), NAMED)
    if found is None:
        raise RefusedError(400, {"label": "CONTRACT_NOT_FOUND", "message": "CONTRACT_NOT_FOUND"})
    return found


def contracts_of(c: Coin, coins: float) -> str:
    """Contracts of so many coins; fractions are written, as the header X-Gate-Size-Decimal asks for."""
    return f"{coins / c.gate:.8f}".rstrip("0").rstrip(".")


def levels(c: Coin, side: Iterable[Level]) -> list[dict[str, str]]:
    """Levels of a book."""
    return [{"p": price(c, value), "s": f"{coins / c.gate:.1f}"} for value, coins in side]


def ticker(view: View, i: int, at: int) -> dict[str, str]:
    """Ticker of one contract, as socket and poll tell it."""
    c, now = COINS[i], view.now(at)
    mark, usd = now.mark[i], now.perp[i]
    return {
        "contract": NAMED.format(c.symbol),
        "last": price(c, mark),
        "mark_price": price(c, mark),
        "index_price": price(c, now.index[i]),
        "funding_rate": f"{now.rate[i]:.8f}",
        "total_size": str(round(now.coins[i] / c.gate)),
        "volume_24h_base": f"{usd / mark:.4f}",
        "volume_24h_quote": f"{usd:.2f}",
        "change_percentage": f"{view.change(at, i) * 100.0:.2f}",
    }


def contracts(asked: Asked) -> Json:
    """Contract list."""
    return [
        {
            "name": NAMED.format(c.symbol),
            "type": "direct",
            "quanto_multiplier": f"{c.gate:g}",
            "funding_interval": 28_800,
            "funding_next_apply": asked.view.stamp(next_settlement(asked.at)) // 1000,
            "order_price_round": step(c.digits),
            "launch_time": 1_609_459_200,
            "in_delisting": False,
            "status": "trading",
        }
        for c in COINS
    ]


def tickers(asked: Asked) -> Json:
    """All contracts."""
    return [ticker(asked.view, i, asked.at) for i in range(len(COINS))]


def pairs(asked: Asked) -> Json:
    """All spot pairs."""
    now, rows = asked.view.now(asked.at), []
    for i, c in enumerate(COINS):
        last, usd = now.index[i], now.spot[i]
        change = f"{(last / asked.view.day_open(asked.at, i) - 1.0) * 100.0:.2f}"
        row = {"currency_pair": NAMED.format(c.symbol), "last": price(c, last), "change_percentage": change}
        rows.append(row | {"base_volume": f"{usd / last:.4f}", "quote_volume": f"{usd:.2f}"})
    return rows


def depth(asked: Asked) -> Json:
    """Deep book of one contract."""
    i = coin(asked)
    bids, asks = (levels(COINS[i], side) for side in asked.view.deep(asked.at, i))
    at = asked.view.stamp(asked.at) / 1000.0
    return {"id": asked.at, "current": at, "update": at, "bids": bids, "asks": asks}


def stats(asked: Asked) -> Json:
    """Statistics of five minutes each, oldest first; the last bucket still runs."""
    i, view = coin(asked), asked.view
    last, rows = five_minutes(asked.at), []
    for k in reversed(range(asked.count(most=100, default=30))):
        start = last - 300_000 * k
        now = view.now(start)
        longs, shorts = view.past.liquidated(view.number, i, start * 1_000_000 // FIVE_MINUTES, asked.at)
        ratio, held = now.ratio[i], round(now.coins[i] / COINS[i].gate)
        rows.append(
            {
                "time": view.stamp(start) // 1000,
                "lsr_account": round(ratio, 6),
                "lsr_taker": round(ratio * TAKERS, 6),
                "top_lsr_account": round(ratio * TOP_ACCOUNTS, 6),
                "top_lsr_size": round(ratio * TOP_POSITIONS, 6),
                "long_liq_usd": round(longs, 2),
                "short_liq_usd": round(shorts, 2),
                "open_interest": held,
                "open_interest_usd": round(held * COINS[i].gate * now.mark[i], 2),
                "mark_price": round(now.mark[i], COINS[i].digits),
            }
        )
    return rows


def liquidations(asked: Asked) -> Json:
    """Forced orders since `from`, oldest first, as far as the market remembers them; REST tells whole seconds."""
    view = asked.view
    start = asked.count("from", most=1 << 40, default=asked.at // 1000 - 3600)
    rows: list[dict[str, Any]] = []
    for order in view.orders_between(start * SECOND, (asked.at // 1000 + 1) * SECOND)[-asked.count() :]:
        c = COINS[order.coin]
        if asked.query.get("contract", "") in {"", NAMED.format(c.symbol)} and order.ms <= asked.at:
            size = contracts_of(c, order.qty if order.long else -order.qty)
            row = {"contract": NAMED.format(c.symbol), "time": view.stamp(order.ms) // 1000, "size": size, "left": 0}
            rows.append(row | {"order_price": price(c, order.bankrupt), "fill_price": price(c, order.price)})
    return rows


def candles(asked: Asked) -> Json:
    """Price bars, oldest first; `v` contracts, `sum` USD."""
    i, view = coin(asked), asked.view
    span = SPAN_MIN.get(asked.query.get("interval", "5m"))
    if span is None:
        raise RefusedError(400, {"label": "INVALID_PARAM_VALUE", "message": "interval"})
    rows = []
    for bar in view.past.bars(view.number, i, span, asked.count(most=2000), asked.at):
        names = zip("ohlc", (bar.open, bar.high, bar.low, bar.close), strict=True)
        row: dict[str, Any] = {"t": view.stamp(bar.start) // 1000, "sum": f"{bar.usd:.2f}"}
        row |= {name: price(COINS[i], value) for name, value in names}
        rows.append(row | {"v": round(bar.usd / bar.close / COINS[i].gate)})
    return rows


def settled(asked: Asked) -> Json:
    """Settled funding, newest first."""
    i, view = coin(asked), asked.view
    found = view.past.at_ends(view.number, i, 480, asked.count(), asked.at)
    return [{"t": view.stamp(at) // 1000, "r": f"{minute.rate:.8f}"} for at, minute in reversed(found)]


ROUTES: Final[Mapping[str, Route]] = {
    "/futures/usdt/contracts": contracts,
    "/futures/usdt/tickers": tickers,
    "/futures/usdt/order_book": depth,
    "/futures/usdt/contract_stats": stats,
    "/futures/usdt/liq_orders": liquidations,
    "/futures/usdt/candlesticks": candles,
    "/futures/usdt/funding_rate": settled,
    "/spot/tickers": pairs,
}
