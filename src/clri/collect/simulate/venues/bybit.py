"""Bybit in the event (VENUES 2.2): every order, in batches of 500 ms."""

from collections.abc import Iterator, Sequence
from typing import Final

from clri.collect.simulate.coins import COINS
from clri.collect.simulate.event import Order
from clri.collect.simulate.throttle import batches
from clri.collect.simulate.view import (
    NEXT_FUNDING_MS,
    Json,
    Said,
    Sent,
    Told,
    VenueFrames,
    beyond,
    five_minutes,
    ms,
    pairs,
    price,
    share,
    size,
    step,
)
from clri.model.timebase import MILLI

BATCH_NS: Final = 500 * MILLI


class BybitFrames(VenueFrames):
    """Linear perpetuals; sizes are coins."""

    def opening(self) -> Iterator[Said]:
        """Contract list, answer to the subscription, one snapshot of each ticker."""
        rows = [
            {
                "symbol": f"{c.symbol}USDT",
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
        listing = {"category": "linear", "list": rows, "nextPageCursor": ""}
        yield "GET /v5/market/instruments-info?category=linear&limit=1000&cursor=", _reply(0, listing)
        yield None, {"success": True, "ret_msg": "", "conn_id": "simulated", "req_id": "1-1", "op": "subscribe"}
        for i, c in enumerate(COINS):
            data = self._row(0, i)
            yield None, {"topic": f"tickers.{c.symbol}USDT", "type": "snapshot", "data": data, "cs": 1, "ts": ms(0)}

    def marks(self, t: int) -> Iterator[Said]:
        """A delta per symbol: what changed since the last."""
        view = self.view
        for i, c in enumerate(COINS):
            changed = {"markPrice": price(c, view.mark(t, i)), "indexPrice": price(c, view.index(t, i))}
            if t % 5 == 0:
                changed["openInterest"] = f"{view.interest(t, i):.3f}"
            if t % 30 == 0:
                changed["fundingRate"] = f"{view.rate(t, i):.8f}"
            yield None, _delta(t, f"{c.symbol}USDT", changed)

    def interest(self, t: int) -> Iterator[Said]:
        """All tickers in one reply."""
        rows = [self._row(t, i) for i in range(len(COINS))]
        yield "GET /v5/market/tickers?category=linear", _reply(t, {"category": "linear", "list": rows})

    def books(self, t: int) -> Iterator[Said]:
        """A snapshot of the top by socket, the deep book by REST."""
        for i, c in enumerate(COINS):
            bids, asks = (pairs(c, side) for side in self.view.levels(t, i))
            raw = f"{c.symbol}USDT"
            top = {"s": raw, "b": bids[:5], "a": asks[:5], "u": t + 2, "seq": t + 2}
            yield None, {"topic": f"orderbook.50.{raw}", "type": "snapshot", "ts": ms(t), "data": top}
            deep = {"s": raw, "b": bids, "a": asks, "ts": ms(t), "u": t + 2, "seq": t + 2}
            yield f"GET /v5/market/orderbook?category=linear&symbol={raw}&limit=500", _reply(t, deep)

    def day(self, t: int) -> Iterator[Said]:
        """Turnover of perpetuals by socket, of spot by REST."""
        spot = []
        for i, c in enumerate(COINS):
            raw, last, usd = f"{c.symbol}USDT", self.view.index(t, i), self.view.spot(t, i)
            yield None, _delta(t, raw, self._traded(t, i))
            row = {
                "symbol": raw,
                "lastPrice": price(c, last),
                "turnover24h": f"{usd:.2f}",
                "volume24h": f"{usd / last:.3f}",
            }
            spot.append(row | {"price24hPcnt": f"{last / self.view.day_open(i) - 1.0:.4f}"})
        yield "GET /v5/market/tickers?category=spot", _reply(t, {"category": "spot", "list": spot})

    def ratios(self, t: int) -> Iterator[Said]:
        """Accounts."""
        then = five_minutes(t)
        for i, c in enumerate(COINS):
            raw = f"{c.symbol}USDT"
            longs, shorts = share(self.view.ratio(t, i))
            row = {"symbol": raw, "buyRatio": longs, "sellRatio": shorts}
            rows = [row | {"timestamp": str(when)} for when in (then, then - 300_000)]
            path = f"GET /v5/market/account-ratio?category=linear&symbol={raw}&period=5min&limit=2"
            yield path, _reply(t, {"list": rows, "nextPageCursor": ""})

    def forced(self, orders: Sequence[Order]) -> Iterator[Told]:
        """One frame per symbol and batch; the side is that of the POSITION, the price that of bankruptcy."""
        for batch in batches(orders, BATCH_NS, lambda one: one.coin):
            c = COINS[batch[0].coin]
            raw, rows, sent = f"{c.symbol}USDT", [], []
            for order in batch:
                at, qty = price(c, beyond(order)), size(c, order.usd / order.price)
                rows.append({"T": order.ms, "s": raw, "S": "Buy" if order.long else "Sell", "v": qty, "p": at})
                value, coins = float(at), float(qty)
                sent.append(Sent("bybit", c.symbol, order.side, value, coins, coins * value, order.at, backfill=False))
            end = (batch[0].at // BATCH_NS + 1) * BATCH_NS
            frame = {"topic": f"allLiquidation.{raw}", "type": "snapshot", "ts": end // MILLI, "data": rows}
            yield Told(end + self.view.place.lag_ns, frame, sent)

    def _traded(self, t: int, i: int) -> dict[str, str]:
        mark, usd = self.view.mark(t, i), self.view.perp(t, i)
        return {
            "lastPrice": price(COINS[i], mark),
            "price24hPcnt": f"{mark / self.view.day_open(i) - 1.0:.6f}",
            "turnover24h": f"{usd:.4f}",
            "volume24h": f"{usd / mark:.4f}",
        }

    def _row(self, t: int, i: int) -> dict[str, str]:
        view, c = self.view, COINS[i]
        return self._traded(t, i) | {
            "symbol": f"{c.symbol}USDT",
            "markPrice": price(c, view.mark(t, i)),
            "indexPrice": price(c, view.index(t, i)),
            "openInterest": f"{view.interest(t, i):.3f}",
            "fundingRate": f"{view.rate(t, i):.8f}",
            "nextFundingTime": str(NEXT_FUNDING_MS),
            "fundingIntervalHour": "8",
        }


def _delta(t: int, raw: str, changed: dict[str, str]) -> Json:
    return {"topic": f"tickers.{raw}", "type": "delta", "data": {"symbol": raw, **changed}, "cs": t + 2, "ts": ms(t)}


def _reply(t: int, result: Json) -> Json:
    return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": ms(t)}
