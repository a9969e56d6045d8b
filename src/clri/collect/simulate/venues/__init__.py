"""What each venue says over its sockets, in the order of PLACES."""

from typing import Final

from clri.collect.simulate.venues.binance import BinanceFrames
from clri.collect.simulate.venues.bitget import BitgetFrames
from clri.collect.simulate.venues.bybit import BybitFrames
from clri.collect.simulate.venues.gate import GateFrames
from clri.collect.simulate.venues.hyperliquid import HyperliquidFrames
from clri.collect.simulate.venues.okx import OkxFrames
from clri.collect.simulate.voice import VenueFrames
from clri.model.names import Venue

FRAMES: Final[dict[Venue, type[VenueFrames]]] = {
    "binance": BinanceFrames,
    "bybit": BybitFrames,
    "okx": OkxFrames,
    "gate": GateFrames,
    "bitget": BitgetFrames,
    "hyperliquid": HyperliquidFrames,
}
