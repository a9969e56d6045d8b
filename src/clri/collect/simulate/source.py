"""The simulated stress event as a source of facts (ports.FactSource)."""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from clri.collect.decoders import Decoders
from clri.collect.presence import Presence
from clri.collect.simulate.coins import SYMBOLS
from clri.collect.simulate.event import SECONDS, START, Event, make_event
from clri.collect.simulate.frames import Spoken, make_frames
from clri.collect.simulate.history import DAYS, F8, minutes
from clri.collect.simulate.view import Sent
from clri.collect.tally import Tally
from clri.model.errors import InputError
from clri.model.facts import Fact
from clri.model.names import Mode, Venue
from clri.model.timebase import SECOND, iso


class SimulatedEvent:
    """Forty minutes in which leverage builds in eight symbols on six venues and then breaks.

    Its frames have the form of the venues' own and pass through the venues' own mappers. Seed 42 is the demonstration;
    every seed tells the same story with other noise, and the same seed gives the same bytes.

    Parameters
    ----------
    seed
        Integer >= 0.

    Attributes
    ----------
    start, end
        First and last moment of the event, UTC ns; `start` is a whole minute.
    symbols
        Base coins, in the order of the lanes of `history`.
    story
        What must stand beside every number made of it.

    Examples
    --------
    >>> event = SimulatedEvent(7)
    >>> event.describe()
    'SIMULATED DATA – seed 7, not a real market event; 8 symbols, 6 venues, 2026-11-02T16:05:00.000Z to ...'
    """

    mode: ClassVar[Mode] = "replay-simulated"
    start: ClassVar[int] = START
    end: ClassVar[int] = START + SECONDS * SECOND
    symbols: ClassVar[Sequence[str]] = SYMBOLS

    def __init__(self, seed: int = 42) -> None:
        if seed < 0:
            raise InputError(f"seed was {seed}; expected an integer >= 0")
        self.seed = seed
        self.story = f"SIMULATED DATA – seed {seed}, not a real market event"
        self._decoders = Decoders()

    def facts(self) -> Iterator[Fact]:
        """Facts in order of `ts`, decoded from the frames; every call starts anew."""
        self._decoders = Decoders()
        presence = Presence()
        for recv_ns, venue, path, raw in self._made[0]:
            facts = self._decoders.decode(venue, 0, path, raw, recv_ns)
            if facts:
                yield from presence.data(venue, 0, recv_ns)
                yield from facts

    def frames(self) -> Sequence[Spoken]:
        """Frames by receipt."""
        return self._made[0]

    def write(self, path: Path) -> int:
        """Write the frames as a file of frames, gzip if its name ends with .gz.

        Returns
        -------
        int
            Number of frames.
        """
        with gzip.GzipFile(path, "wb", mtime=0) if path.suffix == ".gz" else path.open("wb") as file:
            for frame in self.frames():
                file.write(frame.line())
        return len(self.frames())

    @property
    def truth(self) -> Sequence[Sent]:
        """Every liquidation that stands in a frame, by receipt: what decoding must give, no more and no less."""
        return self._made[1]

    @property
    def happened(self) -> tuple[int, float]:
        """Number and USD of all liquidations, also those that no feed told."""
        orders = self._event.orders
        return len(orders), sum(order.usd for order in orders)

    def history(self, days: int = DAYS) -> tuple[int, F8]:
        """Minute rows before the event: end of the first row (ns), and `[len(NUMBERS), T, symbols]`."""
        return minutes(self._event, days)

    def tallies(self) -> Mapping[Venue, Tally]:
        """What became of the frames read so far, by venue."""
        return self._decoders.tallies()

    def describe(self) -> str:
        """One line for people."""
        return f"{self.story}; {len(SYMBOLS)} symbols, 6 venues, {iso(self.start)} to {iso(self.end)}"

    @cached_property
    def _event(self) -> Event:
        return make_event(self.seed)

    @cached_property
    def _made(self) -> tuple[list[Spoken], list[Sent]]:
        return make_frames(self._event)
