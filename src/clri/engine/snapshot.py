"""State as bytes: named parts under a format version and a fingerprint of what made them."""

from hashlib import blake2b
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from clri.model.errors import SnapshotError

FORMAT: Final = 1


class _Array(msgspec.Struct, array_like=True):
    dtype: str
    shape: tuple[int, ...]
    data: bytes


class _Snapshot(msgspec.Struct, array_like=True):
    format: int
    fingerprint: str
    digest: bytes
    body: bytes


def pack(fingerprint: str, parts: dict[str, bytes]) -> bytes:
    """Bytes of named parts; equal parts give equal bytes.

    Parameters
    ----------
    fingerprint
        Names code version, parameters and symbols; `unpack` refuses another.
    """
    body = msgspec.msgpack.encode(dict(sorted(parts.items())))
    return msgspec.msgpack.encode(_Snapshot(FORMAT, fingerprint, blake2b(body, digest_size=16).digest(), body))


def unpack(fingerprint: str, data: bytes) -> dict[str, bytes]:
    """Parts from the bytes of `pack`.

    Raises
    ------
    SnapshotError
        If the bytes are damaged, or of another format or fingerprint.

    Examples
    --------
    >>> unpack("v1", pack("v1", {"a": b"x"}))
    {'a': b'x'}
    """
    try:
        found = msgspec.msgpack.decode(data, type=_Snapshot)
    except ValueError as error:
        raise SnapshotError(f"saved state is unreadable: {error}") from error
    if found.format != FORMAT or found.fingerprint != fingerprint:
        raise SnapshotError(
            f"saved state is {found.format}/{found.fingerprint}; this build makes {FORMAT}/{fingerprint}"
        )
    if blake2b(found.body, digest_size=16).digest() != found.digest:
        raise SnapshotError("saved state is damaged: its checksum does not match")
    return msgspec.msgpack.decode(found.body, type=dict[str, bytes])


def pack_arrays(arrays: dict[str, NDArray[Any]]) -> bytes:
    """Bytes of named arrays."""
    rows = {name: _Array(array.dtype.str, array.shape, array.tobytes()) for name, array in sorted(arrays.items())}
    return msgspec.msgpack.encode(rows)


def unpack_into(data: bytes, arrays: dict[str, NDArray[Any]]) -> None:
    """Copy saved arrays into existing ones of the same names, types and shapes.

    Raises
    ------
    SnapshotError
        If a name, type or shape differs.
    """
    try:
        rows = msgspec.msgpack.decode(data, type=dict[str, _Array])
    except ValueError as error:
        raise SnapshotError(f"saved arrays are unreadable: {error}") from error
    if rows.keys() != arrays.keys():
        raise SnapshotError(f"saved arrays are {sorted(rows)}; expected {sorted(arrays)}")
    for name, row in rows.items():
        target = arrays[name]
        if target.dtype.str != row.dtype or target.shape != tuple(row.shape):
            raise SnapshotError(f"{name} is {row.dtype}{row.shape}; expected {target.dtype.str}{target.shape}")
        target[...] = np.frombuffer(row.data, dtype=target.dtype).reshape(target.shape)
