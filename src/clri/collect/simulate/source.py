"""A scenario as a source of facts: the market, told in the venues' own frames, decoded by their own mappers."""

import gzip
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final

from clri.collect.decoders import Decoders
from clri.collect.presence import Presence
from clri.collect.simulate.coins import PLACES, SYMBOLS
from clri.collect.simulate.frames import FrameStream, Spoken
from clri.collect.simulate.history import rows_of
from clri.collect.simulate.market.output import COINS, MARK, PERP, RATE
from clri.collect.simulate.market.params import make_params
from clri.collect.simulate.market.stretch import Stretch
from clri.collect.simulate.past import Past
from clri.collect.simulate.script import Label, Scenario, read_scenario
from clri.collect.simulate.tape import F8
from clri.collect.simulate.truth import Truth
from clri.collect.simulate.world import World
from clri.collect.tally import Tally
from clri.model.facts import Fact
from clri.model.names import Mode, Venue
from clri.model.timebase import MINUTE, SECOND, iso, parse_iso

START: Final = parse_iso("2026-11-02T16:05:00Z")
"""Five minutes after a settlement: a running funding rate then moves fastest. A whole minute."""
PIECE_S: Final = 5
"""Seconds that are played and told at a time."""
KEEP_S: Final = 960
"""Seconds that venues can look back."""
TOLD_DAYS: Final = 2
"""Days of history of which venues can tell."""


class SimulatedEvent:
    """A scenario of the simulated market: by default an hour in which leverage builds on six venues and then breaks.

    Its frames have the form of the venues' own and pass through the venues' own mappers. Seed 42 is the demonstration;
    the same seed gives the same bytes. Nothing is held but the last minutes: a day streams like an hour.

    Parameters
    ----------
    seed
        Integer >= 0.
    scenario
        Name, TOML file, or one read already.
    start
        First moment, UTC ns, a whole minute.
    minutes
        Length; that of the scenario by default.
    truth
        Where the truth of the first telling goes.

    Attributes
    ----------
    start, end
        First and last moment, UTC ns.
    symbols
        Base coins, in the order of the lanes of `history`.
    story
        What must stand beside every number made of it.
    labels
        What happens when, minutes from the start.
    world
        What is being told now, and ``stream`` its frames; for the truth beside it.

    Raises
    ------
    InputError
        If there is no such scenario or seed.

    Examples
    --------
    >>> event = SimulatedEvent(7)
    >>> event.describe()
    'SIMULATED DATA – seed 7, not a real market event; 8 symbols, 6 venues, 2026-11-02T16:05:00.000Z to ...'
    """

    mode: ClassVar[Mode] = "replay-simulated"
    symbols: ClassVar[Sequence[str]] = SYMBOLS

    def __init__(
        self,
        seed: int = 42,
        scenario: str | Path | Scenario = "demo",
        start: int = START,
        minutes: int | None = None,
        truth: Truth | None = None,
    ) -> None:
        self.scenario = scenario if isinstance(scenario, Scenario) else read_scenario(scenario)
        self.seed = seed
        self.start = start
        self.end = start + (minutes or self.scenario.minutes) * MINUTE
        self.labels: Sequence[Label] = self.scenario.label
        self.story = f"SIMULATED DATA – seed {seed}, not a real market event"
        self.world: World | None = None
        self._truth = truth
        self._begun: World | None = None
        self._days: Sequence[Stretch] = ()
        self._decoders = Decoders()
        self.stream: FrameStream | None = None

    def facts(self) -> Iterator[Fact]:
        """Facts in order of `ts`, decoded from the frames; every call starts anew."""
        self._decoders = Decoders()
        presence = Presence()
        for spoken in self.frames():
            facts = self._decoders.decode(spoken.venue, 0, spoken.path, spoken.raw, spoken.recv_ns)
            if facts:
                yield from presence.data(spoken.venue, 0, spoken.recv_ns)
                yield from facts

    def frames(self) -> Iterator[Spoken]:
        """Frames by receipt; every call starts anew. A venue that is out says nothing."""
        world = self.world = self._fresh()
        past, stream = self._past(), None
        places = {place.venue: at for at, place in enumerate(PLACES)}
        for _ in range(0, (self.end - self.start) // SECOND, PIECE_S):
            tape = world.advance(PIECE_S)
            stream = self.stream = stream or FrameStream(tape, past)
            heard = [
                spoken
                for spoken in stream.extend(tape)
                if not world.out(places[spoken.venue], (spoken.recv_ns - self.start) // SECOND)
            ]
            if self._truth is not None:
                self._truth.played(world, heard, stream.unsent)
            stream.unsent.clear()
            yield from heard

    def write(self, path: Path) -> int:
        """Write the frames as a file of frames, gzip if its name ends with .gz.

        Returns
        -------
        int
            Number of frames.
        """
        count = 0
        with gzip.GzipFile(path, "wb", mtime=0) if path.suffix == ".gz" else path.open("wb") as file:
            for frame in self.frames():
                file.write(frame.line())
                count += 1
        return count

    def history(self) -> Iterator[tuple[int, F8]]:
        """Minute rows before the event, a day at a time, the last one up to its start; every call starts anew.

        Yields
        ------
        tuple
            End of the first row (UTC ns), and `[len(NUMBERS), T, symbols]` as `MinuteTier.warm` takes it.
        """
        world = World(self.scenario, self.seed, self.start, keep_s=KEEP_S)
        if self._truth is not None:
            self._truth.begin(world)
        params = make_params()
        days: deque[Stretch] = deque(maxlen=TOLD_DAYS)
        for stretch in world.history():
            days.append(stretch)
            if self._truth is not None:
                self._truth.history(stretch)
            yield rows_of(stretch, params)
        self._days = tuple(days)
        self._begun = world

    def tallies(self) -> Mapping[Venue, Tally]:
        """What became of the frames read so far, by venue."""
        return self._decoders.tallies()

    def describe(self) -> str:
        """One line for people."""
        return f"{self.story}; {len(SYMBOLS)} symbols, 6 venues, {iso(self.start)} to {iso(self.end)}"

    def _fresh(self) -> World:
        """World at the start of the event, its history behind it."""
        if self._begun is None:
            for _ in self.history():
                pass
        assert self._begun is not None  # noqa: S101 - history sets it
        return self._begun.fork()

    def _past(self) -> Past:
        """What venues know of the days before."""
        past = Past()
        for day in self._days:
            past.note(day.start // 60, day.told[MARK], day.told[PERP], day.told[COINS], day.told[RATE])
        return past
