"""Which topics of a socket are silent for too long, judged by the age of their data (VENUES 5)."""

from collections import deque
from collections.abc import Collection, Iterable
from statistics import median
from typing import Final

import msgspec

from clri.collect.mapper import Expect, Ping

Key = tuple[str, str | None]
"""Channel and raw symbol of an `Expect`."""

SHORTEST_S: Final = 5.0
GAPS_FACTOR: Final = 10.0
ASK_FACTOR: Final = 3.0
PATIENCE_S: Final = 10.0
"""Time that a renewed subscription gets before the socket is given up (at least; else one more limit)."""
AGAIN_S: Final = 600.0
"""Pace at which a topic that even a new socket did not bring back is asked for again."""
BUSY_S: Final = 2.5
"""A topic whose median gap is at most this is judged by its own pace alone."""
LIKE: Final = 2.0
"""Topics whose limits are within this factor of the shortest tell whether a socket delivers."""
GAPS_KEPT: Final = 33
GAPS_ENOUGH: Final = 8
NOISE_S: Final = 0.001
"""Frames of one wake-up come at one time; no gap lies between them."""


class Verdict(msgspec.Struct):
    """What changed since the last check; `reconnect` names the topics for which the socket should be given up."""

    stale: list[Key] = []
    fresh: list[Key] = []
    resubscribe: list[Key] = []
    reconnect: list[Key] = []


class _Topic:
    __slots__ = ("asked", "fresh", "gaps", "last", "seen", "silence_s")

    def __init__(self, silence_s: float | None, now: float) -> None:
        self.silence_s = silence_s
        self.last = now
        self.gaps: deque[float] = deque(maxlen=GAPS_KEPT)
        self.seen = False
        self.fresh: bool | None = None
        self.asked: float | None = None

    def limit_s(self) -> float:
        """Longest silence that is no failure."""
        stated = self.silence_s or SHORTEST_S
        if len(self.gaps) < GAPS_ENOUGH:
            return max(SHORTEST_S, stated)
        middle = median(self.gaps)
        learned = max(SHORTEST_S, GAPS_FACTOR * middle)
        return learned if middle <= BUSY_S else max(learned, stated)


class Watchdog:
    """Silence of each topic of one socket.

    Parameters
    ----------
    expect
        Topics of the socket; those without `max_silence_s` are sparse.
    ping
        Heartbeat; without a payload any frame stands for a pong, because protocol pongs stay below the library.
    now
        Monotonic seconds at which the socket opened.
    given_up
        Topics that a new socket did not bring back before: they are still called stale, and cost no further socket
        unless all are silent.

    Notes
    -----
    A busy topic is stale after max(5 s, 10 * median gap): about 10 s where data come once a second. Before eight gaps
    are known the venue's word (`max_silence_s`) stands for it; on topics slower than 2.5 s it is the least. At three
    times that a new subscription is asked for, and after one more limit (at least 10 s) a new socket.

    Sparse topics are alive while a pong came within two periods and one of the socket's quickest busy topics is fresh:
    a topic that is sent once a minute says nothing about the last ten seconds.

    Examples
    --------
    >>> dog = Watchdog([Expect("tickers", "BTCUSDT", 10.0)], Ping(20.0), 0.0)
    >>> dog.saw(("tickers", "BTCUSDT"), 1.0), dog.check(10.9).stale, dog.check(11.1).stale
    (True, [], [('tickers', 'BTCUSDT')])
    """

    def __init__(self, expect: Iterable[Expect], ping: Ping, now: float, given_up: Collection[Key] = ()) -> None:
        self._ping = ping
        self._shift = 0.0
        self._heard = now
        self._given_up = set(given_up)
        self._busy: dict[Key, _Topic] = {}
        self._sparse: dict[Key, _Topic] = {}
        for one in expect:
            kind = self._sparse if one.max_silence_s is None else self._busy
            kind[one.channel, one.symbol] = _Topic(one.max_silence_s, now)

    def saw(self, key: Key, now: float) -> bool:
        """Data of a topic; True if it was not known to be fresh."""
        topic = self._busy.get(key) or self._sparse.get(key)
        if topic is None:
            return False
        at = now - self._shift
        if topic.seen and at - topic.last > NOISE_S:
            topic.gaps.append(at - topic.last)
        topic.last = at
        topic.seen = True
        topic.asked = None
        news = topic.silence_s is not None and not topic.fresh
        if news:
            topic.fresh = True
            self._given_up.discard(key)
        return news

    def heard(self, now: float, *, pong: bool) -> None:
        """Any frame came; where the venue answers pings only its pong counts."""
        if pong or self._ping.payload is None:
            self._heard = now - self._shift

    def stalled(self, seconds: float) -> None:
        """The own loop stood still for so long: that silence was ours."""
        self._shift += seconds

    def check(self, now: float) -> Verdict:
        """What has changed by now."""
        at = now - self._shift
        found = Verdict([], [], [], [])
        worst: list[Key] = []
        for key, topic in self._busy.items():
            age = at - topic.last
            if age <= SHORTEST_S or age <= (limit := topic.limit_s()):
                continue
            if topic.fresh is not False:
                topic.fresh = False
                found.stale.append(key)
            if age > ASK_FACTOR * limit and (topic.asked is None or at - topic.asked > AGAIN_S):
                topic.asked = at
                found.resubscribe.append(key)
            elif topic.asked is not None and at - topic.asked > max(limit, PATIENCE_S):
                worst.append(key)
        if len(worst) == len(self._busy) or any(key not in self._given_up for key in worst):
            found.reconnect = worst
        self._judge_sparse(at, found)
        return found

    def _judge_sparse(self, at: float, found: Verdict) -> None:
        if not self._sparse:
            return
        well = at - self._heard <= 2.0 * self._ping.period_s
        if self._busy:
            limits = {key: topic.limit_s() for key, topic in self._busy.items()}
            longest = LIKE * min(limits.values())
            well = well and any(topic.fresh for key, topic in self._busy.items() if limits[key] <= longest)
        for key, topic in self._sparse.items():
            if well and not topic.fresh:
                found.fresh.append(key)
            elif not well and topic.fresh:
                found.stale.append(key)
            topic.fresh = well

    def proven(self, key: Key, now: float) -> float:
        """Seconds since the topic was last proven to be alive (since the socket opened, if never)."""
        if (topic := self._busy.get(key)) is not None:
            return now - self._shift - topic.last
        newest = [topic.last for topic in self._busy.values()]
        own = self._sparse[key].last
        return now - self._shift - max([own, *newest] if newest else [own, self._heard])

    @property
    def delivered(self) -> bool:
        """Whether any topic has delivered."""
        return any(topic.seen for kind in (self._busy, self._sparse) for topic in kind.values())

    @property
    def fresh(self) -> list[Key]:
        """Topics known to be alive."""
        return [key for kind in (self._busy, self._sparse) for key, topic in kind.items() if topic.fresh]

    @property
    def stale(self) -> list[Key]:
        """Topics known to be silent."""
        return [key for kind in (self._busy, self._sparse) for key, topic in kind.items() if topic.fresh is False]

    @property
    def sounding(self) -> bool:
        """Whether each busy channel has delivered for one symbol at least."""
        return {key[0] for key, topic in self._busy.items() if topic.seen} == {key[0] for key in self._busy}

    @property
    def complete(self) -> bool:
        """Whether every busy topic has delivered; a socket without any: whether anything came."""
        return all(topic.seen for topic in self._busy.values()) if self._busy else self.delivered

    @property
    def given_up(self) -> frozenset[Key]:
        """Topics that were given up and have still not delivered."""
        return frozenset(self._given_up)
