"""Gate's liquidations: pushed rows, and the history that fills gaps."""

from typing import Final

from clri.collect import checks
from clri.collect.event_id import Ordinals, event_id
from clri.collect.values import blank
from clri.collect.venues.gate.frames import Liquidated
from clri.collect.venues.gate.listing import Listing
from clri.collect.venues.gate.reply_frames import Past
from clri.model.errors import QuarantineError
from clri.model.facts import Liquidation
from clri.model.instrument import Instrument
from clri.model.names import Completeness, PriceKind, Side, Source

ALL_SINCE_NS: Final = 1_787_184_000_000_000_000
"""2026-08-20 00:00 UTC: from here the channel sends every order; before, at most one per contract and second."""


def pushed(listing: Listing, ranks: Ordinals, recv_ns: int, row: Liquidated) -> tuple[Liquidation, ...]:
    """Fact of a row of `futures.public_liquidates`; `size` has the sign of the position, > 0 = a long (unverified)."""
    listed = listing.perp(row.contract)
    if listed is None:
        return ()
    time_ms = row.time_ms
    if time_ms is None:
        if row.time is None:
            raise QuarantineError("schema", "the row has neither time_ms nor time")
        time_ms = row.time * 1000
    ts = checks.ms(time_ms)
    size, at = checks.number(row.size), checks.number(row.price)
    raws = f"{row.contract}|{time_ms}|{row.size}|{row.price}"
    completeness: Completeness = "all" if ts >= ALL_SINCE_NS else "sample_1s"
    fact = _liquidation(
        recv_ns, ts, listed, "ws", size, abs(size), at, "order", completeness, event_id("gate", raws, ranks.of(raws))
    )
    return (fact,)


def past(listing: Listing, ranks: Ordinals, recv_ns: int, row: Past) -> tuple[Liquidation, ...]:
    """Fact of a row of `/futures/usdt/liq_orders`: what was filled of the order, at its fill price.

    Its id never equals that of the pushed row of the same order, so these rows count only inside a gap. `partial`:
    whether the endpoint holds every order is not documented.
    """
    listed = listing.perp(row.contract)
    if listed is None:
        return ()
    size = checks.number(row.size)
    filled = abs(size - checks.number(row.left))
    if filled == 0.0:
        listing.ignore("unfilled")
        return ()
    kind: PriceKind = "fill" if (fill := blank(row.fill_price)) else "order"
    at = fill or checks.number(row.order_price)
    raws = f"{row.contract}|{row.time}|{row.size}|{row.order_price}"
    identity = event_id("gate", raws, ranks.of(raws))
    return (
        _liquidation(recv_ns, checks.seconds(row.time), listed, "rest", size, filled, at, kind, "partial", identity),
    )


def _liquidation(
    recv_ns: int,
    ts: int,
    listed: Instrument,
    src: Source,
    signed: float,
    contracts: float,
    at: float,
    kind: PriceKind,
    completeness: Completeness,
    identity: str,
) -> Liquidation:
    side: Side = "LONG" if signed > 0.0 else "SHORT"
    price = checks.price(at / listed.multiplier)
    qty = checks.qty(contracts * listed.contract_size * listed.multiplier)
    return Liquidation(
        recv_ns,
        ts,
        listed.symbol,
        "gate",
        "perp",
        listed.raw,
        src,
        None,
        src == "rest",
        side,
        price,
        kind,
        qty,
        checks.notional(qty * price),
        completeness,
        "unknown",
        identity,
    )
