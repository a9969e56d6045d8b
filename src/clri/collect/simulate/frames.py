"""Everything that the venues say in an event, by time of receipt."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec
import numpy as np

from clri.collect.simulate.coins import PLACES
from clri.collect.simulate.event import SECONDS, START, Event
from clri.collect.simulate.venues import FRAMES
from clri.collect.simulate.view import Said, Sent, VenueFrames, View
from clri.model.names import Venue
from clri.model.timebase import MILLI, SECOND

encode: Final = msgspec.json.Encoder().encode
JITTER_MS: Final = 40
APART_NS: Final = 2 * MILLI
"""Between frames of one second: a socket sends them one after the other."""
POLLS: Final = (("interest", 15, 1), ("books", 30, 4), ("day", 60, 2), ("ratios", 300, 7))
"""What is asked for: method, every how many seconds, at which of them."""


class Spoken(NamedTuple):
    """A frame as received: `path` = method and path if it is a REST reply."""

    recv_ns: int
    venue: Venue
    path: str | None
    raw: bytes

    def line(self) -> bytes:
        """The frame as a line of a file of frames (`clri.collect.frames`)."""
        channel = b"" if self.path is None else b',"channel":' + encode(self.path)
        return b'{"venue":"%s"%s,"recv_ns":%d,"raw":%s}\n' % (self.venue.encode(), channel, self.recv_ns, self.raw)


def make_frames(event: Event) -> tuple[list[Spoken], list[Sent]]:
    """Frames of all venues by receipt, and the liquidations that stand in them, by receipt too."""
    spoken: list[Spoken] = []
    told: list[tuple[int, list[Sent]]] = []
    for number, place in enumerate(PLACES):
        rng = np.random.Generator(np.random.PCG64([event.seed, 3, number]))
        jitter = rng.integers(0, JITTER_MS, SECONDS).tolist()
        voice = FRAMES[place.venue](View(event, number))
        orders = [order for order in event.orders if order.place == number]
        for recv_ns, frame, sent in voice.forced(orders):
            spoken.append(Spoken(recv_ns, place.venue, None, encode(frame)))
            told.append((recv_ns, sent))
        spoken += _polled(place.venue, voice, place.lag_ns, jitter)
    spoken.sort(key=lambda one: one.recv_ns)
    told.sort(key=lambda one: one[0])
    return spoken, [one for _, sent in told for one in sent]


def _polled(venue: Venue, voice: VenueFrames, lag_ns: int, jitter: list[int]) -> list[Spoken]:
    found = _at(venue, START + 1, voice.opening(), 1)
    for t in range(SECONDS):
        at = START + t * SECOND + lag_ns + jitter[t] * MILLI
        found += _at(venue, at, voice.marks(t), APART_NS)
        for name, every, phase in POLLS:
            if t % every == phase:
                found += _at(venue, at + 20 * MILLI, getattr(voice, name)(t), APART_NS)
    return found


def _at(venue: Venue, at: int, said: Iterable[Said], apart: int) -> list[Spoken]:
    return [Spoken(at + n * apart, venue, path, encode(frame)) for n, (path, frame) in enumerate(said)]
