"""A quiet day: no feed is called silent that only has little to say, and one that falls silent is called so in time.

The frames of all six venues at their own pace pass through the sockets' own intake and watchdogs; only the sockets are
missing, and the clock is that of the frames. A whole day is
`python -c "from tests.live.test_false_alarms import day; print(day(24 * 3600))"` (about 15 minutes).
"""

import asyncio
from collections import Counter
from collections.abc import Callable

import pytest

from clri.app.assemble import load
from clri.collect.instruments import InstrumentTable
from clri.collect.mapper import HEAD
from clri.collect.simulate.coins import SYMBOLS
from clri.collect.simulate.frames import FrameStream, Spoken
from clri.collect.simulate.venues import FRAMES
from clri.collect.simulate.world import World
from clri.collect.transport.clock import Pacer
from clri.collect.transport.feeds import Feeds
from clri.collect.transport.intake import Wire
from clri.collect.transport.limits import LIMITS
from clri.collect.transport.link import TICK_S, Link
from clri.collect.transport.queue import FactQueue
from clri.collect.transport.watchdog import BUSY_S
from clri.collect.venues import VENUES
from clri.model.control import LIQUIDATION, FeedStatus
from clri.model.names import EXCHANGES
from clri.model.timebase import SECOND

START = 1_790_000_040 * SECOND
LISTED_S = 5
"""Every call was made once by then: the venues' lists are known."""
PIECE_S = 10
HOURS = 2
TOPICS = 134
"""Topics of eight coins on six venues."""
MUTE, MUTE_S = "ETH", 800
MUTE_FROM = START + MUTE_S * SECOND
MUTED = (b'"ETH', b".ETH")
ALL_COINS = b"!markPrice@arr@1s"
"""Channel with frames of all coins at once."""
JITTER_S = 0.5
"""Latency of a frame against that of the one before."""
Heard = Callable[[Spoken], bool]


class Steps:
    """Time of the frames."""

    ns = START

    def monotonic(self) -> float:
        return self.ns / 1e9

    def wall_ns(self) -> int:
        return self.ns


class Venue:
    """The sockets of one venue, without the sockets."""

    def __init__(self, name: str, clock: Steps) -> None:
        self.name, self.clock = name, clock
        self.table, self._make = InstrumentTable(), load(VENUES[name])
        self.calls = self._make(self.table, infer=False)
        self.said: list[FeedStatus] = []
        self.links: list[tuple[Link, list[bytes]]] = []
        self.counts: Counter[str] = Counter()

    def open(self) -> None:
        feeds, queue, limits = Feeds(self.name, self.said.append), FactQueue(), LIMITS[self.name]
        wire = Wire("", None, self._mapper, queue, feeds, self.clock, limits, Pacer(self.clock, 1.0), self.counts)
        for number, conn in enumerate(self.calls.subscriptions(SYMBOLS)):
            keys = [(one.channel, one.symbol) for one in conn.expect]
            feeds.expect(number, keys, [(one.channel, one.symbol) for one in conn.expect if one.max_silence_s is None])
            link = Link(wire, number, conn, frozenset(), leading=True)
            self.links.append((link, [channel.encode() for channel in {key[0] for key in keys}]))
        self.queue, self._pinged = queue, self.clock.monotonic()

    def _mapper(self):
        return self.calls if self.calls.shared else self._make(self.table, infer=False)

    def hear(self, raw: bytes) -> None:
        head = raw[:HEAD]
        for link, channels in self.links:
            if any(channel in head for channel in channels):
                link._intake.arrived(raw)
                link._intake.flush()

    def tick(self) -> None:
        now = self.clock.monotonic()
        for link, _ in self.links:
            period_s = link._conn.ping.period_s
            if int(now / period_s) > int((now - TICK_S) / period_s):
                link.watch.heard(now, pong=True)
            link._judge(now, self.clock.ns)
        self.queue.take(1 << 20)


