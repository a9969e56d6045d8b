"""Frames spoilt on their way out."""

import gzip
import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from clri.collect.simulate.voice import Json

REQUIRED: Final = {
    "binance": (b'"s"',),
    "bybit": (b'"symbol"', b'"s"'),
    "okx": (b'"instId"',),
    "gate": (b'"contract"',),
    "bitget": (b'"data"',),
    "hyperliquid": (b'"coin"',),
}
"""Keys without which no frame of the venue can be read."""
_NUMBER: Final = re.compile(rb'"-?\d+\.\d+"|(?<=:)-?\d+\.\d+')
"""A number with a fraction, as text or plain."""
VALUES: Final = {"nan": b'"NaN"', "huge": b"1e999", "empty": b'""'}
"""What stands in place of each number."""


def crossed(frame: Json) -> Json:
    """The same frame with bids for asks.

    Examples
    --------
    >>> crossed({"data": {"b": [["1", "2"]], "a": [["3", "4"]]}})
    {'data': {'b': [['3', '4']], 'a': [['1', '2']]}}
    """
    found: Json = _swapped(frame)
    return found


def single(frame: Json) -> Json:
    """The same frame with its only row in place of the list.

    Examples
    --------
    >>> single({"event": "update", "result": [{"size": 1}]})
    {'event': 'update', 'result': {'size': 1}}
    """
    if not isinstance(frame, dict):
        return frame
    alone = {key: value[0] for key, value in frame.items() if isinstance(value, list) and len(value) == 1}
    return frame | alone


def _swapped(part: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(part, list):
        return [_swapped(one) for one in part]
    if not isinstance(part, dict):
        return part
    for bids, asks in (("b", "a"), ("bids", "asks")):
        if isinstance(part.get(bids), list) and isinstance(part.get(asks), list):
            return part | {bids: part[asks], asks: part[bids]}
    if isinstance(levels := part.get("levels"), list) and len(levels) == 2:  # noqa: PLR2004 - bids and asks
        return part | {"levels": levels[::-1]}
    return {key: _swapped(value) for key, value in part.items()}


FORMS: Final[dict[str, Callable[[Json], Json]]] = {"crossed": crossed, "single": single}
"""Damage of the form, by kind; the rest is damage of the bytes."""


def spoilt(raw: bytes, kind: str, venue: str, amount: float) -> tuple[bytes, bool]:
    """Bytes to send in place of a frame, and whether they are text.

    Examples
    --------
    >>> spoilt(b'{"p":"1.5"}', "nan", "binance", 0.0), spoilt(b'{"s":1}', "renamed", "binance", 0.0)
    ((b'{"p":"NaN"}', True), (b'{"s_":1}', True))
    """
    text = kind not in {"binary", "bad_utf8"}
    if kind in VALUES:
        return _NUMBER.sub(VALUES[kind], raw), text
    match kind:
        case "truncated":
            raw = raw[: max(1, len(raw) // 2)]
        case "binary":
            raw = bytes(255 - byte for byte in raw)
        case "bad_utf8":
            # In a binary frame: broken UTF-8 in a text frame would cost the connection before anyone reads it.
            raw = raw[: len(raw) // 2] + b"\xff\xfe" + raw[len(raw) // 2 :]
        case "nesting":
            raw = _with(raw, b"[" * int(amount) + b"]" * int(amount))
        case "oversized":
            raw = _with(raw, b'"' + b"x" * int(amount) + b'"')
        case "renamed":
            for key in REQUIRED.get(venue, ()):
                raw = raw.replace(key, key[:-1] + b'_"')
    return raw, text


def _with(raw: bytes, value: bytes) -> bytes:
    """The same object with one more field."""
    if not raw.startswith(b"{"):
        return b'{"more":' + value + b',"all":' + raw + b"}"
    return b'{"more":' + value + b"," + raw[1:]


def bomb(megabytes: float) -> bytes:
    """So many megabytes of JSON, packed with gzip."""
    body = msgspec.json.encode({"code": "0", "retCode": 0, "data": " " * int(megabytes * 1e6)})
    return gzip.compress(body, compresslevel=9, mtime=0)
