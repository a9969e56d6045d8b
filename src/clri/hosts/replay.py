"""Replay: a recording through the pipeline, at its own pace, faster, or flat out."""

import time
from collections.abc import Callable
from typing import Final

import msgspec

from clri.engine.pipeline import MarketPipeline
from clri.hosts.check import Check
from clri.hosts.ticker import with_ticks
from clri.model.codec import Output
from clri.model.control import Tick
from clri.model.facts import Fact
from clri.model.timebase import HOUR, SECOND
from clri.ports import FactSource, Store

COMMIT_S: Final = 1.0


class Summary(msgspec.Struct):
    """What a replay did: counts, the span of the recording (ns; 0 = empty) and how long it took (s)."""

    facts: int = 0
    outputs: int = 0
    start: int = 0
    end: int = 0
    took_s: float = 0.0


def replay(
    source: FactSource,
    pipeline: MarketPipeline,
    store: Store | None = None,
    *,
    check: Check | None = None,
    speed: float = 0.0,
    on_output: Callable[[Output], None] | None = None,
) -> Summary:
    """Run a recording to its end.

    Parameters
    ----------
    source
        Facts in order of receipt.
    pipeline
        Fresh or restored.
    store
        Takes every fact and output; durable at least once a second. Its retention is applied each hour of the
        recording's own time.
    check
        Sees every fact and Tick before the pipeline, as it did live; None = facts that no live run checked.
    speed
        Seconds of the recording per second, 1..600; 0 = flat out. Pace never changes an output.
    on_output
        Called with each output as it comes.

    Returns
    -------
    Summary
        Ticks are not counted as facts.
    """
    done = Summary()
    kept = _Kept(store)
    began = time.monotonic()
    for fact in with_ticks(source.facts()):
        done.start = done.start or fact.ts
        if isinstance(fact, Tick) and speed > 0.0:
            _wait_until(began + (fact.boundary - done.start) / SECOND / speed)
        for passed in (fact,) if check is None else check.feed(fact):
            outputs = pipeline.feed(passed)
            kept.add(passed, outputs)
            if outputs:
                _say(outputs, on_output)
                done.outputs += len(outputs)
        if isinstance(fact, Tick):
            done.end = fact.boundary
            kept.settle(fact.boundary)
        else:
            done.facts += 1
    outputs = pipeline.finish()
    _say(outputs, on_output)
    done.outputs += len(outputs)
    kept.end(outputs)
    done.took_s = time.monotonic() - began
    return done


class _Kept:
    """What is on its way into the store: written at each Tick, durable at least once a second, pruned each hour."""

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._items: list[Fact | Output] = []
        self._committed = time.monotonic()

    def add(self, fact: Fact, outputs: list[Output]) -> None:
        if self._store is not None:
            self._items.append(fact)
            self._items += outputs

    def settle(self, boundary: int) -> None:
        if self._store is None:
            return
        self._store.write(self._items)
        self._items.clear()
        if time.monotonic() - self._committed >= COMMIT_S or boundary % HOUR == 0:
            self._store.flush()
            self._committed = time.monotonic()
        if boundary % HOUR == 0:
            self._store.retain(boundary)

    def end(self, outputs: list[Output]) -> None:
        if self._store is not None:
            self._store.write([*self._items, *outputs])
            self._store.flush()


def _say(outputs: list[Output], on_output: Callable[[Output], None] | None) -> None:
    if on_output is not None:
        for out in outputs:
            on_output(out)


def _wait_until(due: float) -> None:
    left = due - time.monotonic()
    if left > 0.0:
        time.sleep(left)
