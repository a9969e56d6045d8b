"""Binance's list of contracts, and their funding intervals, which it tells apart (VENUES 2.1)."""

from typing import Final

import msgspec

from clri.collect import checks
from clri.collect.instruments import instrument
from clri.collect.listing import Listing
from clri.collect.rows import each
from clri.collect.tally import Tally
from clri.collect.venues.binance.reply_frames import CONTRACTS, INTERVALS, Contract, Interval
from clri.collect.venues.binance.symbols import DEFAULT_INTERVAL_H, why_off
from clri.model.errors import QuarantineError
from clri.model.instrument import Instrument

NEVER_MS: Final = 4_000_000_000_000
"""Delivery dates beyond the year 2096 stand for "perpetual"."""


class Contracts:
    """Rows of both lists as instruments."""

    def __init__(self, listing: Listing, tally: Tally) -> None:
        self._listing = listing
        self._tally = tally
        self._hours: dict[str, float] = {}

    def listed(self, raw: bytes, recv_ns: int) -> list[Instrument]:
        """Tradable USDT and USDC perpetuals of an `/fapi/v1/exchangeInfo` reply."""
        _, rows = CONTRACTS.decode(raw, self._tally)
        return each(rows, self._contract, self._tally, recv_ns)

    def _contract(self, row: Contract, recv_ns: int) -> list[Instrument]:
        if reason := why_off(row):
            return self._listing.admit(row.symbol, reason)
        if not row.symbol or not row.base_asset:
            raise QuarantineError("schema", f"contract {row.symbol!r} of base {row.base_asset!r}; expected both names")
        rules = {rule.filter_type: rule for rule in row.filters}
        tick, lot = rules.get("PRICE_FILTER"), rules.get("LOT_SIZE")
        known = self._listing.table.find(row.symbol)
        hours = self._hours.get(row.symbol) or (known.funding_interval_h if known else None) or DEFAULT_INTERVAL_H
        end = row.delivery_date
        found = instrument(
            recv_ns,
            "binance",
            row.symbol,
            row.base_asset,
            row.quote_asset,
            tick_size=checks.price(checks.number(tick.tick_size)) if tick and tick.tick_size else None,
            qty_step=checks.qty(checks.number(lot.step_size)) if lot and lot.step_size else None,
            funding_interval_h=hours,
            valid_from=checks.ms(row.onboard_date) if row.onboard_date else None,
            valid_to=checks.ms(end) if end and end < NEVER_MS else None,
        )
        return self._listing.admit(row.symbol, found)

    def changed(self, raw: bytes, recv_ns: int) -> list[Instrument]:
        """Contracts whose funding interval a `/fapi/v1/fundingInfo` reply changes; absent means 8 hours."""
        broken = self._tally.rows["quarantined:schema"]
        rows = INTERVALS.decode(raw, self._tally)
        each(rows, self._interval, self._tally)
        complete = raw.lstrip().startswith(b"[") and self._tally.rows["quarantined:schema"] == broken
        named = {row.symbol for row in rows}
        changed = []
        for listed in list(self._listing.table):
            if listed.raw is None or listed.market != "perp":
                continue
            if complete and listed.raw not in named:
                self._hours.pop(listed.raw, None)
            elif listed.raw not in self._hours:
                continue
            hours = self._hours.get(listed.raw, DEFAULT_INTERVAL_H)
            if hours != listed.funding_interval_h:
                changed.append(msgspec.structs.replace(listed, ts=recv_ns, funding_interval_h=hours))
        return changed

    def _interval(self, row: Interval) -> list[Instrument]:
        self._hours[row.symbol] = checks.interval_h(row.funding_interval_hours)
        return []
