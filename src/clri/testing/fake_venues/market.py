"""The simulated market under way: played a little ahead of the clock, seen by six venues."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from clri.collect.simulate.coins import PLACES
from clri.collect.simulate.past import Past
from clri.collect.simulate.tape import Tape
from clri.collect.simulate.venues import FRAMES
from clri.collect.simulate.view import View
from clri.collect.simulate.voice import Profile, VenueFrames
from clri.collect.simulate.world import World
from clri.model.names import Venue
from clri.model.timebase import MILLI, MINUTE, SECOND
from clri.testing.fake_venues.clock import WorldClock
from clri.testing.fake_venues.truth import Truth

AHEAD_S: Final = 5
"""Seconds of the market that are known before they are told."""
CHUNK_S: Final = 60
BEFORE_MIN: Final = 9 * 1440
"""Minutes of history that the venues can be asked about."""


class Playing(Protocol):
    """A market that can be played on."""

    def advance(self, seconds: int) -> Tape:
        """The same tape, so many seconds longer."""


Start = str | Path | Playing | Callable[[int], Playing]
"""Name or file of a scenario, a market, or what makes a market that starts at a time (UTC ns)."""


def open_world(start: Start, seed: int, at: int) -> tuple[Playing, Past]:
    """Market from second `at` (UTC ns, a whole second) on, and what is known of the time before."""
    past = Past()
    if isinstance(start, str | Path):
        world = World(start, seed, at, before=BEFORE_MIN)
        for part in world.history():
            mark, rate, coins, perp = part.told[0], part.told[1], part.told[2], part.told[5]
            past.note(part.start * SECOND // MINUTE, mark, perp, coins, rate)
        return world, past
    return (start(at) if callable(start) else start), past


class Market:
    """What happens, as each venue tells it.

    Parameters
    ----------
    world, past
        As `open_world` gives them.
    truth
        Where it is noted which orders no feed tells.
    """

    def __init__(self, world: Playing, past: Past, clock: WorldClock, truth: Truth, profile: Profile) -> None:
        self._world, self._past, self._clock, self._truth = world, past, clock, truth
        self.tape = world.advance(CHUNK_S)
        past.keep(self.tape)
        self.voices: dict[Venue, VenueFrames] = {
            place.venue: FRAMES[place.venue](View(self.tape, number, past), profile)
            for number, place in enumerate(PLACES)
        }
        self._noted = self.tape.start // SECOND

    def play(self) -> int:
        """Play on as far as the clock asks for, and give its time, ms."""
        now = self._clock.wall_ns()
        short = (now - self.tape.start) // SECOND + AHEAD_S - self.tape.end
        if short > 0:
            self.tape = self._world.advance(max(CHUNK_S, int(short)))
            self._past.keep(self.tape)
            for voice in self.voices.values():
                voice.view.tape = self.tape
        self._note(now // SECOND)
        return now // MILLI

    def out(self, name: str) -> bool:
        """Whether the scenario has this venue out of service now; of what is no venue: never."""
        places = [at for at, place in enumerate(PLACES) if place.venue == name]
        asked = getattr(self._world, "out", None)
        now = (self._clock.wall_ns() - self.tape.start) // SECOND
        return bool(places and asked is not None and asked(places[0], now))

    def _note(self, now: int) -> None:
        """Note the orders of seconds that are over."""
        for second in range(max(self._noted, self.tape.start // SECOND + self.tape.first), now):
            for voice in self.voices.values():
                found = voice.second(second)
                self._truth.withheld(voice.venue, found.unsent)
                self._truth.due(found.told)
        self._noted = max(self._noted, now)
