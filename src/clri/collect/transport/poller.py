"""The REST poller: all repeated calls of one venue (VENUES 6)."""

import asyncio
import random
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import aiohttp

from clri.collect.mapper import Poll, VenueMapper
from clri.collect.transport.clock import Clock, SystemClock
from clri.collect.transport.credential import NONE, Credential
from clri.collect.transport.feeds import CODES
from clri.collect.transport.fetch import Reply, fetch
from clri.collect.transport.host import Host
from clri.collect.transport.limits import LIMITS, Limits
from clri.collect.transport.refusal import Loss, bug
from clri.collect.transport.series import Series
from clri.collect.transport.socket import Emit
from clri.collect.transport.tap import Tap
from clri.collect.transport.topics import broken
from clri.model.control import FeedStatus, feed_status
from clri.model.facts import Fact
from clri.model.names import Venue

RETRIES: Final = 2
RETRY_S: Final = 1.0
START_S: Final = 10.0
"""The first calls are spread over so many seconds, in order of priority."""
ONCE_S: Final = 4.0
"""Pace at which a call that is made once is tried until it has worked: the start of the collection waits for it."""
FIRST_S: Final = 60.0
"""Until a call has worked once it is tried at least so often, however long its period."""


class Poller:
    """Calls of one venue at their own pace; `run` ends when nothing is left to repeat, or when cancelled.

    Parameters
    ----------
    bases
        Base URL by the `host` of the polls (`rest`, `spot`); equal URLs are one host, with one bucket.
    polls
        Calls to repeat; `every_s` 0 = until it has worked once.
    mapper
        Turns replies into facts.
    emit
        Takes the facts of each reply, and a FeedStatus (channel = the host's word) when a host changes.
    headers
        Sent with each call.
    credential
        Key of the service; it belongs here, never into a path.
    series
        Calls that follow from the replies so far; each is made until nothing is left to ask.
    session, rng, clock, limits, tap
        As in `SocketRunner`.
    spread_s
        The first calls are spread over so many seconds, in order of priority.
    """

    def __init__(
        self,
        venue: Venue,
        bases: Mapping[str, str],
        polls: Sequence[Poll],
        mapper: VenueMapper,
        emit: Emit,
        *,
        session: aiohttp.ClientSession,
        rng: random.Random,
        clock: Clock | None = None,
        limits: Limits | None = None,
        headers: Mapping[str, str] | None = None,
        tap: Tap | None = None,
        credential: Credential = NONE,
        series: Sequence[Series] = (),
        spread_s: float = START_S,
    ) -> None:
        self._venue, self._mapper, self._emit = venue, mapper, emit
        self._session, self._rng, self._headers = session, rng, headers or {}
        self._clock = clock or SystemClock()
        self._polls = polls
        self._tap = tap
        self._credential, self._series = credential, series
        self._spread_s = spread_s
        limits, now = limits or LIMITS[venue], self._clock.monotonic()
        by_base: dict[str, Host] = {}
        self.hosts = {
            name: by_base.setdefault(base, Host(name, base, limits, now))
            for name, base in sorted(bases.items())  # equal URLs are named `rest`
        }
        self._up: set[str] = set()
        self.outcomes: Counter[str] = Counter()

    async def run(self) -> None:
        """Call until cancelled."""
        async with asyncio.TaskGroup() as group:
            for poll in self._polls:
                group.create_task(self._repeat(poll))
            for series in self._series:
                group.create_task(self._follow(series))

    async def _repeat(self, poll: Poll) -> None:
        clock, phase = self._clock, phase_of(poll)
        await clock.sleep(self._spread_s * min(1.0, (poll.priority + phase) / 8.0))
        worked = False
        while True:
            period = poll.every_s if worked else min(poll.every_s or ONCE_S, FIRST_S)
            until = next_turn(clock.monotonic(), period, phase)
            try:
                worked = await self._attempt(poll, until) or worked
            except Exception as error:  # noqa: BLE001 - the supervisor's edge: one call's bug stays with it
                self.outcomes["error"] += 1
                await self._emit([self._status(self.hosts[poll.host], bug(error), clock.wall_ns())])
            if worked and poll.every_s == 0.0:
                return
            period = poll.every_s if worked else period
            await clock.sleep(next_turn(clock.monotonic(), period, phase) - clock.monotonic())

    async def _follow(self, series: Series) -> None:
        """Make the calls of a series, one after the other; the first that fails ends the turn."""
        clock, rng = self._clock, self._rng
        await clock.sleep(rng.uniform(0.0, self._spread_s))
        while True:
            turn = clock.monotonic() + series.every_s
            try:
                while (poll := series.following()) is not None and await self._attempt(poll, turn):
                    await clock.sleep(series.pace_s)
            except Exception as error:  # noqa: BLE001 - the supervisor's edge: one series' bug stays with it
                self.outcomes["error"] += 1
                await self._emit([self._status(self.hosts["rest"], bug(error), clock.wall_ns())])
            series.interrupted()
            await clock.sleep(max(series.pace_s, turn - clock.monotonic()))

    async def _attempt(self, poll: Poll, until: float) -> bool:
        """Call once, and up to twice more if it fails for a moment; True if facts could be made of the reply."""
        host, clock = self.hosts[poll.host], self._clock
        for again in range(RETRIES + 1):
            if again:
                wait_s = self._rng.uniform(0.0, RETRY_S * 2.0**again)
                if clock.monotonic() + wait_s >= until:
                    return False
                await clock.sleep(wait_s)
            if not host.allows(poll, clock.monotonic()):
                self.outcomes["not made"] += 1
                return False
            try:
                reply = await fetch(self._session, host.base, poll, self._headers, clock, self._credential)
            except asyncio.CancelledError:
                host.dropped()
                raise
            used = await self._take(poll, host, reply)
            if not reply.retry:
                return used
        return False

    async def _take(self, poll: Poll, host: Host, reply: Reply) -> bool:
        if reply.retry and not reply.headers and poll.method == "GET":
            host.bucket.charge(poll.weight, self._clock.monotonic())  # aiohttp repeats a GET that was cut by itself
        trouble = host.answered(reply.loss, reply.headers, self._clock.monotonic())
        facts: list[Fact] = []
        outcome = reply.loss.label if reply.loss else "ok"
        if trouble is not None:
            facts.append(self._status(host, trouble, reply.recv_ns))
            self._up.discard(host.name)
        elif reply.loss is None:
            if host.name not in self._up and host.trouble is None:
                self._up.add(host.name)
                facts.append(self._status(host, None, reply.recv_ns))
            if self._tap is not None:
                self._tap.reply(reply.recv_ns, poll.asked, reply.body)
            items = self._mapper.reply(poll.asked, reply.body, reply.recv_ns)
            facts += [item for item in items if isinstance(item, Fact)]
            said_only = all(isinstance(item, FeedStatus) for item in items)
            if said_only and broken(self._mapper.tally, reply.body):
                outcome = "refused"
        self.outcomes[outcome] += 1
        if facts:
            await self._emit(facts)
        return outcome == "ok"

    def _status(self, host: Host, trouble: Loss | None, ts: int) -> Fact:
        if trouble is None:
            return feed_status(self._venue, host.name, "up", ts, src="rest")
        detail = f"{trouble.label}: {trouble.detail}"
        return feed_status(
            self._venue, host.name, trouble.state, ts, code=CODES[trouble.label], detail=detail, src="rest"
        )


def phase_of(poll: Poll) -> float:
    """Fixed place of a call in its period, 0 to 1: spreads the calls of a host, and stays over restarts."""
    name = f"{poll.host} {poll.path}".encode() + (poll.body or b"")
    return zlib.crc32(name) / 2.0**32


def next_turn(now: float, period_s: float, phase: float) -> float:
    """Next moment (monotonic seconds) at this phase of the period.

    Examples
    --------
    >>> next_turn(100.0, 60.0, 0.5), next_turn(150.0, 60.0, 0.5)
    (150.0, 210.0)
    """
    done = (now - phase * period_s) // period_s
    return float((done + 1.0) * period_s + phase * period_s)
