"""DefiLlama: tokens in circulation, in all and by chain."""

from typing import Any, ClassVar

from clri.model.names import Venue
from clri.testing.fake_venues.services.service import Answer, Call, Service


class DefiLlama(Service):
    """The service; needs no key."""

    name: ClassVar[Venue] = "defillama"
    limit: ClassVar = (60, 60.0)

    def over(self) -> Answer:
        """Refusal."""
        return Answer({"message": "Too many requests"}, 429, {"Retry-After": "60"})

    def answer(self, call: Call) -> Answer | None:
        """Answer to a call."""
        if call.path != "/stablecoins":
            return None
        day = call.at // 86_400_000 - 20_000
        return Answer(
            {
                "peggedAssets": [
                    _asset("tether", "Tether", "USDT", 140e9 + 50e6 * day, {"Tron": 0.44, "Ethereum": 0.46}),
                    _asset("usd-coin", "USD Coin", "USDC", 60e9 + 20e6 * day, {"Ethereum": 0.63, "Solana": 0.15}),
                    _asset("dai", "Dai", "DAI", 4e9, {"Ethereum": 0.9}),
                ]
            }
        )


def _asset(gecko: str, name: str, symbol: str, supply: float, chains: dict[str, float]) -> dict[str, Any]:
    parts = {chain: {"current": {"peggedUSD": supply * part}} for chain, part in chains.items()}
    row = {"name": name, "symbol": symbol, "gecko_id": gecko, "pegType": "peggedUSD", "price": 1.0}
    return row | {"circulating": {"peggedUSD": supply}, "chainCirculating": parts}
