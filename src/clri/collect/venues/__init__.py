"""The six venues: name to mapper, as text so that one venue loads alone."""

from typing import Final

from clri.model.names import Venue

VENUES: Final[dict[Venue, str]] = {
    "binance": "clri.collect.venues.binance.mapper:BinanceMapper",
    "bybit": "clri.collect.venues.bybit.mapper:BybitMapper",
    "okx": "clri.collect.venues.okx.mapper:OkxMapper",
    "gate": "clri.collect.venues.gate.mapper:GateMapper",
    "bitget": "clri.collect.venues.bitget.mapper:BitgetMapper",
    "hyperliquid": "clri.collect.venues.hyperliquid.mapper:HyperliquidMapper",
}
