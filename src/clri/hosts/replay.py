"""Replay: a recording through the pipeline, at its own pace, faster, or flat out."""

import time
from collections.abc import Callable
from typing import Final

import msgspec

from clri.engine.pipeline import MarketPipeline
from clri.hosts.ticker import with_ticks
from clri.model.codec import Output
from clri.model.control import Tick
from clri.model.facts import Fact
from clri.model.timebase import SECOND
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
        Takes every fact and output; durable at least once a second.
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
    began = committed = time.monotonic()
    held: list[Fact | Output] = []
    for fact in with_ticks(source.facts()):
        done.start = done.start or fact.ts
        if isinstance(fact, Tick) and speed > 0.0:
            _wait_until(began + (fact.boundary - done.start) / SECOND / speed)
        outputs = pipeline.feed(fact)
        held.append(fact)
        if outputs:
            held += outputs
            done.outputs += len(outputs)
            if on_output is not None:
                for out in outputs:
                    on_output(out)
        if not isinstance(fact, Tick):
            done.facts += 1
            continue
        done.end = fact.boundary
        if store is not None:
            store.write(held)
            if time.monotonic() - committed >= COMMIT_S:
                store.flush()
                committed = time.monotonic()
        held.clear()
    outputs = pipeline.finish()
    done.outputs += len(outputs)
    if on_output is not None:
        for out in outputs:
            on_output(out)
    if store is not None:
        store.write([*held, *outputs])
        store.flush()
    done.took_s = time.monotonic() - began
    return done


def _wait_until(due: float) -> None:
    left = due - time.monotonic()
    if left > 0.0:
        time.sleep(left)
