"""Unified open interest asked of the venues now: each is collected until it has told, or cannot be waited for."""

import asyncio
import random
from collections.abc import Sequence
from typing import Final

from clri.app.live import collector, enabled
from clri.app.settings import Settings
from clri.collect.transport.clock import SteadyClock
from clri.hosts.supervisor import supervise
from clri.model.control import LISTING, FeedStatus
from clri.model.facts import Fact, MarkFunding, OpenInterest
from clri.model.names import Venue
from clri.observe.unified_oi import UnifiedOpenInterest

PATIENCE_S: Final = 25.0
AGAIN_S: Final = 5.0
REFUSED: Final = frozenset({"down", "geo_blocked", "rate_limited"})
ASKED_BY: Final = frozenset({LISTING, "rest", "collector"})
"""Channels whose refusal means that a venue will not tell its open interest."""


class Asked:
    """What the venues told so far.

    Parameters
    ----------
    keeper
        Takes every fact.
    symbols
        Coins of which each venue must tell open interest and a mark, unless it does not list them.

    Attributes
    ----------
    done
        Set when every venue told all; `lost` when only such are missing that refused or cannot be reached.
    """

    def __init__(self, keeper: UnifiedOpenInterest, symbols: Sequence[str], venues: Sequence[Venue]) -> None:
        self.keeper = keeper
        self.failed: dict[str, str] = {}
        self.done, self.lost = asyncio.Event(), asyncio.Event()
        wanted = (OpenInterest, MarkFunding)
        self._missing = {(venue, symbol, kind) for venue in venues for symbol in symbols for kind in wanted}
        self._told: set[str] = set()

    def take(self, facts: Sequence[Fact]) -> None:
        """Take facts of any venue."""
        for fact in facts:
            self.keeper.take(fact)
            if isinstance(fact, OpenInterest | MarkFunding) and not fact.backfill:
                self._missing.discard((fact.venue, fact.symbol, type(fact)))
                self._told.add(fact.venue)
                self.failed.pop(fact.venue, None)
            elif isinstance(fact, FeedStatus):
                self._said(fact)
        if not self._missing:
            self.done.set()
        elif {venue for venue, _, _ in self._missing} <= set(self.failed):
            self.lost.set()
        else:
            self.lost.clear()

    def _said(self, fact: FeedStatus) -> None:
        if fact.state == "unsupported":
            self._missing -= {(fact.venue, fact.symbol, kind) for kind in (OpenInterest, MarkFunding)}
        elif fact.state in REFUSED and fact.channel in ASKED_BY and fact.venue not in self._told:
            self.failed[fact.venue] = " ".join(part for part in (fact.code, fact.detail) if part)

    def silent(self) -> dict[str, str]:
        """Reason by venue for all that told nothing."""
        told_nothing = {venue for venue, _, _ in self._missing} - set(self.failed) - self._told
        return self.failed | dict.fromkeys(told_nothing, f"told nothing within {PATIENCE_S:.0f} s")


async def ask(
    settings: Settings, symbols: Sequence[str], patience_s: float = PATIENCE_S, again_s: float = AGAIN_S
) -> tuple[Asked, int]:
    """Ask every venue; what they told, and when that was (UTC ns).

    Parameters
    ----------
    patience_s
        Time for all.
    again_s
        Time, within that, for venues that refused or cannot be reached, once only such are missing.
    """
    clock, venues = SteadyClock(), enabled(settings)
    asked = Asked(UnifiedOpenInterest(symbols, venues), symbols, venues)

    async def emit(facts: Sequence[Fact]) -> None:
        asked.take(facts)

    def begin(venue: Venue) -> asyncio.Task[None]:
        rng = random.Random()  # noqa: S311 - spreads waits
        one = collector(settings, venue, emit, rng=rng, clock=clock, history=False)
        return asyncio.create_task(supervise(one, emit, clock))

    async def lost() -> None:
        await asked.lost.wait()
        while not await _stays(asked, again_s):
            await asked.lost.wait()

    tasks = [begin(venue) for venue in venues]
    ends = [asyncio.create_task(asked.done.wait()), asyncio.create_task(lost())]
    try:
        await asyncio.wait(ends, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (*tasks, *ends):
            task.cancel()
        await asyncio.wait((*tasks, *ends))
    return asked, clock.wall_ns()


async def _stays(asked: Asked, seconds: float) -> bool:
    """Whether it is lost for so long."""
    await asyncio.sleep(seconds)
    return asked.lost.is_set()
