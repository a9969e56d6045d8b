"""Decoders of OKX frames and replies."""

from typing import Final, TypeVar

import msgspec

from clri.collect.rows import FrameDecoder, each
from clri.collect.tally import Tally
from clri.collect.venues.okx.frames import (
    Candle,
    Event,
    Funding,
    Index,
    Interest,
    Levels,
    Listing,
    Mark,
    Order,
    Orders,
    Push,
    Quote,
    Ratio,
    Table,
)
from clri.model.errors import QuarantineError

Row = TypeVar("Row")

TABLE: Final = msgspec.json.Decoder(Table)
EVENT: Final = msgspec.json.Decoder(Event)
SHELL: Final = msgspec.json.Decoder(Push[list[msgspec.Raw]])
ORDERS: Final = msgspec.json.Decoder(Push[list[Orders[Order]]])
ORDERS_APART: Final = FrameDecoder(Push[list[Orders[msgspec.Raw]]], Orders[msgspec.Raw], strict=True)
ORDER: Final = msgspec.json.Decoder(Order)
MARK: Final = FrameDecoder(Push[list[Mark]], Mark)
INDEX: Final = FrameDecoder(Push[list[Index]], Index)
FUNDING: Final = FrameDecoder(Push[list[Funding]], Funding)
INTEREST: Final = FrameDecoder(Push[list[Interest]], Interest)
QUOTE: Final = FrameDecoder(Push[list[Quote]], Quote)
LEVELS: Final = FrameDecoder(Push[list[Levels]], Levels)
RATIO: Final = FrameDecoder(Push[list[Ratio]], Ratio)
CANDLE: Final = FrameDecoder(Push[list[Candle]], Candle)
LISTING: Final = FrameDecoder(Push[list[Listing]], Listing)


def accepted(
    decoder: FrameDecoder[Push[list[Row]], Row], raw: bytes, tally: Tally
) -> tuple[Push[list[Row]], list[Row]]:
    """Envelope and rows of a push, or of a reply that says success. Raises like `FrameDecoder.decode`.

    Raises
    ------
    QuarantineError
        `refused` if the reply says failure.
    """
    push, rows = decoder.decode(raw, tally)
    if push.code not in ("0", 0):
        raise QuarantineError("refused", f"the venue answered {push.code}: {push.msg[:200]}; expected code 0")
    return push, rows


def orders(raw: bytes, tally: Tally) -> list[tuple[str, Order]]:
    """Every order of every contract of a liquidation push, in order, each with its contract.

    Raises
    ------
    ValueError
        If the text is no push, or no order has the expected fields.
    """
    try:
        groups = ORDERS.decode(raw).rows
    except ValueError:
        _, apart = ORDERS_APART.decode(raw, tally)
        return each([(group.inst_id, part) for group in apart for part in group.details], _order, tally)
    return [(group.inst_id, order) for group in groups for order in group.details]


def _order(part: tuple[str, msgspec.Raw]) -> list[tuple[str, Order]]:
    return [(part[0], ORDER.decode(part[1]))]
