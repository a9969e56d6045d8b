"""What is read of Hyperliquid frames and replies: used fields only, everything else is passed over.

Texts that enter an event id stay texts.
"""

from typing import Generic, Literal, TypeVar

import msgspec

from clri.collect.values import Blank

Body = TypeVar("Body")


class Answer(msgspec.Struct, gc=False):
    """Subscription that the venue confirms."""

    type: str
    coin: str | None = None
    user: str | None = None


class AnswerData(msgspec.Struct, gc=False):
    """Confirmed method and subscription."""

    subscription: Answer


class AnswerFrame(msgspec.Struct, gc=False):
    """Frame of a confirmation."""

    data: AnswerData


class ErrorFrame(msgspec.Struct, gc=False):
    """Refusal, in words."""

    channel: Literal["error"]
    data: str = ""


class PongFrame(msgspec.Struct, gc=False):
    """Answer to our ping."""

    channel: Literal["pong"]


class Ctx(msgspec.Struct, gc=False, rename="camel"):
    """State of one perpetual: funding per hour, open interest in raw units, prices, 24 h USD and raw volume."""

    mark_px: float
    funding: float
    open_interest: float
    oracle_px: Blank = None
    mid_px: Blank = None
    prev_day_px: Blank = None
    day_ntl_vlm: Blank = None
    day_base_vlm: Blank = None


class CoinCtx(msgspec.Struct, gc=False):
    """State with the coin it belongs to."""

    coin: str
    ctx: Ctx


class CtxFrame(msgspec.Struct, gc=False):
    """Frame of one state."""

    data: CoinCtx


class Level(msgspec.Struct, gc=False):
    """One level of a book, in raw units."""

    price: float = msgspec.field(name="px")
    size: float = msgspec.field(name="sz")


class Levels(msgspec.Struct, gc=False):
    """A whole book: bids, asks."""

    coin: str
    levels: tuple[list[Level], list[Level]]
    time: int


class LevelsFrame(msgspec.Struct, gc=False):
    """Frame of a book."""

    data: Levels


class Forced(msgspec.Struct, gc=False, rename="camel"):
    """Marks a fill as a liquidation: who was liquidated, and how."""

    liquidated_user: str
    method: str = ""


class Fill(msgspec.Struct, gc=False):
    """One fill of a user: `side` B bought or A sold, `time` ms; `tid` may be 0 and repeat; `dir` in words."""

    coin: str
    px: str | int | float
    sz: str | int | float
    side: Literal["A", "B"]
    time: int
    tid: int | str | None = None
    dir: str = ""
    liquidation: Forced | None = None


class Fills(msgspec.Struct, Generic[Body], gc=False, rename="camel"):
    """Fills of `user`; the channel `user` does not name him."""

    fills: Body = msgspec.field(default_factory=list)  # type: ignore[assignment]
    user: str | None = None
    is_snapshot: bool = False


class FillsFrame(msgspec.Struct, Generic[Body], gc=False):
    """Frame of fills."""

    data: Fills[Body]

    @property
    def rows(self) -> Body:
        """The fills."""
        return self.data.fills


class Coin(msgspec.Struct, gc=False, rename="camel"):
    """One perpetual of the list; its place in the list is its place among the states."""

    name: str
    sz_decimals: int | None = None
    is_delisted: bool | None = None


class Meta(msgspec.Struct, gc=False):
    """List of perpetuals."""

    universe: list[Coin]


class Token(msgspec.Struct, gc=False):
    """One token of the spot market."""

    name: str
    index: int


class Pair(msgspec.Struct, gc=False):
    """One spot pair: indices of its base and quote token."""

    name: str
    tokens: tuple[int, int]


class SpotMeta(msgspec.Struct, gc=False):
    """Tokens and pairs of the spot market."""

    tokens: list[Token]
    universe: list[Pair]


class SpotCtx(msgspec.Struct, gc=False, rename="camel"):
    """State of one spot pair: 24 h USD volume, 24 h volume in tokens."""

    coin: str
    mark_px: Blank = None
    mid_px: Blank = None
    prev_day_px: Blank = None
    day_ntl_vlm: Blank = None
    day_base_vlm: Blank = None


class SpotStates(msgspec.Struct, Generic[Body], array_like=True, gc=False):
    """Reply of `spotMetaAndAssetCtxs`: what there is, then the states; a state names its pair."""

    meta: SpotMeta
    rows: Body


class Candle(msgspec.Struct, gc=False):
    """Price bar: `t` open and `T` close ms, `s` coin, `i` interval, `v` volume in raw units, `n` trades."""

    t: int
    T: int
    s: str
    i: str
    o: float
    h: float
    l: float  # noqa: E741 - the venue's name
    c: float
    v: Blank = None
    n: int | None = None


class Settled(msgspec.Struct, gc=False, rename="camel"):
    """Settled funding of one hour."""

    coin: str
    funding_rate: float
    time: int


class Children(msgspec.Struct, gc=False, rename="camel"):
    """Addresses of a vault's children."""

    child_addresses: list[str]


class Relationship(msgspec.Struct, gc=False):
    """A vault's relation to others."""

    data: Children


class Vault(msgspec.Struct, gc=False):
    """Details of a vault."""

    relationship: Relationship
