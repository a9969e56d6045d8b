"""Binance's streams (VENUES 2.1): of the orders of a symbol and second the largest, told when the second is over."""

from typing import ClassVar

from clri.collect.simulate.coins import COINS
from clri.collect.simulate.replies.binance import NAMED, ROUTES
from clri.collect.simulate.tape import Order
from clri.collect.simulate.texts import next_settlement, pairs, price, size
from clri.collect.simulate.throttle import largest
from clri.collect.simulate.voice import Json, Pace, Second, Sent, Told, Topic, VenueFrames
from clri.model.names import Venue

FORCED = Topic("!forceOrder@arr")
MARKS = Topic("!markPrice@arr@1s")


class BinanceFrames(VenueFrames):
    """USD-M perpetuals; a topic's channel is the part of the stream behind the symbol."""

    venue: ClassVar[Venue] = "binance"
    liquidations = FORCED.channel
    books = "@depth20@500ms"
    paces: ClassVar = {
        MARKS.channel: Pace(1000),
        "@ticker": Pace(2000, 2000),
        books: Pace(500),
    }
    named = NAMED
    routes = ROUTES

    def topics(self) -> list[Topic]:
        """All streams."""
        return [FORCED, MARKS, *(Topic(channel, raw) for channel in ("@ticker", self.books) for raw in self.raws)]

    def push(self, topic: Topic, at: int) -> Json | None:
        """Frame of a combined stream."""
        if topic == MARKS:
            return {"stream": MARKS.channel, "data": self._marks(at)}
        i = self.raws[topic.name]
        data = self._ticker(topic.name, i, at) if topic.channel == "@ticker" else self._book(topic.name, i, at)
        return {"stream": topic.name.lower() + topic.channel, "data": data}

    def _marks(self, at: int) -> Json:
        view, now = self.view, self.view.now(at)
        stamp, following = view.stamp(at), view.stamp(next_settlement(at))
        return [
            {
                "e": "markPriceUpdate",
                "E": stamp,
                "s": raw,
                "p": f"{now.mark[i]:.8f}",
                "i": f"{now.index[i]:.8f}",
                "r": f"{now.rate[i]:.8f}",
                "T": following,
            }
            for raw, i in self.raws.items()
        ]

    def _ticker(self, raw: str, i: int, at: int) -> Json:
        now = self.view.now(at)
        mark, usd = now.mark[i], now.perp[i]
        row = {"e": "24hrTicker", "E": self.view.stamp(at), "s": raw, "c": price(COINS[i], mark)}
        row |= {"P": f"{self.view.change(at, i) * 100.0:.3f}"}
        return row | {"v": f"{usd / mark:.3f}", "q": f"{usd:.2f}"}

    def _book(self, raw: str, i: int, at: int) -> Json:
        stamp = self.view.stamp(at)
        bids, asks = (pairs(COINS[i], side) for side in self.view.top(at, i, 20))
        return {"e": "depthUpdate", "E": stamp, "T": stamp, "s": raw, "U": at, "u": at, "pu": at, "b": bids, "a": asks}

    def single(self, order: Order, at: int) -> Told:
        """A frame of one order."""
        return self._told(order, at)

    def forced(self, second: int) -> Second:
        """One frame per order; the side is that of the order."""
        orders, unsent = largest(self.view.orders(second), lambda one: one.coin)
        return Second([self._told(order, (second + 1) * 1000) for order in orders], unsent)

    def _told(self, order: Order, at: int) -> Told:
        c, view = COINS[order.coin], self.view
        average, qty = price(c, order.price), size(c, order.qty)
        row = {
            "s": NAMED.format(c.symbol),
            "S": "SELL" if order.long else "BUY",
            "o": "LIMIT",
            "f": "IOC",
            "q": qty,
            "p": price(c, order.price * (0.995 if order.long else 1.005)),
            "ap": average,
            "X": "FILLED",
            "l": qty,
            "z": qty,
            "T": view.stamp(order.ms),
        }
        frame = {"stream": FORCED.channel, "data": {"e": "forceOrder", "E": view.stamp(at), "o": row}}
        value, coins = float(average), float(qty)
        event = order.ms * 1_000_000
        sent = Sent("binance", c.symbol, order.side, value, coins, coins * value, event, False, order.number)
        return Told(at, FORCED, frame, (sent,))
