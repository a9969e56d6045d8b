"""Words of a command as values: symbols and times. What is none of them ends the command with exit code 2."""

from typing import Final

from clri.model.errors import InputError
from clri.model.symbols import base_symbol
from clri.model.timebase import parse_iso

LAST: Final = 2**63 - 1
"""Largest time that is stored, ns: the year 2262."""


def symbol_of(text: str) -> str:
    """Base coin of a symbol in any spelling.

    Raises
    ------
    InputError
        If the text can be no symbol.

    Examples
    --------
    >>> symbol_of("btc/usdt:usdt")
    'BTC'
    """
    try:
        return base_symbol(text)
    except ValueError as error:
        raise InputError(str(error), code="CLRI-DATA-007") from None


def moment_of(text: str, option: str) -> int:
    """Time in UTC ns of ISO text; text without a zone is UTC, times before 1970 and after 2262 become those.

    Raises
    ------
    InputError
        If the text is no time; `option` says where it stood.

    Examples
    --------
    >>> moment_of("2026-09-21T14:13:20Z", "--from"), moment_of("9999-12-31", "--to") == LAST
    (1790000000000000000, True)
    """
    try:
        return min(max(parse_iso(text), 0), LAST)
    except (ValueError, OverflowError):
        raise InputError(
            f"{option} was {text!r}; expected an ISO time like 2026-09-21T14:13:20Z", code="CLRI-DATA-001"
        ) from None
