"""CoinGecko's replies: the fields that are used."""

from typing import Final

import msgspec

from clri.collect.rows import RowDecoder
from clri.collect.values import Blank


class Price(msgspec.Struct, gc=False):
    """Value of one coin in `/simple/price`; `last_updated_at` is seconds, the change is in percent."""

    usd: Blank = None
    usd_24h_vol: Blank = None
    usd_24h_change: Blank = None
    last_updated_at: int | None = None


class Contract(msgspec.Struct, gc=False):
    """Row of `/derivatives`: open interest and volume in USD, funding in PERCENT per unnamed interval."""

    market: str
    symbol: str
    index_id: str | None = None
    contract_type: str | None = None
    price: Blank = None
    funding_rate: Blank = None
    open_interest: Blank = None
    volume_24h: Blank = None
    expired_at: int | None = None


class Status(msgspec.Struct, gc=False):
    """Inside of a refusal."""

    error_code: int | None = None
    error_message: str | None = None


class Refused(msgspec.Struct, gc=False):
    """A refusal that comes with HTTP 200."""

    status: Status | None = None
    error: str | None = None


REFUSED: Final = msgspec.json.Decoder(Refused, strict=False)
PRICES: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
PRICE: Final = msgspec.json.Decoder(Price, strict=False)
CONTRACTS: Final = RowDecoder(Contract)
