"""Gate's tickers: one row is mark and funding, open interest, and turnover."""

from typing import Final

from clri.collect import checks
from clri.collect.funding import mark_funding
from clri.collect.values import blank, coins, quoted, turnover
from clri.collect.venues.gate.frames import Day
from clri.collect.venues.gate.listing import Listing
from clri.model.facts import Fact, OpenInterest, Ticker
from clri.model.instrument import Instrument
from clri.model.names import Source

SIDES_COUNTED: Final = 1.0
"""Sides of the market in `total_size`. Unverified: captures of 2026 show it at twice the contract's `position_size`,
which would make it 2; the first live run decides (VENUES 12)."""


def ticker_facts(listing: Listing, recv_ns: int, frame_ns: int | None, src: Source, row: Day) -> tuple[Fact, ...]:
    """Facts of one row, as far as it has values.

    Parameters
    ----------
    frame_ns
        Time of the frame, used if the row has none of its own.
    """
    listed = listing.perp(row.contract)
    if listed is None:
        return ()
    ts = frame_ns if row.t is None else checks.ms(row.t)
    facts: list[Fact] = []
    if (raw_mark := blank(row.mark_price)) is not None:
        following = blank(row.funding_next_apply)
        interval = blank(row.funding_interval)
        next_ns = checks.seconds(following) if following else listing.next_funding.get(row.contract)
        hours = checks.interval_h(interval / 3600.0) if interval else None
        known = next_ns if next_ns is not None and next_ns > (ts or recv_ns) else None
        fact = mark_funding(
            recv_ns, ts, listed, src, raw_mark, row.index_price, row.funding_rate, known, interval_h=hours
        )
        listing.marks[row.contract] = fact.mark
        facts.append(fact)
    contracts = blank(row.total_size)
    if contracts is not None:
        price = listing.marks.get(row.contract)
        facts.append(_interest(recv_ns, ts, listed, src, contracts / SIDES_COUNTED, price))
    last = quoted(row.last, listed.multiplier)
    if last is not None:
        facts.append(_day(recv_ns, ts, listed, src, last, row))
    if not facts:
        listing.ignore("no_value")
    return tuple(facts)


def _interest(
    recv_ns: int, ts: int | None, listed: Instrument, src: Source, contracts: float, price: float | None
) -> OpenInterest:
    base = checks.amount(contracts * listed.contract_size * listed.multiplier, checks.MAX_QTY, "open interest")
    return OpenInterest(
        recv_ns,
        ts,
        listed.symbol,
        "gate",
        "perp",
        listed.raw,
        src,
        None,
        False,
        base,
        None if price is None else checks.amount(base * price, checks.MAX_OI_USD, "open interest in USD"),
        price,
        contracts,
        None,
    )


def _day(recv_ns: int, ts: int | None, listed: Instrument, src: Source, last: float, row: Day) -> Ticker:
    m = listed.multiplier
    return Ticker(
        recv_ns,
        ts,
        listed.symbol,
        "gate",
        "perp",
        listed.raw,
        src,
        None,
        False,
        last,
        coins(row.volume_24h_base, m),
        turnover(row.volume_24h_quote),
        blank(row.change_percentage),
        quoted(row.highest_bid, m),
        quoted(row.lowest_ask, m),
    )
