"""Liquidation orders to facts (VENUES 1): the side is that of the closed position, sizes come in contracts."""

from typing import Final

from clri.collect import checks
from clri.collect.event_id import event_id
from clri.collect.venues.okx.frames import Order
from clri.model.errors import QuarantineError
from clri.model.facts import Liquidation
from clri.model.instrument import Instrument

MS_DIGITS: Final = 13
"""Digits of a time in milliseconds, until the year 2286."""

_OPPOSITE: Final = {"long": "buy", "short": "sell"}


def ms_of(text: str | int) -> int:
    """Nanoseconds from milliseconds that are kept as text because they enter an event id."""
    if type(text) is str and not (text.isascii() and text.isdigit() and len(text) == MS_DIGITS):
        raise QuarantineError("time_unit", f"time was {text[:40]!r}; expected milliseconds since 1970")
    return checks.ms(int(text))


def raws_of(inst_id: str, order: Order) -> str:
    """Raw texts that make the event id: instId, ts, side, sz, bkPx."""
    return f"{inst_id}|{order.ts}|{order.side}|{order.sz}|{order.bk_px}"


def liquidation(order: Order, ins: Instrument, raws: str, ordinal: int, recv_ns: int, *, backfill: bool) -> Liquidation:
    """Liquidation of a position: an order to sell closed a LONG, whatever the account's position mode.

    Raises
    ------
    QuarantineError
        `side` if posSide contradicts the order's side: hedge-mode longs are closed by sells, shorts by buys.
    """
    if _OPPOSITE.get(order.pos_side) == order.side:
        raise QuarantineError("side", f"posSide {order.pos_side} closed by a {order.side}; expected the opposite")
    scale = ins.multiplier
    price = checks.price(checks.number(order.bk_px) / scale)
    qty = checks.qty(checks.number(order.sz) * ins.contract_size * scale)
    return Liquidation(
        recv_ns,
        ms_of(order.ts),
        ins.symbol,
        "okx",
        "perp",
        ins.raw,
        "ws",
        None,
        backfill,
        "LONG" if order.side == "sell" else "SHORT",
        price,
        "bankruptcy",
        qty,
        checks.notional(price * qty),
        "sample_1s",
        "unknown",
        event_id("okx", raws, ordinal),
    )
