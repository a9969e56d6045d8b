"""Gate's channels (VENUES 2.4): every order, in arrays of a second or 20 rows; sizes in contracts."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from clri.collect.simulate.coins import COINS
from clri.collect.simulate.replies.gate import NAMED, ROUTES, contracts_of, levels, ticker
from clri.collect.simulate.tape import Order
from clri.collect.simulate.texts import price
from clri.collect.simulate.throttle import batches
from clri.collect.simulate.voice import Json, Pace, Second, Sent, Told, Topic, VenueFrames
from clri.model.names import Venue
from clri.model.timebase import SECOND

FORCED: Final = Topic("futures.public_liquidates")
ROWS: Final = 20
"""Rows at which an array leaves before its second ends."""
LEVELS: Final = 20


class GateFrames(VenueFrames):
    """USDT perpetuals."""

    venue: ClassVar[Venue] = "gate"
    liquidations = FORCED.channel
    books = "futures.order_book"
    paces: ClassVar = {"futures.tickers": Pace(1000, 2000), books: Pace(100)}
    named = NAMED
    routes = ROUTES

    def topics(self) -> list[Topic]:
        """All channels."""
        return [FORCED, *(Topic(channel, raw) for channel in ("futures.tickers", self.books) for raw in self.raws)]

    def push(self, topic: Topic, at: int) -> Json:
        """Frame of one channel and contract."""
        i = self.raws[topic.name]
        if topic.channel == "futures.tickers":
            return self._frame(topic.channel, "update", [ticker(self.view, i, at)], at)
        bids, asks = (levels(COINS[i], side) for side in self.view.top(at, i, LEVELS))
        book = {"t": self.view.stamp(at), "id": at, "contract": topic.name, "bids": bids, "asks": asks}
        return self._frame(topic.channel, "all", book, at)

    def _frame(self, channel: str, event: str, result: Json, at: int) -> dict[str, Any]:
        stamp = self.view.stamp(at)
        return {"time": stamp // 1000, "time_ms": stamp, "channel": channel, "event": event, "result": result}

    def single(self, order: Order, at: int) -> Told:
        """A frame of one order."""
        return self._told([order])._replace(at=at)

    def forced(self, second: int) -> Second:
        """Arrays over all contracts; the sign is that of the position."""
        return Second([self._told(batch) for batch in batches(self.view.orders(second), SECOND, most=ROWS)], [])

    def _told(self, batch: Sequence[Order]) -> Told:
        rows, sent = [], []
        for order in batch:
            c, stamp = COINS[order.coin], self.view.stamp(order.ms)
            at, size = price(c, order.price), contracts_of(c, order.qty)
            row = {"contract": NAMED.format(c.symbol), "price": at, "size": size if order.long else f"-{size}"}
            rows.append(row | {"time": stamp // 1000, "time_ms": stamp})
            value, coins = float(at), float(size) * c.gate
            event = order.ms * 1_000_000
            sent.append(Sent("gate", c.symbol, order.side, value, coins, coins * value, event, False, order.number))
        leaves = batch[-1].ms if len(batch) == ROWS else (batch[0].at // SECOND + 1) * 1000
        return Told(leaves, FORCED, self._frame(FORCED.channel, "update", rows, leaves), tuple(sent))
