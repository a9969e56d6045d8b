"""Gate's liquidations: pushed rows, and the history that fills gaps."""

from typing import Final

from clri.collect import checks
from clri.collect.event_id import event_id, rank_of
from clri.collect.facts import liquidation
from clri.collect.listing import Listing
from clri.collect.mapper import Item
from clri.collect.tally import Tally
from clri.collect.values import blank
from clri.collect.venues.gate.frames import Liquidated
from clri.collect.venues.gate.reply_frames import Past
from clri.model.errors import QuarantineError
from clri.model.names import Completeness, PriceKind, Side

ALL_SINCE_NS: Final = 1_787_184_000_000_000_000
"""2026-08-20 00:00 UTC: from here the channel sends every order; before, at most one per contract and second."""


def pushed(row: Liquidated, listing: Listing, seen: dict[str, int], recv_ns: int) -> list[Item]:
    """Fact of a row of `futures.public_liquidates`; `size` has the sign of the position, > 0 = a long (unverified)."""
    listed = listing.sized(row.contract)
    if listed is None:
        return []
    time_ms = row.time_ms
    if time_ms is None:
        if row.time is None:
            raise QuarantineError("schema", "the row has neither time_ms nor time")
        time_ms = row.time * 1000
    ts = checks.ms(time_ms)
    size, price = checks.number(row.size), checks.number(row.price)
    raws = f"{row.contract}|{time_ms}|{row.size}|{row.price}"
    identity = event_id("gate", raws, rank_of(raws, seen))
    completeness: Completeness = "all" if ts >= ALL_SINCE_NS else "sample_1s"
    return [liquidation(recv_ns, ts, listed, _side(size), price, "order", abs(size), completeness, identity)]


def past(row: Past, listing: Listing, seen: dict[str, int], tally: Tally, recv_ns: int) -> list[Item]:
    """Fact of a row of `/futures/usdt/liq_orders`: what was filled of the order, at its fill price.

    Its id never equals that of the pushed row of the same order, so these rows count only inside a gap. `partial`:
    whether the endpoint holds every order is not documented.
    """
    listed = listing.sized(row.contract)
    if listed is None:
        return []
    size = checks.number(row.size)
    filled = abs(size - checks.number(row.left))
    if filled == 0.0:
        tally.row_ignored("unfilled")
        return []
    kind: PriceKind = "fill" if (fill := blank(row.fill_price)) else "order"
    price = fill or checks.number(row.order_price)
    raws = f"{row.contract}|{row.time}|{row.size}|{row.order_price}"
    identity, ts = event_id("gate", raws, rank_of(raws, seen)), checks.seconds(row.time)
    return [
        liquidation(
            recv_ns, ts, listed, _side(size), price, kind, filled, "partial", identity, src="rest", backfill=True
        )
    ]


def _side(size: float) -> Side:
    return "LONG" if size > 0.0 else "SHORT"
