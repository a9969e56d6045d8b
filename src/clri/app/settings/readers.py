"""How a raw value becomes a typed one: `read(raw, text)` returns it, or raises ValueError with a reason if any.

A reason may quote a word of a list; the reason of an address of a store quotes nothing.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from clri.model.names import EXCHANGES, MARKET
from clri.model.secret import Secret
from clri.model.symbols import base_symbol

MOST_SYMBOLS: Final = 200
LONGEST_SYMBOL: Final = 20
FOREVER: Final = "forever"
NONE: Final = "none"
"""An empty list as the text of a variable, which counts as not set if it is empty."""
MOST_DAYS: Final = 3650

_VENUE_ALIASES: Final = {"binanceusdm": "binance"}
_REFUSED: Final = {"binanceus": "binanceus has no futures"}
_SQLITE: Final = "sqlite:///"
_WHOLE: Final = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
_SERVERS: Final = ("postgres", "timescale", "mysql", "mariadb", "mssql", "oracle")


class LaterError(ValueError):
    """A value that a later version will take; its text says what comes."""


class Reader(NamedTuple):
    """A kind of value.

    Parameters
    ----------
    read
        `(raw, text)` to the typed value; `text` = raw is the text of a variable, else of TOML or code.
    expected
        Words for an error: "expected …".
    schema
        JSON schema of what TOML may hold.
    """

    read: Callable[[object, bool], object]
    expected: str
    schema: dict[str, Any]


def plain(kind: Any, meta: msgspec.Meta) -> Reader:  # noqa: ANN401 - int or float
    """Reader of a number with bounds; text is parsed, anything else must have the type already.

    Examples
    --------
    >>> count = plain(int, msgspec.Meta(ge=1, le=10_000))
    >>> count.read("5", True), count.expected
    (5, 'whole number 1..10,000')
    >>> count.read(True, False)
    Traceback (most recent call last):
    ValueError
    """
    bounded: Any = Annotated[kind, meta]
    written = _WHOLE if kind is int else _NUMBER

    def read(raw: object, text: bool) -> object:
        if text and isinstance(raw, str) and written.fullmatch(raw.strip()):
            raw = kind(raw)
        try:
            return msgspec.convert(raw, bounded)
        except msgspec.ValidationError:
            raise ValueError from None

    word = "whole number" if kind is int else "number"
    most = f"{meta.le:,.13g}"
    bounds = f"above {meta.gt:,.13g}, at most {most}" if meta.gt is not None else f"{meta.ge:,.13g}..{most}"
    return Reader(read, f"{word} {bounds}", msgspec.json.schema(bounded))


def _words(raw: object) -> list[str]:
    """Words of a list, of comma-separated text or of a JSON list; empty words go."""
    if isinstance(raw, str):
        if raw.lstrip().startswith("["):
            try:
                return msgspec.json.decode(raw, type=list[str])
            except msgspec.DecodeError:
                raise ValueError("it begins like a JSON list and is none") from None
        raw = raw.split(",")
    if not isinstance(raw, list | tuple) or not all(isinstance(word, str) for word in raw):
        raise ValueError
    return [word.strip() for word in raw if word.strip()]


def _symbols(raw: object, _text: bool) -> tuple[str, ...]:
    try:
        found = dict.fromkeys(base_symbol(word) for word in _words(raw))
    except ValueError as error:
        raise ValueError(str(error).partition(";")[0]) from None
    odd = [coin for coin in found if not coin.isascii() or len(coin) > LONGEST_SYMBOL or coin == MARKET]
    if odd:
        raise ValueError(f"{odd[0]!r} is no symbol")
    if not 1 <= len(found) <= MOST_SYMBOLS:
        raise ValueError(f"it held {len(found)}")
    return tuple(found)


def _venues(raw: object, _text: bool) -> tuple[str, ...]:
    names = [word.lower() for word in _words(raw)]
    found = dict.fromkeys(_VENUE_ALIASES.get(name, name) for name in names)
    for name in found:
        if name not in EXCHANGES:
            raise ValueError(_REFUSED.get(name, f"{name!r} is no venue"))
    if not found:
        raise ValueError("it held none")
    return tuple(found)


def _folder(raw: object, _text: bool) -> Path:
    if isinstance(raw, Path):
        raw = str(raw)
    if not isinstance(raw, str) or not raw.strip() or not raw.isprintable():
        raise ValueError
    try:
        return Path(raw).expanduser()
    except RuntimeError:
        raise ValueError("this user has no home folder for ~") from None


def _days(raw: object, text: bool) -> int | None:
    if isinstance(raw, str) and raw.lower() == FOREVER:
        return None
    value = _whole_days.read(raw, text)
    return value if isinstance(value, int) else None


def _speed(raw: object, text: bool) -> object:
    value = _up_to_600.read(raw, text)
    if isinstance(value, float) and 0.0 < value < 1.0:
        raise ValueError
    return value


def _store(raw: object, _text: bool) -> str:
    """Address of an SQLite file; the reasons name no part of it, for it may hold a password."""
    if not isinstance(raw, str):
        raise ValueError  # noqa: TRY004 - one kind of error for all that is not expected
    scheme = raw.partition(":")[0].partition("+")[0].strip().lower()
    if scheme.startswith(_SERVERS):
        raise LaterError("stores on a database server come later")
    path = raw.removeprefix(_SQLITE)
    if path == raw or path in {"", ":memory:"} or not path.isprintable() or set("?#") & set(path):
        raise ValueError("it was not of that form")
    _folder(path, True)
    return raw


def _url(raw: object, _text: bool) -> str:
    """Base URL of a service; no reason quotes it, for it may hold a key."""
    if not isinstance(raw, str) or not raw.isprintable() or " " in raw.strip():
        raise ValueError
    parts = urlsplit(raw.strip())
    if parts.scheme not in {"http", "https", "ws", "wss"} or not parts.hostname:
        raise ValueError("it was not of that form")
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("it held a query, a fragment or a password")
    return raw.strip().rstrip("/")


def _https(raw: object, text: bool) -> str:
    """Base URL of a service that may be sent a key: not readable on the way, or on this machine."""
    found = _url(raw, text)
    parts = urlsplit(found)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _THIS_MACHINE):
        return found
    raise ValueError("a key would travel in the open")


def _secret(raw: object, _text: bool) -> Secret:
    """Key or password; no reason quotes it."""
    if isinstance(raw, Secret):
        return raw
    if not isinstance(raw, str) or not _KEY.fullmatch(raw.strip()):
        raise ValueError
    return Secret(raw.strip())


def _names(raw: object, _text: bool) -> tuple[str, ...]:
    found = dict.fromkeys(word.lower() for word in _words(raw))
    if list(found) == [NONE]:
        return ()
    for name in found:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no such name")
    return tuple(found)


def _steps(raw: object, text: bool) -> tuple[str, ...]:
    """Widths of price levels as COIN=USD; a TOML table is the same."""
    words = [f"{coin}={width}" for coin, width in raw.items()] if isinstance(raw, dict) else _words(raw)
    found: dict[str, str] = {}
    for word in words:
        name, _, width = word.partition("=")
        (coin,) = _symbols([name], text)
        try:
            value = _width.read(width, True)
        except ValueError:
            raise ValueError(f"{word!r} has no such width") from None
        if coin in found:
            raise ValueError(f"{coin} came twice")
        found[coin] = f"{coin}={value:.12g}"
    if not found:
        raise ValueError("it held none")
    return tuple(found.values())


def _yes(raw: object, text: bool) -> bool:
    if text and isinstance(raw, str):
        raw = _YES.get(raw.strip().lower())
    if not isinstance(raw, bool):
        raise ValueError  # noqa: TRY004 - one kind of error for all that is not expected
    return raw


def one_of(*words: str) -> Reader:
    """Reader of one of these words, in any case."""

    def read(raw: object, _text: bool) -> str:
        if not isinstance(raw, str) or raw.strip().lower() not in words:
            raise ValueError
        return raw.strip().lower()

    return Reader(read, f"one of {', '.join(words)}", {"enum": list(words)})


_whole_days: Final = plain(int, msgspec.Meta(ge=1, le=MOST_DAYS))
_width: Final = plain(float, msgspec.Meta(ge=1e-12, le=1e9))
_up_to_600: Final = plain(float, msgspec.Meta(ge=0.0, le=600.0))
_THIS_MACHINE: Final = ("localhost", "127.0.0.1", "::1")
_KEY: Final = re.compile(r"[!-~]{1,256}")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,30}")
_YES: Final = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
_LIST: Final = {"type": ["array", "string"], "items": {"type": "string"}}

SYMBOLS: Final = Reader(_symbols, f"1..{MOST_SYMBOLS} symbols like BTC, as a list or with commas", _LIST)
VENUES: Final = Reader(_venues, f"one or more of {', '.join(EXCHANGES)}", _LIST)
FOLDER: Final = Reader(_folder, "path of a folder", {"type": "string", "minLength": 1})
DAYS: Final = Reader(
    _days, f"{_whole_days.expected}, or {FOREVER}", {"anyOf": [_whole_days.schema, {"const": FOREVER}]}
)
SPEED: Final = Reader(
    _speed, "0, or number 1..600", {"anyOf": [{"const": 0}, {"type": "number", "minimum": 1, "maximum": 600}]}
)
URL: Final = Reader(
    _url, "address like https://host or wss://host:port/path", {"type": "string", "pattern": "^(https?|wss?)://."}
)
HTTPS: Final = Reader(
    _https,
    "address like https://host/path (http:// on this machine only)",
    {"type": "string", "pattern": "^https?://."},
)
SECRET: Final = Reader(_secret, "key without spaces", {"type": "string", "pattern": "^[!-~]{1,256}$"})
FILE: Final = Reader(_folder, "path of a file", {"type": "string", "minLength": 1})
NAMES: Final = Reader(_names, f"names of small letters, digits and _, as a list or with commas, or {NONE}", _LIST)
STEPS: Final = Reader(
    _steps,
    "coins with widths like BTC=100, as a table, a list or with commas",
    {"anyOf": [_LIST, {"type": "object", "additionalProperties": {"type": "number", "exclusiveMinimum": 0}}]},
)
YES: Final = Reader(_yes, "true or false", {"type": "boolean"})
STORE: Final = Reader(
    _store, "sqlite:///FILE (a fourth / begins an absolute path)", {"type": "string", "pattern": "^sqlite:///."}
)
UNSHOWN: Final = (STORE, SECRET, HTTPS, URL)
"""Values that no error quotes, for they are or may hold a key or password."""
