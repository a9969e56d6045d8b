"""Velocity against counting over lists: windows, gates, venues, lost feeds, resumed runs."""

import math
from fractions import Fraction

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from clri.detectors.velocity import (
    WINDOWS_S,
    Params,
    VelocityDetector,
    acceleration,
    jerk,
    velocity,
)
from clri.model.codec import decode_output, encode
from clri.model.control import FeedStatus, Tick
from clri.model.errors import QuarantineError, SnapshotError
from clri.model.facts import Liquidation
from clri.model.timebase import SECOND
from clri.testing.builders import T0
from tests.detectors.streams import liq, liq_ns, outputs, second, status, streams, ticks

STREAMS = settings(max_examples=40, phases=[Phase.explicit, Phase.reuse, Phase.generate])
DOWN = {"down", "stale", "gap", "geo_blocked", "disabled"}


def detector(**params) -> VelocityDetector:
    return VelocityDetector("BTC", "replay-simulated", Params(**params))


class Slow:
    """Every number from the list of all events, at every second."""

    def __init__(self) -> None:
        self.events: list[Liquidation] = []
        self.feeds: dict[str, str] = {}
        self.up_since: int | None = None
        self.now = 0

    def take(self, how, fact) -> dict | None:
        if isinstance(fact, Liquidation):
            self.feeds.setdefault(fact.venue, "up")
            if how == "fact" and fact.ts_venue > self.now:
                self.events.append(fact)
        elif isinstance(fact, FeedStatus):
            if fact.state == "up" or fact.state in DOWN:
                self.feeds[fact.venue] = "up" if fact.state == "up" else "down"
            elif fact.state == "unsupported":
                self.feeds[fact.venue] = "never"
            if "up" not in self.feeds.values():
                self.up_since = None
        elif fact.period_s == 1:
            return self.evaluate(fact.boundary)
        return None

    def window(self, seconds, back=0, venue=None) -> list[Liquidation]:
        end = self.now - back * SECOND
        start = end - round(seconds * SECOND)
        return [e for e in self.events if start < e.ts_venue <= end and venue in {None, e.venue}]

    def rates(self, venue=None) -> tuple:
        found = [self.window(seconds, venue=venue) for seconds in WINDOWS_S]
        usd = [sum(Fraction(e.usd) for e in events) for events in found]
        return [len(events) for events in found], [
            float(u / Fraction(str(w))) for u, w in zip(usd, WINDOWS_S, strict=True)
        ]

    def evaluate(self, boundary) -> dict:
        self.now = boundary
        healthy = "up" in self.feeds.values()
        if healthy and self.up_since is None:
            self.up_since = boundary
        n1, n2, n3 = (len(self.window(10, back)) for back in (0, 10, 20))
        sure = 0 if self.up_since is None or not healthy else (boundary - self.up_since) / SECOND
        a = (n1 - n2) / 100 if abs(n1 - n2) >= 2 * math.sqrt(n1 + n2) - 1e-12 else 0.0
        bend = n1 - 2 * n2 + n3
        j = bend / 1000 if abs(bend) >= 2 * math.sqrt(n1 + 4 * n2 + n3) - 1e-12 else 0.0
        v = 0.4 * len(self.window(2)) / 2 + 0.4 * len(self.window(10)) / 10 + 0.2 * len(self.window(60)) / 60
        return {
            "velocity": v if healthy else None,
            "acceleration": a if sure >= 20 else None,
            "jerk": j if sure >= 30 else None,
            "all": self.rates(),
            "venues": {venue: self.rates(venue) for venue in sorted({e.venue for e in self.window(60)})},
        }


# ---------------------------------------------------------------- formulas
def test_vectors() -> None:
    assert round(velocity(2, 2, 2), 4) == 0.4867
    assert (round(velocity(14, 48, 72), 2), acceleration(48, 12), jerk(48, 12, 6)) == (4.96, 0.36, 0.03)
    assert (acceleration(2, 0), jerk(2, 0, 0)) == (0.0, 0.0)


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))
def test_gates_hold_back_what_noise_may_do(n1, n2, n3) -> None:
    assert (acceleration(n1, n2) != 0.0) == ((n1 - n2) ** 2 >= 4 * (n1 + n2) and n1 != n2)
    assert acceleration(n1, n2) == -acceleration(n2, n1)
    assert (jerk(n1, n2, n3) != 0.0) == ((n1 - 2 * n2 + n3) ** 2 >= 4 * (n1 + 4 * n2 + n3) and n1 + n3 != 2 * n2)
    assert acceleration(n1, n2, 0.0) == (n1 - n2) / 100


def test_vectors_through_the_detector() -> None:
    ours = detector()
    quiet = [status("up"), *ticks(1, 40)]
    (found,) = outputs(ours, [*quiet, liq(40.95, 1_000.0), liq(40.97, 1_000.0), second(41)])
    assert (round(found.velocity, 4), found.acceleration, found.jerk) == (0.4867, 0.0, 0.0)
    assert found.rates.n == [2, 2, 2, 2, 2]
    assert found.rates.usd_per_s == [20_000.0, 4_000.0, 1_000.0, 200.0, 2_000 / 60]

    counts = [(n, at) for n, at in ((6, 5), (6, 15), (6, 35), (12, 45), (34, 55), (14, 59))]
    facts = [liq_ns(at * SECOND + i + 1, 1e4) for n, at in counts for i in range(n)]
    stream = sorted(
        [status("up", ts=T0), *facts, *ticks(1, 60)], key=lambda f: (getattr(f, "boundary", f.ts), isinstance(f, Tick))
    )
    found = outputs(detector(), stream)[-1]
    assert found.rates.n[2:] == [14, 48, 78]
    assert (found.acceleration, found.jerk) == (0.36, 0.03)


