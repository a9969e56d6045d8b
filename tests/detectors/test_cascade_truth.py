"""The detector against the slow truth at every fact; resumed runs; shuffled and repeated arrivals."""

import math

import pytest
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from clri.detectors.cascade import CascadeDetector, Params
from clri.engine.dedupe import Dedupe
from clri.engine.reorder import Reorder, order_key
from clri.model.codec import as_map, encode
from clri.model.control import Tick
from clri.model.facts import Liquidation
from clri.model.timebase import MILLI, SECOND
from clri.testing.builders import T0
from tests.detectors.streams import liquidations, streams, ticks
from tests.detectors.truth import AmbiguousError, SlowCascade

STREAMS = settings(max_examples=60, phases=[Phase.explicit, Phase.reuse, Phase.generate])
"""Without shrinking: a stream of 300 s has hundreds of facts, and to shorten a failing one took over ten minutes."""

PARAMS = Params(quantile_window=1, n_min=2, quantile=0.9)
ROUGH = {"risk_score", "max_risk_score"}
"""Prices are counted in 1e-7 of the first one, so scores agree to about 1e-5; all else agrees exactly."""


def detector() -> CascadeDetector:
    return CascadeDetector("BTC", "replay-simulated", PARAMS)


def take(target, how, fact) -> list:
    return list(target.on_late(fact) or ()) if how == "late" else list(target.on_fact(fact))


def assert_same(update, expected) -> None:
    for name, value in expected.items():
        ours = getattr(update, name)
        if name == "factors":
            assert ours == pytest.approx(value, abs=1e-4)
        elif name in ROUGH:
            assert ours == pytest.approx(value, abs=2e-5)
        elif name in {"velocity_usd_per_h", "events_per_min", "completeness", "duration_s"}:
            assert ours == pytest.approx(value, rel=1e-14)
        else:
            assert ours == value, name


@STREAMS
@given(stream=streams())
def test_equals_the_slow_truth_at_every_fact(stream) -> None:
    ours, truth, said = detector(), SlowCascade("BTC", PARAMS), 0
    for how, fact in stream:
        try:
            expected = take(truth, how, fact)
        except AmbiguousError:
            event("stopped at the edge of a band")
            return
        found = take(ours, how, fact)
        assert [update.state for update in found] == [update["state"] for update in expected]
        for update, other in zip(found, expected, strict=True):
            assert_same(update, other)
        said += len(found)
        if isinstance(fact, Tick) and fact.period_s == 60:
            row, other = ours.row(), truth.row()
            assert row["cascade_active"] is other["cascade_active"]
            assert row["cascade_score_max"] == pytest.approx(other["cascade_score_max"], abs=2e-5)
            assert (ours._threshold.value, ours._threshold.source) == truth.threshold()
    event(f"updates: {min(said, 1) and '>= 1'}")


@STREAMS
@given(stream=streams())
def test_whatever_comes_numbers_are_finite_and_in_range(stream) -> None:
    ours, ended = detector(), set()
    for how, fact in stream:
        for update in take(ours, how, fact):
            numbers = [v for v in as_map(update).values() if isinstance(v, float)]
            numbers += [*update.factors.values(), *update.venues.values()]
            assert all(math.isfinite(v) for v in numbers)
            graded = (update.risk_score, update.max_risk_score, *update.factors.values())
            assert all(0.0 <= v <= 2.0 for v in graded)
            assert update.risk_score <= update.max_risk_score
            assert update.long_usd + update.short_usd == pytest.approx(update.total_usd)
            assert 0.0 <= update.completeness <= 1.0
            assert update.started_at <= update.detected_at <= update.last_met_at <= update.ts
            assert update.cascade_id not in ended
            assert (update.ended_at is not None) == (update.state == "ended")
            ended |= {update.cascade_id} if update.state == "ended" else set()


