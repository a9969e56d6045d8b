"""How Hyperliquid names its perpetuals, and its list of them (VENUES 2.6, 9)."""

import re
from typing import Final

from clri.collect.instruments import instrument
from clri.collect.venues.hyperliquid.frames import Coin
from clri.model.errors import QuarantineError
from clri.model.instrument import Instrument

SETTLE: Final = "USDC"
INTERVAL_H: Final = 1.0
"""Funding settles every full hour, always."""

MAX_DECIMALS: Final = 18
"""Most decimals of a size that a list may name."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9]{1,20}")


def perp_of(raw: str) -> Instrument | str:
    """Perpetual that a plain name means (size one coin, or 1000 for k names), or the reason why it does not count.

    Examples
    --------
    >>> [getattr(perp_of(raw), "symbol", perp_of(raw)) for raw in ("kPEPE", "xyz:NEW", "@7", "PURR/USDC", "")]
    ['PEPE', 'other_dex_off', 'spot_pair_off', 'spot_pair_off', 'unknown_symbol']
    """
    if ":" in raw:
        return "other_dex_off"
    if raw.startswith("@") or "/" in raw:
        return "spot_pair_off"
    return _perpetual(raw, 0, None) if _PLAIN.fullmatch(raw) else "unknown_symbol"


def contract(coin: Coin, recv_ns: int) -> Instrument | str:
    """Instrument of one coin of the list, or the reason why it does not count."""
    if coin.is_delisted:
        return "delisted"
    if ":" in coin.name:
        return "other_dex_off"
    if coin.sz_decimals is not None and not 0 <= coin.sz_decimals <= MAX_DECIMALS:
        raise QuarantineError("range", f"{coin.name} had {coin.sz_decimals} decimals; expected 0..{MAX_DECIMALS}")
    return _perpetual(coin.name, recv_ns, coin.sz_decimals)


def _perpetual(name: str, recv_ns: int, decimals: int | None) -> Instrument:
    step = None if decimals is None else 10.0**-decimals
    return instrument(recv_ns, "hyperliquid", name, name, SETTLE, qty_step=step, funding_interval_h=INTERVAL_H)
