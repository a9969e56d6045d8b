"""State of an accumulator as bytes: equal states give equal bytes, whatever the way to them."""

from typing import Final, TypeVar

import msgspec

from clri.model.errors import SnapshotError

S = TypeVar("S")

_encoder: Final = msgspec.msgpack.Encoder(order="deterministic")


def to_bytes(state: object) -> bytes:
    """Bytes of structs, lists and dicts; keys of dicts are texts and are sorted.

    Examples
    --------
    >>> to_bytes({"okx": 1, "gate": 2}) == to_bytes({"gate": 2, "okx": 1})
    True
    """
    return _encoder.encode(state)


def from_bytes(data: bytes, kind: type[S]) -> S:
    """State from the bytes of `to_bytes`.

    Raises
    ------
    SnapshotError
        If the bytes hold no such state.

    Examples
    --------
    >>> from_bytes(to_bytes({"okx": 1}), dict[str, int])
    {'okx': 1}
    """
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except ValueError as error:
        raise SnapshotError(f"saved state of an accumulator is unreadable: {error}") from error
