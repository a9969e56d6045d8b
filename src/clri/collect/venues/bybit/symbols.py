"""How Bybit spells its contracts, and its list of them (VENUES 2.2, 9)."""

import re
from typing import Final

from clri.collect.instruments import STABLES, instrument
from clri.collect.listing import interval_of
from clri.collect.tally import Tally
from clri.collect.values import step, time_of
from clri.collect.venues.bybit.frames import ContractRow
from clri.model.instrument import Instrument

DATED: Final = re.compile(r"[A-Z0-9]+-\d{1,2}[A-Z]{3}\d{2}|[A-Z0-9]+USD[FGHJKMNQUVXZ]\d{2}")
"""Contracts that end: BTC-26DEC25, BTCUSDU25."""


def contract(row: ContractRow, recv_ns: int, tally: Tally) -> Instrument | str:
    """Instrument of one row of the list, or the reason why it does not count; `funding_interval` is in MINUTES."""
    reason = _why_off(row)
    if reason is not None:
        return reason
    minutes = row.funding_interval
    return instrument(
        recv_ns,
        "bybit",
        row.symbol,
        row.base_coin,
        row.settle_coin,
        tick_size=step(row.price_filter.tick_size if row.price_filter else None),
        qty_step=step(row.lot_size_filter.qty_step if row.lot_size_filter else None),
        funding_interval_h=interval_of(minutes / 60.0 if isinstance(minutes, float) else None, tally),
        valid_from=time_of(row.launch_time),
        valid_to=time_of(row.delivery_time),
    )


def _why_off(row: ContractRow) -> str | None:
    if row.contract_type.startswith("Inverse"):
        return "inverse_off"
    if row.contract_type != "LinearPerpetual":
        return "dated_off"
    if row.quote_coin not in STABLES or row.settle_coin not in STABLES:
        return "quote_off"
    return None if row.status == "Trading" else "not_trading"
