"""Where Binance is reached."""

import msgspec


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base URLs of Binance; no key is needed."""

    ws: str = "wss://fstream.binance.com"
    """Sockets; the paths `/market/stream` and `/public/stream` stand below it. The unrouted `/ws` and `/stream`
    acknowledge subscriptions and push nothing (since 2026-04-23)."""

    rest: str = "https://fapi.binance.com"
    """USD-M REST API."""

    spot: str = "https://api.binance.com"
    """Spot REST API."""

    hosts: tuple[str, ...] = ("fstream.binance.com", "fapi.binance.com", "api.binance.com")
    """Hosts whose data count as the market's: the testnet delivers plausible frames of its own."""
