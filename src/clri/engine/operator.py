"""The contract of event-tier operators and of accumulators: synchronous, no clock, state as bytes."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Protocol

from clri.model.codec import Output
from clri.model.facts import Fact, Liquidation
from clri.model.names import Venue
from clri.model.reading import Reading


class Operator(Protocol):
    """A detector of one symbol. Its outputs are a function of the facts so far and nothing else.

    Liquidations and Ticks come in order of event time (after the reorder buffer), each once; facts of the other kinds
    in `listens` come in order of receipt. Facts with `backfill` never come.
    """

    listens: ClassVar[frozenset[type[Fact]]]

    def on_fact(self, fact: Fact) -> Iterable[Output]:
        """Take one fact; O(1)."""

    def on_late(self, fact: Liquidation) -> Iterable[Output]:
        """Take a liquidation that missed the reorder buffer by at most 30 s: it corrects totals, it detects nothing."""

    def on_reading(self, reading: Reading) -> Iterable[Output]:
        """Take the symbol's reading of the minute that ended: what the minute tier knows and events cannot tell."""

    def row(self) -> Mapping[str, Any]:
        """Observation fields for the minute that ends now; the minute's own maxima start anew."""

    def snapshot(self) -> bytes:
        """State as bytes; equal states give equal bytes."""

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes.

        Raises
        ------
        clri.model.errors.SnapshotError
            If the bytes are of another version or operator.
        """


class Shares(Protocol):
    """How much of a symbol's open interest each venue holds, for weights and coverage."""

    def enabled(self) -> tuple[Venue, ...]:
        """Venues that should deliver: enabled and listing the symbol, in fixed order."""

    def weight(self, venue: Venue) -> float:
        """Share of open interest (24-h EWMA) among the enabled venues; equal parts where unknown. Sums to 1."""

    def oi_usd(self, venue: Venue) -> float | None:
        """The venue's fresh open interest in USD, None if missing."""


class Accumulator(Protocol):
    """One input of the observation row, combined over venues (SCORES 2.1)."""

    def add(self, fact: Fact) -> None:
        """Take one fact in order of receipt; facts of kinds it does not use are passed over."""

    def second(self, boundary: int) -> None:
        """A second has passed (ns)."""

    def close(self, boundary: int, shares: Shares) -> Mapping[str, Any]:
        """Observation fields for the minute that ends at `boundary`, from facts received at or before it."""

    def snapshot(self) -> bytes:
        """State as bytes; equal states give equal bytes."""

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes."""
