"""Facts in a few words, and what the stage makes of them."""

from clri.collect.crosscheck.stage import CrossCheck
from clri.model.control import FeedStatus
from clri.model.facts import Book
from clri.model.timebase import MILLI, SECOND
from clri.testing.builders import T0, feed_status, liquidation, mark_funding, open_interest, tick

VENUES = ("binance", "bybit", "okx", "gate", "bitget", "hyperliquid")


def at(seconds: float) -> int:
    """So many seconds after T0, ns."""
    return T0 + round(seconds * SECOND)


def mark(seconds: float, venue: str, price: float, symbol: str = "BTC", **changes):
    return mark_funding(ts=at(seconds), venue=venue, mark=price, symbol=symbol, **changes)


def interest(seconds: float, coins: float, venue: str = "okx", symbol: str = "BTC", **changes):
    return open_interest(ts=at(seconds), venue=venue, oi_base=coins, symbol=symbol, **changes)


def liq(
    seconds: float, venue: str = "bybit", usd: float = 30_000.0, symbol: str = "BTC", price: float = 60_000.0, **more
):
    return liquidation(ts=at(seconds), venue=venue, symbol=symbol, price=price, qty=usd / price, **more)


def book(seconds: float, venue: str, mid: float, symbol: str = "BTC"):
    ts = at(seconds)
    head = (ts, ts - 50 * MILLI, symbol, venue, "perp", f"{symbol}USDT", "ws", None, False)
    return Book(*head, [(mid * 0.9999, 1.0)], [(mid * 1.0001, 1.0)], True)


def second(seconds: float, period_s: int = 1):
    return tick(ts=at(seconds), period_s=period_s)


def up(seconds: float, venue: str, **changes):
    return feed_status(ts=at(seconds), venue=venue, **changes)


def run(check: CrossCheck, facts) -> list:
    return [out for fact in facts for out in check.feed(fact)]


def passed(check: CrossCheck, *facts) -> list[bool]:
    """Whether each fact went on as it was."""
    return [fact in check.feed(fact) for fact in facts]


def told(outs) -> list[tuple[str, str, str, str]]:
    """Venue, symbol, state and label of the statuses that were added."""
    found = [out for out in outs if isinstance(out, FeedStatus) and out.ts_venue is None]
    return [(one.venue, one.symbol, one.state, (one.detail or "").partition(":")[0]) for one in found]


def balanced(check: CrossCheck) -> bool:
    return check.taken == check.given + check.held + sum(check.dropped.values())
