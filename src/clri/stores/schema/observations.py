"""Table of Observation rows."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from clri.model.observation import Observation
from clri.stores.schema.layout import Table, columns_of, words_of
from clri.stores.schema.rows import REST, Row, build, finer_than_ms

OBSERVATIONS: Final = Table(
    "observations",
    (*columns_of(Observation), REST),
    key=("ts", "symbol"),
    clock="ts",
    keep_d=90,
    indexes=(("symbol", "-ts"),),
    words=words_of(Observation, "mode"),
)


def observation_row(item: Observation) -> Row:
    """Cells in the order of the table."""
    return (*msgspec.structs.astuple(item), finer_than_ms(item, ("ts", "next_funding_ts")) or None)


def observation(cells: Mapping[str, Any]) -> Observation:
    """The row back."""
    return build(Observation, cells, cells.get("rest"))
