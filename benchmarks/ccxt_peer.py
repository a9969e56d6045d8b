"""ccxt.pro fed with text, through its own socket client's decoding and its own handlers, without a network.

The client is ccxt's class without a connection: `handle_text_or_binary_message` decodes (ccxt 4.5.90 depends on orjson
and uses it) and calls the exchange's `handle_message`. No future waits for a result, which is the cheap case.

What ccxt gives is richer in form: a dictionary of 10 to 22 keys in one vocabulary for 100 exchanges, the frame kept in
`info`, an ISO time. What it loses: all but the first order of an OKX push, the size in coins and USD (`baseValue` and
`quoteValue` are None), the side of the position (it repeats the venue's word, which means the opposite on Bybit), the
filled size (it reads the last fill), and events that come faster than they are awaited. It has no event id and makes
no range checks.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from clri.collect.simulate.coins import COINS
from clri.model.facts import Fact, Liquidation, MarkFunding, Ticker

EXCHANGES: Final = {"binance": "binanceusdm", "bybit": "bybit", "okx": "okx"}
CONTRACTS: Final = {coin.symbol: coin.okx for coin in COINS}
"""Coins in one contract of OKX: ccxt does not give them with a liquidation."""


class Ccxt:
    """One exchange and one client.

    Parameters
    ----------
    venue
        binance, bybit or okx.
    """

    def __init__(self, venue: str) -> None:
        import ccxt.pro
        from ccxt.async_support.base.ws.client import Client

        class Offline(Client):
            """The client without its connection."""

            def __init__(self, url: str, handle: Callable[[Any, Any], None]) -> None:
                self.url, self.on_message_callback = url, handle
                self.futures, self.subscriptions = {}, {}

        self.exchange = getattr(ccxt.pro, EXCHANGES[venue])()
        self.exchange.set_markets([self._market(venue, coin.symbol, coin.okx) for coin in COINS])
        self.take = Offline("offline", self.exchange.handle_message).handle_text_or_binary_message

    def feed(self, frames: Iterable[str]) -> None:
        """Handle frames."""
        take = self.take
        for frame in frames:
            take(frame)

    def agrees(self, fact: Fact) -> bool:
        """True if what ccxt holds after a frame says the same as our last fact of it, where both say something."""
        symbol, ms = f"{fact.symbol}/USDT:USDT", (fact.ts_venue or 0) // 1_000_000
        if isinstance(fact, Liquidation):
            found = self.exchange.liquidations[-1]
            size = found["contracts"] * (CONTRACTS[fact.symbol] if fact.venue == "okx" else 1.0)
            said = (found["symbol"], found["timestamp"], found["price"])
            return said == (symbol, ms, fact.price) and abs(size - fact.qty) <= 1e-9 * fact.qty
        found = self.exchange.tickers[symbol]
        if found["timestamp"] != ms:
            return False
        if isinstance(fact, MarkFunding):
            return bool(found["markPrice"] == fact.mark)
        if isinstance(fact, Ticker):
            return bool(found["last"] == fact.last and found["bid"] == fact.bid)
        return True

    def _market(self, venue: str, coin: str, okx_size: float) -> dict[str, Any]:
        raw = f"{coin}-USDT-SWAP" if venue == "okx" else f"{coin}USDT"
        names = {"base": coin, "quote": "USDT", "settle": "USDT", "baseId": coin, "quoteId": "USDT", "settleId": "USDT"}
        kind = {"type": "swap", "spot": False, "swap": True, "contract": True, "linear": True, "inverse": False}
        size = okx_size if venue == "okx" else 1.0
        market = {"id": raw, "symbol": f"{coin}/USDT:USDT", "contractSize": size, "active": True} | names | kind
        found: dict[str, Any] = self.exchange.safe_market_structure(
            market | {"precision": {"amount": 0.001, "price": 0.01}}
        )
        return found
