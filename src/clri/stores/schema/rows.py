"""What all rows share: the column `rest`, and the way back from a row to its struct.

A row is neutral: times are integers of ns, JSON values are Python objects. Each engine turns cells into its own.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final, TypeVar

import msgspec

from clri.model.errors import StoreError
from clri.model.timebase import MILLI
from clri.stores.schema.layout import Column

Row = tuple[Any, ...]
S = TypeVar("S", bound=msgspec.Struct)

REST: Final = Column("rest", "json")
"""Every field that no column holds, or that its column holds only to the millisecond: ISO text and timestamptz cut
the ns of a time, and what is read must equal what was written."""


def finer_than_ms(item: msgspec.Struct, times: Iterable[str]) -> dict[str, Any]:
    """Those of the named times that a ms column would change."""
    found = {name: getattr(item, name) for name in times}
    return {name: ts for name, ts in found.items() if ts is not None and ts % MILLI}


@cache
def _blank(struct: type[msgspec.Struct]) -> dict[str, None]:
    """None for each field without default: an older version may not have had the column."""
    return {field.name: None for field in msgspec.structs.fields(struct) if field.required}


def build(struct: type[S], values: Mapping[str, Any], rest: Mapping[str, Any] | None = None) -> S:
    """Struct from the cells of a row; `rest` overrides, other columns are passed over.

    Raises
    ------
    StoreError
        If the cells do not fit the struct: damage, or another program wrote them.
    """
    cells: Any = {**_blank(struct), **values, **(rest or {})}
    config = struct.__struct_config__
    if config.array_like:
        cells = [config.tag, *(cells[name] for name in struct.__struct_fields__)]
    try:
        return msgspec.convert(cells, struct)
    except msgspec.ValidationError as error:
        raise StoreError(
            f"a stored {struct.__name__} cannot be read: {error}; row {dict(list(values.items())[:3])}",
            code="CLRI-STORE-003",
        ) from error
