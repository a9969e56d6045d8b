"""Files of recorded frames: one frame per line, bare or wrapped as `{"raw": …}`, plain or gzip."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import msgspec

from clri.collect.mapper import MAX_REPLY
from clri.model.errors import InputError

LONGEST: Final = MAX_REPLY + 4096
"""Bytes of a line that are read: the largest reply and its wrapping."""


class Frame(msgspec.Struct, frozen=True):
    """One recorded frame: its bytes, and what the file says about it (None = not said)."""

    raw: bytes
    venue: str | None = None
    channel: str | None = None
    recv_ns: int | None = None
    line: int = 0


class _Wrapped(msgspec.Struct):
    raw: msgspec.Raw
    venue: str | None = None
    channel: str | None = None
    recv_ns: int | None = None


_WRAPPED = msgspec.json.Decoder(_Wrapped)


def read_frames(path: Path) -> Iterator[Frame]:
    """Frames of a `.jsonl` or `.jsonl.gz` file, in file order.

    Parameters
    ----------
    path
        Each line is a frame as a venue sent it, or an object whose `raw` holds the frame (as an object, or as text)
        and which may name `venue`, `channel` and `recv_ns` (receipt, UTC ns). Blank lines are passed over.

        A line above 8 MiB is cut there, so that no line is ever held whole; the cut frame is too large to decode.

    Raises
    ------
    InputError
        If the file cannot be opened, or is no gzip, or a damaged one, although it is named so.
    """
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            number = 0
            while line := file.readline(LONGEST):
                number += 1
                if len(line) == LONGEST and not line.endswith(b"\n"):
                    _skip_line(file)
                    yield Frame(line, line=number)
                elif text := line.strip():
                    yield _frame(text, number)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"cannot read {path}: {error}", code="CLRI-DATA-002") from error


def _skip_line(file: IO[bytes] | gzip.GzipFile) -> None:
    while piece := file.readline(1 << 16):
        if piece.endswith(b"\n"):
            return


def _frame(text: bytes, line: int) -> Frame:
    if not text.startswith(b"{") or b'"raw"' not in text:
        return Frame(text, line=line)
    try:
        wrapped = _WRAPPED.decode(text)
    except (ValueError, RecursionError):
        return Frame(text, line=line)
    raw = bytes(wrapped.raw)
    if raw.startswith(b'"'):
        try:
            raw = msgspec.json.decode(raw, type=str).encode()
        except ValueError:  # a lone surrogate, or bytes that are no UTF-8: the mapper counts it as malformed
            raw = raw[1:-1]
    return Frame(raw, wrapped.venue, wrapped.channel, wrapped.recv_ns, line)
