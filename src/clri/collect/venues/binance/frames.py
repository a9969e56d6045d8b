"""Frames of Binance's sockets: the fields that are used."""

from typing import Final, Generic, TypeVar

import msgspec

from clri.collect.book import ArrayLevel
from clri.collect.rows import FrameDecoder, RowDecoder
from clri.collect.tally import Tally
from clri.collect.values import Blank

Body = TypeVar("Body")
Row = TypeVar("Row")

BARE: Final = (b'{"e"', b"[{")
"""How a frame starts that surely has no wrapper."""


class Stream(msgspec.Struct, Generic[Body], gc=False):
    """Envelope of a combined stream."""

    rows: Body = msgspec.field(name="data")


class StreamDecoder(Generic[Row]):
    """Rows of a frame of a raw stream, or of a combined one, which wraps them and names the stream."""

    def __init__(self, row: type[Row]) -> None:
        self._bare = RowDecoder(row)
        self._wrapped = FrameDecoder(Stream[row | list[row]], row)  # type: ignore[valid-type]

    def decode(self, raw: bytes, tally: Tally) -> list[Row]:
        """Rows; broken ones among good ones are counted. Raises like `RowDecoder.decode`."""
        if raw.startswith(BARE) or b'"stream"' not in raw:
            return self._bare.decode(raw, tally)
        return self._wrapped.decode(raw, tally)[1]


class Order(msgspec.Struct, gc=False):
    """Liquidation order; texts stay raw because they enter the event_id. `side` is the ORDER side."""

    symbol: str = msgspec.field(name="s")
    side: str = msgspec.field(name="S")
    size: str = msgspec.field(name="q")
    price: str = msgspec.field(name="p")
    average: str = msgspec.field(name="ap")
    filled: str = msgspec.field(name="z")
    time: int = msgspec.field(name="T")


class Force(msgspec.Struct, gc=False):
    """Row of `!forceOrder@arr`."""

    order: Order = msgspec.field(name="o")


class Mark(msgspec.Struct, gc=False):
    """Row of `!markPrice@arr@1s`; dated contracts have neither rate nor next funding."""

    symbol: str = msgspec.field(name="s")
    time: int = msgspec.field(name="E")
    mark: float = msgspec.field(name="p")
    index: Blank = msgspec.field(name="i", default=None)
    rate: Blank = msgspec.field(name="r", default=None)
    next_funding: int | None = msgspec.field(name="T", default=None)


class Day(msgspec.Struct, gc=False):
    """Row of `<sym>@ticker`. The spot stream has the same name and also sends `x`, the previous close."""

    symbol: str = msgspec.field(name="s")
    time: int = msgspec.field(name="E")
    last: float = msgspec.field(name="c")
    change_pct: Blank = msgspec.field(name="P", default=None)
    base: Blank = msgspec.field(name="v", default=None)
    quote: Blank = msgspec.field(name="q", default=None)
    previous: Blank = msgspec.field(name="x", default=None)
    bid: Blank = msgspec.field(name="b", default=None)
    ask: Blank = msgspec.field(name="a", default=None)


class Levels(msgspec.Struct, gc=False):
    """Snapshot of `<sym>@depth20@500ms`."""

    symbol: str = msgspec.field(name="s")
    time: int = msgspec.field(name="E")
    seq: int = msgspec.field(name="u")
    bids: list[ArrayLevel] = msgspec.field(name="b")
    asks: list[ArrayLevel] = msgspec.field(name="a")


class Refusal(msgspec.Struct, gc=False):
    """Why the venue refuses a request."""

    code: int | None = None
    msg: str | None = None


class Answer(msgspec.Struct, gc=False):
    """Answer to SUBSCRIBE: `{"result":null,"id":7}`, or a refusal."""

    id: int | str | None = None
    error: Refusal | None = None
    code: int | None = None
    msg: str | None = None


FORCES: Final = StreamDecoder(Force)
MARKS: Final = StreamDecoder(Mark)
DAYS: Final = StreamDecoder(Day)
BOOKS: Final = StreamDecoder(Levels)
ANSWER: Final = msgspec.json.Decoder(Answer, strict=False)
