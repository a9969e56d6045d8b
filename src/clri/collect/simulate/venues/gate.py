"""Gate in the event (VENUES 2.4): every order, in arrays of a second or 20 rows; sizes in contracts."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from clri.collect.simulate.coins import COINS, Coin
from clri.collect.simulate.event import Order
from clri.collect.simulate.throttle import batches
from clri.collect.simulate.view import (
    NEXT_FUNDING_MS,
    Json,
    Level,
    Said,
    Sent,
    Told,
    VenueFrames,
    five_minutes,
    ms,
    price,
    step,
)
from clri.model.timebase import MILLI, SECOND

ROWS: Final = 20
"""Rows at which an array leaves before its second ends."""


class GateFrames(VenueFrames):
    """USDT perpetuals."""

    def opening(self) -> Iterator[Said]:
        """Contract list and answer to the subscription."""
        yield (
            "GET /futures/usdt/contracts",
            [
                {
                    "name": f"{c.symbol}_USDT",
                    "type": "direct",
                    "quanto_multiplier": f"{c.gate:g}",
                    "funding_interval": 28_800,
                    "funding_next_apply": NEXT_FUNDING_MS // 1000,
                    "order_price_round": step(c.digits),
                    "launch_time": 1_609_459_200,
                    "in_delisting": False,
                    "status": "trading",
                }
                for c in COINS
            ],
        )
        answer = _push(ms(0), "futures.public_liquidates", {"status": "success"})
        yield None, answer | {"event": "subscribe", "payload": ["!all"]}

    def marks(self, t: int) -> Iterator[Said]:
        """Tickers, each contract every other second."""
        for i in range(t % 2, len(COINS), 2):
            yield None, _push(ms(t), "futures.tickers", [self._row(t, i)])

    def interest(self, t: int) -> Iterator[Said]:
        """All tickers in one reply."""
        yield "GET /futures/usdt/tickers", [self._row(t, i) for i in range(len(COINS))]

    def books(self, t: int) -> Iterator[Said]:
        """The top by socket, the deep book by REST."""
        now = ms(t)
        for i, c in enumerate(COINS):
            bids, asks = (_levels(c, side) for side in self.view.levels(t, i))
            raw = f"{c.symbol}_USDT"
            top = {"t": now, "id": now, "contract": raw, "bids": bids[:5], "asks": asks[:5]}
            yield None, _push(now, "futures.order_book", top) | {"event": "all"}
            deep = {"current": now / 1000.0, "update": now / 1000.0, "bids": bids, "asks": asks}
            yield f"GET /futures/usdt/order_book?contract={raw}&limit=300", deep

    def day(self, t: int) -> Iterator[Said]:
        """Spot tickers; those of perpetuals come with the marks."""
        rows = []
        for i, c in enumerate(COINS):
            last, usd = self.view.index(t, i), self.view.spot(t, i)
            change = f"{(last / self.view.day_open(i) - 1.0) * 100.0:.2f}"
            row = {"currency_pair": f"{c.symbol}_USDT", "last": price(c, last), "change_percentage": change}
            rows.append(row | {"base_volume": f"{usd / last:.4f}", "quote_volume": f"{usd:.2f}"})
        yield "GET /spot/tickers", rows

    def ratios(self, t: int) -> Iterator[Said]:
        """Three buckets: one that stands, one that may be rewritten, the one that runs."""
        then = five_minutes(t) // 1000
        for i, c in enumerate(COINS):
            ratio = self.view.ratio(t, i)
            row = {"lsr_account": round(ratio, 6), "lsr_taker": round(ratio / 1.3, 6)}
            row |= {"top_lsr_account": round(ratio * 1.1, 6), "top_lsr_size": round(ratio * 1.05, 6)}
            rows = [row | {"time": when} for when in (then - 600, then - 300, then)]
            yield f"GET /futures/usdt/contract_stats?contract={c.symbol}_USDT&interval=5m&limit=3", rows

    def forced(self, orders: Sequence[Order]) -> Iterator[Told]:
        """Arrays over all contracts; the sign is that of the position."""
        for batch in batches(orders, SECOND, most=ROWS):
            rows, sent = [], []
            for order in batch:
                c = COINS[order.coin]
                at, contracts = price(c, order.price), max(1, round(order.usd / order.price / c.gate))
                row = {
                    "contract": f"{c.symbol}_USDT",
                    "price": at,
                    "size": str(contracts if order.long else -contracts),
                }
                rows.append(row | {"time": order.at // SECOND, "time_ms": order.ms})
                value, coins = float(at), contracts * c.gate
                sent.append(Sent("gate", c.symbol, order.side, value, coins, coins * value, order.at, backfill=False))
            end = batch[-1].at if len(batch) == ROWS else (batch[0].at // SECOND + 1) * SECOND
            frame = _push(end // MILLI, "futures.public_liquidates", rows)
            yield Told(end + self.view.place.lag_ns, frame, sent)

    def _row(self, t: int, i: int) -> dict[str, str]:
        view, c = self.view, COINS[i]
        mark, usd = view.mark(t, i), view.perp(t, i)
        return {
            "contract": f"{c.symbol}_USDT",
            "last": price(c, mark),
            "mark_price": price(c, mark),
            "index_price": price(c, view.index(t, i)),
            "funding_rate": f"{view.rate(t, i):.8f}",
            "total_size": str(round(view.interest(t, i) / c.gate)),
            "volume_24h_base": f"{usd / mark:.4f}",
            "volume_24h_quote": f"{usd:.2f}",
            "change_percentage": f"{(mark / view.day_open(i) - 1.0) * 100.0:.2f}",
        }


def _levels(coin: Coin, levels: Iterable[Level]) -> list[dict[str, str]]:
    return [{"p": price(coin, value), "s": f"{coins / coin.gate:.1f}"} for value, coins in levels]


def _push(now: int, channel: str, result: Json) -> dict[str, object]:
    return {"time": now // 1000, "time_ms": now, "channel": channel, "event": "update", "result": result}
