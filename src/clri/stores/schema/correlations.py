"""Table of correlations: a row per pair and hour, in place of the original's, whose name is not known."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from clri.model.pair import PairReading
from clri.stores.schema.layout import Table, columns_of, words_of
from clri.stores.schema.rows import REST, Row, build, finer_than_ms

CORRELATIONS: Final = Table(
    "correlations",
    (*columns_of(PairReading), REST),
    key=("ts", "pair"),
    clock="ts",
    keep_d=365,
    indexes=(("pair", "-ts"),),
    words=words_of(PairReading, "mode", "rule"),
)


def pair_row(item: PairReading) -> Row:
    """Cells in the order of the table."""
    return (*msgspec.structs.astuple(item), finer_than_ms(item, ("ts",)) or None)


def pair_reading(cells: Mapping[str, Any]) -> PairReading:
    """The reading back."""
    return build(PairReading, cells, cells.get("rest"))


def oldest_first(items: Iterable[PairReading]) -> list[PairReading]:
    """Readings by time, then by pair, in one order for every store."""
    return sorted(items, key=lambda item: (item.ts, item.pair))
