"""Keeps a source running: its error becomes a status of its venue, and it begins again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from clri.hosts.heard import COLLECTOR
from clri.model.control import FeedStatus, feed_status
from clri.model.facts import Fact
from clri.model.names import Venue
from clri.ports import Clock

CODE: Final = "CLRI-FEED-013"
FIRST_S: Final = 1.0
CAP_S: Final = 60.0
CALM_S: Final = 600.0
"""A source that ran so long begins again after the first wait."""


class Source(Protocol):
    """A venue or provider that pushes facts until it is cancelled."""

    venue: Venue
    begun: asyncio.Event
    """Set when nothing old will come any more."""

    async def run(self) -> None:
        """Serve until cancelled."""


async def supervise(source: Source, emit: Callable[[Sequence[Fact]], Awaitable[None]], clock: Clock) -> None:
    """Run a source until it ends by itself or is cancelled; after an error it begins again within a minute."""
    wait_s = FIRST_S
    while True:
        began = clock.monotonic()
        try:
            await source.run()
        except Exception as error:  # noqa: BLE001 - the supervisor's edge
            source.begun.set()
            await emit([_failed(source.venue, error, clock.wall_ns())])
        else:
            return
        wait_s = FIRST_S if clock.monotonic() - began > CALM_S else wait_s
        await clock.sleep(wait_s)
        wait_s = min(CAP_S, 2.0 * wait_s)


def _failed(venue: Venue, error: BaseException, ts: int) -> FeedStatus:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    detail = f"error in clri: {type(error).__name__}: {error}"[:300]
    return feed_status(venue, COLLECTOR, "down", ts, code=CODE, detail=detail)
