"""How Binance spells its contracts, and why one does not count (VENUES 2.1, 9)."""

import re
from typing import Final

from clri.collect.instruments import STABLES
from clri.collect.spelling import stable_pair
from clri.collect.venues.binance.reply_frames import Contract
from clri.model.instrument import Instrument

DEFAULT_INTERVAL_H: Final = 8.0
"""Funding interval of a contract that `/fapi/v1/fundingInfo` does not list (VENUES 2.1)."""

_INVERSE: Final = re.compile(r"\w+USD_PERP")
_DATED: Final = re.compile(r"\w+_\d{6}")


def perp_of(raw: str) -> Instrument | str:
    """Perpetual of one coin that the spelling means, or the reason why it is none that counts.

    Examples
    --------
    >>> raws = ("1000PEPEUSDT", "BTCUSD_PERP", "BTCUSD_261225", "BTCUSDT_261225", "ETHBTC")
    >>> [getattr(perp_of(raw), "symbol", perp_of(raw)) for raw in raws]
    ['PEPE', 'inverse_off', 'dated_off', 'dated_off', 'unknown_symbol']
    """
    found = stable_pair(raw, "binance", funding_interval_h=DEFAULT_INTERVAL_H)
    if found is not None:
        return found
    if _INVERSE.fullmatch(raw):
        return "inverse_off"
    return "dated_off" if _DATED.fullmatch(raw) else "unknown_symbol"


def why_off(row: Contract) -> str | None:
    """Why a row of the list does not count, or None for a tradable USDT or USDC perpetual."""
    if row.contract_type is None:
        return "spot_pair_off"
    if row.contract_type != "PERPETUAL":
        return "dated_off" if row.contract_type.startswith(("CURRENT_", "NEXT_")) else "contract_type_off"
    if row.quote_asset not in STABLES:
        return "quote_off"
    if row.underlying_type == "PREMARKET":
        return "premarket_off"
    return None if row.status == "TRADING" else "not_trading"
