"""One venue collected live: lists, sockets, calls, history and gaps behind one `run` (VENUES 4-8)."""

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final
from weakref import WeakSet, finalize

import aiohttp
import msgspec

from clri.collect.instruments import InstrumentTable
from clri.collect.live.gaps import GapFill, ended
from clri.collect.live.lists import CHANNEL, ListFile, Lists
from clri.collect.mapper import Conn, Poll, VenueMapper
from clri.collect.tally import Tally
from clri.collect.transport.clock import Clock, SystemClock
from clri.collect.transport.feeds import status
from clri.collect.transport.limits import LIMITS, Limits
from clri.collect.transport.poller import START_S, Poller
from clri.collect.transport.socket import Emit, SocketRunner
from clri.collect.transport.tap import Tap
from clri.model.facts import Fact
from clri.model.names import Venue

REFRESH_S: Final = 3600.0
"""How often what is listed may change what is subscribed to."""
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
    A symbol that the venue does not list is said once, by a FeedStatus `unsupported` of channel `instruments`.
    If what is subscribed to changes with what is listed, the sockets are opened anew; a gap fact tells the moment.
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
        self._sockets: SocketRunner | None = None
        self._poller: Poller | None = None

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
            await lists.load()
            await self._say_unlisted()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._serve_sockets(session))
                group.create_task(self._serve_calls(session))
                group.create_task(self._fill_gaps(session))

    # ---------------------------------------------------------------- parts
    async def _serve_sockets(self, session: aiohttp.ClientSession) -> None:
        """Keep the sockets open, and open them anew when other topics are wanted."""
        while True:
            conns = self._mapper.subscriptions(self._symbols)
            self._sockets = SocketRunner(
                *(self.venue, self._place.ws, conns, self._socket_mapper, self._emit),
                session=session,
                rng=self._rng,
                clock=self._clock,
                limits=self._place.limits,
                tap=self._tap,
            )
            served = asyncio.create_task(self._sockets.run())
            try:
                await self._until_other(conns, served)
            finally:
                served.cancel()
                await asyncio.wait((served,))
            if not served.cancelled() and served.exception() is not None:
                served.result()

    async def _until_other(self, conns: list[Conn], served: asyncio.Task[None]) -> None:
        """Wait until the venue lists what is not subscribed to, or the sockets ended by an error."""
        while not served.done():
            timer = asyncio.create_task(self._clock.sleep(REFRESH_S))
            await asyncio.wait((timer, served), return_when=asyncio.FIRST_COMPLETED)
            timer.cancel()
            if _topics(self._mapper.subscriptions(self._symbols)) - _topics(conns):
                return

    async def _serve_calls(self, session: aiohttp.ClientSession) -> None:
        symbols = self._symbols
        self._poller = self._caller(session, self._mapper.polls(symbols) + self._mapper.hourly(symbols))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._poller.run())
            if self._history and (old := self._mapper.history(symbols, self._clock.wall_ns())):
                asked = group.create_task(self._caller(session, old, spread_s=HISTORY_S).run())
                timer = group.create_task(self._clock.sleep(HISTORY_MOST_S))
                await asyncio.wait((asked, timer), return_when=asyncio.FIRST_COMPLETED)
            self.begun.set()

    async def _fill_gaps(self, session: aiohttp.ClientSession) -> None:
        """Ask for the liquidations of each gap, and of the time since the last run."""
        if self._since is not None:
            self._gaps.put_nowait((self._since, self._clock.wall_ns()))
        while True:
            start, end = await self._gaps.get()
            calls = self._mapper.gap(start)
            if calls:

                async def take(facts: Sequence[Fact], start: int = start, end: int = end) -> None:
                    await self._out(self._fill.missed(facts, start, end))

                await self._caller(session, calls, take).run()

    # ---------------------------------------------------------------- pieces
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
        self._fill.delivered(facts)
        for fact in facts:
            if (gap := ended(fact)) is not None:
                self._gaps.put_nowait(gap)
        await self._out(facts)

    async def _say_unlisted(self) -> None:
        listed = {row.symbol for row in self._table}
        ts = self._clock.wall_ns()
        missing = [symbol for symbol in self._symbols if symbol not in listed]
        detail = "the venue lists no perpetual of it"
        await self._out(
            [status(self.venue, CHANNEL, "unsupported", ts, one, detail=detail, src="rest") for one in missing]
        )

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
        found: dict[str, int] = {}
        if self._sockets is not None:
            found |= self._sockets.counts
            found["dropped"] = self._sockets.queue.dropped.total()
            found["queued"] = len(self._sockets.queue)
        if self._poller is not None:
            found |= {f"calls {outcome}": count for outcome, count in self._poller.outcomes.items()}
        return found


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


def _topics(conns: list[Conn]) -> set[tuple[str, str | None]]:
    return {(one.channel, one.symbol) for conn in conns for one in conn.expect}
