"""CoinGecko: prices, and the derivatives of all exchanges with funding in percent."""

from typing import Any, ClassVar, Final

from clri.collect.simulate.coins import COINS
from clri.model.names import Venue
from clri.testing.fake_venues.services.service import Answer, Call, Service

IDS: Final = {
    "bitcoin": "BTC",
    "ethereum": "ETH",
    "solana": "SOL",
    "ripple": "XRP",
    "binancecoin": "BNB",
    "dogecoin": "DOGE",
    "cardano": "ADA",
    "chainlink": "LINK",
}
MARKETS: Final[dict[Venue, str]] = {
    "binance": "Binance (Futures)",
    "bybit": "Bybit (Futures)",
    "okx": "OKX (Futures)",
    "gate": "Gate (Futures)",
    "bitget": "Bitget Futures",
    "hyperliquid": "Hyperliquid (Futures)",
}


class CoinGecko(Service):
    """The service; works without a key."""

    name: ClassVar[Venue] = "coingecko"
    prefix: ClassVar[str] = "/api/v3"
    limit: ClassVar = (30, 60.0)

    def over(self) -> Answer:
        """Refusal."""
        said = {"error_code": 429, "error_message": "You've exceeded the Rate Limit."}
        return Answer({"status": said}, 429, {"Retry-After": "60"})

    def answer(self, call: Call) -> Answer | None:
        """Answer to a call."""
        if call.path == "/simple/price":
            return Answer(self._prices(call))
        return Answer(self._derivatives(call.at)) if call.path == "/derivatives" else None

    def _prices(self, call: Call) -> dict[str, Any]:
        view, found = self.voices["binance"].view, {}
        symbols = [coin.symbol for coin in COINS]
        for name in call.query.get("ids", "").split(","):
            if IDS.get(name) in symbols:
                i = symbols.index(IDS[name])
                now = view.now(call.at)
                row = {"usd": now.index[i], "usd_24h_vol": now.spot[i] / view.place.spot}
                row |= {"usd_24h_change": (now.index[i] / view.day_open(call.at, i) - 1.0) * 100.0}
                found[name] = row | {"last_updated_at": call.at // 1000}
        return found

    def _derivatives(self, at: int) -> list[dict[str, Any]]:
        rows = []
        for venue, voice in self.voices.items():
            now = voice.view.now(at)
            hours = 8.0 if venue == "hyperliquid" else 1.0
            for raw, i in voice.raws.items():
                row = {"market": MARKETS[venue], "symbol": raw, "index_id": COINS[i].symbol, "index": now.index[i]}
                row |= {"price": f"{now.mark[i]:.{COINS[i].digits}f}", "contract_type": "perpetual", "expired_at": None}
                row |= {"funding_rate": now.rate[i] / hours * 100.0, "open_interest": now.coins[i] * now.mark[i]}
                rows.append(row | {"volume_24h": now.perp[i], "last_traded_at": at // 1000})
        return rows
