"""DefiLlama's reply as facts: context of the flows, never a flow."""

from collections.abc import Iterable
from typing import ClassVar, Final

import msgspec

from clri.collect import checks
from clri.collect.mapper import Item, Poll, ReplyHandler
from clri.collect.polls import get
from clri.collect.providers.mapper import ProviderMapper
from clri.collect.rows import RowDecoder, each
from clri.collect.transport.limits import Limits
from clri.collect.values import Blank, blank
from clri.model.facts import StablecoinSupply
from clri.model.names import MARKET, Venue

EVERY_S: Final = 3600.0
TOKENS: Final = {"tether": "USDT", "usd-coin": "USDC"}
"""Tokens by CoinGecko's name, which DefiLlama gives: symbols are not unique."""
CHAINS: Final = ("Ethereum", "Tron")
"""Chains told apart: the one whose transfers are read, and the one where most others are."""


class Amount(msgspec.Struct, gc=False):
    """Tokens in circulation, by what they are pegged to."""

    peggedUSD: Blank = None  # noqa: N815 - the service's spelling


class Chain(msgspec.Struct, gc=False):
    """Tokens on one chain."""

    current: Amount | None = None


class Asset(msgspec.Struct, gc=False):
    """Row of `peggedAssets`."""

    gecko_id: str | None = None
    circulating: Amount | None = None
    chainCirculating: dict[str, Chain] = {}  # noqa: N815


class Envelope(msgspec.Struct, gc=False):
    """The reply."""

    peggedAssets: msgspec.Raw  # noqa: N815


ENVELOPE: Final = msgspec.json.Decoder(Envelope)
ASSETS: Final = RowDecoder(Asset)


class DefiLlamaMapper(ProviderMapper):
    """Supply of USDT and USDC, on all chains and on those told apart; 1 token = 1 USD."""

    venue: ClassVar[Venue] = "defillama"
    url: ClassVar[str] = "https://stablecoins.llama.fi"
    limits: ClassVar[Limits] = Limits(10.0, 60.0)
    channels: ClassVar[tuple[tuple[str, str], ...]] = (("/stablecoins", "supply"),)

    def polls(self, symbols: Iterable[str]) -> list[Poll]:  # noqa: ARG002 - it knows no symbols
        """One call an hour."""
        return [get("supply", "/stablecoins?includePrices=true", EVERY_S, 0)]

    def replies(self) -> tuple[tuple[str, ReplyHandler], ...]:
        """Handlers of replies by a part of their path."""
        return (("/stablecoins", self._supply),)

    def _supply(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        rows = ASSETS.decode(ENVELOPE.decode(raw).peggedAssets, self.tally)
        used = [row for row in rows if row.gecko_id in TOKENS]
        items = each(used, _facts, self.tally, recv_ns) if used else []
        if not items:
            raise self.refusal(recv_ns, "the reply names neither USDT nor USDC")
        self.works(recv_ns)
        return items


def _facts(row: Asset, recv_ns: int) -> list[Item]:
    token = TOKENS[row.gecko_id or ""]
    amounts: dict[str | None, Amount | None] = {None: row.circulating}
    for chain in CHAINS:
        found = row.chainCirculating.get(chain)
        amounts[chain] = None if found is None else found.current
    items: list[Item] = []
    head = (recv_ns, None, MARKET, "defillama", "chain", row.gecko_id, "aggregator", None, False)
    for place, told in amounts.items():
        supply = None if told is None else blank(told.peggedUSD)
        if supply is not None:
            usd = checks.amount(supply, checks.MAX_OI_USD, "supply in USD")
            items.append(StablecoinSupply(*head, token, usd, place))  # type: ignore[arg-type]
    return items
