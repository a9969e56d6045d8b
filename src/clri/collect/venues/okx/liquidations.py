"""Liquidation orders to facts (VENUES 1): the side is that of the closed position, sizes come in contracts."""

from typing import Final

from clri.collect import checks
from clri.collect.event_id import event_id, rank_of
from clri.collect.facts import liquidation
from clri.collect.listing import Listing
from clri.collect.mapper import Item
from clri.collect.venues.okx.frames import Order
from clri.model.errors import QuarantineError
from clri.model.names import Side

MS_DIGITS: Final = 13
"""Digits of a time in milliseconds, until the year 2286."""

_OPPOSITE: Final = {"long": "buy", "short": "sell"}


def ms_of(text: str | int) -> int:
    """Nanoseconds from milliseconds that are kept as text because they enter an event id."""
    if type(text) is str and not (text.isascii() and text.isdigit() and len(text) == MS_DIGITS):
        raise QuarantineError("time_unit", f"time was {text[:40]!r}; expected milliseconds since 1970")
    return checks.ms(int(text))


def order_facts(
    row: tuple[str, Order],
    listing: Listing,
    seen: dict[str, int],
    recv_ns: int,
    before: int | None,
) -> list[Item]:
    """Liquidation of a position: an order to sell closed a LONG, whatever the account's position mode.

    Parameters
    ----------
    before
        When the subscription was confirmed (UTC ns), if this is the first push since: what happened until then is a
        replay. None for every later push.

    Raises
    ------
    QuarantineError
        `side` if posSide contradicts the order's side: hedge-mode longs are closed by sells, shorts by buys.
    """
    inst_id, order = row
    listed = listing.sized(inst_id)
    if listed is None:
        return []
    raws = f"{inst_id}|{order.ts}|{order.side}|{order.sz}|{order.bk_px}"
    identity = event_id("okx", raws, rank_of(raws, seen))
    if _OPPOSITE.get(order.pos_side) == order.side:
        raise QuarantineError("side", f"posSide {order.pos_side} closed by a {order.side}; expected the opposite")
    side: Side = "LONG" if order.side == "sell" else "SHORT"
    price, size, ts = checks.number(order.bk_px), checks.number(order.sz), ms_of(order.ts)
    old = before is not None and ts <= before
    return [liquidation(recv_ns, ts, listed, side, price, "bankruptcy", size, "sample_1s", identity, backfill=old)]
