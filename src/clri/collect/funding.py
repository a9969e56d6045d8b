"""Mark and funding of one contract, made comparable between venues (VENUES 1)."""

from clri.collect import checks
from clri.collect.values import Blank
from clri.model.facts import MarkFunding
from clri.model.instrument import Instrument
from clri.model.names import FundingKind, Source


def mark_funding(
    recv_ns: int,
    ts_venue: int | None,
    listed: Instrument,
    src: Source,
    mark: float,
    index: Blank,
    rate: Blank,
    next_ts: int | None,
    *,
    interval_h: float | None = None,
    kind: FundingKind = "current",
    backfill: bool = False,
) -> MarkFunding:
    """Fact of a mark, with what is known of funding: rate_8h = rate * 8 / interval, apr = rate * 8760 / interval.

    Parameters
    ----------
    ts_venue, next_ts
        UTC ns.
    mark, index
        As sent, per unit of the venue's name (1000PEPE).
    rate
        Fraction per interval, positive = longs pay.
    interval_h
        Hours; None: the contract's own. If that is unknown too, there is no 8 h rate.
    """
    m = listed.multiplier
    hours = listed.funding_interval_h if interval_h is None else interval_h
    given = checks.rate(rate) if isinstance(rate, float) else None
    rate_8h = apr = None
    if given is not None and hours is not None:
        rate_8h, apr = given * 8.0 / hours, given * 8760.0 / hours
    return MarkFunding(
        recv_ns,
        ts_venue,
        listed.symbol,
        listed.venue,
        listed.market,
        listed.raw,
        src,
        None,
        backfill,
        checks.price(mark / m),
        checks.price(index / m) if isinstance(index, float) else None,
        given,
        hours,
        rate_8h,
        apr,
        next_ts,
        None,
        kind,
    )
