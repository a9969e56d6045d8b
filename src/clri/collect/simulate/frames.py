"""Everything that the venues say in a span of time, by time of receipt."""

import heapq
from collections.abc import Iterator
from typing import Final, NamedTuple
from zlib import crc32

import msgspec

from clri.collect.decoders import mapper_class
from clri.collect.mapper import Poll
from clri.collect.simulate.chance import latency_ns, mix
from clri.collect.simulate.coins import PLACES, SYMBOLS
from clri.collect.simulate.past import Past
from clri.collect.simulate.tape import Tape
from clri.collect.simulate.throttle import Unsent
from clri.collect.simulate.venues import FRAMES
from clri.collect.simulate.view import View
from clri.collect.simulate.voice import Profile, Sent, Told, Topic, VenueFrames
from clri.model.errors import InputError
from clri.model.instrument import Instrument
from clri.model.names import Venue
from clri.model.timebase import MILLI

encode: Final = msgspec.json.Encoder().encode
REST_NS: Final = 20 * MILLI
"""What a call takes longer than a frame of a socket."""
SOONEST_MS: Final = 5_000
"""All calls are made once in the first five seconds, the contract lists first."""


class Spoken(NamedTuple):
    """A frame as received: `path` = method, path and body if it is a REST reply; `sent` = liquidations in it."""

    recv_ns: int
    venue: Venue
    path: str | None
    raw: bytes
    sent: tuple[Sent, ...] = ()

    def line(self) -> bytes:
        """The frame as a line of a file of frames (`clri.collect.frames`)."""
        channel = b"" if self.path is None else b',"channel":' + encode(self.path)
        return b'{"venue":"%s"%s,"recv_ns":%d,"raw":%s}\n' % (self.venue.encode(), channel, self.recv_ns, self.raw)


class FrameStream:
    """Frames of all venues in order of receipt, for a tape that grows.

    Parameters
    ----------
    tape
        The market; each `extend` may bring a longer one.
    past
        Minutes before it; None: nothing is known of them.
    profile
        Pace of what comes all the time; sparse is the least that fills every row.
    venues
        Which of them speak.

    Notes
    -----
    Every topic that the venue's mapper reads and every call that it makes, at its period, over all coins. Receipt =
    time of the frame + a latency hashed from seed, venue, topic and time; the frames of one topic keep their order.
    The same seed gives the same bytes, however the tape is cut.
    """

    def __init__(
        self,
        tape: Tape,
        past: Past | None = None,
        *,
        profile: Profile = "sparse",
        venues: tuple[Venue, ...] = tuple(FRAMES),
    ) -> None:
        unknown = [venue for venue in venues if venue not in FRAMES]
        if unknown:
            raise InputError(f"venues were {unknown}; expected some of {', '.join(FRAMES)}")
        self._past = past or Past()
        self._voices = [
            FRAMES[place.venue](View(tape, number, self._past), profile)
            for number, place in enumerate(PLACES)
            if place.venue in venues
        ]
        self._calls: list[tuple[VenueFrames, Poll]] = []
        self._until = tape.start // MILLI
        self._start = self._until
        self._waiting: list[tuple[int, int, int, Spoken]] = []
        self._last: dict[tuple[Venue, Topic], int] = {}
        self.unsent: list[Unsent] = []
        """Orders that no feed told since this was last emptied."""

    def extend(self, tape: Tape) -> Iterator[Spoken]:
        """Frames received up to the end of the tape, which holds at least what came since the last call."""
        self._past.keep(tape)
        for voice in self._voices:
            voice.view.tape = tape
        if not self._calls:
            self._calls = [(voice, poll) for voice in self._voices for poll in calls(voice)]
        start, self._until = self._until, tape.start // MILLI + tape.end * 1000
        for voice in self._voices:
            self._subscribed(voice, start, self._until)
        for voice, poll in self._calls:
            self._called(voice, poll, start, self._until)
        while self._waiting and self._waiting[0][0] < self._until * MILLI:
            yield heapq.heappop(self._waiting)[3]

    def rest(self) -> Iterator[Spoken]:
        """Frames that are still on their way."""
        while self._waiting:
            yield heapq.heappop(self._waiting)[3]

    def _subscribed(self, voice: VenueFrames, start: int, end: int) -> None:
        for topic in voice.topics():
            if start == self._start:
                for told in voice.first(topic, start):
                    self._spoken(voice, told)
            if topic.channel != voice.liquidations:
                for told in voice.frames_of(topic, start, end):
                    self._spoken(voice, told)
        for second in range(start // 1000, end // 1000):
            forced = voice.second(second)
            self.unsent += forced.unsent
            for told in forced.told:
                self._spoken(voice, told)

    def _spoken(self, voice: VenueFrames, told: Told) -> None:
        view, key = voice.view, (voice.venue, told.topic)
        chance = _hash(told.topic)
        lag_ns = latency_ns(view.place.lag_ns, view.seed, view.number, chance, told.at)
        recv_ns = max(told.at * MILLI + lag_ns, self._last.get(key, 0) + 1)
        self._last[key] = recv_ns
        spoken = Spoken(recv_ns, voice.venue, None, encode(told.frame), told.sent)
        heapq.heappush(self._waiting, (recv_ns, view.number, chance, spoken))

    def _called(self, voice: VenueFrames, poll: Poll, start: int, end: int) -> None:
        """Answers to a call: the first in the first seconds, then at its period."""
        view, asked = voice.view, poll.asked
        chance = mix(view.seed, view.number, crc32(asked.encode()))
        listing = poll.name in mapper_class(voice.venue).asked_first
        first = self._start + (1 if listing else 1000 + chance % (SOONEST_MS - 1000))
        every = max(1, int(poll.every_s * 1000.0))
        at = first if first >= start else first + -(-(start - first) // every) * every
        while at < end:
            reply = voice.reply(poll.method, poll.path, poll.body, at)
            if reply is None:
                raise InputError(f"{voice.venue} has no answer to {asked}")
            lag_ns = latency_ns(view.place.lag_ns, view.seed, view.number, chance, at) + REST_NS
            spoken = Spoken(at * MILLI + lag_ns, voice.venue, asked, encode(reply))
            heapq.heappush(self._waiting, (spoken.recv_ns, view.number, chance, spoken))
            at += every


def calls(voice: VenueFrames) -> list[Poll]:
    """Calls that clri repeats at a venue, for all coins that it lists."""
    mapper = mapper_class(voice.venue)()
    at = voice.view.tape.start // MILLI
    for poll in mapper.lists():
        reply = voice.reply(poll.method, poll.path, poll.body, at)
        facts = mapper.reply(poll.asked, encode(reply), at * MILLI)
        mapper.table.update(fact for fact in facts if isinstance(fact, Instrument))
    return mapper.polls(SYMBOLS)


def _hash(topic: Topic) -> int:
    return crc32(f"{topic.channel} {topic.name}".encode())
