"""Facts as plain dictionaries with the fields of ours, and the checks that ours make: what plain Python would write."""

from hashlib import blake2b
from math import isfinite
from typing import Any

Plain = dict[str, Any]


class BadError(Exception):
    """A row that cannot be used."""


def number(text: str) -> float:
    """Finite number of a plain text."""
    value = float(text)
    if not isfinite(value) or "_" in text or not text.isascii() or text != text.strip():
        raise BadError(text)
    return value


def price(value: float) -> float:
    """Check 0 < price < 1e9."""
    if 0.0 < value < 1e9:
        return value
    raise BadError(value)


def amount(value: float, most: float) -> float:
    """Check 0 <= value < most."""
    if 0.0 <= value < most:
        return value
    raise BadError(value)


def ns(ms: int) -> int:
    """Nanoseconds of a time in milliseconds."""
    if 10**12 <= ms < 10**13:
        return ms * 1_000_000
    raise BadError(ms)


def event_id(venue: str, raws: str, rank: int = 0) -> str:
    """Same id of a liquidation as ours."""
    return blake2b(f"{venue}|{raws}|{rank}".encode(), digest_size=8).hexdigest()


def liquidation(  # noqa: PLR0913, PLR0917 - by position is the fast way
    recv: int,
    ts: int,
    coin: str,
    venue: str,
    raw: str,
    late: bool,  # noqa: FBT001
    side: str,
    at: float,
    kind: str,
    qty: float,
    completeness: str,
    found_id: str,
) -> Plain:
    """Liquidation, its size and USD checked."""
    usd = qty * at
    if not (0.0 < qty < 1e15 and 0.0 < usd < 1e10):
        raise BadError(usd)
    return {
        "ts": recv,
        "ts_venue": ts,
        "symbol": coin,
        "venue": venue,
        "market": "perp",
        "raw": raw,
        "src": "ws",
        "seq": None,
        "backfill": late,
        "side": side,
        "price": at,
        "price_kind": kind,
        "qty": qty,
        "usd": usd,
        "completeness": completeness,
        "method": "unknown",
        "event_id": found_id,
    }


def mark(  # noqa: PLR0913, PLR0917 - as above
    recv: int,
    ts: int,
    coin: str,
    venue: str,
    raw: str,
    seq: int | None,
    at: float,
    index: float | None,
    rate: float | None,
    hours: float | None,
    following: int | None,
) -> Plain:
    """Mark and funding; the rate is checked and put on 8 h and on a year."""
    rate_8h = apr = None
    if rate is not None:
        if not -0.05 <= rate <= 0.05:
            raise BadError(rate)
        if hours is not None:
            rate_8h, apr = rate * 8.0 / hours, rate * 8760.0 / hours
    return {
        "ts": recv,
        "ts_venue": ts,
        "symbol": coin,
        "venue": venue,
        "market": "perp",
        "raw": raw,
        "src": "ws",
        "seq": seq,
        "backfill": False,
        "mark": at,
        "index": index,
        "rate": rate,
        "interval_h": hours,
        "rate_8h": rate_8h,
        "apr": apr,
        "next_funding_ts": following,
        "predicted_8h": None,
        "kind": "current",
    }


def ticker(  # noqa: PLR0913, PLR0917 - as above
    recv: int,
    ts: int,
    coin: str,
    venue: str,
    market: str,
    raw: str,
    seq: int | None,
    last: float,
    base: float | None,
    usd: float | None,
    change: float | None,
    bid: float | None,
    ask: float | None,
) -> Plain:
    """Last price and turnover."""
    return {
        "ts": recv,
        "ts_venue": ts,
        "symbol": coin,
        "venue": venue,
        "market": market,
        "raw": raw,
        "src": "ws",
        "seq": seq,
        "backfill": False,
        "last": last,
        "vol24h_base": base,
        "vol24h_usd": usd,
        "change24h_pct": change,
        "bid": bid,
        "ask": ask,
    }


def interest(
    recv: int, ts: int, coin: str, venue: str, raw: str, seq: int | None, base: float, at: float | None
) -> Plain:
    """Open interest; USD where a mark is known."""
    return {
        "ts": recv,
        "ts_venue": ts,
        "symbol": coin,
        "venue": venue,
        "market": "perp",
        "raw": raw,
        "src": "ws",
        "seq": seq,
        "backfill": False,
        "oi_base": base,
        "oi_usd": None if at is None else amount(base * at, 1e12),
        "price_used": at,
        "contracts": None,
        "period_s": None,
    }
