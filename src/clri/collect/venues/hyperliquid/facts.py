"""State of a perpetual, of a spot pair, and bars: rows to facts, funding per hour (VENUES 1). Pure functions."""

from typing import Final

from clri.collect import checks
from clri.collect.facts import mark_funding, open_interest, ticker
from clri.collect.mapper import Item
from clri.collect.series import bar
from clri.collect.values import change_pct, quoted
from clri.collect.venues.hyperliquid.frames import Candle, Ctx, SpotCtx
from clri.model.errors import QuarantineError
from clri.model.facts import Bar, Ticker
from clri.model.instrument import Instrument
from clri.model.names import Source

HOUR_NS: Final = 3_600_000_000_000

TIMEFRAMES: Final = frozenset({"1m", "5m", "15m", "1h", "4h", "1d"})


def state(ctx: Ctx, listed: Instrument, recv_ns: int, src: Source) -> list[Item]:
    """Mark with funding, open interest and 24 h ticker of one perpetual.

    The venue gives no time (`ts_venue` None); the next settlement is the next full hour after receipt (None if
    that is unknown, 0). `last` is the middle of the book, or the mark where the book is empty: no last trade is told.

    Raises
    ------
    QuarantineError
        `range` or `not_finite` if any value cannot be: then nothing of the state is used.
    """
    following = (recv_ns // HOUR_NS + 1) * HOUR_NS if recv_ns else None
    oracle = quoted(ctx.oracle_px, 1.0)
    mark = mark_funding(recv_ns, None, listed, src, ctx.mark_px, oracle, ctx.funding, following)
    interest = open_interest(recv_ns, None, listed, src, ctx.open_interest, mark.mark)
    return [mark, interest, _day(recv_ns, listed, src, quoted(ctx.mid_px, 1.0) or ctx.mark_px, ctx)]


def spot_state(ctx: SpotCtx, listed: Instrument, recv_ns: int) -> Ticker | None:
    """24 h ticker of a spot pair; `last` is the middle of the book, else the mark; None without either."""
    last = quoted(ctx.mid_px, 1.0) or quoted(ctx.mark_px, 1.0)
    return None if last is None else _day(recv_ns, listed, "rest", last, ctx)


def _day(recv_ns: int, listed: Instrument, src: Source, last: float, ctx: Ctx | SpotCtx) -> Ticker:
    change = change_pct(last, quoted(ctx.prev_day_px, 1.0))
    return ticker(recv_ns, None, listed, src, last, ctx.day_base_vlm, ctx.day_ntl_vlm, change)


def candle(row: Candle, listed: Instrument, recv_ns: int, newest: int) -> Bar:
    """Price bar, closed once its end has passed or one opened later (`newest`, ms) follows; volume in coins, no USD.

    Raises
    ------
    QuarantineError
        `range` if a price cannot be, open or close lie outside of low and high, or the end is not after the start.
    """
    opened, end = checks.ms(row.t), checks.ms(row.T)
    if end <= opened:
        raise QuarantineError("range", f"a bar opened at {row.t} and closed at {row.T}; expected the end to be later")
    closed = row.t < newest or end < recv_ns
    ts = end if closed else None
    return bar(
        recv_ns, ts, listed, row.i, opened, (row.o, row.h, row.l, row.c), row.v, None, trades=row.n, closed=closed
    )
