"""Shapes of Bitget frames and replies: only the fields that are used (VENUES 2.5)."""

from typing import Final, Generic, Literal, TypeVar

import msgspec
from msgspec import field
from msgspec.json import Decoder

from clri.collect.book import ArrayLevel
from clri.collect.rows import FrameDecoder
from clri.collect.values import Blank, BlankTime
from clri.model.errors import QuarantineError

Body = TypeVar("Body")


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


class Push(msgspec.Struct, Generic[Body], gc=False):
    """A frame of a socket; `ts` = sending time, ms; `action` snapshot = first push, or whole state."""

    rows: Body = field(name="data")
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
    coming: BlankTime = field(name="nextFundingTime", default=None)
    interest: Blank = field(name="openInterest", default=None)
    last: Blank = field(name="lastPrice", default=None)
    base: Blank = field(name="volume24h", default=None)
    quote: Blank = field(name="turnover24h", default=None)
    change: Blank = field(name="price24hPcnt", default=None)
    bid: Blank = field(name="bid1Price", default=None)
    ask: Blank = field(name="ask1Price", default=None)
    ts: BlankTime = None
    symbol: str = ""


class OldTickerRow(TickerRow, gc=False):
    """Ticker of v2, of its sockets and polls, perpetual or spot; the same values, some under older names."""

    interest: Blank = field(name="holdingAmount", default=None)
    last: Blank = field(name="lastPr", default=None)
    base: Blank = field(name="baseVolume", default=None)
    quote: Blank = field(name="quoteVolume", default=None)
    change: Blank = field(name="change24h", default=None)
    bid: Blank = field(name="bidPr", default=None)
    ask: Blank = field(name="askPr", default=None)


class BookRow(msgspec.Struct, gc=False):
    """Levels of a book, and their time in ms."""

    bids: list[ArrayLevel]
    asks: list[ArrayLevel]
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
    launch_time: BlankTime = None
    off_time: BlankTime = None


ANSWER: Final = Decoder(Answer, strict=False)
LIQUIDATIONS: Final = FrameDecoder(Push[list[LiquidationRow]], LiquidationRow)
TICKERS: Final = FrameDecoder(Push[list[TickerRow]], TickerRow)
OLD_TICKERS: Final = FrameDecoder(Push[list[OldTickerRow]], OldTickerRow)
BOOKS: Final = FrameDecoder(Push[list[BookRow]], BookRow)
RATIOS: Final = FrameDecoder(Push[list[RatioRow]], RatioRow)
CONTRACTS: Final = FrameDecoder(Push[list[ContractRow]], ContractRow)
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
