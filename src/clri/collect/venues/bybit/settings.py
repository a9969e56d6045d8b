"""Where Bybit is reached."""

import msgspec


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base URLs of Bybit; no key is needed."""

    ws: str = "wss://stream.bybit.com"
    """Sockets; the path says which market (`/v5/public/linear`)."""
    rest: str = "https://api.bybit.com"
    """REST; 600 requests in 5 s and address, else refused for 10 minutes. US egress gets 403 on all domains."""
    spot: str = "https://api.bybit.com"
    """REST of spot; the same host, `category` tells the markets apart."""
