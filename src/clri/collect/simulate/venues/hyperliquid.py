"""Hyperliquid in the event (VENUES 2.6): the fills of two vaults, a third of all liquidations."""

from collections.abc import Iterable, Iterator, Sequence
from math import floor, log10
from typing import Final

from clri.collect.simulate.coins import COINS, SPOT_ON_HYPERLIQUID, Coin
from clri.collect.simulate.event import START, Order
from clri.collect.simulate.throttle import batches
from clri.collect.simulate.view import Json, Level, Said, Sent, Told, VenueFrames, ms, price, size
from clri.model.timebase import SECOND

VAULTS: Final = ("0x2e3d94f0562703b25c83308a05046ddaf9a8dd14", "0xb0a55f13d22f66e6d495ac98113841b2326e9540")
SEEN_PCT: Final = 35
"""Percentage of the liquidations that meet a vault."""
FINE_UP_TO: Final = 2.0
"""Leading digits of a price up to which a book of 4 significant figures reaches 1 %; above, one of 3 is asked for."""
LEVELS: Final = 20
Rows = list[dict[str, str | int]]


class HyperliquidFrames(VenueFrames):
    """Perpetuals in USDC; funding per hour."""

    def opening(self) -> Iterator[Said]:
        """Contract list with states, answer to a subscription."""
        yield from self.interest(0)
        topic = {"type": "userFills", "user": VAULTS[0]}
        yield None, {"channel": "subscriptionResponse", "data": {"method": "subscribe", "subscription": topic}}

    def marks(self, t: int) -> Iterator[Said]:
        """State of each coin; the venue gives no time."""
        for i, c in enumerate(COINS):
            yield None, {"channel": "activeAssetCtx", "data": {"coin": c.symbol, "ctx": self._state(t, i)}}

    def interest(self, t: int) -> Iterator[Said]:
        """All coins and their states in one reply."""
        coins = [{"name": c.symbol, "szDecimals": c.lot, "maxLeverage": 40} for c in COINS]
        states = [self._state(t, i) for i in range(len(COINS))]
        yield 'POST /info {"type":"metaAndAssetCtxs"}', [{"universe": coins}, states]

    def books(self, t: int) -> Iterator[Said]:
        """The exact top by socket, a coarse book that reaches far by REST."""
        for i, c in enumerate(COINS):
            bids, asks = self.view.levels(t, i, 4)
            yield None, {"channel": "l2Book", "data": _book(c, t, bids, asks)}
            middle = self.view.mark(t, i)
            power = 10.0 ** floor(log10(middle))
            figures = 4 if middle / power <= FINE_UP_TO else 3
            step = power * 10.0 ** (1 - figures)
            path = f'POST /info {{"type":"l2Book","coin":"{c.symbol}","nSigFigs":{figures}}}'
            yield path, _book(c, t, self._coarse(t, i, step, -1.0), self._coarse(t, i, step, 1.0))

    def day(self, t: int) -> Iterator[Said]:
        """Spot pairs of three coins, named by number."""
        tokens: list[Json] = [{"name": "USDC", "index": 0}]
        pairs, states = [], []
        for i, c in enumerate(COINS):
            if c.symbol not in SPOT_ON_HYPERLIQUID:
                continue
            last, usd, name = self.view.index(t, i), self.view.spot(t, i), f"@{140 + i}"
            tokens.append({"name": f"U{c.symbol}", "index": i + 1})
            pairs.append({"name": name, "tokens": [i + 1, 0], "index": 140 + i})
            state = {"coin": name, "markPx": price(c, last), "midPx": price(c, last)}
            state |= {"prevDayPx": price(c, self.view.day_open(i))}
            states.append(state | {"dayNtlVlm": f"{usd:.2f}", "dayBaseVlm": f"{usd / last:.4f}"})
        yield 'POST /info {"type":"spotMetaAndAssetCtxs"}', [{"tokens": tokens, "universe": pairs}, states]

    def ratios(self, t: int) -> Iterator[Said]:
        """None: the venue has no such number."""
        del t
        return iter(())

    def forced(self, orders: Sequence[Order]) -> Iterator[Told]:
        """Fills of a second per vault, among ordinary ones; before them, old fills."""
        seen = [order for order in orders if (order.ms * 7919 + order.coin * 31) % 100 < SEEN_PCT]
        old = [order._replace(at=START - (40 - 10 * n) * SECOND) for n, order in enumerate(seen[:2])]
        yield self._push(old, START, VAULTS[0], backfill=True)
        for batch in batches(seen, SECOND, lambda one: one.coin % len(VAULTS)):
            end = (batch[0].at // SECOND + 1) * SECOND
            yield self._push(batch, end, VAULTS[batch[0].coin % len(VAULTS)], backfill=False)

    def _push(self, batch: Sequence[Order], end: int, vault: str, *, backfill: bool) -> Told:
        fills: list[Json] = []
        sent = []
        for n, order in enumerate(batch):
            c = COINS[order.coin]
            at, qty = price(c, order.price), size(c, order.usd / order.price)
            fill = {"coin": c.symbol, "px": at, "sz": qty, "time": order.ms, "hash": "0x0"}
            fills.append(fill | {"side": "A", "tid": order.ms, "dir": "Close Long"})  # an ordinary trade of the vault
            forced = {"liquidatedUser": f"0x{order.ms:x}{order.coin:x}{n:x}", "markPx": at, "method": "market"}
            side = "B" if order.long else "A"
            fills.append(fill | {"side": side, "tid": order.ms + n, "dir": "Open Long", "liquidation": forced})
            value, coins = float(at), float(qty)
            sent.append(Sent("hyperliquid", c.symbol, order.side, value, coins, value * coins, order.at, backfill))
        frame: Json = {"channel": "userFills", "data": {"isSnapshot": backfill, "user": vault, "fills": fills}}
        return Told(end + self.view.place.lag_ns, frame, sent)

    def _state(self, t: int, i: int) -> dict[str, str]:
        view, c = self.view, COINS[i]
        mark, usd = view.mark(t, i), view.perp(t, i)
        return {
            "funding": f"{view.rate(t, i) / 8.0:.10f}",
            "openInterest": f"{view.interest(t, i):.4f}",
            "prevDayPx": price(c, view.day_open(i)),
            "dayNtlVlm": f"{usd:.2f}",
            "oraclePx": price(c, view.index(t, i)),
            "markPx": price(c, mark),
            "midPx": price(c, mark),
            "dayBaseVlm": f"{usd / mark:.4f}",
        }

    def _coarse(self, t: int, i: int, step: float, sign: float) -> list[Level]:
        """Levels on multiples of `step`: each holds what stands between it and the next one towards the middle."""
        event, middle = self.view.event, self.view.mark(t, i)
        usd = (event.bids if sign < 0.0 else event.asks)[t][i] * self.view.place.depth / (0.01 * middle)
        nearest = (floor(middle / step) + (sign > 0.0)) * step
        levels = [(nearest, usd * abs(middle - nearest) / nearest)]
        for k in range(1, LEVELS):
            at = nearest + sign * step * k
            levels.append((at, usd * step / at))
        return levels


def _book(coin: Coin, t: int, bids: Iterable[Level], asks: Iterable[Level]) -> Json:
    sides: list[Rows] = [
        [{"px": price(coin, at), "sz": f"{coins:.4f}", "n": 3} for at, coins in side] for side in (bids, asks)
    ]
    return {"coin": coin.symbol, "time": ms(t), "levels": sides}
