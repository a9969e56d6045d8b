"""Bitget in the event (VENUES 2.5): the largest order per symbol, side and second; amounts in USD."""

from collections.abc import Iterator, Sequence

from clri.collect.simulate.coins import COINS
from clri.collect.simulate.event import START, Order
from clri.collect.simulate.throttle import batches, largest
from clri.collect.simulate.view import (
    NEXT_FUNDING_MS,
    Json,
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
from clri.model.timebase import MILLI, SECOND


class BitgetFrames(VenueFrames):
    """USDT perpetuals; the first push of liquidations repeats old ones."""

    def opening(self) -> Iterator[Said]:
        """Contract list and answer to the subscription."""
        rows = [
            {
                "symbol": f"{c.symbol}USDT",
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
        ]
        yield "GET /api/v2/mix/market/contracts?productType=USDT-FUTURES", _reply(0, rows)
        yield None, {"event": "subscribe", "arg": {"instType": "usdt-futures", "topic": "liquidation"}}

    def marks(self, t: int) -> Iterator[Said]:
        """A ticker per symbol."""
        for i, c in enumerate(COINS):
            mark, usd, shown = self.view.mark(t, i), self.view.perp(t, i), self._shown(t, i)
            row = shown | {
                "lastPrice": shown["markPrice"],
                "nextFundingTime": str(NEXT_FUNDING_MS),
                "openInterest": f"{self.view.interest(t, i):.3f}",
                "turnover24h": f"{usd:.2f}",
                "volume24h": f"{usd / mark:.3f}",
                "price24hPcnt": f"{mark / self.view.day_open(i) - 1.0:.5f}",
            }
            arg = {"instType": "usdt-futures", "topic": "ticker", "symbol": f"{c.symbol}USDT"}
            yield None, {"action": "snapshot", "arg": arg, "data": [row], "ts": ms(t)}

    def interest(self, t: int) -> Iterator[Said]:
        """All tickers in one reply."""
        rows = []
        for i, c in enumerate(COINS):
            mark, usd, shown = self.view.mark(t, i), self.view.perp(t, i), self._shown(t, i)
            row = {"symbol": f"{c.symbol}USDT", "lastPr": shown["markPrice"], "ts": str(ms(t))}
            row |= {"holdingAmount": f"{self.view.interest(t, i):.3f}", "quoteVolume": f"{usd:.2f}"}
            rows.append(shown | row | {"baseVolume": f"{usd / mark:.3f}"})
        yield "GET /api/v2/mix/market/tickers?productType=USDT-FUTURES", _reply(t, rows)

    def books(self, t: int) -> Iterator[Said]:
        """The top by socket, the merged book by REST."""
        for i, c in enumerate(COINS):
            bids, asks = (pairs(c, side) for side in self.view.levels(t, i))
            raw, now = f"{c.symbol}USDT", str(ms(t))
            arg = {"instType": "USDT-FUTURES", "channel": "books15", "instId": raw}
            top = {"bids": bids[:5], "asks": asks[:5], "ts": now, "seq": t + 1}
            yield None, {"action": "snapshot", "arg": arg, "data": [top], "ts": ms(t)}
            path = f"merge-depth?symbol={raw}&productType=USDT-FUTURES&precision=scale2&limit=max"
            deep = {"asks": asks, "bids": bids, "ts": now, "precision": "scale2"}
            yield f"GET /api/v2/mix/market/{path}", _reply(t, deep)

    def day(self, t: int) -> Iterator[Said]:
        """Spot tickers; those of perpetuals come with the marks."""
        rows = []
        for i, c in enumerate(COINS):
            last, usd = self.view.index(t, i), self.view.spot(t, i)
            row = {"symbol": f"{c.symbol}USDT", "lastPr": price(c, last), "ts": str(ms(t))}
            row |= {"baseVolume": f"{usd / last:.4f}", "quoteVolume": f"{usd:.2f}"}
            rows.append(row | {"change24h": f"{last / self.view.day_open(i) - 1.0:.5f}"})
        yield "GET /api/v2/spot/market/tickers", _reply(t, rows)

    def ratios(self, t: int) -> Iterator[Said]:
        """Accounts."""
        then = five_minutes(t)
        for i, c in enumerate(COINS):
            ratio = self.view.ratio(t, i)
            longs, shorts = share(ratio)
            row = {"longAccountRatio": longs, "shortAccountRatio": shorts, "longShortAccountRatio": f"{ratio:.4f}"}
            rows = [row | {"ts": str(when)} for when in (then - 300_000, then)]
            yield f"GET /api/v2/mix/market/account-long-short?symbol={c.symbol}USDT&period=5m", _reply(t, rows)

    def forced(self, orders: Sequence[Order]) -> Iterator[Told]:
        """Arrays of a second over all symbols; the side is that of the POSITION. Before them, a push of old rows."""
        told = largest(orders, lambda one: (one.coin, one.long))
        old = [order._replace(at=START - (50 - 30 * n) * SECOND) for n, order in enumerate(told[:2])]
        yield self._push(old, START, backfill=True)
        for batch in batches(told, SECOND):
            yield self._push(batch, (batch[0].at // SECOND + 1) * SECOND, backfill=False)

    def _push(self, batch: Sequence[Order], end: int, *, backfill: bool) -> Told:
        rows, sent = [], []
        for order in batch:
            c = COINS[order.coin]
            at, side = price(c, order.price), "buy" if order.long else "sell"
            amount = f"{float(size(c, order.usd / order.price)) * float(at):.8f}"
            rows.append({"symbol": f"{c.symbol}USDT", "side": side, "price": at, "amount": amount, "ts": str(order.ms)})
            value, usd = float(at), float(amount)
            sent.append(Sent("bitget", c.symbol, order.side, value, usd / value, usd, order.at, backfill))
        arg, action = {"instType": "usdt-futures", "topic": "liquidation"}, "snapshot" if backfill else "update"
        frame = {"action": action, "arg": arg, "data": rows, "ts": end // MILLI}
        return Told(end + self.view.place.lag_ns, frame, sent)

    def _shown(self, t: int, i: int) -> dict[str, str]:
        """What both kinds of tickers call by the same name."""
        view, c = self.view, COINS[i]
        mark, index = price(c, view.mark(t, i)), price(c, view.index(t, i))
        return {"markPrice": mark, "indexPrice": index, "fundingRate": f"{view.rate(t, i):.8f}"}


def _reply(t: int, data: Json) -> Json:
    return {"code": "00000", "msg": "success", "requestTime": ms(t), "data": data}
