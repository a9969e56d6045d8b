"""The cascade signal: factors and vector, references, levels that fall late, missing inputs, the truth of lists."""

import math

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from clri.detectors.signal import LEVELS, WEIGHTS, Params, SignalDetector, signal_strength
from clri.detectors.velocity import acceleration, velocity
from clri.model.codec import decode_output, encode
from clri.model.control import FeedStatus, Tick
from clri.model.errors import SnapshotError
from clri.model.facts import Liquidation
from clri.model.timebase import MINUTE, SECOND
from clri.testing.builders import T0, reading
from tests.detectors.streams import liq, liq_ns, outputs, second, status, streams, ticks

STREAMS = settings(max_examples=30, phases=[Phase.explicit, Phase.reuse, Phase.generate])
SMALL = {"days": 1, "n_min": 2, "quantile": 0.9}
factor = st.none() | st.floats(0, 1)


def detector(**params) -> SignalDetector:
    return SignalDetector("BTC", "replay-simulated", Params(**params))


def told(at: float, oi=-1.9, f8=0.0003, mult=1.8):
    extra = {"oi_change_5m_pct": oi}
    return reading(ts=T0 + round(at * SECOND), funding_rate=f8, risk_mult=mult, extra=extra)


# ---------------------------------------------------------------- formula
def test_vector() -> None:
    found = dict(zip(WEIGHTS, (4.96 / 6.0, 0.36 / 0.6, 260 / 400, 1.9 / 5, 0.0003 / 0.001, 1.8 / 2.5), strict=True))
    assert [round(value, 4) for value in found.values()] == [0.8267, 0.6, 0.65, 0.38, 0.3, 0.72]
    assert round(signal_strength(found), 4) == 0.6157


@given(st.lists(factor, min_size=6, max_size=6))
def test_strength_is_the_mean_of_what_is_there(values) -> None:
    factors = dict(zip(WEIGHTS, values, strict=True))
    found = signal_strength(factors)
    if factors["velocity"] is None or factors["volume"] is None:
        assert found is None
        return
    there = [(WEIGHTS[name], value) for name, value in factors.items() if value is not None]
    assert found == pytest.approx(np.average([v for _, v in there], weights=[w for w, _ in there]), abs=1e-12)
    assert 0.0 <= found <= 1.0


def test_vector_through_the_detector() -> None:
    """Counts of the velocity's vector, 260,000 USD/s, and references of 6, 0.6 and 400,000."""
    counts = [(6, 5), (6, 35), (12, 45), (34, 55), (14, 59)]  # n_2 14, n_10 48, before 12 and 6, n_60 72
    usd = 260_000.0 * 10 / 48
    facts = [liq_ns(at * SECOND + i + 1, usd) for n, at in counts for i in range(n)]
    facts = [fact for fact in facts if fact.ts > T0]
    stream = sorted(
        [status("up", ts=T0), *facts, *ticks(1, 60)],
        key=lambda f: (f.boundary if isinstance(f, Tick) else f.ts, isinstance(f, Tick), getattr(f, "period_s", 0)),
    )
    ours = detector(floor_velocity=6.0, floor_acceleration=0.6, floor_usd=400_000.0)
    ours.on_reading(told(0))
    found = outputs(ours, stream)[-1]
    assert (round(found.velocity, 4), found.acceleration, round(found.usd_per_s)) == (4.96, 0.36, 260_000)
    assert (round(found.signal_strength, 4), found.signal_level, found.coverage) == (0.6157, "ALERT", 1.0)


