"""Shapes of Bitget frames and replies: only the fields that are used (VENUES 2.5)."""

from typing import Final, Generic, Literal, TypeVar

import msgspec
from msgspec import Raw, field
from msgspec.json import Decoder

from clri.collect.rowwise import RowsDecoder
from clri.model.errors import QuarantineError

R = TypeVar("R")
Blank = float | Literal[""] | None
"""A number that the venue leaves empty when it has none."""
Time = int | Literal[""] | None
"""Milliseconds; empty, 0 or -1 when there is none."""


class Arg(msgspec.Struct, frozen=True, gc=False):
    """Which stream a frame belongs to: v3 says `topic` and `symbol`, v2 `channel` and `instId`."""

    market: str = field(name="instType", default="")
    topic: str = ""
    symbol: str = ""
    channel: str = ""
    inst_id: str = field(name="instId", default="")


NO_ARG: Final = Arg()


class Answer(msgspec.Struct, gc=False):
    """Answer to one of our own messages: `event` subscribe or error."""

    event: str
    arg: Arg = NO_ARG
    code: str | int = ""
    msg: str = ""


class Push(msgspec.Struct, Generic[R]):
    """A frame of a socket; `ts` = sending time, ms; `action` snapshot = first push, or whole state."""

    rows: list[R] = field(name="data")
    arg: Arg = NO_ARG
    action: str = "update"
    ts: int = 0


class LiquidationRow(msgspec.Struct, gc=False):
    """One closed position: `side` of the POSITION, `price` average fill, `amount` in QUOTE (USD), `ts` ms."""

    symbol: str
    side: Literal["buy", "sell"]
    price: str
    amount: str
    ts: str | int


class TickerRow(msgspec.Struct, gc=False):
    """Ticker of v3; `base` and `interest` in raw base units, `quote` in USD, `change` a fraction."""

    mark: Blank = field(name="markPrice", default=None)
    index: Blank = field(name="indexPrice", default=None)
    rate: Blank = field(name="fundingRate", default=None)
    coming: Time = field(name="nextFundingTime", default=None)
    interest: Blank = field(name="openInterest", default=None)
    last: Blank = field(name="lastPrice", default=None)
    base: Blank = field(name="volume24h", default=None)
    quote: Blank = field(name="turnover24h", default=None)
    change: Blank = field(name="price24hPcnt", default=None)
    bid: Blank = field(name="bid1Price", default=None)
    ask: Blank = field(name="ask1Price", default=None)
    ts: Time = None
    symbol: str = ""


class OldTickerRow(msgspec.Struct, gc=False):
    """Ticker of v2, of its sockets and polls, perpetual or spot; the same values under the older names."""

    mark: Blank = field(name="markPrice", default=None)
    index: Blank = field(name="indexPrice", default=None)
    rate: Blank = field(name="fundingRate", default=None)
    coming: Time = field(name="nextFundingTime", default=None)
    interest: Blank = field(name="holdingAmount", default=None)
    last: Blank = field(name="lastPr", default=None)
    base: Blank = field(name="baseVolume", default=None)
    quote: Blank = field(name="quoteVolume", default=None)
    change: Blank = field(name="change24h", default=None)
    bid: Blank = field(name="bidPr", default=None)
    ask: Blank = field(name="askPr", default=None)
    ts: Time = None
    symbol: str = ""


AnyTicker = TickerRow | OldTickerRow


class Level(msgspec.Struct, array_like=True, gc=False):
    """One level of a book: price, size."""

    price: float
    qty: float


class BookRow(msgspec.Struct, gc=False):
    """Levels of a book, and their time in ms."""

    bids: list[Level]
    asks: list[Level]
    ts: int
    seq: int | None = None


class Head(msgspec.Struct, gc=False):
    """Whether a reply is a success: `code` 00000."""

    code: str | int
    msg: str | None = ""


class RatioRow(msgspec.Struct, gc=False):
    """Share of accounts that are long and short; the venue's own ratio beside them is on another scale, unused."""

    longs: float = field(name="longAccountRatio")
    shorts: float = field(name="shortAccountRatio")
    ts: int


class DepthReply(msgspec.Struct):
    """Reply of merge-depth."""

    data: BookRow


class ContractRow(msgspec.Struct, rename="camel"):
    """One contract of the list; `fund_interval` in HOURS; price step = `price_end_step` / 10^`price_place`."""

    symbol: str
    base_coin: str
    quote_coin: str
    symbol_type: str = "perpetual"
    symbol_status: str = "normal"
    fund_interval: Blank = None
    price_end_step: Blank = None
    price_place: int | Literal[""] | None = None
    size_multiplier: Blank = None
    launch_time: Time = None
    off_time: Time = None


_LOOSE: Final = Decoder(Push[Raw], strict=False)
ANSWER: Final = Decoder(Answer, strict=False)
LIQUIDATIONS: Final = RowsDecoder(
    Decoder(Push[LiquidationRow], strict=False), _LOOSE, Decoder(LiquidationRow, strict=False)
)
TICKERS: Final = RowsDecoder(Decoder(Push[TickerRow], strict=False), _LOOSE, Decoder(TickerRow, strict=False))
OLD_TICKERS: Final = RowsDecoder(Decoder(Push[OldTickerRow], strict=False), _LOOSE, Decoder(OldTickerRow, strict=False))
BOOKS: Final = RowsDecoder(Decoder(Push[BookRow], strict=False), _LOOSE, Decoder(BookRow, strict=False))
RATIOS: Final = RowsDecoder(Decoder(Push[RatioRow], strict=False), _LOOSE, Decoder(RatioRow, strict=False))
CONTRACTS: Final = RowsDecoder(Decoder(Push[ContractRow], strict=False), _LOOSE, Decoder(ContractRow, strict=False))
DEPTH: Final = Decoder(DepthReply, strict=False)
_HEAD: Final = Decoder(Head, strict=False)


def checked(raw: bytes) -> bytes:
    """The same reply, if it says success.

    Raises
    ------
    QuarantineError
        `venue_error` if `code` is not 00000.
    """
    head = _HEAD.decode(raw)
    if head.code not in {"00000", 0}:
        raise QuarantineError("venue_error", f"code was {head.code} ({(head.msg or '')[:80]}); expected 00000")
    return raw
