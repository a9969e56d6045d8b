"""Coinglass's replies: the fields that are used."""

from typing import Final

import msgspec

from clri.collect.rows import RowDecoder
from clri.collect.values import Blank

NOTHING: Final = msgspec.Raw(b"null")


class Envelope(msgspec.Struct, gc=False):
    """Around every reply; success is code 0, whatever the HTTP status."""

    code: str | int
    msg: str | None = None
    data: msgspec.Raw = NOTHING


class Liquidated(msgspec.Struct, gc=False):
    """Row of `/liquidation/exchange-list`, USD of the range that was asked for.

    Recorded replies spell `longLiquidation_usd`, the documents `long_liquidation_usd`.
    """

    exchange: str
    longLiquidation_usd: Blank = None  # noqa: N815 - the service's spelling
    shortLiquidation_usd: Blank = None  # noqa: N815
    long_liquidation_usd: Blank = None
    short_liquidation_usd: Blank = None


class Interest(msgspec.Struct, gc=False):
    """Row of `/open-interest/exchange-list`: USD and coins."""

    exchange: str
    symbol: str
    open_interest_usd: Blank = None
    open_interest_quantity: Blank = None


class Paid(msgspec.Struct, gc=False):
    """Funding of one exchange, PERCENT per interval; the interval (hours) is often missing."""

    exchange: str
    funding_rate: Blank = None
    funding_rate_interval: Blank = None


class Coin(msgspec.Struct, gc=False):
    """Row of `/funding-rate/exchange-list`; only contracts margined in stablecoins are read."""

    symbol: str
    stablecoin_margin_list: list[Paid] = []


ENVELOPE: Final = msgspec.json.Decoder(Envelope, strict=False)
LIQUIDATED: Final = RowDecoder(Liquidated)
INTEREST: Final = RowDecoder(Interest)
COINS: Final = RowDecoder(Coin)
