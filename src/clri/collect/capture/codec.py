"""Compression of capture files: zstd when the extra `capture` is installed, else gzip.

A stream is a chain of frames (zstd) or members (gzip), as both formats allow: the ordinary tools read it as one. The
writer ends one each minute, and a restart within the hour begins another, so that damage costs at most a minute.
"""

import zlib
from collections.abc import Callable
from mmap import mmap
from typing import Any, Final, NamedTuple, TypeAlias

from clri.model.errors import InputError

Buffer: TypeAlias = bytes | mmap
"""Bytes of a file, in memory or mapped."""

MAX_FRAME: Final = 128 << 20
"""Bytes a frame may unpack to."""
STEP: Final = 4096
"""Bytes handed to the decompressor at a time."""


class Codec(NamedTuple):
    """One kind of compression. `sync` and `finish` are the arguments of a compressor's `flush`."""

    suffix: str
    magic: bytes
    sync: int
    finish: int
    compressor: Callable[[], Any]
    decompressor: Callable[[], Any]
    error: type[Exception]


class Frame(NamedTuple):
    """What a compressed frame holds. `size` = its compressed bytes, 0 if they end early; `broken` says why."""

    data: bytes
    size: int
    broken: str | None


GZIP: Final = Codec(
    ".clrf.gz",
    b"\x1f\x8b\x08",
    zlib.Z_SYNC_FLUSH,
    zlib.Z_FINISH,
    lambda: zlib.compressobj(6, zlib.DEFLATED, 31),
    lambda: zlib.decompressobj(31),
    zlib.error,
)


def zstd() -> Codec | None:
    """Codec of zstd at level 3, or None if the library is not installed."""
    try:
        import zstandard
    except ImportError:
        return None
    return Codec(
        ".clrf.zst",
        b"\x28\xb5\x2f\xfd",
        zstandard.COMPRESSOBJ_FLUSH_BLOCK,
        zstandard.COMPRESSOBJ_FLUSH_FINISH,
        lambda: zstandard.ZstdCompressor(level=3, write_checksum=True).compressobj(),
        lambda: zstandard.ZstdDecompressor().decompressobj(),
        zstandard.ZstdError,
    )


def best() -> Codec:
    """Zstd if it is there, else gzip."""
    return zstd() or GZIP


def codec_of(name: str) -> Codec:
    """Codec of a file by its name.

    Raises
    ------
    InputError
        If the file needs a library that is not installed.
    """
    if name.endswith(GZIP.suffix):
        return GZIP
    found = zstd()
    if found is None:
        raise InputError(f"{name} is compressed with zstd, which this Python lacks", hint="pip install 'clri[capture]'")
    return found


def inflate(codec: Codec, data: Buffer, at: int) -> Frame:
    """Unpack the frame that starts at `at` of a file's bytes, as far as it goes.

    Examples
    --------
    >>> stream = GZIP.compressor()
    >>> whole = stream.compress(b"abc") + stream.flush(GZIP.sync) + stream.flush(GZIP.finish)
    >>> inflate(GZIP, whole + b"next", 0) == Frame(b"abc", len(whole), None)
    True
    >>> inflate(GZIP, whole[:-9], 0)
    Frame(data=b'abc', size=0, broken='torn')
    """
    frame, failed = _inflate(codec, data, at, at + len(data))
    return frame if frame.broken != "stream" else _inflate(codec, data, at, failed)[0]


def _inflate(codec: Codec, data: Buffer, start: int, fine: int) -> tuple[Frame, int]:
    """Unpack in steps, from `fine` on byte by byte: a step that fails takes what it had unpacked with it."""
    stream = codec.decompressor()
    out = bytearray()
    at = start
    try:
        while at < len(data) and not stream.eof:
            part = data[at : at + (STEP if at < fine else 1)]
            out += stream.decompress(part)
            at += len(part)
            if len(out) > MAX_FRAME:
                return Frame(b"", 0, "too_large"), at
    except codec.error:
        return Frame(bytes(out), 0, "stream"), at
    if not stream.eof:
        return Frame(bytes(out), 0, "torn"), at
    return Frame(bytes(out), at - start - len(stream.unused_data), None), at
