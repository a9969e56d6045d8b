"""Which contract a venue's symbol means: the instrument table and the spelling of multiplied names (VENUES 9)."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from clri.model.instrument import Instrument
from clri.model.names import Market, Venue

STABLES: Final = ("USDT", "USDC")
"""Quote coins that count as one US dollar."""

_PREFIX: Final = re.compile(r"^(1M|10{2,6})(?=[A-Z])")
_SUFFIX: Final = re.compile(r"(?<=[A-Z])1000$")
_K: Final = re.compile(r"^k(?=[A-Z])")


def base_coin(name: str) -> tuple[str, float]:
    """Coin and multiplier of a venue's base name.

    Parameters
    ----------
    name
        Base as the venue spells it: `1000PEPE`, `SHIB1000`, `kPEPE`, `1MBABYDOGE`, `BTC`.

    Returns
    -------
    tuple
        The coin, and how many coins one unit holds.

    Examples
    --------
    >>> [base_coin(n) for n in ("1000PEPE", "SHIB1000", "kPEPE", "1MBABYDOGE", "1INCH", "BTC")]
    [('PEPE', 1000.0), ('SHIB', 1000.0), ('PEPE', 1000.0), ('BABYDOGE', 1000000.0), ('1INCH', 1.0), ('BTC', 1.0)]
    """
    if found := _PREFIX.match(name):
        digits = found.group(1)
        return name[found.end() :], 1e6 if digits == "1M" else float(digits)
    if found := _SUFFIX.search(name):
        return name[: found.start()], 1000.0
    if found := _K.match(name):
        return name[found.end() :], 1000.0
    return name, 1.0


def instrument(
    ts: int,
    venue: Venue,
    raw: str,
    base: str,
    settle: str,
    *,
    market: Market = "perp",
    contract_size: float = 1.0,
    inverse: bool = False,
    tick_size: float | None = None,
    qty_step: float | None = None,
    funding_interval_h: float | None = None,
    valid_from: int | None = None,
    valid_to: int | None = None,
) -> Instrument:
    """Instrument row whose coin and multiplier follow from the venue's base name.

    Parameters
    ----------
    ts
        Receipt of the list it stands in, ns.
    base
        Base as the venue spells it.
    contract_size
        In raw base units (USD if `inverse`).
    """
    coin, multiplier = base_coin(base)
    return Instrument(
        ts,
        None,
        coin,
        venue,
        market,
        raw,
        "rest",
        None,
        False,
        contract_size,
        inverse,
        multiplier,
        tick_size,
        qty_step,
        settle,
        funding_interval_h,
        None,
        valid_from,
        valid_to,
    )


class InstrumentTable:
    """Instruments of one venue by raw symbol; a later row replaces the former.

    Attributes
    ----------
    perps
        Perpetuals by raw symbol.

    Examples
    --------
    >>> table = InstrumentTable([instrument(0, "binance", "1000PEPEUSDT", "1000PEPE", "USDT")])
    >>> table.find("1000PEPEUSDT").symbol, table.find("XYZ") is None
    ('PEPE', True)
    """

    def __init__(self, rows: Iterable[Instrument] = ()) -> None:
        self.perps: dict[str, Instrument] = {}
        self._others: dict[tuple[str, Market], Instrument] = {}
        self.update(rows)

    def update(self, rows: Iterable[Instrument]) -> None:
        """Add rows, or replace those of the same raw symbol and market."""
        for row in rows:
            if row.raw is None:
                continue
            if row.market == "perp":
                self.perps[row.raw] = row
            else:
                self._others[row.raw, row.market] = row

    def find(self, raw: str, market: Market = "perp") -> Instrument | None:
        """Instrument of a raw symbol, or None if the venue does not list it."""
        return self.perps.get(raw) if market == "perp" else self._others.get((raw, market))

    def __iter__(self) -> Iterator[Instrument]:
        return chain(self.perps.values(), self._others.values())

    def __len__(self) -> int:
        return len(self.perps) + len(self._others)
