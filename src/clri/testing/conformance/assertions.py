"""What the checks of a suite share."""

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from clri.model.codec import Output
from clri.model.facts import Fact
from clri.model.names import Mode
from clri.ports import Store

Item = Fact | Output
MakeStore = Callable[[Mode], Store]
"""Opens the store of one place in a mode."""

END: Final = 2**62
"""After everything, ns."""

E = TypeVar("E", bound=Exception)
S = TypeVar("S", bound=msgspec.Struct)


def equal(found: object, wanted: object) -> None:
    """Compare, and show both."""
    assert found == wanted, f"found {found!r:.1000}\nexpected {wanted!r:.1000}"


def raised(kind: type[E], call: Callable[[], object]) -> E:
    """The error that a call must raise."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"nothing was raised; expected {kind.__name__}")


def uuid(n: int) -> str:
    """Id of the n-th cascade."""
    return f"00000000-0000-5000-8000-{n % 16**12:012x}"


def emptied(item: S) -> S:
    """The item with None in each field that takes it, and empty lists and maps."""
    info = msgspec.inspect.type_info(type(item))
    assert isinstance(info, msgspec.inspect.StructType)
    changes: dict[str, object] = {}
    for field in info.fields:
        parts = field.type.types if isinstance(field.type, msgspec.inspect.UnionType) else (field.type,)
        kinds = {type(part) for part in parts}
        if msgspec.inspect.NoneType in kinds:
            changes[field.name] = None
        elif msgspec.inspect.DictType in kinds:
            changes[field.name] = {}
        elif msgspec.inspect.ListType in kinds:
            changes[field.name] = []
    return msgspec.structs.replace(item, **changes)
