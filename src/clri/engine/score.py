"""The contract of a minute-tier score: declared columns, state as plain arrays, one update for live and batch."""

from typing import Any, Protocol, runtime_checkable

import msgspec
import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]
State = dict[str, NDArray[Any]]


class Column(msgspec.Struct, frozen=True):
    """One output column: its unit, its range (None = open) and one line about it."""

    name: str
    unit: str
    low: float | None
    high: float | None
    about: str


class Score(Protocol):
    """One score over a panel of (time x symbols).

    Built for one cadence and one set of parameters. `update` is the same call for one live row and for a block of
    history: equal rows give equal bytes, however they are cut. NaN means missing, in and out.
    """

    @property
    def name(self) -> str:
        """Name in the registry."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Columns it reads."""

    @property
    def outputs(self) -> tuple[Column, ...]:
        """Columns it writes."""

    def state(self, lanes: int) -> State:
        """Fresh state for so many symbols; its arrays are the snapshot."""

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:
        """Fill `y[outputs, T, L]` from `x[inputs, T, L]`; `t0` is the absolute number of the first row."""


@runtime_checkable
class Learner(Protocol):
    """A score that can take rows into its state without writing its columns: for history that nobody reads.

    A score whose columns enter no history of its own need not work them out to remember.
    """

    def learn(self, t0: int, state: State, x: F8) -> None:
        """Leave `state` with the bytes that `update` would leave."""
