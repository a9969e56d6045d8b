"""Unified open interest asked of the venues now: each is collected until it has told, or cannot be waited for."""

import asyncio
import random
from collections.abc import Sequence
from typing import Final

from clri.app.live import collector, enabled
from clri.app.settings import Settings
from clri.collect.transport.clock import SteadyClock
from clri.hosts.supervisor import supervise
from clri.model.control import FeedStatus
from clri.model.facts import Fact, MarkFunding, OpenInterest
from clri.model.names import Venue
from clri.observe.unified_oi import UnifiedOpenInterest

PATIENCE_S: Final = 25.0


class Asked:
    """What the venues told so far.

    Parameters
    ----------
    keeper
        Takes every fact.
    symbols
        Coins of which each venue must tell open interest and a mark, unless it does not list them.
    """

    def __init__(self, keeper: UnifiedOpenInterest, symbols: Sequence[str], venues: Sequence[Venue]) -> None:
        self.keeper = keeper
        self.failed: dict[str, str] = {}
        self.done = asyncio.Event()
        wanted = (OpenInterest, MarkFunding)
        self._missing = {(venue, symbol, kind) for venue in venues for symbol in symbols for kind in wanted}

    def take(self, facts: Sequence[Fact]) -> None:
        """Take facts of any venue."""
        for fact in facts:
            self.keeper.take(fact)
            if isinstance(fact, OpenInterest | MarkFunding) and not fact.backfill:
                self._missing.discard((fact.venue, fact.symbol, type(fact)))
                self.failed.pop(fact.venue, None)
            elif isinstance(fact, FeedStatus):
                self._said(fact)
        if not self._missing:
            self.done.set()

    def _said(self, fact: FeedStatus) -> None:
        if fact.state == "unsupported":
            self._missing -= {(fact.venue, fact.symbol, kind) for kind in (OpenInterest, MarkFunding)}
        elif fact.state in {"down", "geo_blocked", "rate_limited"} and fact.channel in {"instruments", "rest"}:
            self.failed[fact.venue] = " ".join(part for part in (fact.code, fact.detail) if part)

    def silent(self) -> dict[str, str]:
        """Reason by venue for all that told nothing."""
        told_nothing = {venue for venue, _, _ in self._missing} - set(self.failed)
        return self.failed | dict.fromkeys(told_nothing, f"told nothing within {PATIENCE_S:.0f} s")


async def ask(settings: Settings, symbols: Sequence[str], patience_s: float = PATIENCE_S) -> tuple[Asked, int]:
    """Ask every venue; what they told, and when that was (UTC ns)."""
    clock, venues = SteadyClock(), enabled(settings)
    asked = Asked(UnifiedOpenInterest(symbols, venues), symbols, venues)

    async def emit(facts: Sequence[Fact]) -> None:
        asked.take(facts)

    def begin(venue: Venue) -> asyncio.Task[None]:
        rng = random.Random()  # noqa: S311 - spreads waits
        one = collector(settings, venue, emit, rng=rng, clock=clock, history=False)
        return asyncio.create_task(supervise(one, emit, clock))

    tasks = [begin(venue) for venue in venues]
    try:
        await asyncio.wait_for(asked.done.wait(), patience_s)
    except TimeoutError:
        pass
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    return asked, clock.wall_ns()
