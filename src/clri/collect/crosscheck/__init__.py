"""What no venue's frame can show alone: facts compared with other venues, with the own past and with the clock.

    stage         the checks in a row, between the collectors and the pipeline; the only thing that hosts use
    clocks        a venue's clock against ours: stamps corrected, late rows made back-fill
    marks         a price far from all others is held, then taken out; a crash that others confirm passes
    interest      open interest that jumps without a price move is held; contracts told as coins are taken out
    liquidations  a price far from the mark is valued at the mark; more than the open interest is taken out
    silence       a liquidation feed that is mute while others are not
    known         what the checks know in common, and what became of each fact
    schema        apart from the stage: what the mappers' tallies say of frames that lost their form

Pure: facts and Ticks in, facts out, no clock. Nothing is lost in silence: facts in = facts out + held + dropped, the
dropped ones counted by venue and reason, facts that were added counted apart.
"""

from typing import ClassVar, Final, Protocol

from clri.collect.crosscheck.clocks import Clocks
from clri.collect.crosscheck.interest import Interest
from clri.collect.crosscheck.known import Known
from clri.collect.crosscheck.liquidations import Liquidations
from clri.collect.crosscheck.marks import Marks
from clri.collect.crosscheck.silence import Silence
from clri.model.facts import Fact


class Check(Protocol):
    """One check: takes the facts of the kinds it listens to, in order of receipt."""

    name: ClassVar[str]
    listens: ClassVar[frozenset[type[Fact]]]

    @property
    def held(self) -> int:
        """Facts held back now."""

    def __init__(self, known: Known) -> None:
        """Begin without a past."""

    def take(self, fact: Fact, out: list[Fact]) -> Fact | None:
        """The fact as it goes on, or None if it is held or dropped; what comes before it is put into `out`."""

    def snapshot(self) -> bytes:
        """State as bytes; equal states give equal bytes."""

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes."""


CHECKS: Final[tuple[type[Check], ...]] = (Clocks, Marks, Interest, Liquidations, Silence)
"""In the order in which a fact meets them."""
