"""Coinglass v4: hourly liquidations, open interest and funding by exchange, .9 to 1.1 times the true sums."""

from typing import Any, ClassVar, Final

from clri.collect.simulate.chance import unit
from clri.collect.simulate.coins import COINS
from clri.collect.simulate.voice import VenueFrames
from clri.model.names import Venue
from clri.testing.fake_venues.services.service import Answer, Call, Service, liquidated

NAMES: Final[dict[Venue, str]] = {
    "binance": "Binance",
    "bybit": "Bybit",
    "okx": "OKX",
    "gate": "Gate",
    "bitget": "Bitget",
    "hyperliquid": "Hyperliquid",
}
LIMIT: Final = 80
"""Calls a minute of the Startup plan."""


class Coinglass(Service):
    """The service; any key is good."""

    name: ClassVar[Venue] = "coinglass"
    limit: ClassVar = (LIMIT, 60.0)

    def over(self) -> Answer:
        """Refusal with HTTP 200, as the service does it."""
        return Answer({"code": "429", "msg": "Too Many Requests"}, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {"API-KEY-MAX-LIMIT": str(LIMIT), "API-KEY-USE-LIMIT": str(self.meter.used)}

    def answer(self, call: Call) -> Answer | None:
        """Answer to a call."""
        if not call.headers.get("CG-API-KEY"):
            return Answer({"code": "401", "msg": "API key missing."})
        made = {
            "/api/futures/liquidation/exchange-list": self._liquidations,
            "/api/futures/open-interest/exchange-list": self._interest,
            "/api/futures/funding-rate/exchange-list": self._funding,
        }.get(call.path)
        if made is None:
            return None
        places = [i for i, coin in enumerate(COINS) if call.query.get("symbol") in {None, "", coin.symbol}]
        rows = made(places, call.at)
        return Answer({"code": "0", "msg": "success", "data": rows}, headers=self._headers())

    def _liquidations(self, places: list[int], at: int) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for venue, voice in self.voices.items():
            told = [liquidated(voice, i, at) for i in places]
            chance = 0.9 + 0.2 * unit(self.seed, voice.view.number, at // 300_000)
            rows.append(_sums(NAMES[venue], chance * sum(one[0] for one in told), chance * sum(one[1] for one in told)))
        longs, shorts = (round(sum(row[f"{side}Liquidation_usd"] for row in rows), 2) for side in ("long", "short"))
        return [_sums("All", longs, shorts), *rows]

    def _interest(self, places: list[int], at: int) -> list[dict[str, Any]]:
        rows = []
        for i in places:
            single = [
                _open(NAMES[venue], COINS[i].symbol, *_held(voice, i, at)) for venue, voice in self.voices.items()
            ]
            usd = sum(row["open_interest_usd"] for row in single)
            coins = sum(row["open_interest_quantity"] for row in single)
            rows += [_open("All", COINS[i].symbol, coins, usd), *single]
        return rows

    def _funding(self, places: list[int], at: int) -> list[dict[str, Any]]:
        """Percent per interval; the hours are missing where they are 8."""
        rows = []
        for i in places:
            paid = []
            for venue, voice in self.voices.items():
                rate = voice.view.now(at).rate[i]
                if venue == "hyperliquid":
                    paid.append(
                        {"exchange": NAMES[venue], "funding_rate": rate / 8.0 * 100.0, "funding_rate_interval": 1}
                    )
                else:
                    paid.append({"exchange": NAMES[venue], "funding_rate": rate * 100.0})
            rows.append({"symbol": COINS[i].symbol, "stablecoin_margin_list": paid, "token_margin_list": []})
        return rows


def _sums(name: str, longs: float, shorts: float) -> dict[str, Any]:
    both = {"longLiquidation_usd": round(longs, 2), "shortLiquidation_usd": round(shorts, 2)}
    return {"exchange": name, "liquidation_usd": round(longs + shorts, 2)} | both


def _held(voice: VenueFrames, i: int, at: int) -> tuple[float, float]:
    now = voice.view.now(at)
    return now.coins[i], now.coins[i] * now.mark[i]


def _open(name: str, symbol: str, coins: float, usd: float) -> dict[str, Any]:
    return {"exchange": name, "symbol": symbol, "open_interest_usd": usd, "open_interest_quantity": coins}
