"""The whole event tier of one symbol per liquidation: every registered detector, against a limit and a recomputation.

`event_p99`: how long one liquidation takes through all detectors, against 10 us. What a Tick takes stands beside it:
the 1-s Tick evaluates velocity and signal, the 60-s Tick folds price levels, zones and histories.

`window_n`: ours with the Ticks of every second and minute, against a deque of dictionaries of the last 60 s that is
walked at every event for the cascade score and for the velocity alone (`plain`); price levels, zones and branching
ratio are left out for the peer. Both velocities are compared before timing. Facts are made beforehand; decoding,
de-duplication and the reorder buffer are measured in `bytes_to_cascade` and `replay`.
"""

import gc
from collections.abc import Iterator
from statistics import median
from time import perf_counter_ns

from benchmarks.bytes_to_cascade import Ours, stream
from benchmarks.harness import ROUNDS, Line, Work, per, take_turns
from benchmarks.plain.velocity import Walked
from clri.app.assemble import load
from clri.detectors import DETECTORS
from clri.engine.operator import Operator
from clri.model.control import Tick
from clri.model.facts import Fact, Liquidation
from clri.model.names import MARKET
from clri.model.timebase import MINUTE, SECOND

LIMIT_US = 10.0
WINDOW = 3000
NEAR = 1e-9


def tier() -> list[Operator]:
    """Every registered detector with its own parameters."""
    return [load(reference)("BTC", "replay-simulated") for reference in DETECTORS.values()]


def facts_of(window: int, count: int) -> tuple[list[Fact], list[Fact]]:
    """Liquidations with their Ticks: those that fill the window, and those that are timed."""
    mappers = Ours().mappers
    filling, timed = stream(window, count)
    parts: list[list[Fact]] = []
    now = 0
    for frames in (filling, timed):
        rows: list[Fact] = []
        for venue, raw, recv in frames:
            for fact in mappers[venue].decode(raw, recv):
                if not isinstance(fact, Liquidation):
                    continue
                t = fact.ts_venue or fact.ts
                now = now or t // SECOND * SECOND
                while now + SECOND < t:
                    now += SECOND
                    rows += [_tick(now, 1)] + ([_tick(now, 60)] if now % MINUTE == 0 else [])
                rows.append(fact)
        parts.append(rows)
    return parts[0], parts[1]


def run(*, quick: bool) -> Iterator[Line]:
    filling, timed = facts_of(WINDOW, 600 if quick else 6000)
    check(filling, timed)
    yield _latency(filling, timed, 2 if quick else ROUNDS)
    n = sum(isinstance(fact, Liquidation) for fact in timed)
    timing = take_turns({"ours": _ours(filling, timed), "theirs": _theirs(filling, timed)}, 2 if quick else ROUNDS)
    yield Line(
        f"event_tier.window_{WINDOW}",
        timing.ratio("ours", "theirs"),
        None,
        {"ns_per_event": per(timing.seconds("ours"), n)},
        {"ns_per_event": per(timing.seconds("theirs"), n)},
        timing.noise("ours", "theirs"),
    )


def check(filling: list[Fact], timed: list[Fact]) -> None:
    """Compare the velocity at every second."""
    operators, naive, seen = dict(zip(DETECTORS, tier(), strict=True)), Walked(), 0
    for fact in (*filling, *timed):
        if isinstance(fact, Liquidation):
            naive.add(fact)
        for found in operators["velocity"].on_fact(fact):
            want = naive.velocity(found.ts)
            assert abs(found.velocity - want) <= NEAR, f"velocity was {found.velocity} against {want}"
            seen += 1
    assert seen > 50, "no velocity was compared"


def _latency(filling: list[Fact], timed: list[Fact], rounds: int) -> Line:
    """Percentiles over all timed facts, best of the rounds; the facts are out of the collector's sight (`harness`)."""
    best: dict[str, float] = {}
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        operators = tier()
        for fact in filling:
            _feed(operators, fact)
        took: dict[str, list[int]] = {"event": [], "tick_1s": [], "tick_60s": []}
        for fact in timed:
            kind = f"tick_{fact.period_s}s" if isinstance(fact, Tick) else "event"
            start = perf_counter_ns()
            _feed(operators, fact)
            took[kind].append(perf_counter_ns() - start)
        events = sorted(took["event"])
        found = {
            "event_p50_ns": median(events),
            "event_p99_ns": events[len(events) * 99 // 100],
            "tick_1s_p50_ns": median(took["tick_1s"]),
            "tick_60s_max_ns": max(took["tick_60s"], default=0),
        }
        best = {name: min(value, best.get(name, value)) for name, value in found.items()}
    gc.unfreeze()
    return Line(
        "event_tier.event_p99", LIMIT_US * 1000 / best["event_p99_ns"], 1.0, best, {"limit_ns": LIMIT_US * 1000}
    )


def _feed(operators: list[Operator], fact: Fact) -> None:
    for operator in operators:
        for _ in operator.on_fact(fact):
            pass


def _ours(filling: list[Fact], timed: list[Fact]):
    def prepare() -> Work:
        operators = tier()
        for fact in filling:
            _feed(operators, fact)

        def work() -> None:
            for fact in timed:
                _feed(operators, fact)

        return work

    return prepare


def _theirs(filling: list[Fact], timed: list[Fact]):
    def prepare() -> Work:
        naive = Walked()
        for fact in filling:
            if isinstance(fact, Liquidation):
                naive.add(fact)

        def work() -> None:
            for fact in timed:
                if isinstance(fact, Liquidation):
                    naive.add(fact)
                    naive.risk()
                    naive.velocity(naive.newest)

        return work

    return prepare


def _tick(boundary: int, period_s: int) -> Tick:
    return Tick(boundary, None, MARKET, "clri", "perp", None, "sim", None, False, period_s, boundary)  # noqa: FBT003
