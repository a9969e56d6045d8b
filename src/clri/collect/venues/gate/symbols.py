"""How Gate spells its contracts, and its list of them (VENUES 2.4, 9)."""

import re
from typing import Final

from clri.collect import checks
from clri.collect.instruments import instrument
from clri.collect.listing import UNKNOWN_SIZE
from clri.collect.values import blank
from clri.collect.venues.gate.bootstrap import BOOTSTRAP
from clri.collect.venues.gate.reply_frames import Contract
from clri.model.instrument import Instrument

_MAJORS: Final = {row.raw: row for row in BOOTSTRAP}
_PERP: Final = re.compile(r"([A-Z0-9]{1,24})_USDT")
_PAIR: Final = re.compile(r"([A-Za-z0-9]{1,24})_(USDT|USDC)")
_DATED: Final = re.compile(r"\w+_\d{8}")


def perp_of(raw: str) -> Instrument | str:
    """USDT perpetual that the spelling means, its size known for majors only; or the reason why it does not count.

    Examples
    --------
    >>> [perp_of(raw).contract_size for raw in ("BTC_USDT", "NEW_USDT")]
    [0.0001, nan]
    >>> [perp_of(raw) for raw in ("BTC_USD", "BTC_USDT_20261225", "NEW_USDC")]
    ['inverse_off', 'dated_off', 'unknown_symbol']
    """
    if spelled := _PERP.fullmatch(raw):
        return _MAJORS.get(raw) or instrument(0, "gate", raw, spelled[1], "USDT", contract_size=UNKNOWN_SIZE)
    if _DATED.fullmatch(raw):
        return "dated_off"
    return "inverse_off" if raw.endswith("_USD") else "unknown_symbol"


def spot_of(raw: str) -> Instrument | None:
    """Spot pair against a dollar stablecoin, or None for any other pair.

    Examples
    --------
    >>> spot_of("ETH_USDC").settle, spot_of("ETH_BTC")
    ('USDC', None)
    """
    spelled = _PAIR.fullmatch(raw)
    return instrument(0, "gate", raw, *spelled.groups(), market="spot") if spelled else None


def contract(row: Contract, recv_ns: int) -> Instrument | str:
    """Instrument of one row of the list, or the reason why it does not count."""
    reason = _why_off(row)
    if reason is not None:
        return reason
    spelled = _PAIR.fullmatch(row.name)
    if spelled is None:
        return str(perp_of(row.name))
    interval, launch, tick = blank(row.funding_interval), blank(row.launch_time), blank(row.order_price_round)
    return instrument(
        recv_ns,
        "gate",
        row.name,
        *spelled.groups(),
        contract_size=checks.qty(row.quanto_multiplier),
        tick_size=None if tick is None else checks.price(tick),
        funding_interval_h=None if interval is None else checks.interval_h(interval / 3600.0),
        valid_from=checks.seconds(launch) if launch else None,
    )


def _why_off(row: Contract) -> str | None:
    if row.type == "inverse" or row.quanto_multiplier == 0.0:
        return "inverse_off"
    if row.contract_type:
        return "contract_type_off"
    if row.is_pre_market:
        return "premarket_off"
    if row.in_delisting:
        return "delisting"
    return None if row.status in (None, "", "trading") else "not_trading"
