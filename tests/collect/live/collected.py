"""One venue collected from the fake venues, with its list in the hand of the test."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import msgspec

from clri.app.live import collector
from clri.collect.live.lists import ListFile
from clri.collect.transport.clock import SystemClock
from clri.model.control import FeedStatus
from clri.testing.fake_venues import FakeVenues
from tests.live.running import settings_for

ROWS = {"bybit": ("instruments-info", ("result", "list"), "symbol"), "gate": ("/futures/usdt/contracts", (), "name")}
"""Call that lists the contracts, where its rows stand, and the name of a contract in them."""


class Hidden:
    """Leaves contracts out of what a venue lists."""

    def __init__(self, venues: FakeVenues, venue: str) -> None:
        self.names: set[str] = set()
        self.asked: list[str] = []
        voice = venues.market.voices[venue]
        reply = voice.reply
        path_of_list, place, name = ROWS[venue]

        def shown(method: str, path: str, body: bytes, at: int) -> Any:
            found = reply(method, path, body, at)
            self.asked.append(path)
            if path_of_list not in path:
                return found
            found = msgspec.json.decode(msgspec.json.encode(found))
            rows = found
            for step in place:
                rows = rows[step]
            rows[:] = [row for row in rows if row[name] not in self.names]
            return found

        voice.reply = shown


class Collected:
    """A collector in a task, with its facts."""

    def __init__(self, venues: FakeVenues | None, venue: str, folder: Path, **wiring: Any) -> None:
        self.facts: list = []
        urls = wiring.pop("urls", None)
        wiring = {"rng": random.Random(1), "clock": SystemClock(), "history": False} | wiring
        file = ListFile(folder / f"{venue}.msgpack")
        self.at = collector(settings_for(venues, folder, urls), venue, self._take, file=file, **wiring)
        self._changed = asyncio.Event()

    async def _take(self, facts: Any) -> None:
        self.facts += facts
        self._changed.set()

    async def __aenter__(self) -> Self:
        self.task = asyncio.create_task(self.at.run())
        return self

    async def __aexit__(self, *error: object) -> None:
        self.task.cancel()
        await asyncio.wait((self.task,))

    async def until(self, condition: Callable[[], Any], within_s: float = 30.0) -> None:
        """Wait until the condition holds, looking whenever facts came."""
        async with asyncio.timeout(within_s):
            while not condition():
                if self.task.done():
                    self.task.result()
                self._changed.clear()
                await self._changed.wait()

    def told(self, channel: str) -> list[tuple[str, str]]:
        """Symbol and state of the statuses of a channel, in order."""
        return [
            (fact.symbol, fact.state) for fact in self.facts if isinstance(fact, FeedStatus) and fact.channel == channel
        ]
