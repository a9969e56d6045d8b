"""Facts of what a venue sent in its own units: checked, per coin, in coins, comparable between venues (VENUES 1).

Prices and sizes are given as sent, per unit of the venue's name (1000PEPE); times in UTC ns. Whatever is out of its
range is refused with `QuarantineError`.
"""

from clri.collect import checks
from clri.collect.values import Change, coins, quoted, turnover
from clri.model.errors import QuarantineError
from clri.model.facts import Liquidation, MarkFunding, OpenInterest, Ticker
from clri.model.instrument import Instrument
from clri.model.names import Completeness, FundingKind, Method, PriceKind, Side, Source


def liquidation(
    recv_ns: int,
    ts_venue: int,
    listed: Instrument,
    side: Side,
    price: float,
    price_kind: PriceKind,
    size: float,
    completeness: Completeness,
    event_id: str,
    *,
    in_usd: bool = False,
    src: Source = "ws",
    backfill: bool = False,
    method: Method = "unknown",
) -> Liquidation:
    """One liquidation of `size` contracts, whose size must be known, or of `size` US dollars if `in_usd`."""
    at = price / listed.multiplier
    if in_usd:
        qty, usd = size / at if at > 0.0 else 0.0, size
    else:
        qty = size * listed.contract_size * listed.multiplier
        usd = qty * at
    if not (
        checks.MIN_PRICE <= at < checks.MAX_PRICE and 0.0 < qty < checks.MAX_QTY and 0.0 < usd < checks.MAX_NOTIONAL
    ):
        raise QuarantineError("range", f"{qty} coins were liquidated at {at}; expected > 0, < 1e15 at > 0, < 1e9")
    return Liquidation(
        recv_ns,
        ts_venue,
        listed.symbol,
        listed.venue,
        "perp",
        listed.raw,
        src,
        None,
        backfill,
        side,
        at,
        price_kind,
        qty,
        usd,
        completeness,
        method,
        event_id,
    )


def mark_funding(
    recv_ns: int,
    ts_venue: int | None,
    listed: Instrument,
    src: Source,
    mark: float,
    index: Change,
    rate: Change,
    next_ts: int | None,
    *,
    interval_h: float | None = None,
    kind: FundingKind = "current",
    seq: int | None = None,
    backfill: bool = False,
) -> MarkFunding:
    """Mark, with what is known of funding: rate_8h = rate * 8 / interval, apr = rate * 8760 / interval.

    Parameters
    ----------
    rate
        Fraction per interval, positive = longs pay.
    interval_h
        Hours; None: the contract's own. If that is unknown too, there is no 8 h rate.
    """
    m = listed.multiplier
    hours = listed.funding_interval_h if interval_h is None else interval_h
    at = mark / m
    spot = index / m if isinstance(index, float) else None
    paid = rate if isinstance(rate, float) else None
    least = checks.MIN_PRICE
    if not (least <= at < checks.MAX_PRICE and (spot is None or least <= spot < checks.MAX_PRICE)):
        raise QuarantineError("range", f"mark was {at}, index {spot}; expected 0 < price < 1e9")
    rate_8h = apr = None
    if paid is not None:
        checks.rate(paid)
        if hours is not None:
            rate_8h, apr = paid * 8.0 / hours, paid * 8760.0 / hours
    return MarkFunding(
        recv_ns,
        ts_venue,
        listed.symbol,
        listed.venue,
        "perp",
        listed.raw,
        src,
        seq,
        backfill,
        at,
        spot,
        paid,
        hours,
        rate_8h,
        apr,
        next_ts,
        None,
        kind,
    )


def open_interest(
    recv_ns: int,
    ts_venue: int | None,
    listed: Instrument,
    src: Source,
    size: float,
    mark: float | None,
    *,
    contracts: float | None = None,
    seq: int | None = None,
    backfill: bool = False,
    period_s: int | None = None,
) -> OpenInterest:
    """Open interest of `size` raw base units; its USD at `mark` (per COIN), unknown without one."""
    base = checks.amount(size * listed.multiplier, checks.MAX_QTY, "open interest")
    return OpenInterest(
        recv_ns,
        ts_venue,
        listed.symbol,
        listed.venue,
        "perp",
        listed.raw,
        src,
        seq,
        backfill,
        base,
        None if mark is None else checks.amount(base * mark, checks.MAX_OI_USD, "open interest in USD"),
        mark,
        contracts,
        period_s,
    )


def ticker(
    recv_ns: int,
    ts_venue: int | None,
    listed: Instrument,
    src: Source,
    last: float,
    base: Change,
    quote: Change,
    change24h_pct: float | None,
    bid: Change = None,
    ask: Change = None,
    *,
    seq: int | None = None,
) -> Ticker:
    """Last price and 24 h turnover of a perpetual or a spot pair; `quote` in USD."""
    m = listed.multiplier
    return Ticker(
        recv_ns,
        ts_venue,
        listed.symbol,
        listed.venue,
        listed.market,
        listed.raw,
        src,
        seq,
        False,
        checks.price(last / m),
        coins(base, m),
        turnover(quote),
        change24h_pct,
        quoted(bid, m),
        quoted(ask, m),
    )