# ---------------------------------------------------------------- against the truth
class Slow:
    """Everything from lists of all events, readings and minutes."""

    def __init__(self, params) -> None:
        self.params = params
        self.events: list[Liquidation] = []
        self.feeds: dict[str, str] = {}
        self.samples: list[dict[int, float | None]] = [{}, {}, {}]
        self.minute: list[list[float]] = [[], [], []]
        self.raw: list[tuple[int, float]] = []
        self.up_since = None
        self.whole = False
        self.now = 0

    @property
    def healthy(self) -> bool:
        return "up" in self.feeds.values()

    def n(self, seconds, back=0, usd=False):
        end = self.now - back * SECOND
        found = [e for e in self.events if end - seconds * SECOND < e.ts_venue <= end]
        return math.fsum(e.usd for e in found) if usd else len(found)

    def limit(self, at, floor) -> float:
        newest = max(self.samples[at], default=0)
        held = [v for m, v in self.samples[at].items() if v is not None and m > newest - 1440 * self.params.days]
        return max(floor, float(np.quantile(held, self.params.quantile))) if len(held) >= self.params.n_min else floor

    def take(self, how, fact) -> dict | None:
        down = {"down", "stale", "gap", "geo_blocked", "disabled"}
        if isinstance(fact, Liquidation):
            self.feeds.setdefault(fact.venue, "up")
            if how == "fact" and fact.ts_venue > self.now:
                self.events.append(fact)
        elif isinstance(fact, FeedStatus):
            words = {"up": "up", "unsupported": "never"} | dict.fromkeys(down, "down")
            if fact.state in words:
                self.feeds[fact.venue] = words[fact.state]
            if not self.healthy:
                self.up_since, self.whole = None, False
        elif fact.period_s == 60:
            for samples, seen in zip(self.samples, self.minute, strict=True):
                samples[fact.boundary // MINUTE] = max(seen, default=None) if self.whole and self.healthy else None
            self.minute, self.whole = [[], [], []], self.healthy
        else:
            return self.evaluate(fact.boundary)
        return None

    def evaluate(self, boundary) -> dict:
        self.now = boundary
        if self.healthy and self.up_since is None:
            self.up_since = boundary
        measures = [None, None, None]
        if self.healthy:
            rise = max(0.0, acceleration(self.n(10), self.n(10, 10)))
            measures = [velocity(self.n(2), self.n(10), self.n(60)), rise, self.n(10, usd=True) / 10]
            if boundary - self.up_since < 20 * SECOND:
                measures[1] = None
        for seen, value in zip(self.minute, measures, strict=True):
            seen.extend([] if value is None else [value])
        p = self.params
        limits = [self.limit(i, f) for i, f in enumerate((p.floor_velocity, p.floor_acceleration, p.floor_usd))]
        factors = {
            k: None if x is None else min(1.0, x / r) for k, x, r in zip(WEIGHTS, measures, limits, strict=False)
        }
        strength = signal_strength(factors | dict.fromkeys(("oi_change", "funding", "volatility")))
        level = None
        if strength is not None:
            self.raw.append((boundary, strength))
            recent = max(s for t, s in self.raw if boundary - t < p.fall_after * SECOND)
            level = LEVELS[sum(recent >= edge for edge in p.levels)]
        return {"strength": strength, "level": level, "factors": factors, "limits": limits}


@STREAMS
@given(stream=streams())
def test_every_second_equals_the_slow_truth(stream) -> None:
    params = Params(floor_velocity=0.5, floor_usd=5_000.0, **SMALL)
    ours, slow, shown, best = SignalDetector("BTC", "live", params), Slow(params), None, 0.0
    for how, fact in stream:
        found = list(ours.on_late(fact) if how == "late" else ours.on_fact(fact))
        want = slow.take(how, fact)
        if isinstance(fact, Tick) and fact.period_s == 60:
            assert ours.row() == {"cascade_signal_max": pytest.approx(best, abs=1e-9) if slow.healthy else None}
            best = 0.0
        if want is None:
            assert found == []
            continue
        shown = found[0] if found else shown
        best = max(best, want["strength"] or 0.0)
        assert (shown.signal_strength is None) == (want["strength"] is None)
        assert shown.signal_strength == pytest.approx(want["strength"], abs=1e-9)
        near = want["strength"] is not None and any(abs(s - e) < 1e-9 for _, s in slow.raw for e in params.levels)
        assert near or shown.signal_level == want["level"]
        assert list(shown.references.values()) == pytest.approx(want["limits"], rel=1e-9)
        for name, value in want["factors"].items():
            assert shown.factors[name] == pytest.approx(value, abs=1e-9)


@STREAMS
@given(stream=streams(seconds=150), data=st.data())
def test_resumed_runs_give_equal_bytes(stream, data) -> None:
    whole, part = detector(**SMALL), detector(**SMALL)
    cut = data.draw(st.integers(0, len(stream)))
    for at, (how, fact) in enumerate(stream):
        if at % 50 == 0:
            for one in (whole, part):
                one.on_reading(told((fact.ts - T0) / SECOND, f8=at / 1e5))
        if at == cut:
            saved, part = part.snapshot(), detector(**SMALL)
            part.restore(saved)
        a, b = (list(x.on_late(fact) if how == "late" else x.on_fact(fact)) for x in (whole, part))
        assert [encode(out) for out in a] == [encode(out) for out in b]
        assert all(decode_output(encode(out)) == out for out in a)
    assert whole.snapshot() == part.snapshot()
    assert whole.row() == part.row()


# ---------------------------------------------------------------- levels
def test_a_level_rises_at_once_and_falls_after_thirty_seconds() -> None:
    ours = detector(floor_velocity=1e9)  # volume alone: 10 s after the event nothing is left of it
    facts = [status("up"), *ticks(1, 30), liq(30.5, 5e6), *ticks(31, 90)]
    found = {(out.ts - T0) // SECOND: out for out in outputs(ours, facts)}
    assert (found[31].signal_level, found[31].factors["volume"]) == ("WATCH", 1.0)
    assert (found[41].signal_level, found[41].factors["volume"]) == ("WATCH", 0.0)
    assert min(at for at, out in found.items() if at > 31 and out.signal_level == "NONE") == 40 + 30


def test_a_higher_level_falls_to_the_one_still_held() -> None:
    ours = detector(floor_velocity=1e9, levels=(0.05, 0.1, 0.2, 0.25), fall_after=30)
    high = liq(30.5, 5e5)  # volume 1: 0.2/0.65 = 0.31
    low = [liq(at + 0.5, 1.5e5) for at in (50, 60)]  # 0.3: 0.09
    found = {
        (o.ts - T0) // SECOND: o for o in outputs(ours, [status("up"), *ticks(1, 30), high, *_between(low, 31, 120)])
    }
    levels = [(at, out.signal_level) for at, out in sorted(found.items()) if at >= 31]
    changes = [(at, level) for i, (at, level) in enumerate(levels) if i == 0 or level != levels[i - 1][1]]
    assert changes == [(31, "EXTREME"), (70, "WATCH"), (100, "NONE")]


def _between(facts, first, last):
    rows = [*facts, *ticks(first, last)]
    return sorted(rows, key=lambda f: (f.boundary if isinstance(f, Tick) else f.ts, isinstance(f, Tick)))


# ---------------------------------------------------------------- missing inputs
def test_quiet_is_zero_and_no_feed_is_none() -> None:
    ours = detector()
    (found,) = outputs(ours, [second(1)])
    assert (found.signal_strength, found.signal_level, found.velocity) == (None, None, None)
    assert ours.row() == {"cascade_signal_max": None}
    (found,) = outputs(ours, [status("up"), second(2)])
    assert (found.signal_strength, found.signal_level, found.coverage) == (0.0, "NONE", 0.45)
    assert ours.row() == {"cascade_signal_max": 0.0}
    (found,) = outputs(ours, [status("gap"), second(3)])
    assert (found.signal_strength, found.factors["volume"]) == (None, None)


def test_the_newest_reading_counts_while_it_is_valid() -> None:
    ours = detector()
    outputs(ours, [status("up"), *ticks(1, 30)])
    ours.on_reading(told(30))
    (found,) = outputs(ours, [second(31)])
    assert (found.coverage, found.signal_strength) == (1.0, pytest.approx(0.15 * 0.38 + 0.1 * 0.3 + 0.1 * 0.72))
    ours.on_reading(told(31, oi=4.0, f8=-0.002, mult=None))
    (found,) = outputs(ours, [second(32)])
    assert (found.factors["oi_change"], found.factors["funding"], found.factors["volatility"]) == (0.0, 1.0, None)
    late = outputs(ours, ticks(33, 260))
    assert late[-1].factors["funding"] is None
    assert late[-1].ts == ours_valid_until(31) + SECOND


def ours_valid_until(at: int) -> int:
    return told(at).valid_until


def test_a_minute_with_a_lost_feed_is_no_sample() -> None:
    ours = detector(**SMALL)
    facts = [status("up"), *ticks(1, 70), liq(71, 1e7), *ticks(72, 80), status("down"), status("up"), *ticks(81, 200)]
    outputs(ours, facts)
    assert [threshold.n for threshold in ours._references.values()] == [1, 1, 1]


def test_parameters_are_checked_and_state_of_others_is_refused() -> None:
    with pytest.raises(ValueError, match=r"floor_usd=0.0 \(expected > 0\), levels="):
        Params(floor_usd=0.0, levels=(0.5, 0.3, 0.7, 0.9))
    with pytest.raises(SnapshotError):
        detector().restore(detector(**SMALL).snapshot())
    with pytest.raises(SnapshotError):
        SignalDetector("BTC", "live").restore(detector().snapshot())
