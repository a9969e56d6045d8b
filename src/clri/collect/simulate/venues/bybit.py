"""Bybit's topics (VENUES 2.2): every liquidation, in batches of 500 ms; tickers and books as changes of a snapshot."""

from collections.abc import Sequence
from typing import ClassVar, Final

from clri.collect.simulate.coins import COINS
from clri.collect.simulate.replies.bybit import NAMED, ROUTES, ticker
from clri.collect.simulate.tape import Order
from clri.collect.simulate.texts import pairs, price, size
from clri.collect.simulate.throttle import batches
from clri.collect.simulate.voice import Json, Pace, Second, Sent, Told, Topic, VenueFrames
from clri.model.names import Venue
from clri.model.timebase import MILLI

BATCH_NS: Final = 500 * MILLI
LEVELS: Final = 50
"""Levels a side of the kept book."""


class BybitFrames(VenueFrames):
    """Linear perpetuals; sizes are coins."""

    venue: ClassVar[Venue] = "bybit"
    liquidations = "allLiquidation"
    books = "orderbook.50"
    paces: ClassVar = {"tickers": Pace(100), books: Pace(20)}
    named = NAMED
    routes = ROUTES

    def topics(self) -> list[Topic]:
        """All topics."""
        return [Topic(channel, raw) for channel in ("tickers", self.books, "allLiquidation") for raw in self.raws]

    def first(self, topic: Topic, at: int) -> list[Told]:
        """A snapshot of a ticker or book; the changes that follow count on from it."""
        if topic.channel == self.liquidations:
            return []
        i, every = self.raws[topic.name], self.every(topic.channel)
        if topic.channel == "tickers":
            frame = self._frame(topic, "snapshot", ticker(self.view, i, at), at) | {"cs": at // every}
        else:
            # The state of the last push, so that its count is one less than that of the next.
            frame = self._frame(topic, "snapshot", self._book(topic, at, *self._sides(i, at // every * every)), at)
        return [Told(at, topic, frame)]

    def push(self, topic: Topic, at: int) -> Json | None:
        """What changed since the push before; None if nothing did."""
        i, every = self.raws[topic.name], self.every(topic.channel)
        if topic.channel == "tickers":
            before, now = ticker(self.view, i, at - every), ticker(self.view, i, at)
            changed = {key: value for key, value in now.items() if before[key] != value}
            if not changed:
                return None
            return self._frame(topic, "delta", {"symbol": topic.name} | changed, at) | {"cs": at // every}
        at_before, at_now = (at // every - 1) * every, at // every * every
        sides = [_changes(old, new) for old, new in zip(self._sides(i, at_before), self._sides(i, at_now), strict=True)]
        return self._frame(topic, "delta", self._book(topic, at, *sides), at)

    def _sides(self, i: int, at: int) -> tuple[list[list[str]], list[list[str]]]:
        bids, asks = (pairs(COINS[i], side) for side in self.view.top(at, i, LEVELS))
        return bids, asks

    def _book(self, topic: Topic, at: int, bids: list[list[str]], asks: list[list[str]]) -> Json:
        count = at // self.every(topic.channel)
        return {"s": topic.name, "b": bids, "a": asks, "u": count, "seq": count}

    def _frame(self, topic: Topic, kind: str, data: Json, at: int) -> dict[str, object]:
        return {
            "topic": f"{topic.channel}.{topic.name}",
            "type": kind,
            "ts": self.view.stamp(at),
            "data": data,
        }

    def single(self, order: Order, at: int) -> Told:
        """A frame of one order."""
        return self._told([order])._replace(at=at)

    def forced(self, second: int) -> Second:
        """One frame per symbol and batch; the side is that of the POSITION, the price that of bankruptcy."""
        orders = self.view.orders(second)
        told = [self._told(batch) for batch in batches(orders, BATCH_NS, lambda one: one.coin)]
        return Second(sorted(told, key=lambda one: one.at), [])

    def _told(self, batch: Sequence[Order]) -> Told:
        c = COINS[batch[0].coin]
        raw, rows, sent = NAMED.format(c.symbol), [], []
        for order in batch:
            bankrupt, qty = price(c, order.bankrupt), size(c, order.qty)
            side = "Buy" if order.long else "Sell"
            rows.append({"T": self.view.stamp(order.ms), "s": raw, "S": side, "v": qty, "p": bankrupt})
            value, coins = float(bankrupt), float(qty)
            event = order.ms * 1_000_000
            sent.append(Sent("bybit", c.symbol, order.side, value, coins, coins * value, event, False, order.number))
        at = (batch[0].at // BATCH_NS + 1) * (BATCH_NS // MILLI)
        topic = Topic(self.liquidations, raw)
        return Told(at, topic, self._frame(topic, "snapshot", rows, at), tuple(sent))


def _changes(old: list[list[str]], new: list[list[str]]) -> list[list[str]]:
    """Levels that are new or have another size, and those that are gone with size 0."""
    before = {level[0]: level[1] for level in old}
    now = {level[0]: level[1] for level in new}
    changed = [[at, held] for at, held in now.items() if before.get(at) != held]
    return changed + [[at, "0"] for at in before if at not in now]
