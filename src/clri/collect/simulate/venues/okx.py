"""OKX's channels (VENUES 2.3): of the orders of a contract and second the first, sizes in contracts."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from clri.collect.simulate.coins import COINS
from clri.collect.simulate.replies.okx import NAMED, ROUTES, funding_row, mark_row
from clri.collect.simulate.tape import Order
from clri.collect.simulate.texts import pairs, price
from clri.collect.simulate.throttle import first
from clri.collect.simulate.voice import Json, Pace, Second, Sent, Told, Topic, VenueFrames
from clri.model.names import Venue

FORCED: Final = Topic("liquidation-orders")
ALL_SWAPS: Final = {"channel": "liquidation-orders", "instType": "SWAP"}
REPEATED: Final = 20
"""Orders that the first push after a subscription repeats."""
LEVELS: Final = 5


class OkxFrames(VenueFrames):
    """Linear swaps; index-tickers are named by the pair."""

    venue: ClassVar[Venue] = "okx"
    liquidations = FORCED.channel
    books = "books5"
    paces: ClassVar = {
        "mark-price": Pace(200),
        "index-tickers": Pace(100, 5000),
        "funding-rate": Pace(60_000, 30_000),
        books: Pace(100),
    }
    named = NAMED
    routes = ROUTES

    def topics(self) -> list[Topic]:
        """All channels."""
        swaps = [Topic(channel, raw) for channel in ("mark-price", "funding-rate", self.books) for raw in self.raws]
        return [FORCED, *swaps, *(Topic("index-tickers", raw.removesuffix("-SWAP")) for raw in self.raws)]

    def first(self, topic: Topic, at: int) -> list[Told]:
        """The newest orders once more, and each other channel's present state."""
        if topic == FORCED:
            orders = self.recent(at, REPEATED)
            return [self._told(orders, at, backfill=True)] if orders else []
        return [Told(at, topic, self.push(topic, at))]

    def push(self, topic: Topic, at: int) -> Json:
        """Frame of one channel and contract."""
        view = self.view
        if topic.channel == "index-tickers":
            i = self.raws[f"{topic.name}-SWAP"]
            row: dict[str, Any] = {"instId": topic.name, "idxPx": price(COINS[i], view.now(at).index[i])}
            row |= {"ts": str(view.stamp(at))}
        elif topic.channel == "mark-price":
            row = mark_row(view, self.raws[topic.name], at)
        elif topic.channel == "funding-rate":
            row = funding_row(view, self.raws[topic.name], at)
        else:
            i = self.raws[topic.name]
            c = COINS[i]
            sides = ([[*pair, "0", "3"] for pair in pairs(c, side, c.okx)] for side in view.top(at, i, LEVELS))
            bids, asks = sides
            row = {"bids": bids, "asks": asks, "ts": str(view.stamp(at)), "seqId": at, "instId": topic.name}
        return {"arg": {"channel": topic.channel, "instId": topic.name}, "data": [row]}

    def single(self, order: Order, at: int) -> Told:
        """A frame of one order."""
        return self._told([order], at, backfill=False)

    def forced(self, second: int) -> Second:
        """One frame per order, at once, by the side of the order."""
        orders, unsent = first(self.view.orders(second), lambda one: one.coin)
        return Second([self._told([order], order.ms + 1, backfill=False) for order in orders], unsent)

    def _told(self, orders: Sequence[Order], at: int, *, backfill: bool) -> Told:
        rows, sent = [], []
        for order in orders:
            c = COINS[order.coin]
            bankrupt, contracts = price(c, order.bankrupt), f"{max(0.01, order.qty / c.okx):.2f}"
            side, position = ("sell", "long") if order.long else ("buy", "short")
            detail = {"side": side, "posSide": position, "bkPx": bankrupt, "sz": contracts, "bkLoss": "0", "ccy": ""}
            detail |= {"ts": str(self.view.stamp(order.ms))}
            row = {"instType": "SWAP", "instId": NAMED.format(c.symbol), "instFamily": f"{c.symbol}-USDT"}
            rows.append(row | {"uly": f"{c.symbol}-USDT", "details": [detail]})
            value, coins = float(bankrupt), float(contracts) * c.okx
            event = order.ms * 1_000_000
            sent.append(Sent("okx", c.symbol, order.side, value, coins, coins * value, event, backfill, order.number))
        return Told(at, FORCED, {"arg": ALL_SWAPS, "data": rows}, tuple(sent))
