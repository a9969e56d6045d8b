"""Live: sources push facts, the clock pushes Ticks, one pipeline answers; a restart goes on where the log ends."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

from clri.engine.pipeline import MarketPipeline
from clri.engine.snapshot import pack, unpack
from clri.hosts.supervisor import Source, supervise
from clri.hosts.ticker import ticks_at
from clri.model.codec import Output
from clri.model.control import FeedStatus, Tick
from clri.model.errors import ClriError, SnapshotError
from clri.model.facts import Fact
from clri.model.timebase import DAY, HOUR, MINUTE, SECOND
from clri.ports import Clock, FactLog, Store

GRACE_S: Final = 0.25
"""A second ends so much later: what was received in it may still be on its way through a queue."""
START_MOST_S: Final = 30.0
"""The start waits so long for the venues' history."""
COMMIT_S: Final = 1.0
STATE_EVERY: Final = 5 * MINUTE
HOLE: Final = 10 * MINUTE
"""A pause up to this is passed second by second; a longer one is left out, its rows come from history alone."""
LATE_MOST: Final = DAY
BATCH: Final = 256
"""Facts that are taken before others get their turn."""
NAME: Final = "live/1"
LIQUIDATION: Final = "liquidation"


class Check(Protocol):
    """Stage before the pipeline that sees all venues: it passes facts on, holds or drops them, and adds statuses."""

    def feed(self, fact: Fact) -> Iterable[Fact]:
        """Facts that follow from one fact, in order."""

    def snapshot(self) -> bytes:
        """State as bytes."""

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes."""


class LiveHost:
    """Runs the pipeline in real time.

    Parameters
    ----------
    pipeline
        Fresh; `resume` restores it.
    store
        Takes facts and outputs; durable each second.
    clock
        Stamps Ticks; its wall clock must not run back.
    log
        Facts and states for a restart; None = every start is a first one.
    check
        Sees every fact before the pipeline.
    on_facts, on_outputs
        Called with the facts and Ticks that passed the check, and with what follows, for views and health.

    Attributes
    ----------
    counts
        facts, outputs, late (received before the last Tick), failed (facts on which the pipeline raised), skipped_s.
    trouble
        Last error of the store or log, by name; gone as soon as it writes again.
    since
        Newest fact of each venue in the former run (ns).

    Notes
    -----
    The log holds facts and Ticks in the order in which they were taken, before `check`: replaying it gives the same
    bytes. A source that ends or raises is said as a FeedStatus and does not end the others.
    """

    def __init__(
        self,
        pipeline: MarketPipeline,
        store: Store,
        clock: Clock,
        *,
        log: FactLog | None = None,
        check: Check | None = None,
        on_facts: Callable[[Sequence[Fact]], None] | None = None,
        on_outputs: Callable[[Sequence[Output]], None] | None = None,
    ) -> None:
        self.pipeline, self.store, self.clock = pipeline, store, clock
        self.counts: Counter[str] = Counter()
        self.trouble: dict[str, str] = {}
        self.since: dict[str, int] = {}
        self.boundary = 0
        self._log, self._check = log, check
        self._on_facts, self._on_outputs = on_facts, on_outputs
        self._waiting: list[Fact] | None = []  # until the start is over
        self._passed: list[Fact] = []
        self._seen: dict[str, int] = {}
        self._down: dict[str, int] = {}

    # ---------------------------------------------------------------- intake
    async def emit(self, facts: Sequence[Fact]) -> None:
        """Take a batch of facts in order of receipt."""
        if self._waiting is not None:
            self._waiting += facts
            return
        self._take(facts)
        await asyncio.sleep(0)  # readers run between batches

    def _take(self, facts: Sequence[Fact]) -> None:
        out: list[Output] = []
        for fact in facts:
            self._pass_time(fact.ts, out)
            for one in self._gap_ended(fact):
                self._feed(one, out)
        self.counts["facts"] += len(facts)
        self._publish(out)

    def _gap_ended(self, fact: Fact) -> Iterable[Fact]:
        """The fact, after the gap since the former run if this is the first sign of life of its venue."""
        if self._down and isinstance(fact, FeedStatus) and (fact.channel, fact.state) == (LIQUIDATION, "up"):
            since = self._down.pop(fact.venue, None)
            if since is not None and since < fact.ts:
                yield gap(fact, since)
        yield fact

    def _feed(self, fact: Fact, out: list[Output]) -> None:
        if self._log is not None:
            self._log.append((fact,))
        self._through(fact, out)

    def _through(self, fact: Fact, out: list[Output]) -> None:
        """Check, pipeline, store; what the log replays goes the same way."""
        if fact.ts <= self.boundary and not isinstance(fact, Tick):
            self.counts["late"] += 1
        self._seen[fact.venue] = max(fact.ts, self._seen.get(fact.venue, 0))
        for one in (fact,) if self._check is None else self._check.feed(fact):
            self._passed.append(one)
            try:
                outputs = self.pipeline.feed(one)
            except ClriError as error:
                self.counts["failed"] += 1
                self.trouble["pipeline"] = f"{type(one).__name__} of {one.venue}: {error}"
                outputs = []
            self._keep((one, *outputs))
            out += outputs

    def _keep(self, items: Iterable[Fact | Output]) -> None:
        try:
            self.store.write(items)
        except ClriError as error:
            self.trouble["store"] = str(error)

    def _publish(self, out: list[Output]) -> None:
        passed, self._passed = self._passed, []
        self.counts["outputs"] += len(out)
        if self._on_facts is not None and passed:
            self._on_facts(passed)
        if self._on_outputs is not None and out:
            self._on_outputs(out)

    # ---------------------------------------------------------------- time
    def _pass_time(self, ts: int, out: list[Output]) -> None:
        """Ticks of all seconds that ended before `ts` (ns)."""
        if ts - self.boundary > LATE_MOST:  # the machine slept, or its clock was set
            self.counts["skipped_s"] += (ts - self.boundary) // SECOND
            self.boundary = ts // SECOND * SECOND - SECOND
        while self.boundary + SECOND < ts:
            self.boundary += SECOND
            for tick in ticks_at(self.boundary):
                self._feed(tick, out)
            if self.boundary % STATE_EVERY == 0:
                self._save()

    async def _tick(self) -> None:
        while True:
            left = (self.boundary + SECOND - self.clock.wall_ns()) / SECOND + GRACE_S
            await self.clock.sleep(max(0.0, left))
            out: list[Output] = []
            self._pass_time(self.clock.wall_ns() - round(GRACE_S * SECOND) + 1, out)
            self._publish(out)

    # ---------------------------------------------------------------- disk
    def _save(self) -> None:
        if self._log is not None:
            state = {"pipeline": self.pipeline.snapshot(), "boundary": str(self.boundary).encode()}
            state["seen"] = ",".join(f"{venue}={ts}" for venue, ts in sorted(self._seen.items())).encode()
            if self._check is not None:
                state["check"] = self._check.snapshot()
            self._log.save(pack(NAME, state))

    async def _commit(self) -> None:
        retained = self.boundary // HOUR
        while True:
            await self.clock.sleep(COMMIT_S)
            await asyncio.to_thread(self._write)
            if self.boundary // HOUR > retained:
                retained = self.boundary // HOUR
                await asyncio.to_thread(self._retain)

    def _write(self) -> None:
        """Log first: what the store holds can then always be made again from the log."""
        for name, write in (("log", None if self._log is None else self._log.sync), ("store", self.store.flush)):
            if write is None:
                continue
            try:
                write()
            except ClriError as error:
                self.trouble[name] = str(error)
            else:
                self.trouble.pop(name, None)

    def _retain(self) -> None:
        try:
            self.store.retain(self.boundary)
        except ClriError as error:
            self.trouble["retention"] = str(error)

    # ---------------------------------------------------------------- life
    def resume(self) -> bool:
        """Go on from the log; False if this is a first start, or its state belongs to other settings or versions.

        Raises
        ------
        StoreError
            If the log cannot be read.
        """
        if self._log is None:
            return False
        state, tail = self._log.load()
        if state is None:
            return False
        try:
            parts = unpack(NAME, state)
            self.pipeline.restore(parts["pipeline"])
            if self._check is not None:
                self._check.restore(parts["check"])
        except (SnapshotError, KeyError) as error:
            self.trouble["state"] = f"the saved state was not used: {error}"
            return False
        self.boundary = int(parts["boundary"])
        pairs = (pair.partition("=") for pair in parts["seen"].decode().split(",") if pair)
        self._seen = {venue: int(ts) for venue, _, ts in pairs}
        for fact in tail:
            if isinstance(fact, Tick):
                self.boundary = fact.boundary
            self._through(fact, [])
        self._passed = []
        self.since = {venue: ts for venue, ts in self._seen.items() if venue != "clri"}
        self._down = dict(self.since)
        return True

    def close(self) -> None:
        """Release the log; the store belongs to the caller."""
        if self._log is not None:
            self._log.close()

    async def run(self, sources: Sequence[Source]) -> None:
        """Serve until cancelled; then what was taken is durable."""
        start = self.clock.wall_ns()
        try:
            async with asyncio.TaskGroup() as group:
                for source in sources:
                    group.create_task(supervise(source, self.emit, self.clock))
                await self._begin(sources, start)
                group.create_task(self._tick())
                group.create_task(self._commit())
        finally:
            self._save()
            self._write()
            self.close()

    async def _begin(self, sources: Sequence[Source], start: int) -> None:
        """Wait for history, warm up on it, then let everything received meanwhile in."""
        ready = asyncio.create_task(_all_begun(sources))
        timer = asyncio.create_task(self.clock.sleep(START_MOST_S))
        await asyncio.wait((ready, timer), return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        timer.cancel()
        waiting = [] if self._waiting is None else self._waiting
        until = start // MINUTE * MINUTE
        if self.boundary == 0 or until - self.boundary > HOLE:
            after, self.boundary = self.boundary // MINUTE * MINUTE, start // SECOND * SECOND
            rows = await asyncio.to_thread(self.pipeline.backfill, list(waiting), after, until)
            self.counts["history_rows"] = rows
        self._save()
        waiting.sort(key=lambda fact: fact.ts)
        while waiting:  # what comes meanwhile waits behind
            batch = waiting[:BATCH]
            del waiting[:BATCH]
            self._take(batch)
            await asyncio.sleep(0)
        self._waiting = None


async def _all_begun(sources: Sequence[Source]) -> None:
    for source in sources:
        await source.begun.wait()


def gap(fact: FeedStatus, since: int) -> FeedStatus:
    """Gap of a feed from the former run to its first sign of life."""
    head = (fact.ts - 1, None, fact.symbol, fact.venue, fact.market, fact.raw, fact.src, None, False)
    told = (fact.channel, "gap", "CLRI-FEED-006", "stopped: the collector was not running", since, since, fact.ts)
    return FeedStatus(*head, *told)  # type: ignore[arg-type]
