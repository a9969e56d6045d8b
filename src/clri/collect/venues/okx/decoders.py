"""Decoders of OKX frames and replies; a frame of rows that fails as a whole is decoded row by row."""

from typing import Final

import msgspec

from clri.collect.badrows import salvage
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
    Row,
    Table,
)
from clri.model.errors import QuarantineError

TABLE: Final = msgspec.json.Decoder(Table)
EVENT: Final = msgspec.json.Decoder(Event)
SHELL: Final = msgspec.json.Decoder(Push[msgspec.Raw])
ORDERS: Final = msgspec.json.Decoder(Push[Orders[Order]])
ORDERS_ROW: Final = msgspec.json.Decoder(Orders[Order])
ORDERS_SHELL: Final = msgspec.json.Decoder(Orders[msgspec.Raw])
ORDER: Final = msgspec.json.Decoder(Order)
MARK: Final = msgspec.json.Decoder(Push[Mark], strict=False)
MARK_ROW: Final = msgspec.json.Decoder(Mark, strict=False)
INDEX: Final = msgspec.json.Decoder(Push[Index], strict=False)
INDEX_ROW: Final = msgspec.json.Decoder(Index, strict=False)
FUNDING: Final = msgspec.json.Decoder(Push[Funding], strict=False)
FUNDING_ROW: Final = msgspec.json.Decoder(Funding, strict=False)
INTEREST: Final = msgspec.json.Decoder(Push[Interest], strict=False)
INTEREST_ROW: Final = msgspec.json.Decoder(Interest, strict=False)
QUOTE: Final = msgspec.json.Decoder(Push[Quote], strict=False)
QUOTE_ROW: Final = msgspec.json.Decoder(Quote, strict=False)
LEVELS: Final = msgspec.json.Decoder(Push[Levels], strict=False)
LEVELS_ROW: Final = msgspec.json.Decoder(Levels, strict=False)
RATIO: Final = msgspec.json.Decoder(Push[Ratio], strict=False)
RATIO_ROW: Final = msgspec.json.Decoder(Ratio, strict=False)
CANDLE: Final = msgspec.json.Decoder(Push[Candle], strict=False)
CANDLE_ROW: Final = msgspec.json.Decoder(Candle, strict=False)
LISTING: Final = msgspec.json.Decoder(Push[Listing], strict=False)
LISTING_ROW: Final = msgspec.json.Decoder(Listing, strict=False)


def rows(whole: msgspec.json.Decoder[Push[Row]], row: msgspec.json.Decoder[Row], raw: bytes, tally: Tally) -> Push[Row]:
    """Envelope and rows of a push or reply; if it fails as a whole, row by row.

    Raises
    ------
    QuarantineError
        `refused` if the reply says failure, `schema` if no row has the expected fields.
    ValueError
        If the text is no envelope.
    """
    try:
        push = whole.decode(raw)
    except (ValueError, RecursionError):
        shell = SHELL.decode(raw)
        push = Push(salvage(shell.data, row.decode, tally), shell.arg, shell.code, shell.msg)
    if push.code not in ("0", 0):
        raise QuarantineError("refused", f"the venue answered {push.code}: {push.msg[:200]}; expected code 0")
    return push


def orders(raw: bytes, tally: Tally) -> list[tuple[str, Order]]:
    """Every order of every contract of a liquidation push, in order, each with its contract.

    Raises
    ------
    QuarantineError
        `schema` if no order has the expected fields.
    ValueError
        If the text is no envelope.
    """
    try:
        return [(group.inst_id, order) for group in ORDERS.decode(raw).data for order in group.details]
    except (ValueError, RecursionError):
        groups = salvage(SHELL.decode(raw).data, ORDERS_SHELL.decode, tally)
        parts = [(group.inst_id, part) for group in groups for part in group.details]
        return salvage(parts, lambda part: (part[0], ORDER.decode(part[1])), tally)
