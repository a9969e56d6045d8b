"""Live: sources push facts, the clock pushes Ticks, one pipeline answers; a restart goes on where the log ends."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from clri.engine.pipeline import MarketPipeline
from clri.engine.snapshot import pack, unpack
from clri.hosts.check import Check
from clri.hosts.heard import LEAP, Heard
from clri.hosts.spool import Spool, told
from clri.hosts.supervisor import Source, supervise
from clri.hosts.ticker import ticks_at
from clri.model.codec import Output
from clri.model.control import FeedStatus, Tick
from clri.model.errors import ClriError, SnapshotError
from clri.model.facts import Fact
from clri.model.names import Venue
from clri.model.timebase import HOUR, MINUTE, SECOND
from clri.ports import Clock, FactLog, Store

GRACE_S: Final = 0.25
"""A second ends so much later: what was received in it may still be on its way through a queue."""
START_MOST_S: Final = 30.0
"""The start waits so long for the venues' history."""
WAITING_MOST: Final = 200_000
"""Facts that wait for the start to be over; with more of them it waits for history no longer."""
COMMIT_S: Final = 1.0
STATE_EVERY: Final = 5 * MINUTE
HOLE: Final = 10 * MINUTE
"""A pause up to this is passed second by second; a longer one is left out, its rows come from history alone."""
BATCH: Final = 256
"""Facts that are taken before others get their turn."""
NAME: Final = "live/2"


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
    on_told
        Called with the statuses that the host itself adds, before `check`, for recordings.
    on_facts, on_outputs
        Called with the facts and Ticks that passed the check, and with what follows, for views and health. An error
        of theirs ends the run.

    Attributes
    ----------
    counts
        facts, outputs, late (received before the last Tick), failed (facts on which the pipeline raised), skipped_s.
    trouble
        Last error by what it concerns: `store`, `log` and `retention` are gone as soon as they work again.
    since
        By venue, until when its liquidations were known to come in the former run (ns).

    Notes
    -----
    The log holds facts and Ticks in the order in which they were taken, before `check`: replaying it gives the same
    bytes. A source that ends or raises is said as a FeedStatus and does not end the others; a fact on which the
    pipeline raises is stored, counted and passed over.
    """

    def __init__(
        self,
        pipeline: MarketPipeline,
        store: Store,
        clock: Clock,
        *,
        log: FactLog | None = None,
        check: Check | None = None,
        on_told: Callable[[Sequence[FeedStatus]], None] | None = None,
        on_facts: Callable[[Sequence[Fact]], None] | None = None,
        on_outputs: Callable[[Sequence[Output]], None] | None = None,
    ) -> None:
        self.pipeline, self.clock = pipeline, clock
        self.counts: Counter[str] = Counter()
        self.trouble: dict[str, str] = {}
        self.since: dict[Venue, int] = {}
        self.boundary = 0
        self._spool = Spool(store, self.trouble)
        self._log, self._check = log, check
        self._on_told, self._on_facts, self._on_outputs = on_told, on_facts, on_outputs
        self._waiting: list[Fact] | None = []  # until the start is over
        self._crowded = asyncio.Event()
        self._warm = False
        self._passed: list[Fact] = []
        self._heard = Heard()
        self._error: Exception | None = None
        self._ended = asyncio.Event()

    # ---------------------------------------------------------------- intake
    async def emit(self, facts: Sequence[Fact]) -> None:
        """Take a batch of facts in order of receipt."""
        if self._waiting is not None:
            self._waiting += facts
            if len(self._waiting) > WAITING_MOST:
                self._crowded.set()
            return
        self._take(facts)
        await asyncio.sleep(0)  # readers run between batches

    def keep(self, items: Iterable[Fact | Output]) -> None:
        """Store what is no business of the pipeline."""
        self._spool.put(items)

    def _take(self, facts: Sequence[Fact]) -> None:
        out: list[Output] = []
        for fact in facts:
            self._pass_time(fact.ts, out)
            self._add(self._heard.before(fact), out)
            self._feed(fact, out)
        self.counts["facts"] += len(facts)
        self._publish(out)

    def _add(self, statuses: Sequence[FeedStatus], out: list[Output]) -> None:
        for one in statuses:
            self._feed(one, out)
        if statuses and self._on_told is not None:
            self._on_told(statuses)

    def _feed(self, fact: Fact, out: list[Output]) -> None:
        if self._log is not None:
            self._log.append((fact,))
        self._through(fact, out)

    def _through(self, fact: Fact, out: list[Output]) -> None:
        """Check, pipeline, store; what the log replays goes the same way."""
        if fact.ts <= self.boundary and not isinstance(fact, Tick):
            self.counts["late"] += 1
        for one in self._checked(fact):
            self._passed.append(one)
            try:
                outputs = self.pipeline.feed(one)
            except Exception as error:  # noqa: BLE001 - the host's edge: what one fact does wrong ends nothing else
                self._failed("pipeline", one, error)
                outputs = []
            self._spool.put((one, *outputs))
            out += outputs

    def _checked(self, fact: Fact) -> Iterable[Fact]:
        if self._check is None:
            return (fact,)
        try:
            return self._check.feed(fact)
        except Exception as error:  # noqa: BLE001 - as in `_through`
            self._failed("check", fact, error)
            return (fact,)

    def _failed(self, where: str, fact: Fact, error: Exception) -> None:
        self.counts["failed"] += 1
        self.trouble[where] = f"{type(fact).__name__} of {fact.venue}: {told(error)}"

    def _publish(self, out: list[Output]) -> None:
        passed, self._passed = self._passed, []
        self.counts["outputs"] += len(out)
        try:
            if self._on_facts is not None and passed:
                self._on_facts(passed)
            if self._on_outputs is not None and out:
                self._on_outputs(out)
        except Exception as error:  # noqa: BLE001 - raised where the run is awaited: it is no error of the source
            self._error = self._error or error
            self._ended.set()

    # ---------------------------------------------------------------- time
    def _pass_time(self, ts: int, out: list[Output]) -> None:
        """Ticks of all seconds that ended before `ts` (ns)."""
        behind = ts - self.boundary
        if behind > HOLE:  # the machine slept, or its clock was set
            self.counts["skipped_s"] += behind // SECOND
            self.boundary = ts // SECOND * SECOND - SECOND
        while self.boundary + SECOND < ts:
            self.boundary += SECOND
            for tick in ticks_at(self.boundary):
                self._feed(tick, out)
            if self.boundary % STATE_EVERY == 0:
                self._save()
        if behind > LEAP:
            self._add(self._heard.slept(ts), out)

    async def _tick(self) -> None:
        while True:
            left = (self.boundary + SECOND - self.clock.wall_ns()) / SECOND + GRACE_S
            await self.clock.sleep(max(0.0, left))
            out: list[Output] = []
            self._pass_time(self.clock.wall_ns() - round(GRACE_S * SECOND) + 1, out)
            self._publish(out)

    # ---------------------------------------------------------------- disk
    def _save(self) -> None:
        if self._log is None:
            return
        try:
            state = {"pipeline": self.pipeline.snapshot(), "boundary": str(self.boundary).encode()}
            state["heard"] = self._heard.snapshot()
            if self._check is not None:
                state["check"] = self._check.snapshot()
        except Exception as error:  # noqa: BLE001 - the former state and all facts since do
            self.trouble["state"] = f"the state was not saved: {told(error)}"
        else:
            self.trouble.pop("state", None)
            self._log.save(pack(NAME, state))

    async def _commit(self) -> None:
        retained = self.boundary // HOUR
        while True:
            await self.clock.sleep(COMMIT_S)
            await asyncio.to_thread(self._write)
            if self.boundary // HOUR > retained:
                retained = self.boundary // HOUR
                await asyncio.to_thread(self._spool.retain, self.boundary)

    def _write(self) -> None:
        """Log first: what the store holds can then always be made again from the log."""
        if self._log is not None:
            try:
                self._log.sync()
            except ClriError as error:
                self.trouble["log"] = told(error)
            else:
                self.trouble.pop("log", None)
        self._spool.flush()

    # ---------------------------------------------------------------- life
    def resume(self) -> bool:
        """Go on from the log; False if this is a first start, or its state belongs to other settings or versions.

        In the latter case the pipeline is as fresh as before, what the log holds is stored, and since when the venues
        are not heard is known.

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
        used = self._restore(state)
        for fact in tail:
            self._heard.before(fact)
            if not used:
                self._spool.put((fact,))
                continue
            if isinstance(fact, Tick):
                self.boundary = fact.boundary
            self._through(fact, [])
            self._passed = []
        self.since = dict(self._heard.last)
        self._heard.resumed()
        return used

    def _restore(self, state: bytes) -> bool:
        """Take a saved state, as a whole or not at all."""
        fresh = self.pipeline.snapshot(), None if self._check is None else self._check.snapshot()
        try:
            parts = unpack(NAME, state)
            self._heard.restore(parts["heard"])
            boundary = int(parts["boundary"])
            if boundary - self.clock.wall_ns() > HOLE:
                raise SnapshotError("it is of a later time: the machine's clock was set back")  # noqa: TRY301
            self.pipeline.restore(parts["pipeline"])
            if self._check is not None:
                self._check.restore(parts["check"])
        except Exception as error:  # noqa: BLE001 - bytes of other settings or of another build, whatever they hold
            self.trouble["state"] = f"the saved state was not used: {told(error)}"
            self.pipeline.restore(fresh[0])
            if self._check is not None and fresh[1] is not None:
                self._check.restore(fresh[1])
            return False
        self.boundary = boundary
        return True

    def close(self) -> None:
        """Release the log; the store belongs to the caller."""
        if self._log is not None:
            try:
                self._log.close()
            except ClriError as error:
                self.trouble["log"] = told(error)

    async def run(self, sources: Sequence[Source]) -> None:
        """Serve until cancelled; then what was taken is durable."""
        start = self.clock.wall_ns()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._until_ended())
                for source in sources:
                    group.create_task(supervise(source, self.emit, self.clock))
                await self._begin(sources, start)
                group.create_task(self._tick())
                group.create_task(self._commit())
        finally:
            self._spool.put(self._waiting or ())  # what the pipeline has not seen is not lost
            if self._warm:  # half a history is none: a later run warms up anew
                self._save()
            self._write()
            self.close()

    async def _until_ended(self) -> None:
        await self._ended.wait()
        if self._error is not None:
            raise self._error

    async def _begin(self, sources: Sequence[Source], start: int) -> None:
        """Wait for history, warm up on it, then let everything received meanwhile in."""
        tasks = (_all_begun(sources), self.clock.sleep(START_MOST_S), self._crowded.wait())
        begun = [asyncio.create_task(task) for task in tasks]
        try:
            await asyncio.wait(begun, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in begun:
                task.cancel()
        waiting = [] if self._waiting is None else self._waiting
        until = start // MINUTE * MINUTE
        if self.boundary == 0 or until - self.boundary > HOLE:
            after, self.boundary = self.boundary // MINUTE * MINUTE, start // SECOND * SECOND
            steps = self.pipeline.warming(list(waiting), after, until)
            while (rows := await asyncio.to_thread(next, steps, None)) is not None:
                self.counts["history_rows"] = rows
        self._warm = True
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