@STREAMS
@given(stream=streams(), data=st.data())
def test_a_resumed_run_gives_equal_bytes(stream, data) -> None:
    whole, parts, said = detector(), detector(), []
    cuts = data.draw(st.sets(st.integers(0, len(stream) - 1), max_size=4))
    for i, (how, fact) in enumerate(stream):
        if i in cuts:
            saved = parts.snapshot()
            parts = detector()
            parts.restore(saved)
            assert parts.snapshot() == saved == whole.snapshot()
        out = take(whole, how, fact)
        assert [encode(update) for update in take(parts, how, fact)] == [encode(update) for update in out]
        said += out
        if isinstance(fact, Tick) and fact.period_s == 60:
            assert parts.row() == whole.row()
    assert parts.snapshot() == whole.snapshot()


# ---------------------------------------------------------------- through dedupe and reorder
class Chain:
    """Duplicates out, event time restored, detector: as the pipeline wires them."""

    def __init__(self) -> None:
        self.dedupe, self.reorder, self.detector = Dedupe(), Reorder(), detector()
        self.released: list = []
        self.out: list[bytes] = []

    def push(self, fact) -> None:
        if self.dedupe.is_new(fact):
            self.handle(self.reorder.push(fact))

    def handle(self, facts) -> None:
        for fact in facts:
            self.released.append(fact)
            self.out += [encode(update) for update in self.detector.on_fact(fact)]
        assert self.reorder.drain_late() == []

    def run(self, facts) -> "Chain":
        for fact in facts:
            self.push(fact)
        self.handle(self.reorder.flush())
        return self

    def resumed(self) -> "Chain":
        other = Chain()
        other.dedupe.restore(self.dedupe.snapshot())
        other.reorder.restore(self.reorder.snapshot())
        other.detector.restore(self.detector.snapshot())
        other.released, other.out = self.released, self.out
        return other


def received(facts, lags) -> list:
    """Arrival order when each event is received `lag` ns after its time."""
    moved = [
        Liquidation(**({name: getattr(f, name) for name in f.__struct_fields__} | {"ts": f.ts_venue + lag}))
        for f, lag in zip(facts, lags, strict=True)
    ]
    return sorted([*moved, *ticks(1, 200)], key=lambda fact: (fact.ts, isinstance(fact, Tick)))


def lags(n: int):
    """Receipt from 1.2 s before (venue's clock ahead) to 2 s after the event's time."""
    return st.lists(st.integers(-1_200, 2_000).map(lambda ms: ms * MILLI), min_size=n, max_size=n)


@STREAMS
@given(facts=liquidations(seconds=200), data=st.data())
def test_any_arrival_within_the_window_gives_equal_bytes(facts, data) -> None:
    plain = detector()
    wanted = sorted(
        [*facts, *ticks(1, 200)], key=lambda f: (order_key(f)[0], isinstance(f, Tick), getattr(f, "period_s", 0))
    )
    expected = [encode(update) for fact in wanted for update in plain.on_fact(fact)]
    for _ in range(2):
        chain = Chain().run(received(facts, data.draw(lags(len(facts)))))
        assert chain.out == expected
        assert chain.detector.snapshot() == plain.snapshot()
    event(f"updates: {min(len(expected), 1) and '>= 1'}")


@STREAMS
@given(facts=liquidations(seconds=200), data=st.data())
def test_repeated_deliveries_and_cuts_change_nothing(facts, data) -> None:
    once = received(facts, [50 * MILLI] * len(facts))
    expected = Chain().run(once)
    chain = Chain()
    for fact in once:
        chain.push(fact)
        if isinstance(fact, Liquidation) and data.draw(st.booleans()):
            chain.push(fact)
        if data.draw(st.integers(0, 30)) == 0:
            chain = chain.resumed()
    chain.handle(chain.reorder.flush())
    assert chain.out == expected.out
    assert chain.detector.snapshot() == expected.detector.snapshot()


def test_the_streams_reach_what_they_should() -> None:
    """A property over streams without cascades would prove nothing: count what fifty fixed ones reach."""
    reached: dict[str, int] = {}

    @settings(max_examples=50, derandomize=True, database=None)
    @given(stream=streams())
    def count(stream) -> None:
        ours = detector()
        for how, fact in stream:
            for update in take(ours, how, fact):
                for key in (update.state, update.threshold_source):
                    reached[key] = reached.get(key, 0) + 1

    count()
    assert {key for key, n in reached.items() if n >= 3} >= {"active", "ended", "unknown", "floor", "adaptive"}, reached
    assert T0 % (60 * SECOND) == 0