async def play(seconds: int, heard: Heard = lambda _: True) -> dict[str, Venue]:
    """So many seconds of a market in which hardly anything happens; frames that are not `heard` never come."""
    clock = Steps()
    venues = {name: Venue(name, clock) for name in EXCHANGES}
    world = World("flat", 3, START, keep_s=960)
    stream = FrameStream(tape := world.advance(LISTED_S), profile="light")
    early = list(stream.extend(tape))
    for spoken in early:
        if spoken.path is not None:
            venues[spoken.venue].calls.reply(spoken.path, spoken.raw, spoken.recv_ns)
    for venue in venues.values():
        venue.open()
    due = START
    for _ in range(0, seconds, PIECE_S):
        for spoken in (*early, *stream.extend(world.advance(PIECE_S))):
            while due <= spoken.recv_ns:
                clock.ns, due = due, due + round(TICK_S * SECOND)
                for venue in venues.values():
                    venue.tick()
                await asyncio.sleep(0)
            clock.ns = spoken.recv_ns
            if spoken.path is None and heard(spoken):
                venues[spoken.venue].hear(spoken.raw)
        early = []
    return venues


def alarms(venues: dict[str, Venue]) -> list[tuple]:
    """What was called silent or lost."""
    return [
        (fact.venue, fact.channel, fact.raw, fact.state, (fact.ts - START) / SECOND)
        for venue in venues.values()
        for fact in venue.said
        if fact.state not in {"up", "gap"}
    ]


def day(seconds: int) -> tuple[list[tuple], int, int]:
    """False alarms, subscriptions that were renewed, and topics, of a time in which every feed lives."""
    venues = asyncio.run(play(seconds))
    renewed = sum(venue.counts["renewals"] for venue in venues.values())
    assert not any(link._end.done() for venue in venues.values() for link, _ in venue.links)
    return alarms(venues), renewed, sum(len(link.watch.fresh) for venue in venues.values() for link, _ in venue.links)


@pytest.mark.timeout(300)
def test_a_quiet_market_raises_no_alarm() -> None:
    assert day(HOURS * 3600) == ([], 0, TOPICS)


@pytest.mark.timeout(120)
def test_topics_that_fall_silent_are_called_silent_in_time_and_no_others() -> None:
    def heard(spoken: Spoken) -> bool:
        """All but what tells of one coin alone, from some time on."""
        head = spoken.raw[:HEAD]
        return spoken.recv_ns < MUTE_FROM or ALL_COINS in head or not any(word in head for word in MUTED)

    venues = asyncio.run(play(MUTE_S + 700, heard))
    found = alarms(venues)
    busy = {
        (name, *key): topic
        for name, venue in venues.items()
        for link, _ in venue.links
        for key, topic in link.watch._busy.items()
    }
    assert {one[:3] for one in found} == {
        (name, channel, raw)
        for name, channel, raw in busy
        if raw.startswith(MUTE) and channel.encode() not in ALL_COINS
    }
    for name, channel, raw, state, at in found:
        topic, gap = busy[name, channel, raw], FRAMES[name].paces[channel].light / 1000.0
        limit = max(5.0, 10.0 * gap, topic.silence_s if gap > BUSY_S else 0.0)
        assert state == "stale"
        assert 5.0 <= at - (topic.last - START / SECOND) <= limit + TICK_S + JITTER_S, (name, channel, raw, at, limit)


@pytest.mark.timeout(120)
def test_a_venue_that_falls_silent_has_no_known_liquidations() -> None:
    venues = asyncio.run(play(120, lambda spoken: spoken.venue != "gate" or spoken.recv_ns < START + 60 * SECOND))
    found = alarms(venues)
    assert {one[0] for one in found} == {"gate"}
    at = next(at for _, channel, _, _, at in found if channel == LIQUIDATION)
    assert 65.0 <= at <= 60.0 + 10.0 + 2 * TICK_S + JITTER_S
