"""Lines about feeds and minutes for a log or a pipe: one event, one line."""

from clri.model.control import LISTING, FeedStatus
from clri.model.names import MARKET
from clri.model.reading import MarketReading
from clri.model.timebase import SECOND, iso

WORDS = {
    "up": "delivers",
    "down": "DOWN",
    "stale": "SILENT",
    "gap": "gap closed",
    "geo_blocked": "REFUSED HERE",
    "rate_limited": "RATE LIMITED",
    "disabled": "off",
    "unsupported": "not listed",
}


def feed_line(fact: FeedStatus) -> str | None:
    """What happened to a feed; None for what needs no line: a busy topic of one symbol that delivers again.

    Examples
    --------
    >>> head = (60_000_000_000, None, MARKET, "okx", "perp", None, "ws", None, False)
    >>> feed_line(FeedStatus(*head, "liquidation", "down", "CLRI-NET-002", "lost: closed with code 1006"))
    '1970-01-01T00:01:00.000Z okx liquidation DOWN (CLRI-NET-002 lost: closed with code 1006)'
    """
    if fact.state in {"up", "gap"} and fact.symbol != MARKET and fact.channel != LISTING:
        return None
    why = " ".join(part for part in (fact.code, fact.detail) if part)
    if fact.state == "gap" and fact.gap_from is not None and fact.gap_to is not None:
        if fact.gap_from == fact.gap_to:
            return None  # the collector ends, and says so itself
        why = f"{(fact.gap_to - fact.gap_from) / SECOND:.1f} s from {iso(fact.gap_from)}"
    symbol = "" if fact.symbol == MARKET else f" {fact.symbol}"
    word = "listed again" if symbol and fact.channel == LISTING and fact.state == "up" else WORDS[fact.state]
    return f"{iso(fact.ts)} {fact.venue} {fact.channel}{symbol} {word}" + (f" ({why})" if why else "")


def market_line(market: MarketReading) -> str:
    """One scored minute."""
    score = "UNKNOWN" if market.market_clri is None else f"{market.market_clri} {market.risk_level}"
    known = f"{market.symbols_tracked} symbols scored" if market.symbols_tracked else "no symbol scored"
    why = f" ({'; '.join(market.reasons)})" if market.market_clri is None and market.reasons else ""
    return f"{iso(market.ts)} MARKET CLRI {score} coverage {market.coverage:.0%} {known}{why}"
