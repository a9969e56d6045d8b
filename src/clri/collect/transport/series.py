"""Calls whose path follows from the replies before: pages, ranges of blocks."""

from typing import Protocol

from clri.collect.mapper import Poll


class Series(Protocol):
    """Says what to ask next; the replies reach it through the mapper.

    Attributes
    ----------
    every_s
        Least seconds from one turn to the next; it may grow while the service refuses.
    pace_s
        Seconds between two calls of a turn.
    """

    @property
    def every_s(self) -> float:
        """Seconds."""

    @property
    def pace_s(self) -> float:
        """Seconds."""

    def following(self) -> Poll | None:
        """Next call; None = this turn is done."""

    def interrupted(self) -> None:
        """The turn is over, done or not: what was asked for last may never be answered."""