# ---------------------------------------------------------------- against the truth
@STREAMS
@given(stream=streams())
def test_every_second_equals_counting(stream) -> None:
    ours, slow = detector(), Slow()
    shown = None
    for how, fact in stream:
        found = list(ours.on_late(fact) if how == "late" else ours.on_fact(fact))
        want = slow.take(how, fact)
        if want is None:
            assert found == []
            continue
        for update in found:
            shown = update
            assert update.ts == fact.boundary
        if shown is None:
            assert not want["venues"]
            continue
        assert (shown.velocity is None) == (want["velocity"] is None)
        assert shown.velocity == pytest.approx(want["velocity"])
        if want["venues"]:  # while all is quiet, the end of the warm-up alone is no news
            assert (shown.acceleration, shown.jerk) == (want["acceleration"], want["jerk"])
        for rates, (n, usd) in [(shown.rates, want["all"]), *((shown.venues[v], w) for v, w in want["venues"].items())]:
            assert rates.n == n
            assert rates.usd_per_s == pytest.approx(usd, abs=1e-4)
            assert rates.events_per_s == pytest.approx([k / w for k, w in zip(n, WINDOWS_S, strict=True)])
        assert list(shown.venues) == list(want["venues"])


@STREAMS
@given(stream=streams(seconds=120), data=st.data())
def test_resumed_runs_give_equal_bytes(stream, data) -> None:
    whole, part = detector(), detector()
    cut = data.draw(st.integers(0, len(stream)))
    for at, (how, fact) in enumerate(stream):
        if at == cut:
            saved, part = part.snapshot(), detector()
            part.restore(saved)
        a, b = (list(x.on_late(fact) if how == "late" else x.on_fact(fact)) for x in (whole, part))
        assert [encode(out) for out in a] == [encode(out) for out in b]
        assert all(decode_output(encode(out)) == out for out in a)
    assert whole.snapshot() == part.snapshot()


# ---------------------------------------------------------------- when it speaks
def test_it_speaks_while_something_changes_and_once_at_zero() -> None:
    found = outputs(detector(), [status("up"), *ticks(1, 30), liq(30.6), *ticks(31, 120)])
    assert [(out.ts - T0) // SECOND for out in found] == [31, 32, 33, 41, 91]
    assert (found[-1].velocity, found[-1].venues, found[-1].completeness) == (0.0, {}, None)


def test_a_lost_feed_is_none_and_not_zero() -> None:
    ours = detector()
    outputs(ours, [liq(0.5), *ticks(1, 5)])
    (lost,) = outputs(ours, [status("down"), second(6)])
    assert (lost.velocity, lost.acceleration, lost.jerk) == (None, None, None)
    (back,) = outputs(ours, [status("up"), second(7)])
    assert back.velocity == pytest.approx(0.4 / 10 + 0.2 / 60)


def test_acceleration_needs_a_feed_that_was_up_before() -> None:
    facts = [liq(1 + i / 100) for i in range(40)]
    found = outputs(detector(), [*facts, *ticks(2, 31)])
    assert found[0].acceleration is None
    stream = [status("up"), *ticks(1, 21), *(liq(21.1 + i / 100) for i in range(40)), second(22)]
    assert outputs(detector(), stream)[-1].acceleration == 0.4
    assert outputs(detector(), stream)[-1].jerk is None


def test_completeness_marks_lower_bounds() -> None:
    facts = [liq(0.1, 30_000.0), liq(0.2, 10_000.0, venue="binance", completeness="largest_1s")]
    (found,) = outputs(detector(), [*facts, second(1)])
    assert found.completeness == 0.75
    assert found.venues["binance"].n == [0, 0, 1, 1, 1]


def test_missing_ticks_leave_nothing_old_behind() -> None:
    ours = detector()
    outputs(ours, [liq(0.95), liq(0.99)])
    (found,) = outputs(ours, [second(30)])
    assert found.rates.n == [0, 0, 0, 0, 2]
    outputs(ours, [liq(30.95)])
    (found,) = outputs(ours, [second(300)])
    assert found.rates.n == [0] * 5


def test_what_is_not_ours_is_passed_over() -> None:
    ours = detector()
    before = ours.snapshot()
    outputs(ours, [liq(1, symbol="ETH"), liq(1, backfill=True), second(60, 60)])
    assert ours.snapshot() == before
    assert ours.row() == {}


def test_a_notional_of_no_market_is_refused() -> None:
    ours = detector()
    before = ours.snapshot()
    with pytest.raises(QuarantineError):
        ours.on_fact(liq(1, math.inf))
    assert ours.snapshot() == before


def test_state_of_other_parameters_is_refused() -> None:
    with pytest.raises(SnapshotError):
        detector().restore(detector(gate_sigma=3.0).snapshot())
    with pytest.raises(SnapshotError):
        detector().restore(VelocityDetector("ETH", "replay-simulated").snapshot())
    with pytest.raises(ValueError, match="expected >= 0"):
        Params(gate_sigma=-1.0)
