"""Where Bitget is reached."""

import msgspec


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base URLs of Bitget; no key is needed."""

    ws: str = "wss://ws.bitget.com"
    """Sockets; the path tells the protocol (`/v3/ws/public`, `/v2/ws/public`)."""
    rest: str = "https://api.bitget.com"
    """REST; about 20 calls a second and address (unverified), account-long-short 1 a second."""
    spot: str = "https://api.bitget.com"
    """REST of spot; the same host."""
