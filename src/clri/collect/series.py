"""Facts that venues tell as series: ratios of longs and shorts, and price bars (VENUES 1, 8).

Prices and sizes are given as sent, times in UTC ns; whatever is out of its range is refused with `QuarantineError`.
"""

from typing import Final

from clri.collect import checks
from clri.collect.values import Change, coins, turnover
from clri.model.errors import QuarantineError
from clri.model.facts import Bar, LongShortRatio
from clri.model.instrument import Instrument
from clri.model.names import RatioKind

NOBODY: Final = 1e-9
"""A share this small is nobody."""


def long_short_ratio(
    recv_ns: int,
    ts_venue: int,
    listed: Instrument,
    kind: RatioKind,
    share: float,
    ratio: float | None,
    period_s: int,
    *,
    backfill: bool = False,
) -> LongShortRatio:
    """Share of longs, and longs / shorts."""
    return LongShortRatio(
        recv_ns,
        ts_venue,
        listed.symbol,
        listed.venue,
        "perp",
        listed.raw,
        "rest",
        None,
        backfill,
        kind,
        checks.share(share),
        None if ratio is None else checks.amount(ratio, checks.MAX_RATIO, "long-short ratio"),
        period_s,
    )


def bar(
    recv_ns: int,
    ts_venue: int | None,
    listed: Instrument,
    tf: str,
    open_ts: int,
    prices: tuple[float, float, float, float],
    base: Change,
    quote: Change,
    *,
    taker_quote: Change = None,
    trades: int | None = None,
    closed: bool,
) -> Bar:
    """Price bar of history; `prices` = open, high, low, close; volume in raw base units, turnover in USD."""
    m = listed.multiplier
    o, high, low, c = prices
    if not low <= min(o, c) <= max(o, c) <= high:
        raise QuarantineError("range", f"bar was {o} {high} {low} {c}; expected low <= open, close <= high")
    return Bar(
        recv_ns,
        ts_venue,
        listed.symbol,
        listed.venue,
        "perp",
        listed.raw,
        "rest",
        None,
        True,
        tf,
        open_ts,
        checks.price(o / m),
        checks.price(high / m),
        checks.price(low / m),
        checks.price(c / m),
        coins(base, m),
        turnover(quote),
        turnover(taker_quote),
        trades,
        closed,
    )


def of_shares(longs: float, shorts: float) -> tuple[float, float | None]:
    """Share of longs, and longs / shorts; no ratio where the shorts are nobody.

    Examples
    --------
    >>> of_shares(0.75, 0.25), of_shares(1.0, 0.0)
    ((0.75, 3.0), (1.0, None))
    """
    longs, shorts = checks.share(longs), checks.share(shorts)
    return longs, longs / shorts if shorts > NOBODY else None


def share_of(ratio: float) -> float:
    """Share of longs of longs / shorts.

    Examples
    --------
    >>> share_of(3.0)
    0.75
    """
    return checks.amount(ratio, checks.MAX_RATIO, "long-short ratio") / (1.0 + ratio)
