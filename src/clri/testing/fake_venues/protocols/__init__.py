"""How each venue speaks on its sockets: subscriptions, answers, pings, limits (VENUES 2)."""

from typing import Final

from clri.model.names import Venue
from clri.testing.fake_venues.protocol import Protocol
from clri.testing.fake_venues.protocols.binance import BinanceProtocol
from clri.testing.fake_venues.protocols.bitget import BitgetProtocol
from clri.testing.fake_venues.protocols.bybit import BybitProtocol
from clri.testing.fake_venues.protocols.gate import GateProtocol
from clri.testing.fake_venues.protocols.hyperliquid import HyperliquidProtocol
from clri.testing.fake_venues.protocols.okx import OkxProtocol

PROTOCOLS: Final[dict[Venue, type[Protocol]]] = {
    "binance": BinanceProtocol,
    "bybit": BybitProtocol,
    "okx": OkxProtocol,
    "gate": GateProtocol,
    "bitget": BitgetProtocol,
    "hyperliquid": HyperliquidProtocol,
}
