"""Binance in the event (VENUES 2.1): one order per symbol and second, the largest."""

from collections.abc import Iterator, Sequence
from typing import Final

from clri.collect.simulate.coins import COINS
from clri.collect.simulate.event import Order
from clri.collect.simulate.throttle import largest
from clri.collect.simulate.view import (
    NEXT_FUNDING_MS,
    Said,
    Sent,
    Told,
    VenueFrames,
    five_minutes,
    ms,
    pairs,
    price,
    share,
    size,
    step,
)

RATIOS: Final = (
    ("globalLongShortAccountRatio", 1.0),
    ("topLongShortAccountRatio", 1.1),
    ("topLongShortPositionRatio", 1.05),
)
"""Endpoint, and its ratio over that of all accounts."""


class BinanceFrames(VenueFrames):
    """USD-M perpetuals; sizes are coins."""

    def opening(self) -> Iterator[Said]:
        """Contract list, funding intervals, answer to a subscription."""
        symbols = [
            {
                "symbol": f"{c.symbol}USDT",
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
        yield "GET /fapi/v1/exchangeInfo", {"timezone": "UTC", "symbols": symbols}
        yield "GET /fapi/v1/fundingInfo", []
        yield None, {"result": None, "id": 1}

    def marks(self, t: int) -> Iterator[Said]:
        """All marks in one frame."""
        view, now = self.view, ms(t)
        rows = [
            {
                "e": "markPriceUpdate",
                "E": now,
                "s": f"{c.symbol}USDT",
                "p": f"{view.mark(t, i):.8f}",
                "i": f"{view.index(t, i):.8f}",
                "r": f"{view.rate(t, i):.8f}",
                "T": NEXT_FUNDING_MS,
            }
            for i, c in enumerate(COINS)
        ]
        yield None, {"stream": "!markPrice@arr@1s", "data": rows}

    def interest(self, t: int) -> Iterator[Said]:
        """One reply per symbol."""
        for i, c in enumerate(COINS):
            raw = f"{c.symbol}USDT"
            row = {"symbol": raw, "openInterest": f"{self.view.interest(t, i):.3f}", "time": ms(t)}
            yield f"GET /fapi/v1/openInterest?symbol={raw}", row

    def books(self, t: int) -> Iterator[Said]:
        """Top of the book by socket, the deep book by REST."""
        now = ms(t)
        for i, c in enumerate(COINS):
            bids, asks = (pairs(c, side) for side in self.view.levels(t, i))
            raw = f"{c.symbol}USDT"
            top = {"e": "depthUpdate", "E": now, "s": raw, "u": now, "b": bids[:5], "a": asks[:5]}
            yield None, {"stream": f"{raw.lower()}@depth20@500ms", "data": top}
            deep = {"lastUpdateId": now, "E": now, "T": now, "bids": bids, "asks": asks}
            yield f"GET /fapi/v1/depth?symbol={raw}&limit=1000", deep

    def day(self, t: int) -> Iterator[Said]:
        """Perpetual tickers by socket, spot by REST."""
        view, now, spot = self.view, ms(t), []
        for i, c in enumerate(COINS):
            raw, mark, last = f"{c.symbol}USDT", view.mark(t, i), view.index(t, i)
            perp, usd = view.perp(t, i), view.spot(t, i)
            change = f"{(mark / view.day_open(i) - 1.0) * 100.0:.3f}"
            ticker = {"e": "24hrTicker", "E": now, "s": raw, "c": price(c, mark), "P": change}
            ticker |= {"v": f"{perp / mark:.3f}", "q": f"{perp:.2f}"}
            yield None, {"stream": f"{raw.lower()}@ticker", "data": ticker}
            row = {"symbol": raw, "lastPrice": price(c, last), "priceChangePercent": change, "closeTime": now}
            spot.append(row | {"volume": f"{usd / last:.3f}", "quoteVolume": f"{usd:.2f}"})
        names = ",".join(f'"{c.symbol}USDT"' for c in COINS)
        yield f"GET /api/v3/ticker/24hr?symbols=[{names}]", spot

    def ratios(self, t: int) -> Iterator[Said]:
        """Accounts, top accounts, top positions, takers."""
        then = five_minutes(t)
        for i, c in enumerate(COINS):
            raw, ratio = f"{c.symbol}USDT", self.view.ratio(t, i)
            for name, factor in RATIOS:
                longs, shorts = share(ratio * factor)
                row = {
                    "symbol": raw,
                    "longShortRatio": f"{ratio * factor:.4f}",
                    "longAccount": longs,
                    "shortAccount": shorts,
                }
                rows = [row | {"timestamp": when} for when in (then - 300_000, then)]
                yield f"GET /futures/data/{name}?symbol={raw}&period=5m&limit=2", rows
            taker = {"buySellRatio": f"{ratio / 1.3:.4f}", "buyVol": f"{ratio / 0.013:.3f}", "sellVol": "100.000"}
            rows = [taker | {"timestamp": when} for when in (then - 300_000, then)]
            yield f"GET /futures/data/takerlongshortRatio?symbol={raw}&period=5m&limit=2", rows

    def forced(self, orders: Sequence[Order]) -> Iterator[Told]:
        """One frame per order; the side is that of the order."""
        for order in largest(orders, lambda one: one.coin):
            c = COINS[order.coin]
            at, qty = price(c, order.price), size(c, order.usd / order.price)
            row = {
                "s": f"{c.symbol}USDT",
                "S": "SELL" if order.long else "BUY",
                "o": "LIMIT",
                "f": "IOC",
                "q": qty,
                "p": price(c, order.price * (0.995 if order.long else 1.005)),
                "ap": at,
                "X": "FILLED",
                "l": qty,
                "z": qty,
                "T": order.ms,
            }
            frame = {"stream": "!forceOrder@arr", "data": {"e": "forceOrder", "E": order.ms + 9, "o": row}}
            coins = float(qty)
            sent = Sent("binance", c.symbol, order.side, float(at), coins, coins * float(at), order.at, backfill=False)
            yield Told(order.at + self.view.place.lag_ns, frame, [sent])
