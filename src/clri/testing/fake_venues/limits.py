"""How many calls each venue allows, and what it says about it (VENUES 2)."""

from typing import Final

import msgspec

from clri.model.names import Venue
from clri.testing.fake_venues.protocol import Limit


class Rule(msgspec.Struct, frozen=True):
    """Limit of a host.

    Attributes
    ----------
    weight, window_s
        Weight that an address may use in so many seconds.
    weights
        Weight of a call by a part of its path or body; the first that fits counts, else 1.
    apart
        Part of a path, and the calls in so many seconds, which have a limit of their own beside that of the host.
    used, left
        Header of a reply that tells what was used, or what is left.
    connects_s
        Sockets opened a second.
    """

    weight: int
    window_s: float
    weights: tuple[tuple[bytes, int], ...] = ()
    apart: tuple[bytes, int, float] | None = None
    used: str = ""
    left: str = ""
    connects_s: float = 5.0


RULES: Final[dict[Venue, Rule]] = {
    "binance": Rule(
        2400,
        60.0,
        ((b"/premiumIndex", 10), (b"/depth", 20), (b"/klines", 10), (b"/ticker/24hr", 2)),
        (b"/futures/data/", 1000, 300.0),
        used="X-MBX-USED-WEIGHT-1M",
    ),
    "bybit": Rule(600, 5.0),
    "okx": Rule(40, 2.0, connects_s=3.0),
    "gate": Rule(200, 10.0, left="X-Gate-RateLimit-Requests-Remain"),
    "bitget": Rule(20, 1.0, apart=(b"/account-long-short", 1, 1.0)),
    "hyperliquid": Rule(1200, 60.0, ((b"l2Book", 2), (b"", 20)), connects_s=0.5),
}
"""OKX has limits by endpoint, 5 to 40 calls in 2 s; here one for the host."""


class Meter:
    """Counts the calls of one host.

    Examples
    --------
    >>> meter = Meter(Rule(3, 1.0, ((b"/heavy", 2),), used="X-Used"))
    >>> meter.call("/heavy", b"", 0.0), meter.call("/heavy", b"", 0.1)
    ((True, {'X-Used': '2'}), (False, {'X-Used': '4', 'Retry-After': '1'}))
    """

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._limit = Limit(rule.weight, rule.window_s)
        self._apart = Limit(rule.apart[1], rule.apart[2]) if rule.apart else None
        self.connects_s = rule.connects_s

    def call(self, path: str, body: bytes, now: float) -> tuple[bool, dict[str, str]]:
        """Count a call (`now` in seconds); whether it is allowed, and the headers of its reply."""
        rule, text = self._rule, path.encode() + body
        if rule.apart and self._apart and rule.apart[0] in text:
            over, window_s = self._apart.over(now), rule.apart[2]
        else:
            weight = next((weight for part, weight in rule.weights if part in text), 1)
            over, window_s = self._limit.over(now, weight), rule.window_s
        headers = {}
        if rule.used:
            headers[rule.used] = str(self._limit.used)
        if rule.left:
            headers[rule.left] = str(max(0, rule.weight - self._limit.used))
        if over:
            headers["Retry-After"] = f"{max(1.0, window_s):g}"
        return not over, headers
