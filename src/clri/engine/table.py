"""A table of observations as arrays: the form in which history reaches the minute tier."""

from collections.abc import Sequence

import msgspec
import numpy as np

from clri.engine.cadence import Cadence
from clri.engine.score import F8
from clri.model.errors import InputError
from clri.model.observation import NUMBERS, Observation


class ObservationTable(msgspec.Struct, frozen=True):
    """Rows of several symbols on one regular grid of time.

    Parameters
    ----------
    symbols
        One lane each.
    cadence
        Row spacing.
    t0
        Absolute number of the first row (`Cadence.index`).
    offset_ns
        How far the rows' times lie past the grid; 0 for minutes and bars.
    values
        `[numbers of the observation row, T, lanes]`, NaN = missing.
    present
        `[T, lanes]`: the table held a row here.
    """

    symbols: tuple[str, ...]
    cadence: Cadence
    t0: int
    offset_ns: int
    values: F8
    present: np.ndarray

    @property
    def height(self) -> int:
        """Rows of time."""
        return int(self.values.shape[1])

    def ts(self, row: int) -> int:
        """Time of a row, ns."""
        return (self.t0 + row) * self.cadence.step_ns + self.offset_ns


def table_of(observations: Sequence[Observation], symbols: Sequence[str], cadence: Cadence) -> ObservationTable:
    """Table of stored observations.

    Raises
    ------
    InputError
        If there are none.
    """
    lanes = {symbol: at for at, symbol in enumerate(symbols)}
    rows = [o for o in observations if o.symbol in lanes]
    if not rows:
        raise InputError(f"no observations of {', '.join(symbols)}", code="CLRI-DATA-003")
    first = min(cadence.index(o.ts) for o in rows)
    height = max(cadence.index(o.ts) for o in rows) - first + 1
    values = np.full((len(NUMBERS), height, len(lanes)), np.nan)
    present = np.zeros((height, len(lanes)), dtype=np.bool_)
    for o in rows:
        at, lane = cadence.index(o.ts) - first, lanes[o.symbol]
        values[:, at, lane] = np.array([getattr(o, name) for name in NUMBERS], dtype=np.float64)
        present[at, lane] = True
    return ObservationTable(tuple(symbols), cadence, first, rows[0].ts % cadence.step_ns, values, present)
