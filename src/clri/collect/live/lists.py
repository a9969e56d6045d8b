"""What a venue lists: asked until it answers, kept on disk for the day on which it does not (VENUES 8)."""

import os
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import aiohttp
import msgspec

from clri.collect.mapper import Poll, VenueMapper
from clri.collect.transport.backoff import Backoff
from clri.collect.transport.clock import Clock
from clri.collect.transport.feeds import CODES
from clri.collect.transport.fetch import fetch
from clri.collect.transport.refusal import Loss
from clri.collect.transport.socket import Emit
from clri.collect.transport.tap import Tap
from clri.collect.transport.topics import broken
from clri.model.control import LISTING, feed_status
from clri.model.facts import Fact
from clri.model.instrument import Instrument
from clri.model.names import Venue
from clri.model.timebase import DAY

PAGES: Final = 20
"""Pages of one list that are asked for at most."""
MOST_GONE: Final = 0.5
"""Share of the contracts beyond which a list that lacks them is no list, but a venue in trouble."""
UP: Final = "up"


class Kept(msgspec.Struct):
    """Contracts of a venue on disk, and when they were told (UTC ns)."""

    told: int
    rows: list[Instrument]


class ListFile:
    """Contracts of a venue in a file, so that a venue that does not answer can still be subscribed to.

    Parameters
    ----------
    path
        One file a venue; an unreadable one counts as absent.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self, now: int) -> list[Instrument]:
        """Contracts that were told within the last day before `now` (ns); none if there are no such."""
        try:
            kept = msgspec.msgpack.decode(self._path.read_bytes(), type=Kept)
        except (OSError, msgspec.DecodeError, ValueError):
            return []
        return kept.rows if now - kept.told <= DAY else []

    def save(self, rows: list[Instrument], now: int) -> None:
        """Replace the file as a whole; a disk that is full costs the cache, nothing else."""
        part = self._path.with_suffix(".part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(msgspec.msgpack.encode(Kept(now, rows)))
            os.replace(part, self._path)  # noqa: PTH105 - atomic over an old file on every platform
        except OSError:
            with suppress(OSError):
                part.unlink(missing_ok=True)


class Lists:
    """Asks a venue for its lists: at the start until all were answered, then whenever it is told to.

    Parameters
    ----------
    bases
        Base URL by the `host` of the polls.
    mapper
        Fills its table from the replies.
    file
        Where contracts are kept; None = nowhere.
    """

    def __init__(
        self,
        venue: Venue,
        bases: Mapping[str, str],
        mapper: VenueMapper,
        emit: Emit,
        *,
        session: aiohttp.ClientSession,
        rng: random.Random,
        clock: Clock,
        headers: Mapping[str, str],
        file: ListFile | None = None,
        tap: Tap | None = None,
    ) -> None:
        self._venue, self._bases, self._mapper, self._emit = venue, bases, mapper, emit
        self._session, self._clock, self._headers = session, clock, headers
        self._backoff = Backoff(rng)
        self._file, self._tap = file, tap
        self._said = ""

    async def load(self) -> bool:
        """Fill the table: from the venue, or at its first refusal from the file.

        A refusal is said once per reason, as the state of channel `instruments`; the next try comes after at most
        60 s, or when the venue allows it.

        Returns
        -------
        bool
            False if the file told it: the venue is to be asked again soon.
        """
        while (loss := await self._ask(self._mapper, self._emit)) is not None:
            if label(loss) != self._said:
                self._said = label(loss)
                detail = f"{loss.label}: {loss.detail}"
                ts = self._clock.wall_ns()
                fact = feed_status(
                    self._venue, LISTING, loss.state, ts, code=CODES[loss.label], detail=detail, src="rest"
                )
                await self._emit([fact])
            if self._file is not None and (rows := self._file.load(self._clock.wall_ns())):
                self._mapper.table.update(rows)
                await self._emit(rows)
                return False
            wait_s = self._backoff.lost(self._clock.monotonic(), opened=False)
            await self._clock.sleep(max(wait_s, loss.wait_s))
        await self._answered(self._mapper)
        return True

    async def again(self, fresh: VenueMapper) -> bool:
        """Ask once more, and make the table what the venue lists now; False if it told no list.

        Parameters
        ----------
        fresh
            Mapper with an empty table, so that what is listed no more can be told from what is.
        """
        if await self._ask(fresh, _nowhere) is not None:
            return False
        table, now = self._mapper.table, fresh.table.perps
        gone = [raw for raw in table.perps if raw not in now]
        if len(gone) > MOST_GONE * len(table.perps):
            return False
        news = [row for raw, row in now.items() if not _alike(row, table.perps.get(raw))]
        table.update(news)
        for raw in gone:
            del table.perps[raw]
        await self._emit(news)
        await self._answered(fresh)
        return True

    async def _answered(self, mapper: VenueMapper) -> None:
        if self._file is not None:
            self._file.save(list(mapper.table), self._clock.wall_ns())
        if self._said != UP:
            self._said = UP
            await self._emit([feed_status(self._venue, LISTING, "up", self._clock.wall_ns(), src="rest")])

    async def _ask(self, mapper: VenueMapper, emit: Emit) -> Loss | None:
        """Make the calls, page by page; the reason if one was refused."""
        for first in mapper.lists():
            poll: Poll | None = first
            for _ in range(PAGES):
                if poll is None:
                    break
                reply = await fetch(self._session, self._bases[poll.host], poll, self._headers, self._clock)
                if reply.loss is not None:
                    return reply.loss
                if self._tap is not None:
                    self._tap.reply(reply.recv_ns, poll.asked, reply.body)
                items = mapper.reply(poll.asked, reply.body, reply.recv_ns)
                if not items and broken(mapper.tally, reply.body):
                    return Loss("content", f"the reply to {poll.name} was no list")
                await emit([item for item in items if isinstance(item, Fact)])
                poll = mapper.more(poll, reply.body)
        return None if mapper.table.perps else Loss("content", "the venue lists no contract that counts")


async def _nowhere(facts: Sequence[Fact]) -> None:
    """Take facts that the venue has told already."""


def _alike(row: Instrument, known: Instrument | None) -> bool:
    """Whether two rows of a contract differ in nothing but their receipt."""
    return known is not None and msgspec.structs.replace(row, ts=known.ts) == known


def label(loss: Loss) -> str:
    """What makes two refusals the same."""
    return f"{loss.state} {loss.label} {loss.detail}"
