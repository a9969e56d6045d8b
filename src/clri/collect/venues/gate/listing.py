"""What Gate lists: contracts by symbol with their sizes, next settlements, and the last mark of each."""

import re
from collections.abc import Iterable
from typing import Final

from clri.collect import checks
from clri.collect.instruments import InstrumentTable, base_coin, instrument
from clri.collect.rows import RowReader, each
from clri.collect.tally import Tally
from clri.collect.values import blank
from clri.collect.venues.gate.bootstrap import BOOTSTRAP
from clri.collect.venues.gate.reply_frames import Contract
from clri.model.errors import QuarantineError
from clri.model.instrument import Instrument

_PAIR: Final = re.compile(r"([A-Za-z0-9]{1,24})_(USDT|USDC)")
_DATED: Final = re.compile(r"\w+_\d{8}")


def off_reason(raw: str) -> str:
    """Why a symbol that is not listed yields nothing.

    Examples
    --------
    >>> [off_reason(raw) for raw in ("BTC_USD", "BTC_USDT_20261225", "NEW_USDT")]
    ['inverse_off', 'dated_off', 'unknown_symbol']
    """
    if _DATED.fullmatch(raw):
        return "dated_off"
    return "inverse_off" if raw.endswith("_USD") else "unknown_symbol"


class Listing:
    """Instrument table with the means to fill it, shared by the handlers of one mapper.

    Parameters
    ----------
    table
        Contracts; rows are added by replies.
    infer
        True: a major that is not in the table takes its size from the dated bootstrap list. Sizes are never guessed.
    """

    def __init__(self, table: InstrumentTable, tally: Tally, *, infer: bool) -> None:
        self.table = table
        self.marks: dict[str, float] = {}
        self.next_funding: dict[str, int] = {}
        self._tally = tally
        self._known = InstrumentTable(BOOTSTRAP if infer else ())
        self._contracts = RowReader(Contract)

    def perp(self, raw: str) -> Instrument | None:
        """Perpetual of a raw symbol; None, and one count, if clri does not use it."""
        listed = self.table.find(raw) or self._known.find(raw)
        if listed is None:
            self._tally.row_ignored(off_reason(raw))
        return listed

    def ignore(self, reason: str) -> None:
        """Count a row that is understood and yields nothing."""
        self._tally.row_ignored(reason)

    def of_call(self, raw: str | None) -> Instrument | None:
        """Perpetual of the contract that a REST call named, for replies that do not name it.

        Raises
        ------
        QuarantineError
            `no_symbol` if the call named none.
        """
        if raw is None:
            raise QuarantineError("no_symbol", "the reply names no contract, and neither does its path")
        return self.perp(raw)

    def coins(self) -> frozenset[str]:
        """Coins that have a perpetual here; only their spot pairs count."""
        return frozenset(row.symbol for rows in (self.table, self._known) for row in rows)

    def spot(self, raw: str, coins: frozenset[str]) -> tuple[str, float] | None:
        """Coin and multiplier of a stable-quoted spot pair of these coins; None, and one count, for any other pair."""
        spelled = _PAIR.fullmatch(raw)
        coin, multiplier = base_coin(spelled.group(1)) if spelled else ("", 1.0)
        if coin in coins:
            return coin, multiplier
        self._tally.row_ignored("spot_pair_off")
        return None

    def tracked(self, symbols: Iterable[str]) -> list[Instrument]:
        """Perpetuals of these base coins, in the order asked for."""
        rows = {row.raw: row for rows in (self._known, self.table) for row in rows if row.market == "perp"}
        wanted = dict.fromkeys(symbols)
        found = sorted(rows.values(), key=lambda row: row.raw or "")
        return [row for symbol in wanted for row in found if row.symbol == symbol]

    def contracts(self, raw: bytes, recv_ns: int) -> list[Instrument]:
        """Tradable coin perpetuals of a `/futures/usdt/contracts` reply."""
        return each(self._contracts.read(raw, self._tally), lambda row: self._contract(row, recv_ns), self._tally)

    def _contract(self, row: Contract, recv_ns: int) -> tuple[Instrument, ...]:
        spelled = _PAIR.fullmatch(row.name)
        reason = _not_used(row) or (None if spelled else off_reason(row.name))
        if reason or spelled is None:
            self._tally.row_ignored(reason or "unknown_symbol")
            return ()
        base, settle = spelled.groups()
        interval, launch, tick = blank(row.funding_interval), blank(row.launch_time), blank(row.order_price_round)
        following = blank(row.funding_next_apply)
        listed = instrument(
            recv_ns,
            "gate",
            row.name,
            base,
            settle,
            contract_size=checks.qty(row.quanto_multiplier),
            tick_size=None if tick is None else checks.price(tick),
            funding_interval_h=None if interval is None else checks.interval_h(interval / 3600.0),
            valid_from=checks.seconds(launch) if launch else None,
        )
        if following:
            self.next_funding[row.name] = checks.seconds(following)
        return (listed,)


def _not_used(row: Contract) -> str | None:
    if row.type == "inverse" or row.quanto_multiplier == 0.0:
        return "inverse_off"
    if row.contract_type:
        return "contract_type_off"
    if row.is_pre_market:
        return "premarket_off"
    if row.in_delisting:
        return "delisting"
    return None if row.status in (None, "", "trading") else "not_trading"
