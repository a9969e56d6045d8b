"""Where OKX is reached."""

import msgspec


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of the OKX adapter; every URL can point to a stand-in.

    Attributes
    ----------
    ws
        Base URL of the sockets, without path.
    rest
        Base URL of the REST calls, without path.
    spot
        Base URL of the spot calls; the same host.
    """

    ws: str = "wss://ws.okx.com:8443"
    rest: str = "https://www.okx.com"
    spot: str = "https://www.okx.com"
