"""How Bitget spells its contracts, and its list of them (VENUES 2.5, 9)."""

import re
from typing import Final

from clri.collect.instruments import STABLES, instrument
from clri.collect.listing import interval_of
from clri.collect.tally import Tally
from clri.collect.values import blank, step, time_of
from clri.collect.venues.bitget.frames import ContractRow
from clri.model.instrument import Instrument

FUTURES: Final = ("usdt-futures", "usdc-futures", "")
"""Values of `instType` whose contracts are linear; frames that leave it out are of USDT futures."""
_GONE: Final = ("listed", "off")
"""States before trading and after its end; in maintenance or closing-only a contract still holds positions."""
MAX_PLACES: Final = 20
"""Decimals of a price."""
DATED: Final = re.compile(r"[A-Z0-9]+USD[TC]?[FGHJKMNQUVXZ]\d{2}|[A-Z0-9]+_\d{6}")
"""Contracts that end: BTCUSDZ25, BTCUSD_251226."""


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


def contract(row: ContractRow, recv_ns: int, tally: Tally) -> Instrument | str:
    """Instrument of one row of the list, or the reason why it does not count."""
    if row.quote_coin not in STABLES:
        return "inverse_off"
    if row.symbol_type != "perpetual":
        return "dated_off"
    if row.symbol_status in _GONE:
        return "not_trading"
    return instrument(
        recv_ns,
        "bitget",
        row.symbol,
        row.base_coin,
        row.quote_coin,
        tick_size=_tick(row),
        qty_step=step(row.size_multiplier),
        funding_interval_h=interval_of(blank(row.fund_interval), tally),
        valid_from=time_of(row.launch_time),
        valid_to=time_of(row.off_time),
    )


def _tick(row: ContractRow) -> float | None:
    grid, places = step(row.price_end_step), row.price_place
    if grid is None or not isinstance(places, int) or not 0 <= places <= MAX_PLACES:
        return None
    return step(grid / 10**places)
