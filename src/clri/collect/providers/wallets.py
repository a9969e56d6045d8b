"""Whose an address is: labels that come with the package, and the user's own file.

Both are lines of ``address,label,exchange,source,date`` under that header:

| column | meaning |
|---|---|
| address | 0x and 40 hex digits, in any case |
| label | what it is called, shown to people |
| exchange | the exchange in small letters; empty for a wallet that is none's, as an issuer's treasury |
| source | who says so |
| date | when they said so, YYYY-MM-DD |

Lines that begin with # and empty lines are passed over. A line of the user's file replaces the label of the same
address; with an empty exchange it takes an address out of the exchanges.
"""

import csv
import re
from collections.abc import Iterable
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec

from clri.model.errors import ConfigError

COLUMNS: Final = ("address", "label", "exchange", "source", "date")
MOST_LINES: Final = 100_000
MOST_BYTES: Final = 16 << 20
_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}")
_EXCHANGE: Final = re.compile(r"[a-z0-9._-]{0,40}")


class Wallet(msgspec.Struct, frozen=True):
    """A labelled address; `exchange` is "" for a wallet of no exchange."""

    address: str
    label: str
    exchange: str
    source: str
    date: str


class Wallets(msgspec.Struct, frozen=True):
    """Labelled addresses by address, in small letters.

    Examples
    --------
    >>> known = bundled()
    >>> known.label("0x28C6c06298d514Db089934071355E5743bf21d60"), known.exchange("0x" + "0" * 40)
    ('Binance 14', '')
    """

    rows: dict[str, Wallet] = msgspec.field(default_factory=dict)

    def label(self, address: str) -> str | None:
        """Label, or None if nobody knows it."""
        found = self.rows.get(address.lower())
        return None if found is None else found.label

    def exchange(self, address: str) -> str:
        """Exchange it belongs to; "" if none is known."""
        found = self.rows.get(address.lower())
        return "" if found is None else found.exchange


@cache
def bundled() -> Wallets:
    """Labels that come with the package: few, and each from a stated source."""
    text = files(__package__).joinpath("wallets.csv").read_text(encoding="utf-8")
    return Wallets(_parsed(text.splitlines(), "wallets.csv"))


def wallets(file: Path | None = None) -> Wallets:
    """Labels of the package and of the user's file.

    Raises
    ------
    ConfigError
        If the file cannot be read, or a line is not of the form; it names the line.
    """
    if file is None:
        return bundled()
    try:
        with file.expanduser().open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise ConfigError(f"{file} holds more than {MOST_BYTES:,} bytes; expected a file of wallet labels")
        lines = data.decode("utf-8-sig").splitlines()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}; expected a file of wallet labels") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file} is not UTF-8 text; expected a file of wallet labels") from None
    return Wallets(bundled().rows | _parsed(lines, str(file)))


def _parsed(lines: Iterable[str], place: str) -> dict[str, Wallet]:
    rows: dict[str, Wallet] = {}
    header = False
    for number, line in enumerate(lines, start=1):
        if number > MOST_LINES:
            raise ConfigError(f"{place}:{number}: more than {MOST_LINES:,} lines; expected fewer wallet labels")
        if not line.strip() or line.startswith("#"):
            continue
        try:
            cells = [cell.strip() for cell in next(csv.reader([line], strict=True))]
        except csv.Error as error:
            raise ConfigError(f"{place}:{number} is no line of a CSV file: {error}") from None
        if not header:
            if tuple(cells) != COLUMNS:
                raise ConfigError(f"{place}:{number} was {line[:60]!r}; expected the header {','.join(COLUMNS)}")
            header = True
            continue
        row = _row(cells, f"{place}:{number}")
        if row.address in rows:
            raise ConfigError(f"{place}:{number}: address {row.address} stands twice; expected each once")
        rows[row.address] = row
    if not header:
        raise ConfigError(f"{place} is empty; expected the header {','.join(COLUMNS)}")
    return rows


def _row(cells: list[str], place: str) -> Wallet:
    if len(cells) != len(COLUMNS):
        raise ConfigError(f"{place} had {len(cells)} cells; expected {len(COLUMNS)}: {','.join(COLUMNS)}")
    address, label, exchange, source, when = cells
    if not _ADDRESS.fullmatch(address.lower()):
        raise ConfigError(f"{place}: address was {address[:60]!r}; expected 0x and 40 hex digits")
    if not label or not source or not all(cell.isprintable() for cell in cells):
        raise ConfigError(f"{place}: label was {label[:60]!r}, source {source[:60]!r}; expected both, on one line")
    if not _EXCHANGE.fullmatch(exchange):
        raise ConfigError(f"{place}: exchange was {exchange[:60]!r}; expected small letters and digits, or nothing")
    try:
        date.fromisoformat(when)
    except ValueError:
        raise ConfigError(f"{place}: date was {when[:60]!r}; expected YYYY-MM-DD") from None
    return Wallet(address.lower(), label, exchange, source, when)
