"""Replies of Gate's REST endpoints: the fields that are used."""

from typing import Final

import msgspec

from clri.collect.rows import RowDecoder
from clri.collect.values import Blank
from clri.collect.venues.gate.frames import Day, Level, Text


class Contract(msgspec.Struct, gc=False):
    """Row of `/futures/usdt/contracts`; intervals and times are seconds."""

    name: str
    quanto_multiplier: float
    type: str | None = None
    order_price_round: Blank = None
    funding_interval: Blank = None
    funding_next_apply: Blank = None
    launch_time: Blank = None
    in_delisting: bool = False
    is_pre_market: bool = False
    status: str | None = None
    contract_type: str | None = None


class Stat(msgspec.Struct, gc=False):
    """Row of `/futures/usdt/contract_stats`; `time` is the START of the bucket, seconds."""

    time: int
    lsr_account: Blank = None
    lsr_taker: Blank = None
    top_lsr_account: Blank = None
    top_lsr_size: Blank = None
    long_liq_usd: Blank = None
    short_liq_usd: Blank = None
    long_liq_usd_new: Blank = None
    short_liq_usd_new: Blank = None
    open_interest: Blank = None
    open_interest_usd: Blank = None
    mark_price: Blank = None


class Past(msgspec.Struct, gc=False):
    """Row of `/futures/usdt/liq_orders`: `size` is the position's, `left` its unfilled part; `time` is seconds."""

    contract: str
    time: int
    size: Text
    order_price: Text
    left: Text = 0
    fill_price: Blank = None


class Depth(msgspec.Struct, gc=False):
    """`/futures/usdt/order_book`, which does not name its contract; `update` is seconds with a fraction."""

    bids: list[Level]
    asks: list[Level]
    update: float | None = None
    current: float | None = None


class Pair(msgspec.Struct, gc=False):
    """Row of `/spot/tickers`; a pair that never traded has no last price."""

    currency_pair: str
    last: Blank = None
    base_volume: Blank = None
    quote_volume: Blank = None
    change_percentage: Blank = None
    highest_bid: Blank = None
    lowest_ask: Blank = None


CONTRACTS: Final = RowDecoder(Contract)
STATS: Final = RowDecoder(Stat)
PAST: Final = RowDecoder(Past)
DEPTH: Final = msgspec.json.Decoder(Depth, strict=False)
DAYS: Final = RowDecoder(Day)
PAIRS: Final = RowDecoder(Pair)
