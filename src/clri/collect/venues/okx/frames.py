"""What is read of OKX frames and replies: used fields only, everything else is passed over.

A push (`arg`, `data`) and a REST reply (`code`, `data`) carry the same rows, so one envelope serves both. Texts that
enter an event id stay texts.
"""

from typing import Generic, Literal, TypeVar

import msgspec

from clri.collect.book import ArrayLevel
from clri.collect.values import Blank, BlankTime

Body = TypeVar("Body")


class Arg(msgspec.Struct, gc=False, rename="camel"):
    """What was subscribed."""

    channel: str = ""
    inst_id: str | None = None
    inst_type: str | None = None


class Push(msgspec.Struct, Generic[Body], gc=False):
    """A push or a reply. `code` is "0" for success; a push has none."""

    rows: Body = msgspec.field(name="data")
    arg: Arg | None = None
    code: str | int = "0"
    msg: str = ""


class Event(msgspec.Struct, gc=False, rename="camel"):
    """What the venue says about the connection: subscribe, error, notice, …."""

    event: str
    arg: Arg | None = None
    code: str | int = ""
    msg: str = ""


class Order(msgspec.Struct, gc=False, rename="camel"):
    """One liquidation order: `side` of the order, `bk_px` bankruptcy price, `sz` contracts, `ts` ms."""

    side: Literal["buy", "sell"]
    bk_px: str | int | float
    sz: str | int | float
    ts: str | int
    pos_side: str = ""


class Orders(msgspec.Struct, Generic[Body], gc=False, rename="camel"):
    """Liquidation orders of one contract."""

    inst_id: str
    details: list[Body]


class Mark(msgspec.Struct, gc=False, rename="camel"):
    """Mark price, quote per raw unit."""

    inst_id: str
    mark_px: float
    ts: int


class Index(msgspec.Struct, gc=False, rename="camel"):
    """Index price of a pair such as BTC-USDT."""

    inst_id: str
    idx_px: float
    ts: int


class Funding(msgspec.Struct, gc=False, rename="camel"):
    """Funding: `funding_time` is the coming settlement, `funding_rate` the rate that will settle then."""

    inst_id: str | None = None
    funding_rate: Blank = None
    next_funding_rate: Blank = None
    funding_time: BlankTime = None
    next_funding_time: BlankTime = None
    prev_funding_time: BlankTime = None


class Interest(msgspec.Struct, gc=False, rename="camel"):
    """Open interest: `oi` contracts, `oi_ccy` coins."""

    inst_id: str
    oi: Blank
    ts: int
    oi_ccy: Blank = None


class Quote(msgspec.Struct, gc=False, rename="camel"):
    """24 h ticker. Swaps: vol24h contracts, volCcy24h coins; spot: vol24h coins, volCcy24h quote."""

    inst_id: str
    last: Blank
    ts: int
    bid_px: Blank = None
    ask_px: Blank = None
    open24h: Blank = None
    vol24h: Blank = None
    vol_ccy24h: Blank = msgspec.field(default=None, name="volCcy24h")


class Levels(msgspec.Struct, gc=False, rename="camel"):
    """A whole book."""

    bids: list[ArrayLevel]
    asks: list[ArrayLevel]
    ts: int
    seq_id: int | None = None


class Ratio(msgspec.Struct, gc=False, array_like=True):
    """Long/short ratio at the start of a period, ms."""

    ts: int
    ratio: float


class Candle(msgspec.Struct, gc=False, array_like=True):
    """Price bar: contracts, coins and quote volume; `confirm` "1" = closed."""

    ts: int
    o: float
    h: float
    l: float  # noqa: E741 - the field's standard name
    c: float
    vol: Blank = None
    vol_ccy: Blank = None
    vol_ccy_quote: Blank = None
    confirm: str | int = "1"


class Listing(msgspec.Struct, gc=False, rename="camel"):
    """One contract of the venue's list."""

    inst_id: str
    inst_type: str
    state: str
    ct_type: str = ""
    ct_val: Blank = None
    ct_mult: Blank = None
    ct_val_ccy: str = ""
    settle_ccy: str = ""
    tick_sz: Blank = None
    lot_sz: Blank = None
    list_time: BlankTime = None
    exp_time: BlankTime = None
    rule_type: str = "normal"


class Table(msgspec.Struct, gc=False):
    """Push of the API before v5, withdrawn."""

    table: str
