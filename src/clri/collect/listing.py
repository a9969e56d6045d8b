"""Which contract a venue's symbol means: as listed, else by its spelling where allowed, else counted why not."""

from collections.abc import Callable, Iterable
from math import isnan
from typing import Final

from clri.collect import checks
from clri.collect.instruments import InstrumentTable
from clri.collect.tally import Tally
from clri.model.errors import QuarantineError
from clri.model.instrument import Instrument

MAX_INFERRED: Final = 4096
"""Bound on contracts made up from spellings, so that a hostile file cannot fill the memory."""

UNKNOWN_SIZE: Final = float("nan")
"""Contract size that a spelling does not tell: only facts that need none can be made."""


class Listing:
    """Contracts of one mapper by raw symbol, and the last mark of each.

    Parameters
    ----------
    table
        Contracts; rows are added by replies and by inference.
    tally
        Where symbols are counted that yield nothing.
    perp_of
        Perpetual that a spelling means, of `UNKNOWN_SIZE` if need be; or the reason why it is none that counts.
    spot_of
        Pair against a dollar stablecoin that a spelling means, or None for any other pair.
    infer
        True for frames of a file: an unlisted symbol is what its spelling means. A live collector passes False once
        it has loaded the venue's list; then it is counted as `unknown_symbol`.
    infer_spot
        False: a spot pair counts only if its coin has a perpetual, even where `infer` is allowed.

    Attributes
    ----------
    marks
        Last mark per coin, by raw symbol.

    Examples
    --------
    >>> from clri.collect.instruments import instrument
    >>> known = InstrumentTable([instrument(0, "gate", "BTC_USDT", "BTC", "USDT", contract_size=0.0001)])
    >>> new = instrument(0, "gate", "NEW_USDT", "NEW", "USDT", contract_size=UNKNOWN_SIZE)
    >>> listing = Listing(known, Tally(), lambda raw: new if raw == "NEW_USDT" else "dated_off", lambda raw: None)
    >>> [row and row.symbol for row in map(listing.perp, ("BTC_USDT", "NEW_USDT", "X"))]
    ['BTC', 'NEW', None]
    >>> [row and row.symbol for row in map(listing.sized, ("BTC_USDT", "NEW_USDT", "X"))]
    ['BTC', None, None]
    """

    def __init__(
        self,
        table: InstrumentTable,
        tally: Tally,
        perp_of: Callable[[str], Instrument | str],
        spot_of: Callable[[str], Instrument | None],
        *,
        infer: bool = True,
        infer_spot: bool = True,
    ) -> None:
        self.table = table
        self.marks: dict[str, float] = {}
        self._tally = tally
        self._perp_of = perp_of
        self._spot_of = spot_of
        self._infer = infer
        self._infer_spot = infer and infer_spot
        self._perps = table.perps
        self._sizeless: dict[str, Instrument] = {}
        self._off: dict[str, str] = {}
        self._coins: frozenset[str] = frozenset()
        self._coins_of = -1

    def perp(self, raw: str) -> Instrument | None:
        """Perpetual of a raw symbol, perhaps of unknown size; None, and one count, if it does not count."""
        listed = self._perps.get(raw)
        return self._unlisted(raw) if listed is None or listed.inverse else listed

    def sized(self, raw: str) -> Instrument | None:
        """Perpetual of a raw symbol for values in contracts; None, and one count, if its contract size is unknown."""
        listed = self.perp(raw)
        return listed if listed is not None and self.has_size(listed) else None

    def has_size(self, listed: Instrument) -> bool:
        """Whether values in contracts of a perpetual can be used; a count if not."""
        if isnan(listed.contract_size):
            self._tally.row_ignored("contract_size_unknown")
            return False
        return True

    def spot(self, raw: str) -> Instrument | None:
        """Spot pair of a raw symbol; None, and one count, for pairs of other quotes or of coins without a perpetual."""
        pair = self.table.find(raw, "spot")
        if pair is not None:
            return pair
        pair = self._spot_of(raw)
        if pair is None or not (self._infer_spot or pair.symbol in self._with_perp()):
            self._tally.row_ignored("spot_pair_off")
            return None
        if len(self.table) < MAX_INFERRED:
            self.table.update((pair,))
        return pair

    def admit(self, raw: str, found: Instrument | str) -> list[Instrument]:
        """A row of the venue's list: its contract, or nothing after its reason was counted and kept."""
        if isinstance(found, str):
            self._off[raw] = found
            self._tally.row_ignored(found)
            return []
        self._off.pop(raw, None)
        return [found]

    def tracked(self, symbols: Iterable[str], usual: str | None = None) -> list[list[Instrument]]:
        """Perpetuals of each base coin, the USDT contract first; coins without one are left out.

        Parameters
        ----------
        usual
            How a contract that is not listed would be spelled (`{}USDT`), where inference is allowed.
        """
        by_coin: dict[str, list[Instrument]] = {}
        for row in self._perps.values():
            if not row.inverse:
                by_coin.setdefault(row.symbol, []).append(row)
        groups = []
        for coin in dict.fromkeys(symbols):
            found = by_coin.get(coin, [])
            if not found and usual is not None and self._infer:
                guess = self._perp_of(usual.format(coin))
                found = [guess] if isinstance(guess, Instrument) else []
            if found:
                groups.append(sorted(found, key=lambda row: (row.settle != "USDT", row.raw or "")))
        return groups

    def _unlisted(self, raw: str) -> Instrument | None:
        known = self._sizeless.get(raw)
        if known is not None:
            return known
        meant = "inverse_off" if raw in self._perps else self._off.get(raw) or self._perp_of(raw)
        if isinstance(meant, Instrument):
            if self._infer and len(self.table) + len(self._sizeless) < MAX_INFERRED:
                self._keep(raw, meant)
                return meant
            meant = "unknown_symbol"
        self._tally.row_ignored(meant)
        return None

    def _keep(self, raw: str, meant: Instrument) -> None:
        """For the next time; the table, which others share, holds only contracts whose size is known."""
        if isnan(meant.contract_size):
            self._sizeless[raw] = meant
        else:
            self.table.update((meant,))

    def _with_perp(self) -> frozenset[str]:
        """Base coins of the perpetuals; read again when there are more of them."""
        if len(self._perps) + len(self._sizeless) != self._coins_of:
            self._coins_of = len(self._perps) + len(self._sizeless)
            self._coins = frozenset(row.symbol for row in (*self._perps.values(), *self._sizeless.values()))
        return self._coins


def interval_of(hours: float | None, tally: Tally) -> float | None:
    """Funding interval of a listed contract; out of 1..24 h it is unknown, which is counted and costs nothing else."""
    if hours is None or 1.0 <= hours <= checks.MAX_INTERVAL_H:
        return hours
    tally.row_ignored("funding_interval")
    return None


def named(symbol: str | None) -> str:
    """Raw symbol that a REST call named, for replies that do not name it.

    Raises
    ------
    QuarantineError
        `no_symbol` if the call named none.
    """
    if symbol is None:
        raise QuarantineError("no_symbol", "the reply names no contract, and neither does its path")
    return symbol
