"""How Bitget spells its contracts, and its list of them (VENUES 2.5, 9)."""

import re
from typing import Final

from clri.collect.checks import interval_h, ms
from clri.collect.instruments import instrument
from clri.collect.tally import Tally
from clri.collect.venues.bitget.frames import Blank, ContractRow, Time
from clri.model.errors import QuarantineError
from clri.model.instrument import Instrument

STABLE: Final = ("USDT", "USDC")
FUTURES: Final = ("usdt-futures", "usdc-futures", "")
"""Values of `instType` whose contracts are linear; frames that leave it out are of USDT futures."""
_GONE: Final = ("listed", "off")
"""States before trading and after its end; in maintenance or closing-only a contract still holds positions."""
MAX_PLACES: Final = 20
"""Decimals of a price."""
_PERP: Final = re.compile(r"([A-Z0-9]+?)(USDT|USDC|PERP)")
_SPOT: Final = re.compile(r"([A-Z0-9]+?)(USDT|USDC)")
_DATED: Final = re.compile(r"[A-Z0-9]+USD[TC]?[FGHJKMNQUVXZ]\d{2}|[A-Z0-9]+_\d{6}")
_INVERSE: Final = re.compile(r"[A-Z0-9]+USD")


def market_off(inst_type: str) -> str | None:
    """Why frames of an `instType` do not count, or None for linear futures; v3 writes it small, v2 in capitals.

    Examples
    --------
    >>> [market_off(name) for name in ("usdt-futures", "USDC-FUTURES", "SPOT", "coin-futures", "mc")]
    [None, None, 'spot_off', 'inverse_off', 'retired_api']
    """
    name = inst_type.lower()
    if name in FUTURES:
        return None
    return {"spot": "spot_off", "margin": "spot_off", "coin-futures": "inverse_off"}.get(name, "retired_api")


def perp_of(raw: str) -> Instrument | str:
    """Linear perpetual that the spelling means (size one coin), or the reason why it is none that counts.

    Examples
    --------
    >>> [getattr(perp_of(raw), "symbol", perp_of(raw)) for raw in ("1000BONKUSDT", "BTCPERP", "BTCUSD", "BTCUSDZ25")]
    ['BONK', 'BTC', 'inverse_off', 'dated_off']
    """
    if found := _PERP.fullmatch(raw):
        base, quote = found.groups()
        return instrument(0, "bitget", raw, base, "USDC" if quote == "PERP" else quote)
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
    return instrument(0, "bitget", raw, found.group(1), found.group(2), market="spot") if found else None


def contract(row: ContractRow, recv_ns: int, tally: Tally) -> Instrument | str:
    """Instrument of one row of the list, or the reason why it does not count.

    Notes
    -----
    A funding interval outside 1..24 h is unknown, not a reason to lose the contract; it is counted as
    `funding_interval`.
    """
    if row.quote_coin not in STABLE:
        return "inverse_off"
    if row.symbol_type != "perpetual":
        return "dated_off"
    if row.symbol_status in _GONE:
        return "not_trading"
    hours = None
    if isinstance(row.fund_interval, float):
        try:
            hours = interval_h(row.fund_interval)
        except QuarantineError:
            tally.row_ignored("funding_interval")
    return instrument(
        recv_ns,
        "bitget",
        row.symbol,
        row.base_coin,
        row.quote_coin,
        tick_size=_tick(row),
        qty_step=_step(row.size_multiplier),
        funding_interval_h=hours,
        valid_from=time_of(row.launch_time),
        valid_to=time_of(row.off_time),
    )


def time_of(value: Time) -> int | None:
    """Nanoseconds; None for empty, 0 and -1."""
    return ms(value) if isinstance(value, int) and value not in {0, -1} else None


def _tick(row: ContractRow) -> float | None:
    step, places = _step(row.price_end_step), row.price_place
    if step is None or not isinstance(places, int) or not 0 <= places <= MAX_PLACES:
        return None
    return _step(step / 10**places)


def _step(value: Blank) -> float | None:
    return value if isinstance(value, float) and 0.0 < value < float("inf") else None
