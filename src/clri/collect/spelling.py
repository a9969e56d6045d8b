"""Names without separators, coin and quote in one word, as Binance, Bybit and Bitget spell them (VENUES 9)."""

import re
from typing import Final

from clri.collect.instruments import instrument
from clri.model.instrument import Instrument
from clri.model.names import Market, Venue

_PAIR: Final = re.compile(r"([A-Z0-9]{1,24}?)(USDT|USDC)")
_USDC_PERP: Final = re.compile(r"([A-Z0-9]{1,24}?)PERP")
_INVERSE: Final = re.compile(r"[A-Z0-9]+USD")


def stable_pair(
    raw: str, venue: Venue, market: Market = "perp", *, funding_interval_h: float | None = None
) -> Instrument | None:
    """Perpetual or spot pair against a dollar stablecoin, or None for any other name.

    Examples
    --------
    >>> stable_pair("1000PEPEUSDC", "binance").symbol, stable_pair("ETHBTC", "bybit", "spot")
    ('PEPE', None)
    """
    spelled = _PAIR.fullmatch(raw)
    if spelled is None:
        return None
    return instrument(0, venue, raw, *spelled.groups(), market=market, funding_interval_h=funding_interval_h)


def linear_perp(raw: str, venue: Venue, dated: re.Pattern[str]) -> Instrument | str:
    """Linear perpetual of one coin that a name means (BTCPERP is settled in USDC), or why it is none that counts.

    Parameters
    ----------
    dated
        How the venue spells contracts that end.

    Examples
    --------
    >>> dated = re.compile("[A-Z]+U25")
    >>> linear_perp("BTCPERP", "bybit", dated).settle
    'USDC'
    >>> [linear_perp(raw, "bybit", dated) for raw in ("BTCUSD", "BTCUSDU25", "BTC")]
    ['inverse_off', 'dated_off', 'unknown_symbol']
    """
    if found := stable_pair(raw, venue):
        return found
    if spelled := _USDC_PERP.fullmatch(raw):
        return instrument(0, venue, raw, spelled[1], "USDC")
    if dated.fullmatch(raw):
        return "dated_off"
    return "inverse_off" if _INVERSE.fullmatch(raw) else "unknown_symbol"
