"""Replies of Binance's REST endpoints: the fields that are used."""

from typing import Final, Generic

import msgspec

from clri.collect.book import ArrayLevel
from clri.collect.rows import FrameDecoder, RowDecoder
from clri.collect.values import Blank
from clri.collect.venues.binance.frames import Body


class Listed(msgspec.Struct, Generic[Body], gc=False):
    """Envelope of `/fapi/v1/exchangeInfo`."""

    rows: Body = msgspec.field(name="symbols")


class Filter(msgspec.Struct, gc=False, rename="camel"):
    """Trading rule of a contract."""

    filter_type: str
    tick_size: str | None = None
    step_size: str | None = None


class Contract(msgspec.Struct, gc=False, rename="camel"):
    """Row of `/fapi/v1/exchangeInfo`; spot pairs have no `contract_type`."""

    symbol: str
    status: str
    base_asset: str
    quote_asset: str
    contract_type: str | None = None
    underlying_type: str | None = None
    onboard_date: int | None = None
    delivery_date: int | None = None
    filters: list[Filter] = []


class Interval(msgspec.Struct, gc=False, rename="camel"):
    """Row of `/fapi/v1/fundingInfo`, which lists only contracts with rules of their own."""

    symbol: str
    funding_interval_hours: float


class Interest(msgspec.Struct, gc=False, rename="camel"):
    """`/fapi/v1/openInterest`: coins."""

    symbol: str
    open_interest: float
    time: int


class Premium(msgspec.Struct, gc=False, rename="camel"):
    """Row of `/fapi/v1/premiumIndex`."""

    symbol: str
    mark_price: float
    time: int
    index_price: Blank = None
    last_funding_rate: Blank = None
    next_funding_time: int | None = None


class Accounts(msgspec.Struct, gc=False, rename="camel"):
    """Row of the three long-short ratios; the position ratio calls its shares `longAccount` too."""

    long_account: float
    timestamp: int
    symbol: str | None = None
    short_account: Blank = None


class Takers(msgspec.Struct, gc=False, rename="camel"):
    """Row of `/futures/data/takerlongshortRatio`, which does not name its symbol."""

    buy_vol: float
    sell_vol: float
    timestamp: int


class InterestPast(msgspec.Struct, gc=False, rename="camel"):
    """Row of `/futures/data/openInterestHist`: coins."""

    symbol: str
    sum_open_interest: float
    timestamp: int


class FundingPast(msgspec.Struct, gc=False, rename="camel"):
    """Row of `/fapi/v1/fundingRate`: one settlement; old rows have no mark."""

    symbol: str
    funding_rate: float
    funding_time: int
    mark_price: Blank = None


class Depth(msgspec.Struct, gc=False):
    """`/fapi/v1/depth`, which does not name its symbol."""

    bids: list[ArrayLevel]
    asks: list[ArrayLevel]
    time: int | None = msgspec.field(name="E", default=None)


class DayReply(msgspec.Struct, gc=False, rename="camel"):
    """Row of `/fapi/v1/ticker/24hr` and of the spot `/api/v3/ticker/24hr`."""

    symbol: str
    last_price: float
    close_time: int
    price_change_percent: Blank = None
    volume: Blank = None
    quote_volume: Blank = None
    bid_price: Blank = None
    ask_price: Blank = None


class Kline(msgspec.Struct, array_like=True, gc=False):
    """Row of `/fapi/v1/klines`."""

    open_time: int
    open: float
    high: float
    low: float
    close: float
    base: float
    close_time: int
    quote: float
    trades: int
    taker_base: float
    taker_quote: float


CONTRACTS: Final = FrameDecoder(Listed[list[Contract]], Contract)
INTERVALS: Final = RowDecoder(Interval)
INTERESTS: Final = RowDecoder(Interest)
PREMIUMS: Final = RowDecoder(Premium)
ACCOUNTS: Final = RowDecoder(Accounts)
TAKERS: Final = RowDecoder(Takers)
INTERESTS_PAST: Final = RowDecoder(InterestPast)
FUNDINGS_PAST: Final = RowDecoder(FundingPast)
DEPTH: Final = msgspec.json.Decoder(Depth, strict=False)
DAYS: Final = RowDecoder(DayReply)
KLINES: Final = RowDecoder(Kline)
