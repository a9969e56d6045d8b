"""How Bybit spells its contracts, and its list of them (VENUES 2.2, 9)."""

import re
from collections.abc import Callable
from typing import Final, Literal

from clri.collect.checks import interval_h, ms
from clri.collect.instruments import instrument
from clri.collect.tally import Tally
from clri.collect.venues.bybit.frames import Blank, ContractRow
from clri.model.errors import QuarantineError
from clri.model.instrument import Instrument

STABLE: Final = ("USDT", "USDC")
_PERP: Final = re.compile(r"([A-Z0-9]+?)(USDT|USDC|PERP)")
_SPOT: Final = re.compile(r"([A-Z0-9]+?)(USDT|USDC)")
_DATED: Final = re.compile(r"[A-Z0-9]+-\d{1,2}[A-Z]{3}\d{2}|[A-Z0-9]+USD[FGHJKMNQUVXZ]\d{2}")
_INVERSE: Final = re.compile(r"[A-Z0-9]+USD")


def perp_of(raw: str) -> Instrument | str:
    """Linear perpetual that the spelling means (size one coin), or the reason why it is none that counts.

    Examples
    --------
    >>> [getattr(perp_of(raw), "symbol", perp_of(raw)) for raw in ("1000PEPEUSDT", "BTCPERP", "BTCUSD", "BTCUSDU25")]
    ['PEPE', 'BTC', 'inverse_off', 'dated_off']
    """
    if found := _PERP.fullmatch(raw):
        base, quote = found.groups()
        return instrument(0, "bybit", raw, base, "USDC" if quote == "PERP" else quote)
    if _DATED.fullmatch(raw):
        return "dated_off"
    return "inverse_off" if _INVERSE.fullmatch(raw) else "unknown_symbol"


def spot_of(raw: str) -> Instrument | None:
    """Spot pair against a dollar stablecoin, or None for any other pair.

    Examples
    --------
    >>> spot_of("ETHUSDC").settle, spot_of("ETHBTC")
    ('USDC', None)
    """
    found = _SPOT.fullmatch(raw)
    return instrument(0, "bybit", raw, found.group(1), found.group(2), market="spot") if found else None


def contract(row: ContractRow, recv_ns: int, leave_out: Callable[[str, str], None], tally: Tally) -> Instrument | None:
    """Instrument of one row of the list, or None after `leave_out(raw, reason)`.

    Notes
    -----
    A funding interval outside 1..24 h (the field is in minutes) is unknown, not a reason to lose the contract; it is
    counted as `funding_interval`.
    """
    reason = _unused(row)
    if reason is not None:
        leave_out(row.symbol, reason)
        return None
    hours = None
    if isinstance(row.funding_interval, float):
        try:
            hours = interval_h(row.funding_interval / 60.0)
        except QuarantineError:
            tally.row_ignored("funding_interval")
    return instrument(
        recv_ns,
        "bybit",
        row.symbol,
        row.base_coin,
        row.settle_coin,
        tick_size=_step(row.price_filter.tick_size if row.price_filter else None),
        qty_step=_step(row.lot_size_filter.qty_step if row.lot_size_filter else None),
        funding_interval_h=hours,
        valid_from=_time(row.launch_time),
        valid_to=_time(row.delivery_time),
    )


def _unused(row: ContractRow) -> str | None:
    if row.contract_type.startswith("Inverse"):
        return "inverse_off"
    if row.contract_type != "LinearPerpetual":
        return "dated_off"
    if row.quote_coin not in STABLE or row.settle_coin not in STABLE:
        return "quote_off"
    return None if row.status == "Trading" else "not_trading"


def _step(value: Blank) -> float | None:
    return value if isinstance(value, float) and 0.0 < value < float("inf") else None


def _time(value: int | Literal[""] | None) -> int | None:
    return ms(value) if value else None
