"""Examples of facts and of the control facts."""

from hashlib import blake2b
from typing import Any, TypeVar

import msgspec

from clri.model.control import FeedStatus, Tick
from clri.model.facts import Depth, Fact, Liquidation, LongShortRatio, MarkFunding, OpenInterest, Ticker
from clri.model.instrument import Instrument
from clri.model.timebase import HOUR, SECOND
from clri.testing.builders.start import VENUE_LAG, number, time_of

F = TypeVar("F", bound=Fact)


def _fact(struct: type[F], changes: dict[str, object], /, **body: object) -> F:
    """Fact with the standard header, `body` and then `changes`."""
    ts = time_of(changes)
    symbol = changes.get("symbol", "BTC")
    header: dict[str, Any] = {
        "ts": ts,
        "ts_venue": ts - VENUE_LAG,
        "symbol": symbol,
        "venue": "bybit",
        "market": "perp",
        "raw": f"{symbol}USDT",
        "src": "ws",
        "seq": None,
        "backfill": False,
    }
    return struct(**(header | body | changes))


def liquidation(**changes: object) -> Liquidation:
    """A Bybit long of 0.5 BTC closed at 60,000; `usd` and `event_id` follow the changes.

    Examples
    --------
    >>> liquidation().usd, liquidation(qty=2.0).usd, liquidation(ts=1) == liquidation(ts=1)
    (30000.0, 120000.0, True)
    """
    price, qty = number(changes, "price", 60_000.0), number(changes, "qty", 0.5)
    fact = _fact(
        Liquidation,
        changes,
        side=changes.get("side", "LONG"),
        price=price,
        price_kind="bankruptcy",
        qty=qty,
        usd=price * qty,
        completeness="all",
        method="market",
        event_id="",
    )
    if "event_id" in changes:
        return fact
    texts = "|".join(str(part) for part in (fact.venue, fact.raw, fact.ts_venue, fact.side, price, qty))
    return msgspec.structs.replace(fact, event_id=blake2b(texts.encode(), digest_size=8).hexdigest())


def mark_funding(**changes: object) -> MarkFunding:
    """Mark 60,000, index 59,990, 0.01 % per 8 h due in 4 h."""
    return _fact(
        MarkFunding,
        changes,
        mark=60_000.0,
        index=59_990.0,
        rate=0.0001,
        interval_h=8.0,
        rate_8h=0.0001,
        apr=0.0001 * 8760 / 8,
        next_funding_ts=time_of(changes) + 4 * HOUR,
        predicted_8h=None,
        kind="current",
    )


def open_interest(**changes: object) -> OpenInterest:
    """50,000 coins at 60,000; `oi_usd` follows."""
    coins, price = number(changes, "oi_base", 50_000.0), number(changes, "price_used", 60_000.0)
    return _fact(
        OpenInterest,
        changes,
        oi_base=coins,
        oi_usd=coins * price,
        price_used=price,
        contracts=None,
        period_s=None,
    )


def depth(**changes: object) -> Depth:
    """A valid book around 60,000 with 12M and 10M USD within 1 %."""
    return _fact(
        Depth,
        changes,
        mid=60_000.0,
        spread_bps=0.2,
        bid_usd_1pct=12e6,
        ask_usd_1pct=10e6,
        bid_usd_2pct=21e6,
        ask_usd_2pct=19e6,
        reach_bid_pct=2.5,
        reach_ask_pct=2.5,
        valid=True,
    )


def ticker(**changes: object) -> Ticker:
    """Last 60,000, 6bn USD traded in 24 h."""
    return _fact(
        Ticker,
        changes,
        last=60_000.0,
        vol24h_base=100_000.0,
        vol24h_usd=6e9,
        change24h_pct=1.5,
        bid=59_999.5,
        ask=60_000.5,
    )


def long_short_ratio(**changes: object) -> LongShortRatio:
    """60 % of accounts are long; `ratio` follows `long_share`."""
    share = number(changes, "long_share", 0.6)
    ratio = share / (1.0 - share) if share < 1.0 else None
    return _fact(LongShortRatio, changes, kind="account", long_share=share, ratio=ratio, period_s=300)


def tick(**changes: object) -> Tick:
    """The end of a minute for every symbol; `boundary` is the last boundary at or before `ts`."""
    period = int(number(changes, "period_s", 60.0))
    boundary = time_of(changes) // (period * SECOND) * period * SECOND
    changes = {"symbol": "MARKET", "venue": "clri", "src": "sim", "raw": None, "ts_venue": None} | changes
    return _fact(Tick, changes, period_s=period, boundary=boundary)


def feed_status(**changes: object) -> FeedStatus:
    """The liquidation channel of a venue is up, for every symbol."""
    changes = {"symbol": "MARKET", "raw": None, "ts_venue": None} | changes
    return _fact(FeedStatus, changes, channel="liquidation", state="up")


def instrument(**changes: object) -> Instrument:
    """A linear perpetual of one coin per contract."""
    return _fact(
        Instrument,
        changes,
        contract_size=1.0,
        inverse=False,
        multiplier=1.0,
        tick_size=0.1,
        qty_step=0.001,
        settle="USDT",
        funding_interval_h=8.0,
        level_step=100.0,
        valid_from=None,
        valid_to=None,
    )
