"""Rows to facts, liquidations apart: raw units to coins, funding per hour (VENUES 1). Pure functions."""

from math import isfinite
from typing import Final

from clri.collect import book, checks
from clri.collect.venues.hyperliquid.frames import Candle, Ctx, Level, SpotCtx
from clri.model.errors import QuarantineError
from clri.model.facts import Bar, MarkFunding, OpenInterest, Ticker
from clri.model.instrument import Instrument
from clri.model.names import Source

HOUR_NS: Final = 3_600_000_000_000
INTERVAL_H: Final = 1.0
"""Funding settles every full hour, always."""

TIMEFRAMES: Final = frozenset({"1m", "5m", "15m", "1h", "4h", "1d"})

MIN_PRICE: Final = 1e-15
"""Below this a price is no price, and quotients of prices lose their meaning."""


def positive(value: float | str | None, scale: float) -> float | None:
    """Price per coin, None if blank or 0."""
    if type(value) is float and MIN_PRICE < value < checks.MAX_PRICE:
        return value / scale
    number = checks.maybe(value)
    return checks.price(number / scale) if number else None


def change_pct(last: float, before: float | None) -> float | None:
    """Change in percent, None if unknown or beyond any number."""
    if before is None:
        return None
    change = (last / before - 1.0) * 100.0
    return change if isfinite(change) else None


def at_least_0(value: float | str | None, scale: float, most: float, what: str) -> float | None:
    """Volume in coins or USD, None if blank."""
    number = checks.maybe(value)
    return None if number is None else checks.amount(number * scale, most, what)


def state(ctx: Ctx, ins: Instrument, recv_ns: int, src: Source) -> tuple[MarkFunding, OpenInterest, Ticker]:
    """Mark with funding, open interest and 24 h ticker of one perpetual.

    The venue gives no time (`ts_venue` None); the next settlement is the next full hour after receipt (None if
    that is unknown, 0). `last` is the
    middle of the book, or the mark where the book is empty: no last trade is told here.

    Raises
    ------
    QuarantineError
        `range` or `not_finite` if any value cannot be: then nothing of the state is used.
    """
    scale = ins.multiplier
    mark = checks.price(ctx.mark_px / scale)
    rate = checks.rate(ctx.funding)
    coins = checks.amount(ctx.open_interest * scale, checks.MAX_QTY, "open interest")
    interest_usd = checks.amount(coins * mark, checks.MAX_OI_USD, "open interest in USD")
    symbol, raw = ins.symbol, ins.raw
    return (
        MarkFunding(
            recv_ns,
            None,
            symbol,
            "hyperliquid",
            "perp",
            raw,
            src,
            None,
            False,
            mark,
            positive(ctx.oracle_px, scale),
            rate,
            INTERVAL_H,
            rate * 8.0,
            rate * 8760.0,
            (recv_ns // HOUR_NS + 1) * HOUR_NS if recv_ns else None,
            None,
            "current",
        ),
        OpenInterest(
            recv_ns,
            None,
            symbol,
            "hyperliquid",
            "perp",
            raw,
            src,
            None,
            False,
            coins,
            interest_usd,
            mark,
            None,
            None,
        ),
        _ticker(ctx, ins, mark, recv_ns, src),
    )


def _ticker(ctx: Ctx, ins: Instrument, mark: float, recv_ns: int, src: Source) -> Ticker:
    scale = ins.multiplier
    last = positive(ctx.mid_px, scale) or mark
    before = positive(ctx.prev_day_px, scale)
    return Ticker(
        recv_ns,
        None,
        ins.symbol,
        "hyperliquid",
        "perp",
        ins.raw,
        src,
        None,
        False,
        last,
        at_least_0(ctx.day_base_vlm, scale, checks.MAX_QTY, "volume"),
        at_least_0(ctx.day_ntl_vlm, 1.0, checks.MAX_VOLUME_USD, "turnover"),
        change_pct(last, before),
        None,
        None,
    )


def spot_ticker(ctx: SpotCtx, symbol: str, recv_ns: int) -> Ticker | None:
    """24 h ticker of a spot pair; `last` is the middle of the book, else the mark; None without either."""
    last = positive(ctx.mid_px, 1.0) or positive(ctx.mark_px, 1.0)
    if last is None:
        return None
    before = positive(ctx.prev_day_px, 1.0)
    return Ticker(
        recv_ns,
        None,
        symbol,
        "hyperliquid",
        "spot",
        ctx.coin,
        "rest",
        None,
        False,
        last,
        at_least_0(ctx.day_base_vlm, 1.0, checks.MAX_QTY, "volume"),
        at_least_0(ctx.day_ntl_vlm, 1.0, checks.MAX_VOLUME_USD, "turnover"),
        change_pct(last, before),
        None,
        None,
    )


def levels(rows: list[Level], scale: float) -> list[book.Level]:
    """(price per coin, coins) of book levels.

    Raises
    ------
    QuarantineError
        `range` if a price or size cannot be.
    """
    for row in rows:
        if not (MIN_PRICE < row.px < checks.MAX_PRICE and 0.0 <= row.sz < checks.MAX_QTY):
            raise QuarantineError("range", f"level was {row.px} x {row.sz}; expected a price > 0, a size >= 0")
    return [(row.px / scale, row.sz * scale) for row in rows]


def bar(row: Candle, ins: Instrument, recv_ns: int, *, followed: bool) -> Bar:
    """Price bar of history, closed once its end has passed or it is `followed` by a later one; volume in coins, no USD.

    Raises
    ------
    QuarantineError
        `range` if a price cannot be, open or close lie outside of low and high, or the end is not after the start.
    """
    if not row.l <= min(row.o, row.c) <= max(row.o, row.c) <= row.h:
        raise QuarantineError("range", f"bar was {row.o} {row.h} {row.l} {row.c}; expected low <= open, close <= high")
    scale = ins.multiplier
    opened, end = checks.ms(row.t), checks.ms(row.T)
    if end <= opened:
        raise QuarantineError("range", f"a bar opened at {row.t} and closed at {row.T}; expected the end to be later")
    closed = followed or end < recv_ns
    return Bar(
        recv_ns,
        end if closed else None,
        ins.symbol,
        "hyperliquid",
        "perp",
        ins.raw,
        "rest",
        None,
        True,
        row.i,
        opened,
        checks.price(row.o / scale),
        checks.price(row.h / scale),
        checks.price(row.l / scale),
        checks.price(row.c / scale),
        at_least_0(row.v, scale, checks.MAX_QTY, "volume"),
        None,
        None,
        row.n,
        closed,
    )
