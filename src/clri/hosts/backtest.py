"""Backtest: a table of observations through the minute tier, by the same kernels as live."""

from collections.abc import Callable, Iterator
from typing import Final, Protocol

from clri.engine.pipeline import Minute
from clri.engine.score import F8
from clri.engine.table import ObservationTable
from clri.model.names import Mode

BLOCK: Final = 8_192


class BlockTier(Protocol):
    """The minute tier, block by block."""

    def block(self, t0: int, observed: F8, mode: Mode, offset_ns: int = 0) -> Iterator[Minute]:
        """Readings of consecutive rows."""


def backtest(
    table: ObservationTable,
    tier: BlockTier,
    mode: Mode,
    *,
    block: int = BLOCK,
    on_rows: Callable[[int], None] | None = None,
) -> Iterator[Minute]:
    """Readings of every row of a table, oldest first; how it is cut into blocks changes no byte.

    Parameters
    ----------
    table
        Rows on a regular grid.
    tier
        Fresh minute tier over the table's symbols and cadence.
    block
        Rows per call of the kernels.
    on_rows
        Called with the number of rows done, for progress bars.
    """
    for start in range(0, table.height, block):
        part = table.values[:, start : start + block]
        yield from tier.block(table.t0 + start, part, mode, table.offset_ns)
        if on_rows is not None:
            on_rows(part.shape[1])
