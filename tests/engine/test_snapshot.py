"""Snapshots: what goes in comes out, and nothing else is accepted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.engine.snapshot import pack, pack_arrays, unpack, unpack_into
from clri.model.errors import SnapshotError


@given(st.dictionaries(st.text(), st.binary()))
def test_round_trip_and_order_free(parts) -> None:
    data = pack("f", parts)
    assert unpack("f", data) == parts
    assert pack("f", dict(reversed(parts.items()))) == data


@given(st.data())
def test_damage_is_found(data) -> None:
    packed = bytearray(pack("f", {"a": b"x" * 50}))
    at = data.draw(st.integers(0, len(packed) - 1))
    packed[at] ^= data.draw(st.integers(1, 255))
    try:
        assert unpack("f", bytes(packed)) == {"a": b"x" * 50}
    except SnapshotError:
        return
    pytest.fail("a flipped byte passed")


def test_another_fingerprint_is_refused() -> None:
    with pytest.raises(SnapshotError, match="this build makes"):
        unpack("g", pack("f", {}))


def test_arrays_round_trip_byte_for_byte() -> None:
    arrays = {"ring": np.array([[np.nan, 1.5], [-0.0, 2.0]]), "n": np.array([3, 4], dtype=np.int64)}
    saved = pack_arrays(arrays)
    other = {name: np.zeros_like(array) for name, array in arrays.items()}
    unpack_into(saved, other)
    assert {n: a.tobytes() for n, a in other.items()} == {n: a.tobytes() for n, a in arrays.items()}


@pytest.mark.parametrize(
    "other",
    [{"ring": np.zeros(3)}, {"ring": np.zeros(2, np.int64)}, {"other": np.zeros(2)}, {}],
)
def test_arrays_of_another_shape_are_refused(other) -> None:
    with pytest.raises(SnapshotError):
        unpack_into(pack_arrays({"ring": np.zeros(2)}), other)
