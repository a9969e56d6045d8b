"""ccxt.pro as a contender: the same streams, awaited as its manual shows, newest updates only.

Binance and OKX: one watcher of all liquidations; Bybit: one a symbol, since it has no other. Tickers beside them. Its
markets are given to it, since it would ask for them at paths that the fake venues do not have. Sizes of OKX are turned
into coins, which ccxt leaves to its user.
"""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from benchmarks.bursts import memory
from benchmarks.bursts.ours import quiet
from benchmarks.bursts.talk import serve
from benchmarks.ccxt_peer import CONTRACTS, Ccxt
from clri.collect.simulate.coins import SYMBOLS

UNIFIED: Final = [f"{symbol}/USDT:USDT" for symbol in SYMBOLS]
LONG: Final = {"binance": "sell", "bybit": "buy", "okx": "sell"}
"""Its word for the end of a long position: the venue's own, which means the opposite on Bybit."""


class Contender:
    """Watches until it is closed."""

    def __init__(self) -> None:
        self._got: list[tuple[int, str, list[dict[str, Any]]]] = []
        self._kept, self._updates = True, 0
        self._tasks: list[asyncio.Task[None]] = []
        self.exchanges: dict[str, Any] = {}

    async def open(self, asked: dict[str, Any]) -> None:
        """Watch the venues in `urls`, and wait until each has told a ticker."""
        for venue, urls in asked["urls"].items():
            exchange = self.exchanges[venue] = Ccxt(venue).exchange
            for market in exchange.markets.values():
                market["lowercaseId"] = market["id"].lower()  # as Binance's own list gives it
            base = urls["ws_url"]
            match venue:
                case "binance":
                    exchange.urls["api"]["ws"]["linear"] = f"{base}/market/stream?ccxt="
                    exchange.options["watchTickers"] = {"name": "ticker"}
                case "bybit":
                    exchange.urls["api"]["ws"]["public"]["linear"] = f"{base}/v5/public/linear"
                case _:
                    exchange.urls["api"]["ws"] = f"{base}/ws/v5"
            self._watch(venue, exchange)
        while not all(exchange.tickers for exchange in self.exchanges.values()):
            await asyncio.sleep(0.2)
            for task in self._tasks:
                if task.done():
                    task.result()
        await asyncio.sleep(2.0)

    def _watch(self, venue: str, exchange: Any) -> None:
        def start(watch: Callable[[], Awaitable[Any]], *, keep: bool) -> None:
            self._tasks.append(asyncio.create_task(self._follow(venue, watch, keep=keep)))

        if venue == "bybit":
            for symbol in UNIFIED:
                start(lambda symbol=symbol: exchange.watch_liquidations(symbol), keep=True)
        else:
            start(lambda: exchange.watch_liquidations_for_symbols(None), keep=True)
        if venue == "okx":
            start(lambda: exchange.watch_mark_prices(UNIFIED), keep=False)
        else:
            start(lambda: exchange.watch_tickers(UNIFIED), keep=False)

    async def _follow(self, venue: str, watch: Callable[[], Awaitable[Any]], *, keep: bool) -> None:
        from ccxt import NetworkError

        while True:
            try:
                found = await watch()
            except NetworkError:  # the next call connects again
                await asyncio.sleep(1.0)
                continue
            self._updates += 1
            if keep and self._kept:
                self._got.append((time.time_ns(), venue, list(found)))

    async def begin(self, asked: dict[str, Any]) -> None:
        """Start measuring; with `keep` what comes is kept to be told."""
        self._got, self._kept, self._updates = [], bool(asked["keep"]), 0
        gc.collect()
        gc.freeze()
        memory.reset()
        self._before, self._cpu = memory.held(), time.process_time()

    async def end(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """As `ours` tells it."""
        used = await quiet()
        gc.unfreeze()
        grown = memory.peak() - self._before
        rows = [_row(venue, one, at) for at, venue, found in self._got for one in found]
        self._got = []
        return {"cpu_s": used - self._cpu, "grown": grown, "rows": rows, "updates": self._updates, "dropped": {}}

    async def close(self) -> None:
        """Stop."""
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        for exchange in self.exchanges.values():
            await exchange.close()


def _row(venue: str, one: dict[str, Any], at: int) -> tuple[Any, ...]:
    symbol = one["symbol"].partition("/")[0]
    size = one["contracts"] * (CONTRACTS[symbol] if venue == "okx" else 1.0)
    side = "LONG" if one["side"] == LONG[venue] else "SHORT"
    return venue, symbol, side, one["price"], size, one["timestamp"], at


async def main() -> None:
    one = Contender()
    await serve({"open": one.open, "begin": one.begin, "end": one.end})
    await one.close()


if __name__ == "__main__":
    asyncio.run(main())
