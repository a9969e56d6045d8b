"""What Binance lists: contracts by symbol, their funding intervals, and the last mark of each."""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from clri.collect import checks
from clri.collect.instruments import InstrumentTable, base_coin, instrument
from clri.collect.rows import FrameReader, RowReader, each
from clri.collect.tally import Tally
from clri.collect.venues.binance.reply_frames import Contract, Interval, Listed
from clri.model.errors import QuarantineError
from clri.model.instrument import Instrument
from clri.model.names import Market

DEFAULT_INTERVAL_H: Final = 8.0
"""Funding interval of a contract that `/fapi/v1/fundingInfo` does not list (VENUES 2.1)."""

NEVER_MS: Final = 4_000_000_000_000
"""Delivery dates beyond the year 2096 stand for "perpetual"."""

MAX_INFERRED: Final = 4096
"""Bound on contracts made up from spellings, so that a hostile file cannot fill the memory."""

STABLES: Final = ("USDT", "USDC")

_PAIR: Final = re.compile(r"([A-Z0-9]{1,20})(USDT|USDC)")
_INVERSE: Final = re.compile(r"\w+USD_PERP")
_DATED: Final = re.compile(r"\w+_\d{6}")


def off_reason(raw: str) -> str:
    """Why a symbol that is not listed yields nothing.

    Examples
    --------
    >>> [off_reason(raw) for raw in ("BTCUSD_PERP", "BTCUSD_261225", "BTCUSDT_261225", "ETHBTC")]
    ['inverse_off', 'dated_off', 'dated_off', 'unknown_symbol']
    """
    if _INVERSE.fullmatch(raw):
        return "inverse_off"
    return "dated_off" if _DATED.fullmatch(raw) else "unknown_symbol"


class Listing:
    """Instrument table with the means to fill it, shared by the handlers of one mapper.

    Parameters
    ----------
    table
        Contracts; rows are added by replies and by inference.
    infer
        True: an unlisted symbol spelled coin + USDT or USDC is taken for a contract of one coin. False: it is counted
        as `unknown_symbol`.
    """

    def __init__(self, table: InstrumentTable, tally: Tally, *, infer: bool) -> None:
        self.table = table
        self.marks: dict[str, float] = {}
        self._tally = tally
        self._infer = infer
        self._hours: dict[str, float] = {}
        self._contracts = FrameReader(Contract, Listed[Contract | list[Contract]], Listed[msgspec.Raw])
        self._intervals = RowReader(Interval)

    def perp(self, raw: str) -> Instrument | None:
        """Perpetual of a raw symbol; None, and one count, if clri does not use it."""
        listed = self.table.find(raw) or self._inferred(raw, "perp")
        if listed is None:
            self._tally.row_ignored(off_reason(raw))
        return listed

    def spot(self, raw: str) -> Instrument | None:
        """Spot pair of a coin that has a perpetual; None, and one count, for any other pair."""
        listed = self.table.find(raw, "spot") or self._inferred(raw, "spot")
        if listed is None:
            self._tally.row_ignored("spot_pair_off")
        return listed

    def of_call(self, raw: str | None) -> Instrument | None:
        """Perpetual of the symbol that a REST call named, for replies that do not name it.

        Raises
        ------
        QuarantineError
            `no_symbol` if the call named none.
        """
        if raw is None:
            raise QuarantineError("no_symbol", "the reply names no symbol, and neither does its path")
        return self.perp(raw)

    def _inferred(self, raw: str, market: Market) -> Instrument | None:
        spelled = _PAIR.fullmatch(raw)
        if spelled is None or len(self.table) >= MAX_INFERRED:
            return None
        base, settle = spelled.groups()
        if not self._infer and (market == "perp" or base_coin(base)[0] not in {row.symbol for row in self.table}):
            return None
        hours = DEFAULT_INTERVAL_H if market == "perp" else None
        row = instrument(0, "binance", raw, base, settle, market=market, funding_interval_h=hours)
        self.table.update((row,))
        return row

    def tracked(self, symbols: Iterable[str]) -> list[Instrument]:
        """Perpetuals of these base coins, in the order asked for."""
        rows = [row for row in self.table if row.market == "perp"]
        tracked = []
        for symbol in dict.fromkeys(symbols):
            found = [row for row in rows if row.symbol == symbol]
            if not found and (guess := self._inferred(f"{symbol}USDT", "perp")):
                found = [guess]
            tracked += sorted(found, key=lambda row: row.raw or "")
        return tracked

    def contracts(self, raw: bytes, recv_ns: int) -> list[Instrument]:
        """Tradable USDT and USDC perpetuals of an `/fapi/v1/exchangeInfo` reply."""
        rows = self._contracts.read(raw, self._tally).rows
        return each(rows, lambda row: self._contract(row, recv_ns), self._tally)

    def _contract(self, row: Contract, recv_ns: int) -> tuple[Instrument, ...]:
        if reason := _not_used(row):
            self._tally.row_ignored(reason)
            return ()
        if not row.symbol or not row.base_asset:
            raise QuarantineError("schema", f"contract {row.symbol!r} of base {row.base_asset!r}; expected both names")
        rules = {rule.filter_type: rule for rule in row.filters}
        tick, lot = rules.get("PRICE_FILTER"), rules.get("LOT_SIZE")
        known = self.table.find(row.symbol)
        hours = self._hours.get(row.symbol) or (known.funding_interval_h if known else None) or DEFAULT_INTERVAL_H
        end = row.delivery_date
        return (
            instrument(
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
            ),
        )

    def intervals(self, raw: bytes, recv_ns: int) -> list[Instrument]:
        """Contracts whose funding interval a `/fapi/v1/fundingInfo` reply changes; absent means 8 hours."""
        broken = self._tally.rows["quarantined:schema"]
        rows = self._intervals.read(raw, self._tally)
        each(rows, self._interval, self._tally)
        complete = isinstance(rows, list) and self._tally.rows["quarantined:schema"] == broken
        named = {row.symbol for row in rows} if isinstance(rows, list) else {rows.symbol}
        changed = []
        for listed in list(self.table):
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

    def _interval(self, row: Interval) -> tuple[Instrument, ...]:
        self._hours[row.symbol] = checks.interval_h(row.funding_interval_hours)
        return ()


def _not_used(row: Contract) -> str | None:
    if row.contract_type is None:
        return "spot_pair_off"
    if row.contract_type != "PERPETUAL":
        return "dated_off" if row.contract_type.startswith(("CURRENT_", "NEXT_")) else "contract_type_off"
    if row.quote_asset not in STABLES:
        return "quote_off"
    if row.underlying_type == "PREMARKET":
        return "premarket_off"
    return None if row.status == "TRADING" else "not_trading"
