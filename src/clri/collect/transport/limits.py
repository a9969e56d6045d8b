"""What each venue allows, in its own units (VENUES 2); the poller uses 40 % of it."""

from typing import Final

import msgspec

from clri.model.names import Venue


class Limits(msgspec.Struct, frozen=True):
    """Pace of one venue.

    Attributes
    ----------
    weight, window_s
        REST weight that the host allows in so many seconds.
    used_header, left_header
        Reply headers in which the host says what was used, or what is left; empty = it says neither.
    limit_header
        Reply header in which the host says what it allows in the window; it replaces `weight`.
    frames_s
        Frames sent a second and socket.
    connects_s
        Sockets opened a second.
    """

    weight: float
    window_s: float
    used_header: str = ""
    left_header: str = ""
    limit_header: str = ""
    frames_s: float = 5.0
    connects_s: float = 1.0


LIMITS: Final[dict[Venue, Limits]] = {
    "binance": Limits(2400.0, 60.0, used_header="X-MBX-USED-WEIGHT-1M"),
    "bybit": Limits(600.0, 5.0),
    "okx": Limits(20.0, 2.0),
    "gate": Limits(200.0, 10.0, left_header="X-Gate-RateLimit-Requests-Remain"),
    "bitget": Limits(20.0, 1.0),
    "hyperliquid": Limits(1200.0, 60.0, frames_s=10.0),
}
"""OKX has limits by endpoint (5 to 40 calls in 2 s): a middle value for the host."""
