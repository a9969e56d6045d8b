"""Bitget's topics (VENUES 2.5): the largest order per symbol, side and second; amounts in USD."""

from collections.abc import Sequence
from typing import ClassVar, Final

from clri.collect.simulate.coins import COINS
from clri.collect.simulate.replies.bitget import NAMED, ROUTES, shown
from clri.collect.simulate.tape import Order
from clri.collect.simulate.texts import next_settlement, pairs, price, size
from clri.collect.simulate.throttle import batches, largest
from clri.collect.simulate.voice import Json, Pace, Second, Sent, Told, Topic, VenueFrames
from clri.model.names import Venue
from clri.model.timebase import SECOND

FORCED: Final = Topic("liquidation")
REPEATED: Final = 2
"""Orders that the first push after a subscription repeats."""
LEVELS: Final = 15


class BitgetFrames(VenueFrames):
    """USDT perpetuals; tickers and liquidations are of protocol 3, books of protocol 2."""

    venue: ClassVar[Venue] = "bitget"
    liquidations = FORCED.channel
    books = "books15"
    paces: ClassVar = {"ticker": Pace(100), books: Pace(150)}
    named = NAMED
    routes = ROUTES

    def topics(self) -> list[Topic]:
        """All topics."""
        return [FORCED, *(Topic(channel, raw) for channel in ("ticker", self.books) for raw in self.raws)]

    def first(self, topic: Topic, at: int) -> list[Told]:
        """The newest orders once more, and each other topic's present state."""
        if topic == FORCED:
            orders = self.recent(at, REPEATED)
            return [self._told(orders, at, backfill=True)] if orders else []
        return [Told(at, topic, self.push(topic, at))]

    def push(self, topic: Topic, at: int) -> Json:
        """Frame of one topic and contract."""
        view, i = self.view, self.raws[topic.name]
        if topic.channel == "ticker":
            now, row = view.now(at), shown(view, i, at)
            row |= {"lastPrice": row["markPrice"], "nextFundingTime": str(view.stamp(next_settlement(at)))}
            row |= {"openInterest": f"{now.coins[i]:.3f}", "turnover24h": f"{now.perp[i]:.2f}"}
            row |= {"volume24h": f"{now.perp[i] / now.mark[i]:.3f}", "price24hPcnt": f"{view.change(at, i):.5f}"}
            arg = {"instType": "usdt-futures", "topic": "ticker", "symbol": topic.name}
            return {"action": "snapshot", "arg": arg, "data": [row], "ts": view.stamp(at)}
        bids, asks = (pairs(COINS[i], side) for side in view.top(at, i, LEVELS))
        arg = {"instType": "USDT-FUTURES", "channel": self.books, "instId": topic.name}
        book = {"bids": bids, "asks": asks, "ts": str(view.stamp(at)), "seq": at}
        return {"action": "snapshot", "arg": arg, "data": [book], "ts": view.stamp(at)}

    def single(self, order: Order, at: int) -> Told:
        """A frame of one order."""
        return self._told([order], at, backfill=False)

    def forced(self, second: int) -> Second:
        """Arrays of a second over all symbols; the side is that of the POSITION."""
        orders, unsent = largest(self.view.orders(second), lambda one: (one.coin, one.long))
        batch_ends = (second + 1) * 1000
        return Second([self._told(batch, batch_ends, backfill=False) for batch in batches(orders, SECOND)], unsent)

    def _told(self, batch: Sequence[Order], at: int, *, backfill: bool) -> Told:
        rows, sent = [], []
        for order in batch:
            c = COINS[order.coin]
            average, side = price(c, order.price), "buy" if order.long else "sell"
            amount = f"{float(size(c, order.qty)) * float(average):.8f}"
            row = {"symbol": NAMED.format(c.symbol), "side": side, "price": average, "amount": amount}
            rows.append(row | {"ts": str(self.view.stamp(order.ms))})
            value, usd = float(average), float(amount)
            event = order.ms * 1_000_000
            sent.append(Sent("bitget", c.symbol, order.side, value, usd / value, usd, event, backfill, order.number))
        arg, action = {"instType": "usdt-futures", "topic": "liquidation"}, "snapshot" if backfill else "update"
        frame = {"action": action, "arg": arg, "data": rows, "ts": self.view.stamp(at)}
        return Told(at, FORCED, frame, tuple(sent))
