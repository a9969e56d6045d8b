"""Frames of Gate's futures socket: the fields that are used. Sizes are contracts, as number or as text."""

from typing import Final, Generic, TypeVar

import msgspec

from clri.collect import checks
from clri.collect.rows import FrameDecoder
from clri.collect.values import Blank

Body = TypeVar("Body")
Text = str | int | float


class Push(msgspec.Struct, Generic[Body], gc=False):
    """Envelope of a push; `result` holds one row or an array."""

    rows: Body = msgspec.field(name="result")
    event: str | None = None
    time_ms: int | None = None
    time: float | None = None


class Liquidated(msgspec.Struct, gc=False):
    """Row of `futures.public_liquidates`; texts stay raw because they enter the event_id."""

    contract: str
    price: Text
    size: Text
    time_ms: int | None = None
    time: int | None = None


class Day(msgspec.Struct, gc=False):
    """Row of `futures.tickers` and `/futures/usdt/tickers`. `total_size` is contracts; `t` is ms, funding seconds."""

    contract: str
    last: Blank = None
    change_percentage: Blank = None
    total_size: Blank = None
    volume_24h_base: Blank = None
    volume_24h_quote: Blank = None
    mark_price: Blank = None
    index_price: Blank = None
    funding_rate: Blank = None
    funding_interval: Blank = None
    funding_next_apply: Blank = None
    highest_bid: Blank = None
    lowest_ask: Blank = None
    t: int | None = None


class Level(msgspec.Struct, gc=False):
    """Price level; `size` is contracts."""

    price: float = msgspec.field(name="p")
    size: float = msgspec.field(name="s")


def event_ns(time_ms: int | None, time_s: float | None) -> int | None:
    """Venue time, ns: `time_ms`, else `time` (seconds), else None."""
    if time_ms is not None:
        return checks.ms(time_ms)
    return None if time_s is None else checks.seconds(time_s)


class Snapshot(msgspec.Struct, gc=False):
    """`futures.order_book` with event `all`: the whole book. `t` is 0 for an empty book and absent before 2023."""

    contract: str
    bids: list[Level]
    asks: list[Level]
    t: int | None = None
    id: int | None = None


class Change(msgspec.Struct, gc=False):
    """Row of `futures.order_book` with another event: a change that clri does not follow."""

    contract: str | None = None
    short: str | None = msgspec.field(name="c", default=None)


class Refusal(msgspec.Struct, gc=False):
    """Why the venue refuses a request."""

    code: int | None = None
    message: str | None = None


class Outcome(msgspec.Struct, gc=False):
    """`result` of an answer or a system frame."""

    status: str | None = None
    type: str | None = None
    msg: str | None = None


class Answer(msgspec.Struct, gc=False):
    """Answer to a subscription, pong, or system frame."""

    channel: str | None = None
    error: Refusal | None = None
    result: Outcome | None = None


LIQUIDATED: Final = FrameDecoder(Push[Liquidated | list[Liquidated]], Liquidated)
DAYS: Final = FrameDecoder(Push[Day | list[Day]], Day)
BOOK: Final = msgspec.json.Decoder(Push[Snapshot], strict=False)
CHANGES: Final = FrameDecoder(Push[Change | list[Change]], Change)
ANSWER: Final = msgspec.json.Decoder(Answer, strict=False)
