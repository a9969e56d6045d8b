"""A data service: what all four have in common."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from math import fsum
from typing import Any, ClassVar, Final, NamedTuple

from clri.collect.simulate.past import FIVE_MINUTES
from clri.collect.simulate.voice import VenueFrames
from clri.model.names import Venue
from clri.testing.fake_venues.protocol import Limit

HOUR_BUCKETS: Final = 12
"""Spans of five minutes in an hour."""


class Call(NamedTuple):
    """A GET: path below the base URL, parameters, headers, time of the market (ms) and monotonic seconds."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    at: int
    now: float


class Answer(NamedTuple):
    """Its answer."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = {}


class Service(ABC):
    """One service.

    Parameters
    ----------
    seed
        Of the market.
    voices
        The six venues, from which it has its figures.
    """

    name: ClassVar[Venue]
    prefix: ClassVar[str] = ""
    """Part of the paths that belongs to the base URL."""
    limit: ClassVar[tuple[int, float]]
    """Calls in so many seconds."""

    def __init__(self, seed: int, voices: Mapping[Venue, VenueFrames]) -> None:
        self.seed, self.voices = seed, voices
        self.meter = Limit(*self.limit)

    @abstractmethod
    def answer(self, call: Call) -> Answer | None:
        """Answer to a call; None if there is no such path."""

    @abstractmethod
    def over(self) -> Answer:
        """Answer to a call too many."""


def liquidated(voice: VenueFrames, i: int, at: int) -> tuple[float, float]:
    """USD of longs and shorts liquidated at a venue in the hour before `at` (ms), to whole five minutes."""
    last = at * 1_000_000 // FIVE_MINUTES
    sums = [voice.view.past.liquidated(voice.view.number, i, last - k, at) for k in range(HOUR_BUCKETS)]
    longs, shorts = zip(*sums, strict=True)
    return fsum(longs), fsum(shorts)
