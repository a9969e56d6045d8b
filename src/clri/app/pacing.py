"""A source slowed down to a pace that people can follow."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from clri.collect.tally import Tally
from clri.model.facts import Fact
from clri.model.names import Venue
from clri.model.timebase import SECOND
from clri.ports import FactSource


class TalliedSource(FactSource, Protocol):
    """A source that counts what became of its frames."""

    def tallies(self) -> Mapping[Venue, Tally]:
        """What became of the frames read so far, by venue."""


class PacedSource:
    """Facts of a source, none before its time has come.

    Parameters
    ----------
    source
        Facts in order of receipt.
    speed
        Seconds of the source per second, at a time of it (ns); 0 = no waiting.
    clock, sleep
        Seconds that only grow, and how to wait.

    Notes
    -----
    Only waits: the facts are those of the source. A wait is made at most once per second of the source.

    Examples
    --------
    >>> class Two:
    ...     def facts(self):
    ...         from clri.hosts.ticker import tick
    ...         return iter([tick(0, 1), tick(3 * SECOND, 1)])
    >>> waited = []
    >>> paced = PacedSource(Two(), lambda ts: 60.0, lambda: 0.0, waited.append)
    >>> len(list(paced.facts())), waited
    (2, [0.05])
    """

    def __init__(
        self,
        source: TalliedSource,
        speed: Callable[[int], float],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._source = source
        self._speed = speed
        self._clock = clock
        self._sleep = sleep

    def facts(self) -> Iterator[Fact]:
        """Facts in order of `ts`, at their pace."""
        second: int | None = None
        due = self._clock()
        for fact in self._source.facts():
            now = fact.ts // SECOND
            if second is None:
                second = now
            if now > second:
                speed = self._speed(second * SECOND)
                due = due + (now - second) / speed if speed > 0.0 else self._clock()
                second = now
                if (left := due - self._clock()) > 0.0:
                    self._sleep(left)
            yield fact

    def tallies(self) -> Mapping[Venue, Tally]:
        """What became of the frames read so far, by venue."""
        return self._source.tallies()

    def describe(self) -> str:
        """One line for people."""
        return self._source.describe()
