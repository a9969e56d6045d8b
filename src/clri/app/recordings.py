"""Recording of raw frames: the live collectors with a recorder each, and no pipeline behind them."""

import asyncio
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from clri.app.live import collector, enabled, version
from clri.app.settings import Settings
from clri.collect.live.recorder import Recorder, What
from clri.collect.live.venue import VenueCollector
from clri.collect.transport.clock import SteadyClock
from clri.collect.transport.socket import Emit
from clri.hosts.supervisor import supervise
from clri.model.facts import Fact
from clri.model.names import Venue
from clri.ports import Clock

FLUSH_S = 1.0


class Recording:
    """A recording ready to run.

    Parameters
    ----------
    folder
        Capture folder.
    what
        `all`, or `events` = all but order books.
    on_facts
        Called with what the frames say; an error of it ends the recording.
    on_trouble
        Called when frames cannot be written, once for each reason.
    """

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        what: What = "all",
        *,
        clock: Clock | None = None,
        on_facts: Callable[[Sequence[Fact]], None] | None = None,
        on_trouble: Callable[[str], None] | None = None,
    ) -> None:
        self.folder, self.venues = folder, enabled(settings)
        self.clock = clock or SteadyClock()
        self._settings, self._told, self._warn = settings, on_facts, on_trouble
        self._error: Exception | None = None
        self._ended = asyncio.Event()
        self.recorders = {venue: Recorder(folder, venue, what=what, adapter=version()) for venue in self.venues}

    async def run(self, minutes: float | None = None) -> None:
        """Record until cancelled, or for so many minutes."""
        collectors = [self._collector(venue) for venue in self.venues]
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(supervise(one, self._emits(one.venue), self.clock)) for one in collectors]
                tasks.append(group.create_task(self._flush()))
                ends: list[asyncio.Task[Any]] = [group.create_task(self._ended.wait())]
                if minutes is not None:
                    ends.append(group.create_task(self.clock.sleep(minutes * 60.0)))
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                for task in (*tasks, *ends):
                    task.cancel()
        finally:
            for recorder in self.recorders.values():
                recorder.close()
        if self._error is not None:
            raise self._error

    def _collector(self, venue: Venue) -> VenueCollector:
        wiring = {"rng": random.Random(), "clock": self.clock, "tap": self.recorders[venue], "history": True}  # noqa: S311
        return collector(self._settings, venue, self._emits(venue), **wiring)

    def _emits(self, venue: Venue) -> Emit:
        async def emit(facts: Sequence[Fact]) -> None:
            self.recorders[venue].facts(facts)
            if self._told is not None:
                try:
                    self._told(facts)
                except Exception as error:  # noqa: BLE001 - raised where the run is awaited: it is no error of the venue
                    self._error = self._error or error
                    self._ended.set()

        return emit

    async def _flush(self) -> None:
        said: dict[Venue, str | None] = {}
        while True:
            await self.clock.sleep(FLUSH_S)
            await asyncio.to_thread(self._write, self.clock.wall_ns())
            for venue, recorder in self.recorders.items():
                if recorder.trouble is not None and recorder.trouble != said.get(venue) and self._warn is not None:
                    self._warn(f"{venue}: {recorder.trouble}")
                said[venue] = recorder.trouble

    def _write(self, now: int) -> None:
        for recorder in self.recorders.values():
            recorder.flush(now)
