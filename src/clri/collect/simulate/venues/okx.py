"""OKX in the event (VENUES 2.3): one order per contract and second, sizes in contracts."""

from collections.abc import Iterator, Sequence
from typing import Final

from clri.collect.simulate.coins import COINS
from clri.collect.simulate.event import START, Order
from clri.collect.simulate.throttle import first
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
    step,
)
from clri.model.timebase import SECOND

EIGHT_HOURS_MS: Final = 28_800_000
ALL_SWAPS: Final = {"channel": "liquidation-orders", "instType": "SWAP"}


class OkxFrames(VenueFrames):
    """Linear swaps; the first push of liquidations repeats old ones."""

    def opening(self) -> Iterator[Said]:
        """Contract list and answer to the subscription."""
        rows = [
            {
                "instType": "SWAP",
                "instId": f"{c.symbol}-USDT-SWAP",
                "ctType": "linear",
                "ctVal": f"{c.okx:g}",
                "ctMult": "1",
                "ctValCcy": c.symbol,
                "settleCcy": "USDT",
                "state": "live",
                "tickSz": step(c.digits),
                "lotSz": "0.01",
                "listTime": "1611916828000",
                "expTime": "",
                "ruleType": "normal",
            }
            for c in COINS
        ]
        yield "GET /api/v5/public/instruments?instType=SWAP", _reply(rows)
        yield None, {"event": "subscribe", "arg": ALL_SWAPS, "connId": "simulated"}

    def marks(self, t: int) -> Iterator[Said]:
        """Mark each second, index each 5 s, funding each 30 s: a frame per contract each."""
        view, now = self.view, str(ms(t))
        for i, c in enumerate(COINS):
            pair = f"{c.symbol}-USDT"
            swap = f"{pair}-SWAP"
            if t % 5 == 0:
                yield None, _push("index-tickers", pair, {"idxPx": price(c, view.index(t, i)), "ts": now})
            yield None, _push("mark-price", swap, {"markPx": price(c, view.mark(t, i)), "ts": now})
            if t % 30 == 0:
                rate = {
                    "fundingRate": f"{view.rate(t, i):.10f}",
                    "fundingTime": str(NEXT_FUNDING_MS),
                    "nextFundingRate": "",
                    "nextFundingTime": str(NEXT_FUNDING_MS + EIGHT_HOURS_MS),
                    "ts": now,
                }
                yield None, _push("funding-rate", swap, rate)

    def interest(self, t: int) -> Iterator[Said]:
        """All contracts in one reply: contracts and coins."""
        rows = []
        for i, c in enumerate(COINS):
            coins = self.view.interest(t, i)
            row = {"instType": "SWAP", "instId": f"{c.symbol}-USDT-SWAP", "ts": str(ms(t))}
            rows.append(row | {"oi": f"{coins / c.okx:.2f}", "oiCcy": f"{coins:.4f}"})
        yield "GET /api/v5/public/open-interest?instType=SWAP", _reply(rows)

    def books(self, t: int) -> Iterator[Said]:
        """Five levels by socket, the deep book by REST, sizes in contracts."""
        for i, c in enumerate(COINS):
            bids, asks = (pairs(c, side, c.okx) for side in self.view.levels(t, i))
            swap, now = f"{c.symbol}-USDT-SWAP", str(ms(t))
            top = {"bids": bids[:5], "asks": asks[:5], "ts": now, "seqId": t + 5}
            yield None, {"arg": {"channel": "books5", "instId": swap}, "data": [top]}
            yield f"GET /api/v5/market/books?instId={swap}&sz=400", _reply([{"bids": bids, "asks": asks, "ts": now}])

    def day(self, t: int) -> Iterator[Said]:
        """Turnover: swaps in coins, spot in coins and USD."""
        view, now = self.view, str(ms(t))
        swaps, spots = [], []
        for i, c in enumerate(COINS):
            mark, last, opened = view.mark(t, i), view.index(t, i), price(c, view.day_open(i))
            coins, usd = view.perp(t, i) / mark, view.spot(t, i)
            swap = {"instType": "SWAP", "instId": f"{c.symbol}-USDT-SWAP", "last": price(c, mark), "open24h": opened}
            swaps.append(swap | {"vol24h": f"{coins / c.okx:.2f}", "volCcy24h": f"{coins:.4f}", "ts": now})
            spot = {"instType": "SPOT", "instId": f"{c.symbol}-USDT", "last": price(c, last), "open24h": opened}
            spots.append(spot | {"vol24h": f"{usd / last:.4f}", "volCcy24h": f"{usd:.2f}", "ts": now})
        yield "GET /api/v5/market/tickers?instType=SWAP", _reply(swaps)
        yield "GET /api/v5/market/tickers?instType=SPOT", _reply(spots)

    def ratios(self, t: int) -> Iterator[Said]:
        """Accounts."""
        then = five_minutes(t)
        for i, c in enumerate(COINS):
            path = f"long-short-account-ratio-contract?instId={c.symbol}-USDT-SWAP&period=5m"
            rows = [[str(when), f"{self.view.ratio(t, i):.4f}"] for when in (then, then - 300_000)]
            yield f"GET /api/v5/rubik/stat/contracts/{path}", _reply(rows)

    def forced(self, orders: Sequence[Order]) -> Iterator[Told]:
        """One frame per order, by the order's side; before the first, a push of old ones."""
        lag = self.view.place.lag_ns
        sample = first(orders, lambda one: one.coin)
        old = [order._replace(at=START - (90 - 20 * n) * SECOND) for n, order in enumerate(sample[:3])]
        for batch, at, backfill in [(old, START, True), *(([order], order.at, False) for order in sample)]:
            rows, sent = [], []
            for order in batch:
                detail, told = _detail(order, backfill=backfill)
                symbol = COINS[order.coin].symbol
                row = {"instType": "SWAP", "instId": f"{symbol}-USDT-SWAP", "instFamily": f"{symbol}-USDT"}
                rows.append(row | {"details": [detail]})
                sent.append(told)
            yield Told(at + lag, {"arg": ALL_SWAPS, "data": rows}, sent)


def _detail(order: Order, *, backfill: bool) -> tuple[dict[str, str], Sent]:
    c = COINS[order.coin]
    at, contracts = price(c, beyond(order)), f"{max(0.01, order.usd / order.price / c.okx):.2f}"
    side, position = ("sell", "long") if order.long else ("buy", "short")
    detail = {"side": side, "posSide": position, "bkPx": at, "sz": contracts, "bkLoss": "0", "ts": str(order.ms)}
    coins = float(contracts) * c.okx
    return detail, Sent("okx", c.symbol, order.side, float(at), coins, coins * float(at), order.at, backfill)


def _push(channel: str, raw: str, row: dict[str, str]) -> Json:
    return {"arg": {"channel": channel, "instId": raw}, "data": [{"instId": raw, **row}]}


def _reply(rows: Json) -> Json:
    return {"code": "0", "msg": "", "data": rows}
