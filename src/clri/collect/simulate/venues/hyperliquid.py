"""Hyperliquid's subscriptions (VENUES 2.6): fills of two vaults, in which a third of all liquidations can be seen."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

import msgspec

from clri.collect.simulate.chance import mix
from clri.collect.simulate.coins import COINS
from clri.collect.simulate.replies.hyperliquid import LEVELS, NAMED, VAULTS, answer, book, state
from clri.collect.simulate.tape import Order
from clri.collect.simulate.texts import price, size
from clri.collect.simulate.throttle import Unsent, batches
from clri.collect.simulate.voice import Json, Pace, RefusedError, Route, Second, Sent, Told, Topic, VenueFrames
from clri.model.names import Venue
from clri.model.timebase import SECOND

SEEN_PCT: Final = 35
"""Percentage of the liquidations that meet a vault."""
REPEATED: Final = 20
"""Orders that the first push after a subscription repeats."""


class HyperliquidFrames(VenueFrames):
    """Perpetuals in USDC; funding per hour."""

    venue: ClassVar[Venue] = "hyperliquid"
    liquidations = "userFills"
    books = "l2Book"
    paces: ClassVar = {"activeAssetCtx": Pace(1000), books: Pace(500)}
    named = NAMED
    routes: ClassVar[Mapping[str, Route]] = {}

    def topics(self) -> list[Topic]:
        """All subscriptions; fills of those who are no vaults have nothing to tell."""
        coins = [Topic(channel, raw) for channel in ("activeAssetCtx", self.books) for raw in self.raws]
        return [*(Topic(self.liquidations, vault) for vault in VAULTS), *coins]

    def knows(self, topic: Topic) -> bool:
        """Whether there is such a coin; any user may be followed."""
        return topic.channel == self.liquidations or super().knows(topic)

    def concerns(self, topic: Topic, told: Told) -> bool:
        """Fills go to those who follow the vault."""
        return topic.name.lower() == told.topic.name

    def first(self, topic: Topic, at: int) -> list[Told]:
        """The newest fills of a vault once more (`isSnapshot`), or the present state of a coin."""
        if topic.channel != self.liquidations:
            return [Told(at, topic, self.push(topic, at))]
        orders = [order for order in self.recent(at, REPEATED) if self._vault(order) == topic.name.lower()]
        return [self._told(orders, at, topic.name.lower(), backfill=True)]

    def push(self, topic: Topic, at: int) -> Json:
        """State or book of a coin."""
        i = self.raws[topic.name]
        if topic.channel == self.books:
            data = book(COINS[i], self.view.stamp(at), *self.view.top(at, i, LEVELS))
        else:
            data = {"coin": topic.name, "ctx": state(self.view, i, at)}
        return {"channel": topic.channel, "data": data}

    def single(self, order: Order, at: int) -> Told:
        """A fill, beside an ordinary one."""
        return self._told([order], at, self._vault(order), backfill=False)

    def forced(self, second: int) -> Second:
        """Fills of a second per vault, among ordinary ones; two thirds of the orders meet no vault."""
        orders = self.view.orders(second)
        seen = [order for order in orders if mix(self.view.seed, order.number) % 100 < SEEN_PCT]
        numbers = {order.number for order in seen}
        unsent = [Unsent(order, "partial") for order in orders if order.number not in numbers]
        told = [
            self._told(batch, (second + 1) * 1000, self._vault(batch[0]), backfill=False)
            for batch in batches(seen, SECOND, self._vault)
        ]
        return Second(told, unsent)

    def _vault(self, order: Order) -> str:
        return VAULTS[mix(self.view.seed, order.number, 1) % len(VAULTS)]

    def _told(self, batch: Sequence[Order], at: int, vault: str, *, backfill: bool) -> Told:
        fills: list[dict[str, Any]] = []
        sent = []
        for order in batch:
            c, stamp = COINS[order.coin], self.view.stamp(order.ms)
            filled, qty = price(c, order.price), size(c, order.qty)
            fill = {"coin": c.symbol, "px": filled, "sz": qty, "time": stamp, "hash": "0x0"}
            # An ordinary trade of the vault: its direction in words must fool nobody.
            fills.append(fill | {"side": "A", "tid": 2 * order.number, "dir": "Close Long"})
            forced = {"liquidatedUser": f"0x{mix(order.number):040x}", "markPx": filled, "method": "market"}
            side, way = ("B", "Open Long") if order.long else ("A", "Open Short")
            fills.append(fill | {"side": side, "tid": 2 * order.number + 1, "dir": way, "liquidation": forced})
            value, coins = float(filled), float(qty)
            told = Sent(
                "hyperliquid",
                c.symbol,
                order.side,
                value,
                coins,
                value * coins,
                order.ms * 1_000_000,
                backfill,
                order.number,
            )
            sent.append(told)
        frame = {"channel": "userFills", "data": {"isSnapshot": backfill, "user": vault, "fills": fills}}
        return Told(at, Topic(self.liquidations, vault), frame, tuple(sent))

    def reply(self, method: str, path: str, body: bytes | None, at: int) -> Json | None:
        """Answer to a POST of /info."""
        if method != "POST" or path.partition("?")[0] != "/info":
            return None
        try:
            asked = msgspec.json.decode(body or b"", type=dict[str, Any])
        except ValueError:
            raise RefusedError(422, {"error": "Failed to deserialize the JSON body into the target type"}) from None
        found = answer(self.view, asked, at)
        if found is None:
            raise RefusedError(422, {"error": "Failed to deserialize the JSON body into the target type"})
        return found
