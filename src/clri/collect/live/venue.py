"""One venue collected live: lists, sockets, calls, history and gaps behind one `run` (VENUES 4-8)."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final
from weakref import WeakSet, finalize

import aiohttp
import msgspec

from clri.collect.instruments import InstrumentTable
from clri.collect.live.gaps import GapFill, begins, ended
from clri.collect.live.lists import ListFile, Lists
from clri.collect.live.sockets import Sockets
from clri.collect.mapper import Conn, Poll, VenueMapper
from clri.collect.tally import Tally
from clri.collect.transport.clock import Clock, SystemClock
from clri.collect.transport.limits import LIMITS, Limits
from clri.collect.transport.poller import START_S, Poller
from clri.collect.transport.socket import Emit, SocketRunner
from clri.collect.transport.tap import Tap
from clri.model.control import LISTING, feed_status
from clri.model.facts import Fact
from clri.model.names import Venue

REFRESH_S: Final = 3600.0
"""How often what is listed may change what is subscribed to."""
RETRY_S: Final = 60.0
"""Wait before a venue that did not answer, or whose list came from the file, is asked again what it lists."""
HISTORY_S: Final = 3.0
HISTORY_MOST_S: Final = 25.0
"""The calls for history are spread over the former, and waited for no longer than the latter."""


class Place(msgspec.Struct, frozen=True):
    """Where a venue is reached: base URLs, headers of every call, its limits and a proxy."""

    ws: str
    rest: str
    spot: str
    headers: Mapping[str, str]
    limits: Limits
    proxy: str | None = None


class VenueCollector:
    """Everything that one venue tells, as facts in order of receipt.

    Parameters
    ----------
    symbols
        Base coins to track; liquidations come for whatever the venue tells.
    make
        Makes a mapper on an instrument table.
    emit
        Takes batches of facts.
    since
        Newest fact of this venue in an earlier run (ns): liquidations since then are asked for where the venue keeps
        them. None = first run.
    rng
        Seeded; spreads waits and rotations.
    file
        Where what the venue lists is kept.
    tap
        Hears frames and replies as they came.
    history
        Whether the venue's history is asked for at the start.

    Attributes
    ----------
    begun
        Set as soon as the venue has told its history, or 25 s after it was asked for: calls that failed go on, but
        the start waits for them no longer.
    counts
        Of the sockets and calls so far.

    Notes
    -----
    A symbol that the venue does not list is said by a FeedStatus `unsupported` of channel `instruments`, and `up` if
    it lists it again. What is subscribed to and called for follows each hour; the sockets are exchanged without a gap.
    """

    def __init__(
        self,
        venue: Venue,
        symbols: Sequence[str],
        place: Place,
        make: Callable[[InstrumentTable], VenueMapper],
        emit: Emit,
        *,
        rng: random.Random,
        clock: Clock | None = None,
        since: int | None = None,
        file: ListFile | None = None,
        tap: Tap | None = None,
        history: bool = True,
    ) -> None:
        self.venue = venue
        self.begun = asyncio.Event()
        self._symbols, self._place, self._make, self._out = tuple(symbols), place, make, emit
        self._rng, self._clock, self._since = rng, clock or SystemClock(), since
        self._file, self._tap, self._history = file, tap, history
        self._bases = {"rest": place.rest, "spot": place.spot}
        self._table = InstrumentTable()
        self._mapper = make(self._table)
        self._mappers: WeakSet[VenueMapper] = WeakSet([self._mapper])
        self._ended = Tally()
        self._fill = GapFill()
        self._gaps: asyncio.Queue[tuple[int, int]] = asyncio.Queue()
        self._fills = bool(self._mapper.gap(0))
        self._unlisted: set[str] = set()
        self._relisted = asyncio.Event()
        self._sockets: Sockets | None = None
        self._poller: Poller | None = None
        self._outcomes: Counter[str] = Counter()

    async def run(self) -> None:
        """Serve until cancelled."""
        async with aiohttp.ClientSession(proxy=self._place.proxy) as session:
            lists = Lists(
                *(self.venue, self._bases, self._mapper, self._emit),
                session=session,
                rng=self._rng,
                clock=self._clock,
                headers=self._place.headers,
                file=self._file,
                tap=self._tap,
            )
            fresh = await lists.load()
            await self._say_listed()
            self._sockets = Sockets(partial(self._runner, session), self._emit, self._clock)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._sockets.run(self._mapper.subscriptions(self._symbols)))
                group.create_task(self._serve_calls(session))
                group.create_task(self._ask_history(session))
                group.create_task(self._fill_gaps(session))
                group.create_task(self._keep_listed(lists, REFRESH_S if fresh else RETRY_S))

    # ---------------------------------------------------------------- parts
    async def _keep_listed(self, lists: Lists, wait_s: float) -> None:
        """Each hour: what the venue lists now, and sockets and calls for just that."""
        while True:
            await self._clock.sleep(wait_s)
            wait_s = RETRY_S
            if self._poller is None or any(host.trouble is not None for host in self._poller.hosts.values()):
                continue  # it does not want to be asked
            if not await lists.again(self._make(InstrumentTable())):
                continue
            await self._say_listed()
            if self._sockets is not None and await self._sockets.change(self._mapper.subscriptions(self._symbols)):
                wait_s = REFRESH_S
            self._relisted.set()

    async def _serve_calls(self, session: aiohttp.ClientSession) -> None:
        """Repeat the calls, and begin anew when others are wanted."""
        while True:
            polls = self._calls()
            self._poller = self._caller(session, polls)
            asked = asyncio.create_task(self._poller.run())
            try:
                while self._calls() == polls:
                    self._relisted.clear()
                    other = asyncio.create_task(self._relisted.wait())
                    await asyncio.wait((asked, other), return_when=asyncio.FIRST_COMPLETED)
                    other.cancel()
                    if asked.done():
                        asked.result()  # it ends by an error alone
            finally:
                asked.cancel()
                await asyncio.wait((asked,))
            self._outcomes.update(self._poller.outcomes)

    def _calls(self) -> list[Poll]:
        return self._mapper.polls(self._symbols) + self._mapper.hourly(self._symbols)

    async def _ask_history(self, session: aiohttp.ClientSession) -> None:
        """Ask for the days before now; what does not answer is asked again, but the start waits no longer for it."""
        if self._history and (old := self._mapper.history(self._symbols, self._clock.wall_ns())):
            asked = asyncio.create_task(self._caller(session, old, spread_s=HISTORY_S).run())
            timer = asyncio.create_task(self._clock.sleep(HISTORY_MOST_S))
            try:
                await asyncio.wait((asked, timer), return_when=asyncio.FIRST_COMPLETED)
                self.begun.set()
                await asked
            finally:
                asked.cancel()
                timer.cancel()
                await asyncio.wait((asked, timer))
        self.begun.set()

    async def _fill_gaps(self, session: aiohttp.ClientSession) -> None:
        """Ask for the liquidations of each gap; a call that the venue refuses is made again until it works."""
        while True:
            start, end = await self._gaps.get()
            calls = self._mapper.gap(start)
            if calls:

                async def take(facts: Sequence[Fact], start: int = start, end: int = end) -> None:
                    await self._out(self._fill.missed(facts, start, end))

                caller = self._caller(session, calls, take)
                if self._poller is not None:
                    caller.hosts = self._poller.hosts  # a host that said stop has said it to all
                await caller.run()

    # ---------------------------------------------------------------- pieces
    def _runner(self, session: aiohttp.ClientSession, conns: list[Conn], emit: Emit) -> SocketRunner:
        return SocketRunner(
            *(self.venue, self._place.ws, conns, self._socket_mapper, emit),
            session=session,
            rng=self._rng,
            clock=self._clock,
            limits=self._place.limits,
            tap=self._tap,
        )

    def _socket_mapper(self) -> VenueMapper:
        if self._mapper.shared:
            return self._mapper
        made = self._make(self._table)
        self._mappers.add(made)
        finalize(made, _add, self._ended, made.tally)
        return made

    def _caller(
        self, session: aiohttp.ClientSession, polls: list[Poll], emit: Emit | None = None, spread_s: float = START_S
    ) -> Poller:
        return Poller(
            *(self.venue, self._bases, polls, self._mapper, emit or self._emit),
            session=session,
            rng=self._rng,
            clock=self._clock,
            limits=self._place.limits,
            headers=self._place.headers,
            tap=self._tap,
            spread_s=spread_s,
        )

    async def _emit(self, facts: Sequence[Fact]) -> None:
        if self._fills:
            self._fill.delivered(facts)
            for fact in facts:
                if (gap := ended(fact)) is not None:
                    self._gaps.put_nowait(gap)
                elif self._since is not None and begins(fact):
                    self._gaps.put_nowait((self._since, fact.ts))
                    self._since = None
        await self._out(facts)

    async def _say_listed(self) -> None:
        """Say which symbols the venue does not list, and which it lists again."""
        listed = {row.symbol for row in self._table.perps.values()}  # a spot pair is none
        missing = {symbol for symbol in self._symbols if symbol not in listed}
        ts, detail = self._clock.wall_ns(), "the venue lists no perpetual of it"
        told = [
            feed_status(self.venue, LISTING, "unsupported", ts, one, detail=detail, src="rest")
            for one in sorted(missing - self._unlisted)
        ]
        told += [
            feed_status(self.venue, LISTING, "up", ts, one, src="rest") for one in sorted(self._unlisted - missing)
        ]
        self._unlisted = missing
        if told:
            await self._out(told)

    # ---------------------------------------------------------------- figures
    def tally(self) -> Tally:
        """What became of the frames and replies so far."""
        whole = Tally()
        for tally in (self._ended, *self.tallies()):
            _add(whole, tally)
        return whole

    def tallies(self) -> list[Tally]:
        """Counters of the mappers in use."""
        return [mapper.tally for mapper in list(self._mappers)]

    def counts(self) -> dict[str, int]:
        """Losses, rotations and renewals of the sockets, outcomes of the calls, and facts that were dropped."""
        found: dict[str, int] = {} if self._sockets is None else dict(self._sockets.counts)
        calls = Counter(self._outcomes)
        if self._poller is not None:
            calls.update(self._poller.outcomes)
        return found | {f"calls {outcome}": count for outcome, count in calls.items()}


def place_of(
    venue: Venue,
    defaults: Mapping[str, str],
    *,
    ws: str | None = None,
    rest: str | None = None,
    spot: str | None = None,
    headers: Iterable[tuple[str, str]] = (),
    weight_limit: float = 0.4,
    proxy: str | None = None,
) -> Place:
    """Place of a venue: the user's URLs, else the adapter's (`defaults`: ws, rest, spot).

    Parameters
    ----------
    weight_limit
        Share of the venue's rate limit that calls may use.
    """
    limits = LIMITS[venue]
    limits = msgspec.structs.replace(limits, weight=limits.weight * weight_limit / 0.4)
    return Place(ws or defaults["ws"], rest or defaults["rest"], spot or defaults["spot"], dict(headers), limits, proxy)


def _add(whole: Tally, part: Tally) -> None:
    whole.frames.update(part.frames)
    whole.rows.update(part.rows)
