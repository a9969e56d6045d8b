"""Where Gate is reached, and what it wants to be told."""

import msgspec


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base URLs and headers of Gate; no key is needed."""

    ws: str = "wss://fx-ws.gateio.ws"
    """Sockets; the path `/v4/ws/usdt` stands below it."""

    rest: str = "https://api.gateio.ws/api/v4"
    """REST API of the futures."""

    spot: str = "https://api.gateio.ws/api/v4"
    """REST API of the spot market: the same host."""

    headers: tuple[tuple[str, str], ...] = (("X-Gate-Size-Decimal", "1"),)
    """Sent with every socket and call; without it fractional sizes come floored."""
