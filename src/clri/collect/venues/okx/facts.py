"""Rows to facts, liquidations apart: contracts to coins, prices per coin (VENUES 1). Pure functions."""

from math import isfinite
from typing import Final

from clri.collect import book, checks
from clri.collect.venues.okx.frames import Candle, Interest, Level, Quote, Ratio
from clri.model.errors import QuarantineError
from clri.model.facts import Bar, LongShortRatio, OpenInterest, Ticker
from clri.model.instrument import Instrument
from clri.model.names import Market, RatioKind, Source

TIMEFRAMES: Final = {"1m": 60, "5m": 300, "15m": 900, "1h": 3600, "4h": 14400}
"""Seconds of a bar."""

MIN_PRICE: Final = 1e-15
"""Below this a price is no price, and quotients of prices lose their meaning."""


def maybe_ms(value: int | str | None) -> int | None:
    """Nanoseconds from milliseconds, None for blank."""
    return checks.ms(int(value)) if value else None


def positive(value: float | str | None, scale: float) -> float | None:
    """Price per coin, None if blank or 0 (no quote on that side)."""
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


def open_interest(row: Interest, ins: Instrument, mark: float | None, recv_ns: int, src: Source) -> OpenInterest | None:
    """Open interest in coins: oiCcy, else contracts × contract size; None if neither is given."""
    contracts = checks.maybe(row.oi)
    coins = checks.maybe(row.oi_ccy)
    if coins is None:
        if contracts is None:
            return None
        coins = contracts * ins.contract_size
    coins = checks.amount(coins * ins.multiplier, checks.MAX_QTY, "open interest")
    return OpenInterest(
        recv_ns,
        checks.ms(row.ts),
        ins.symbol,
        "okx",
        "perp",
        ins.raw,
        src,
        None,
        False,
        coins,
        None if mark is None else checks.amount(coins * mark, checks.MAX_OI_USD, "open interest in USD"),
        mark,
        at_least_0(row.oi, 1.0, checks.MAX_QTY, "contracts"),
        None,
    )


def ticker(row: Quote, symbol: str, scale: float, market: Market, recv_ns: int, src: Source) -> Ticker | None:
    """24 h ticker; None without a last price.

    Spot tells coins (vol24h) and USD (volCcy24h). Swaps tell coins only (volCcy24h): USD = coins × last, the rule of
    all linear contracts.
    """
    last = positive(row.last, scale)
    if last is None:
        return None
    opened = positive(row.open24h, scale)
    if market == "perp":
        coins = at_least_0(row.vol_ccy24h, scale, checks.MAX_QTY, "volume")
        usd = None if coins is None else checks.amount(coins * last, checks.MAX_VOLUME_USD, "turnover")
    else:
        coins = at_least_0(row.vol24h, scale, checks.MAX_QTY, "volume")
        usd = at_least_0(row.vol_ccy24h, 1.0, checks.MAX_VOLUME_USD, "turnover")
    return Ticker(
        recv_ns,
        checks.ms(row.ts),
        symbol,
        "okx",
        market,
        row.inst_id,
        src,
        None,
        False,
        last,
        coins,
        usd,
        change_pct(last, opened),
        positive(row.bid_px, scale),
        positive(row.ask_px, scale),
    )


def levels(rows: list[Level], ins: Instrument) -> list[book.Level]:
    """(price per coin, coins) of book levels in contracts.

    Raises
    ------
    QuarantineError
        `range` if a price or size cannot be.
    """
    scale = ins.multiplier
    coins = ins.contract_size * scale
    for row in rows:
        if not (MIN_PRICE < row.px < checks.MAX_PRICE and 0.0 <= row.sz < checks.MAX_QTY):
            raise QuarantineError("range", f"level was {row.px} x {row.sz}; expected a price > 0, a size >= 0")
    return [(row.px / scale, row.sz * coins) for row in rows]


def ratio(
    row: Ratio, ins: Instrument, kind: RatioKind, period_s: int, recv_ns: int, *, backfill: bool
) -> LongShortRatio:
    """Long share r / (1 + r) of accounts or positions."""
    value = checks.amount(row.ratio, checks.MAX_QTY, "long/short ratio")
    return LongShortRatio(
        recv_ns,
        checks.ms(row.ts),
        ins.symbol,
        "okx",
        "perp",
        ins.raw,
        "rest",
        None,
        backfill,
        kind,
        checks.share(value / (1.0 + value)),
        value,
        period_s,
    )


def bar(row: Candle, ins: Instrument, tf: str, recv_ns: int) -> Bar:
    """Price bar of history; volume in coins (volCcy) and USD (volCcyQuote).

    Raises
    ------
    QuarantineError
        `range` if a price cannot be, or open or close lie outside of low and high.
    """
    if not row.l <= min(row.o, row.c) <= max(row.o, row.c) <= row.h:
        raise QuarantineError("range", f"bar was {row.o} {row.h} {row.l} {row.c}; expected low <= open, close <= high")
    scale = ins.multiplier
    opened = checks.ms(row.ts)
    closed = str(row.confirm) == "1"
    return Bar(
        recv_ns,
        opened + TIMEFRAMES[tf] * 1_000_000_000 if closed else None,
        ins.symbol,
        "okx",
        "perp",
        ins.raw,
        "rest",
        None,
        True,
        tf,
        opened,
        checks.price(row.o / scale),
        checks.price(row.h / scale),
        checks.price(row.l / scale),
        checks.price(row.c / scale),
        at_least_0(row.vol_ccy, scale, checks.MAX_QTY, "volume"),
        at_least_0(row.vol_ccy_quote, 1.0, checks.MAX_VOLUME_USD, "turnover"),
        None,
        None,
        closed,
    )
