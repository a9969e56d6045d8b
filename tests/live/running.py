"""A collection and the venues it listens to in one process, and the account of what was sent, stored and lost."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import msgspec

from clri.app.live import Live
from clri.app.settings.model import Collect, General, Settings, VenueAccess, Venues
from clri.collect.simulate.coins import PLACES, SYMBOLS
from clri.model.control import FeedStatus
from clri.model.facts import Liquidation
from clri.model.names import EXCHANGES
from clri.model.timebase import SECOND
from clri.stores.sqlite_reader import SqliteReader
from clri.testing.fake_venues import FakeVenues

STORM = Path(__file__).with_name("storm.toml")
SLACK = 2 * SECOND
"""Venues stamp in whole milliseconds or seconds, and send a while after the event."""


def settings_for(venues: FakeVenues | None, folder: Path, urls: dict | None = None, **collect: Any) -> Settings:
    """Settings that reach the fake venues, or `urls` of them, and nothing else."""
    found = urls or {name: msgspec.structs.asdict(one) for name, one in venues.urls.items()}
    access = Venues(**{name: VenueAccess(**one) for name, one in found.items()})
    return Settings(general=General(symbols=SYMBOLS, data_dir=folder), collect=Collect(venue=access, **collect))


class Collection:
    """`Live` in a task, with what it took."""

    def __init__(self, settings: Settings, *, history: bool = False) -> None:
        self.statuses: list[FeedStatus] = []
        self.outputs: list[Any] = []
        self.live = Live(settings, on_facts=self._facts, on_outputs=self.outputs.extend, seed=1, history=history)
        self._changed = asyncio.Event()

    def _facts(self, facts: Any) -> None:
        self.statuses += [fact for fact in facts if isinstance(fact, FeedStatus)]
        self._changed.set()

    async def __aenter__(self) -> Self:
        self.task = asyncio.create_task(self.live.run())
        return self

    async def __aexit__(self, *error: object) -> None:
        self.task.cancel()
        await asyncio.wait((self.task,))
        if not self.task.cancelled():
            self.task.result()

    async def until(self, condition: Callable[[], bool], within_s: float = 60.0) -> None:
        """Wait until the condition holds, looking whenever facts came."""
        async with asyncio.timeout(within_s):
            while not condition():
                if self.task.done():
                    self.task.result()
                self._changed.clear()
                await self._changed.wait()

    def up(self, channel: str = "liquidation") -> set[str]:
        """Venues whose channel delivers by the newest status."""
        newest = {fact.venue: fact.state for fact in self.statuses if fact.channel == channel}
        return {venue for venue, state in newest.items() if state in {"up", "gap"}}

    def fallen(self, since: int) -> set[str]:
        """Venues whose liquidations were not known to come at some time since `since` (ns)."""
        return {
            fact.venue
            for fact in self.statuses
            if fact.channel == "liquidation" and fact.ts >= since and fact.state in {"down", "stale"}
        }

    async def all_up(self) -> None:
        """Wait until every venue's liquidations are known to come, and history is in."""
        await self.until(lambda: self.up() == set(EXCHANGES), 90.0)


def stored(path: Path) -> list[Liquidation]:
    """Every liquidation in a store."""
    with SqliteReader(path) as told:
        return told.liquidations(None, 0, 1 << 62, limit=1_000_000)


def gaps(path: Path) -> dict[str, list[tuple[int, int]]]:
    """Declared gaps of the liquidations by venue: closed ones, and those still open."""
    found: dict[str, list[tuple[int, int]]] = {venue: [] for venue in EXCHANGES}
    with SqliteReader(path) as told:
        for fact in told.statuses(0, 1 << 62):
            if fact.channel == "liquidation" and fact.gap_from is not None and fact.venue in found:
                found[fact.venue].append((fact.gap_from, fact.gap_to or 1 << 62))
    return found


class Account(msgspec.Struct):
    """Liquidations by venue: sent in time, stored, lost in a declared gap, lost silently, stored twice."""

    sent: Counter
    stored: Counter
    in_gap: Counter
    silent: list
    twice: list
    invented: list


def account(venues: FakeVenues, path: Path, since: int, until: int) -> Account:
    """What became of everything that was sent between two times (UTC ns)."""
    rows = {(row.venue, row.number): row for row in venues.truth.sent if since <= row.sent_ns <= until}
    found = stored(path)
    holes = gaps(path)
    have = Counter((fact.venue, fact.symbol, fact.side, round(fact.qty, 9), fact.ts_venue) for fact in found)
    done = Account(Counter(), Counter(fact.venue for fact in found), Counter(), [], [], [])
    want: Counter = Counter()
    for (venue, _), row in rows.items():
        done.sent[venue] += 1
        key = (venue, row.symbol, row.side, round(row.qty, 9), row.at)
        want[key] += 1
        if have[key] < want[key]:
            inside = any(start - SLACK <= row.sent_ns <= end + SLACK for start, end in holes[venue])
            if inside:
                done.in_gap[venue] += 1
            else:
                done.silent.append(row)
    ever = Counter(
        (row.venue, row.symbol, row.side, round(row.qty, 9), row.at)
        for row in {(row.venue, row.number): row for row in venues.truth.sent}.values()
    )
    done.twice = [key for key, count in have.items() if count > ever[key] > 0]
    orders = Counter(
        (PLACES[one.place].venue, SYMBOLS[one.coin], one.side, round(one.qty, 9), one.at // SECOND)
        for one in venues.market.tape.orders
    )
    for key, count in have.items():
        happened = (*key[:4], (key[4] or 0) // SECOND)  # Gate tells afterwards, in whole seconds, what no socket told
        if key not in ever and orders[happened] < count:
            done.invented.append(key)
    return done
