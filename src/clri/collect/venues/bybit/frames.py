"""Shapes of Bybit frames and replies: only the fields that are used (VENUES 2.2)."""

from typing import Final, Generic, Literal, TypeVar

import msgspec
from msgspec import UNSET, Raw, UnsetType, field
from msgspec.json import Decoder

from clri.collect.book import ArrayLevel
from clri.collect.rows import FrameDecoder
from clri.collect.values import Blank, BlankTime, Change
from clri.model.errors import QuarantineError

Body = TypeVar("Body")


class Head(msgspec.Struct, gc=False):
    """Answer to one of our own messages: `{"success":true,"req_id":"1","op":"subscribe"}`."""

    op: str
    success: bool = True
    ret_msg: str = ""
    req_id: str = ""


class LiquidationRow(msgspec.Struct, gc=False):
    """One closed position. `T` ms, `S` side of the POSITION, `v` raw base units, `p` bankruptcy price."""

    T: int
    s: str
    S: Literal["Buy", "Sell"]
    v: str
    p: str


class Push(msgspec.Struct, Generic[Body], gc=False):
    """A frame of the socket whose `data` is a list; `ts` = sending time, ms."""

    rows: Body = field(name="data")
    ts: int = 0


class TickerRow(msgspec.Struct, gc=False, rename="camel"):
    """Ticker of the socket (snapshot or delta) or of the poll, perpetual or spot.

    `turnover24h` is quote, `volume24h` and `open_interest` are raw base units, `price24h_pcnt` is a fraction.
    """

    symbol: str
    last_price: Change = UNSET
    mark_price: Change = UNSET
    index_price: Change = UNSET
    open_interest: Change = UNSET
    turnover24h: Change = UNSET
    volume24h: Change = UNSET
    price24h_pcnt: Change = UNSET
    funding_rate: Change = UNSET
    next_funding_time: BlankTime | UnsetType = UNSET
    funding_interval_hour: Change = UNSET
    bid1_price: Change = UNSET
    ask1_price: Change = UNSET


class TickerFrame(msgspec.Struct, gc=False):
    """Frame of `tickers.<sym>`; `cs` is the venue's sequence number."""

    type: Literal["snapshot", "delta"]
    ts: int
    data: TickerRow
    cs: int | None = None


class BookData(msgspec.Struct, gc=False):
    """Levels of a book; `u` counts its changes, 1 after a restart of the venue's service."""

    s: str
    b: list[ArrayLevel]
    a: list[ArrayLevel]
    u: int
    ts: int = 0


class BookFrame(msgspec.Struct, gc=False):
    """Frame of `orderbook.50.<sym>`."""

    type: Literal["snapshot", "delta"]
    ts: int
    data: BookData


class Reply(msgspec.Struct):
    """Envelope of every REST reply: `retCode` 0 is success, `time` ms."""

    code: int = field(name="retCode")
    result: Raw
    message: str = field(name="retMsg", default="")
    time: int = 0


class Listing(msgspec.Struct, Generic[Body], rename="camel"):
    """Result with a list; `category` is linear, inverse, option or spot."""

    rows: Body = field(name="list")
    category: str = ""
    symbol: str = ""
    next_page_cursor: str | None = None


class RatioRow(msgspec.Struct, gc=False, rename="camel"):
    """Share of accounts that are long and short."""

    symbol: str
    buy_ratio: float
    sell_ratio: float
    timestamp: int


class InterestRow(msgspec.Struct, gc=False, rename="camel"):
    """Open interest at a time, raw base units."""

    open_interest: float
    timestamp: int


class SettledRow(msgspec.Struct, gc=False, rename="camel"):
    """A settled funding rate; the reply has no mark price."""

    symbol: str
    funding_rate: float
    funding_rate_timestamp: int


class KlineRow(msgspec.Struct, array_like=True, gc=False):
    """One bar: opening time ms, prices, volume in raw base units, turnover in quote."""

    start: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    turnover: float


class PriceFilter(msgspec.Struct, gc=False, rename="camel"):
    """Price grid."""

    tick_size: Blank = None


class LotFilter(msgspec.Struct, gc=False, rename="camel"):
    """Size grid."""

    qty_step: Blank = None


class ContractRow(msgspec.Struct, rename="camel"):
    """One contract of the list; `funding_interval` in MINUTES, times in ms ("0" = none)."""

    symbol: str
    contract_type: str
    status: str
    base_coin: str
    quote_coin: str
    settle_coin: str
    launch_time: BlankTime = None
    delivery_time: BlankTime = None
    funding_interval: Blank = None
    price_filter: PriceFilter | None = None
    lot_size_filter: LotFilter | None = None


HEAD: Final = Decoder(Head, strict=False)
LIQUIDATIONS: Final = FrameDecoder(Push[list[LiquidationRow]], LiquidationRow)
TICKER: Final = Decoder(TickerFrame, strict=False)
BOOK: Final = Decoder(BookFrame, strict=False)

REPLY: Final = Decoder(Reply, strict=False)
TICKERS: Final = FrameDecoder(Listing[list[TickerRow]], TickerRow)
RATIOS: Final = FrameDecoder(Listing[list[RatioRow]], RatioRow)
INTERESTS: Final = FrameDecoder(Listing[list[InterestRow]], InterestRow)
SETTLED: Final = FrameDecoder(Listing[list[SettledRow]], SettledRow)
KLINES: Final = FrameDecoder(Listing[list[KlineRow]], KlineRow)
CONTRACTS: Final = FrameDecoder(Listing[list[ContractRow]], ContractRow)
DEPTH: Final = Decoder(BookData, strict=False)


def result(reply: Reply) -> Raw:
    """Result of a reply that says success.

    Raises
    ------
    QuarantineError
        `venue_error` if `retCode` is not 0.
    """
    if reply.code != 0:
        raise QuarantineError("venue_error", f"retCode was {reply.code} ({reply.message[:80]}); expected 0")
    return reply.result
