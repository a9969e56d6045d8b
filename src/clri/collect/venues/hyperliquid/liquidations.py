"""Liquidations as seen in the fills of followed vaults (VENUES 2.6): partial, at the price of the fill."""

from typing import Final

from clri.collect import checks
from clri.collect.event_id import event_id
from clri.collect.venues.hyperliquid.frames import Fill
from clri.model.errors import QuarantineError
from clri.model.facts import Liquidation
from clri.model.instrument import Instrument
from clri.model.names import Method, Side, Source

_METHODS: Final[dict[str, Method]] = {"market": "market", "backstop": "backstop"}


def closed_side(fill: Fill, liquidated: str, user: str | None) -> Side | None:
    """Side of the liquidated position, or None if the fill's owner is unknown and may be the liquidated user.

    A user who is not the liquidated one took over the position: what he bought was a LONG. A fill that opens a
    position cannot be the owner's own liquidation.
    """
    if user is None and not fill.dir.startswith("Open"):
        return None
    bought = fill.side == "B"
    own = user is not None and user.lower() == liquidated.lower()
    return "LONG" if bought != own else "SHORT"


def raws_of(fill: Fill, liquidated: str) -> str:
    """Raw texts that make the event id: coin, tid, time, liquidatedUser, px, sz.

    Raises
    ------
    QuarantineError
        `schema` if the fill has no tid.
    """
    if fill.tid is None:
        raise QuarantineError("schema", f"a liquidation of {fill.coin} has no tid; expected one, even 0")
    return f"{fill.coin}|{fill.tid}|{fill.time}|{liquidated}|{fill.px}|{fill.sz}"


def liquidation(
    fill: Fill,
    ins: Instrument,
    side: Side,
    method: str,
    ids: tuple[str, int],
    recv_ns: int,
    src: Source,
    *,
    backfill: bool,
) -> Liquidation:
    """Liquidation seen in a fill: price of the fill, size in coins. `ids` = raw texts and ordinal."""
    scale = ins.multiplier
    price = checks.price(checks.number(fill.px) / scale)
    qty = checks.qty(checks.number(fill.sz) * scale)
    return Liquidation(
        recv_ns,
        checks.ms(fill.time),
        ins.symbol,
        "hyperliquid",
        "perp",
        ins.raw,
        src,
        None,
        backfill,
        side,
        price,
        "fill",
        qty,
        checks.notional(price * qty),
        "partial",
        _METHODS.get(method, "unknown"),
        event_id("hyperliquid", *ids),
    )
