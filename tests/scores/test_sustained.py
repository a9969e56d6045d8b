"""Episodes of the 4-h cascade and their records: one id, the peak, the rule of 30 minutes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.detectors import cascade_episode
from clri.engine.cadence import Cadence
from clri.model.codec import decode_output, encode
from clri.model.timebase import MINUTE, SECOND
from clri.scores.cascade4h_episode import ACTIVE, ENDED, NONE, UNKNOWN, Cascade4hEpisode
from clri.scores.sustained import Sustained, cascade_id
from tests.scores import lanes
from tests.scores.lanes import NAN, fill

T0 = 29_833_334  # minute of the examples
THRESHOLD = 2e5
INPUTS = Cascade4hEpisode.inputs


def course(velocities, price=60_000.0, low=NAN, high=NAN, threshold=THRESHOLD) -> np.ndarray:
    """Rows of one lane: these velocities over 4 h, three quarters of them longs."""
    v = np.asarray(velocities, dtype=np.float64)
    total = v * 4
    columns = {
        "liq_velocity_usd_h": v,
        "liq_velocity_threshold_usd_h": np.broadcast_to(threshold, v.shape),
        "liq_velocity_adaptive": 0 * v,
        "cascade4h_severity": np.minimum(5, v / threshold),
        "liq_4h_usd": total,
        "liq_4h_long_usd": total * 0.75,
        "liq_4h_short_usd": total * 0.25,
        "cascade4h_side": 0 * v + 1,
        "cascade4h_events": np.round(v / 1e4),
        "cascade4h_complete": 0 * v + 0.5,
        "cascade4h_hours": 0 * v + 4,
        "cascade4h_met": np.where(np.isnan(v), NAN, (v >= threshold) & (total >= 5e5)),
        "low": np.broadcast_to(low, v.shape),
        "high": np.broadcast_to(high, v.shape),
        "price": np.broadcast_to(price, v.shape),
    }
    return np.array([columns[name] for name in INPUTS])[:, :, None]


def states(x: np.ndarray) -> list[int]:
    return fill(Cascade4hEpisode(Cadence()), x, T0)["episode_state"][:, 0].astype(int).tolist()


def said(x: np.ndarray, symbols=("BTC",), mode="live"):
    """Records of every row, as the tier gets them."""
    score = Cascade4hEpisode(Cadence())
    found = fill(score, x, T0)
    columns = np.array([found[name] for name in Sustained.inputs])
    return Sustained(symbols, Cadence()).rows((T0 * 60) * SECOND, mode, columns)


def test_one_episode_until_thirty_minutes_below_the_leave_level() -> None:
    calm = [0.79 * THRESHOLD]
    assert states(course([3e5, *calm * 29])) == [ACTIVE] * 30
    assert states(course([3e5, *calm * 31])) == [ACTIVE] * 30 + [ENDED, NONE]
    assert states(course([3e5, *calm * 29, 0.8 * THRESHOLD, *calm * 30]))[-2:] == [ACTIVE, ENDED]


def test_between_the_levels_it_neither_begins_nor_ends() -> None:
    middle = [0.9 * THRESHOLD]
    assert states(course(middle * 50)) == [NONE] * 50
    assert states(course([3e5, *middle * 50])) == [ACTIVE] * 51


def test_a_missing_row_is_unknown_and_declares_no_end() -> None:
    calm = [0.5 * THRESHOLD]
    gap = [NAN] * 40
    assert states(course([3e5, *gap])) == [ACTIVE, *[UNKNOWN] * 40]
    assert states(course([3e5, *calm * 20, *gap, *calm * 10])) == [ACTIVE] * 21 + [UNKNOWN] * 40 + [ACTIVE] * 9 + [
        ENDED
    ]
    assert states(course(gap)) == [NONE] * 40


def test_the_record_holds_the_peak_under_one_id() -> None:
    x = course([2.5e5, 3.75e5, 3e5, *[1e5] * 30], low=[59_900.0, 58_000.0, NAN, *[NAN] * 30], high=60_100.0)
    updates = [update for row in said(x) for update in row]
    assert [u.state for u in updates] == ["active", "active", "ended"]
    first, peak, end = updates
    assert {u.cascade_id for u in updates} == {str(cascade_id("BTC", first.started_at))}
    assert first.started_at == first.detected_at == first.ts == T0 * MINUTE
    assert (peak.total_usd, peak.long_usd, peak.short_usd) == (1.5e6, 1.125e6, 0.375e6)
    assert (peak.velocity_usd_per_h, peak.severity, peak.side_bias) == (375_000.0, 1.875, "LONG")
    assert (end.total_usd, end.severity, end.max_window_usd) == (1.5e6, 1.875, 1.5e6)
    assert (end.last_met_at, end.ended_at) == ((T0 + 2) * MINUTE, (T0 + 2) * MINUTE)
    assert (end.ts, end.duration_s) == ((T0 + 32) * MINUTE, 120.0)
    assert (end.price_min, end.price_max) == (58_000.0, 60_100.0)
    assert (end.kind, end.venues, end.factors, end.risk_score) == ("sustained", {}, {}, None)
    assert (end.threshold_usd, end.threshold_source) == (800_000.0, "floor")
    assert (end.event_count, end.completeness) == (38, 0.5)
    assert end.events_per_min == pytest.approx(38 / 240)
    assert decode_output(encode(end)) == end


def test_a_threshold_in_total_is_the_higher_of_both() -> None:
    """A young feed: 600,000 USD in its first hour."""
    x = course([6e5])
    x[INPUTS.index("cascade4h_hours")], x[INPUTS.index("liq_4h_usd")] = 1.0, 6e5
    ((update,),) = said(x)
    assert update.threshold_usd == 500_000.0


def test_another_episode_has_another_id_and_burst_ids_differ() -> None:
    x = course([3e5, *[0.0] * 30, 3e5])
    ids = {update.cascade_id for row in said(x) for update in row}
    assert len(ids) == 2
    assert cascade_id("BTC", 1) != cascade_episode.cascade_id("BTC", 1)
    assert cascade_id("BTC", 1) == cascade_id("BTC", 1) != cascade_id("ETH", 1)


def test_the_loss_of_the_feed_and_its_return_are_said_once() -> None:
    x = course([3e5, NAN, NAN, 2e5])
    assert [[u.state for u in row] for row in said(x)] == [["active"], ["unknown"], [], ["active"]]


def test_without_any_price_no_record_can_be_made() -> None:
    assert states(course([3e5, 3e5, 3e5], price=[NAN, NAN, 60_000.0])) == [NONE, NONE, ACTIVE]
    old = course([3e5, 3e5], price=[60_000.0, NAN])
    old[:, 0, 0] = course([1e5], price=60_000.0)[:, 0, 0]
    assert states(old) == [NONE, ACTIVE]


def test_three_symbols_at_once_are_market_wide() -> None:
    one = course([3e5, 3.1e5])
    quiet = course([0.0, 3e5])
    x = np.concatenate([one, one, quiet], axis=2)
    first, second = said(x, ("BTC", "ETH", "SOL"))
    assert [(u.symbol, u.market_wide) for u in first] == [("BTC", False), ("ETH", False)]
    assert [(u.symbol, u.market_wide) for u in second] == [("BTC", True), ("ETH", True), ("SOL", True)]


class Slow:
    """The rule in plain words, row by row."""

    def __init__(self) -> None:
        self.runs, self.calm, self.peak, self.start, self.met = False, 0, 0.0, 0, 0

    def row(self, t: int, v: float) -> tuple[int, float]:
        if v != v:
            return (UNKNOWN if self.runs else NONE), self.peak
        if not self.runs and v >= THRESHOLD:
            self.runs, self.calm, self.peak, self.start = True, 0, 0.0, t
        if not self.runs:
            return NONE, 0.0
        self.peak = max(self.peak, v)
        self.calm = self.calm + 1 if v < 0.8 * THRESHOLD else 0
        if self.calm < 30:
            return ACTIVE, self.peak
        self.runs = False
        return ENDED, self.peak


@given(st.lists(st.tuples(st.sampled_from([NAN, 0.0, 1.2e5, 1.7e5, 2e5, 3e5, 9e5]), st.integers(1, 35)), max_size=12))
@settings(max_examples=80)
def test_any_course_equals_the_slow_truth(runs) -> None:
    velocities = [v for v, many in runs for _ in range(many)] or [NAN]
    found = fill(Cascade4hEpisode(Cadence()), course(velocities), T0)
    slow = Slow()
    for t, v in enumerate(velocities):
        state, peak = slow.row(t, v)
        assert int(found["episode_state"][t, 0]) == state
        if state != NONE:
            assert found["episode_velocity_usd_h"][t, 0] == peak
            assert found["episode_age"][t, 0] == t - slow.start


cell = st.one_of(st.just(NAN), st.sampled_from([0.0, 1.5e5, 2e5, 4e5, 1e12]))


@given(st.lists(st.tuples(cell, cell), min_size=1, max_size=60), lanes.cuts)
@settings(max_examples=25)
def test_live_equals_block_and_stays_in_range(pairs, cuts: list[int]) -> None:
    x = np.concatenate([course([p[k] for p in pairs]) for k in (0, 1)], axis=2)
    lanes.assert_same_in_any_cut(lambda: Cascade4hEpisode(Cadence()), x, T0, cuts)
    lanes.assert_in_range(Cascade4hEpisode(Cadence()), x, T0)
