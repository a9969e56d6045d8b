"""The branching ratio against numpy over lists of minutes; feeds, completeness, ranks, simulated self-excitation."""

import math
import random

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from clri.detectors.branching import BranchingDetector, Params, branching_ratio
from clri.model.errors import SnapshotError
from clri.model.timebase import MINUTE, SECOND
from clri.testing.builders import T0, tick
from tests.detectors.streams import liq_ns, outputs, second, status

STREAMS = settings(max_examples=40, phases=[Phase.explicit, Phase.reuse, Phase.generate])
SMALL = {"hours": 1, "min_events": 5, "min_share": 0.5, "n_min": 3}
VENUES = ("bybit", "gate", "binance")
WORDS = {"bybit": "all", "gate": "all", "binance": "largest_1s"}


def detector(**params) -> BranchingDetector:
    return BranchingDetector("BTC", "replay-simulated", Params(**params))


def minute(number: int, counts: dict) -> list:
    """Return events of the minute that ends `number` minutes after T0, and its Tick."""
    start = (number - 1) * MINUTE
    events = [
        liq_ns(start + 1 + i * SECOND // 50, venue=venue, completeness=WORDS[venue], event_id=f"{venue}{number}/{i}")
        for venue, n in counts.items()
        for i in range(n)
    ]
    return [*events, tick(ts=T0 + number * MINUTE, period_s=60)]


def up(*venues) -> list:
    return [status("up", venue, ts=T0) for venue in venues or VENUES]


def ratio_of(counts) -> float:
    mean, variance = np.mean(counts), np.var(counts, ddof=1)
    return max(0.0, 1.0 - math.sqrt(mean / variance)) if variance > mean else 0.0


# ---------------------------------------------------------------- formula
def test_vector() -> None:
    assert round(branching_ratio([0, 1, 0, 0, 2, 7, 12, 9, 3, 1, 0, 0]), 4) == 0.5857


@given(st.lists(st.integers(0, 1_000), min_size=2, max_size=50))
def test_any_counts_equal_numpy(counts) -> None:
    found = branching_ratio(counts)
    assert found == pytest.approx(ratio_of(counts), abs=1e-9)
    assert 0.0 <= found <= 1.0


def test_too_few_counts_have_no_ratio() -> None:
    assert (branching_ratio([]), branching_ratio([9])) == (None, None)
    assert (branching_ratio([0, 0, 0]), branching_ratio([5, 5, 5])) == (0.0, 0.0)


@pytest.mark.parametrize(("n", "low", "high"), [(0.0, 0.0, 0.12), (0.5, 0.4, 0.6), (0.8, 0.7, 0.9)])
def test_it_finds_the_ratio_of_a_self_exciting_process(n, low, high) -> None:
    """Clusters of mean size 1/(1-n), all offspring within their minute."""
    rng, counts = np.random.default_rng(11), []
    for _ in range(20_000):
        wave = total = int(rng.poisson(3.0))
        while wave:
            wave = int(rng.poisson(n * wave))
            total += wave
        counts.append(total)
    assert low <= branching_ratio(counts) <= high


# ---------------------------------------------------------------- detector
def test_vector_through_the_detector() -> None:
    ours = detector(hours=1, min_events=30, min_share=0.2)
    counts = [5, 0, 1, 0, 0, 2, 7, 12, 9, 3, 1, 0, 0]  # the first minute began before the feed was known
    outputs(ours, [*up("bybit"), *(fact for i, n in enumerate(counts, 1) for fact in minute(i, {"bybit": n}))])
    assert round(ours.row()["branching_ratio"], 4) == 0.5857
    assert ours.row()["branching_percentile"] is None


@st.composite
def plans(draw) -> list[tuple]:
    """Draw 90 minutes: events by venue, a word of a feed at times, how many minutes the Tick is behind."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    troubles = rng.choice((0.0, 0.03, 0.2))
    rows = []
    for _ in range(90):
        told = {venue: rng.choice((0, 0, 1, 2, 9)) for venue in VENUES if rng.random() < 0.7}
        trouble = rng.random() < troubles
        state = rng.choice(("down", "gap", "rate_limited", "up", "up")) if trouble else None
        rows.append((told, state, rng.choice(VENUES), rng.choice((2, 1, 40)) if rng.random() < troubles / 4 else 1))
    return rows


@STREAMS
@given(rows=plans())
def test_every_minute_equals_lists(rows) -> None:
    params = Params(**SMALL)
    ours = BranchingDetector("BTC", "live", params)
    counts: dict[str, dict[int, int]] = {venue: {} for venue in VENUES}
    feeds, history, now = dict.fromkeys(VENUES, True), {venue: {} for venue in VENUES}, 0
    seen = set()
    outputs(ours, [*up(), *minute(now, {})])
    for told, state, venue, step in rows:
        now += step
        steady = dict(feeds)
        if state is not None:
            outputs(ours, [status(state, venue, ts=T0 + (now - 1) * MINUTE + 1)])
            feeds[venue] = {"up": True, "rate_limited": feeds[venue]}.get(state, False)
            steady[venue] = steady[venue] and feeds[venue]
        outputs(ours, minute(now, told))
        seen |= {v for v, n in told.items() if n}
        number = T0 // MINUTE + now
        ranks, ratios = {}, {}
        for v in VENUES:
            if steady[v] and feeds[v] and step == 1:
                counts[v][now] = told.get(v, 0)
            held = [n for at, n in counts[v].items() if at > now - 60]
            good = WORDS[v] == "all" and v in seen and len(held) >= 30 and sum(held) >= params.min_events
            if good:
                ratios[v] = ratio_of(held)
                past = [r for at, r in history[v].items() if number // 5 - at <= 8_640]
                if len(past) >= params.n_min:
                    less, same = (
                        sum(c)
                        for c in zip(*((r < ratios[v] - 1e-12, abs(r - ratios[v]) <= 1e-12) for r in past), strict=True)
                    )
                    ranks[v] = 100 * (less + 0.5 * same) / len(past)
            if number % 5 == 0:
                history[v].pop(number // 5, None)
                if good:
                    history[v][number // 5] = ours.ratios()[v]
        assert ours.ratios() == pytest.approx(ratios, abs=1e-9)
        events = {v: sum(n for at, n in counts[v].items() if at > now - 60) for v in ratios}
        best = max(sorted(events), key=events.get, default=None)
        row = ours.row()
        assert row["branching_ratio"] == (None if best is None else pytest.approx(ratios[best], abs=1e-9))
        assert row["branching_percentile"] == (None if best not in ranks else pytest.approx(ranks[best]))


@STREAMS
@given(rows=plans(), data=st.data())
def test_resumed_runs_give_equal_bytes(rows, data) -> None:
    whole, part, now = detector(**SMALL), detector(**SMALL), 0
    cut = data.draw(st.integers(0, len(rows)))
    for at, (told, state, venue, step) in enumerate([({}, "up", "bybit", 1), *rows]):
        now += step
        if at == cut:
            saved, part = part.snapshot(), detector(**SMALL)
            part.restore(saved)
            assert part.snapshot() == saved
        facts = [status(state, venue, ts=T0)] if state else []
        for one in (whole, part):
            assert outputs(one, [*facts, *minute(now, told)]) == []
        assert (whole.row(), whole.ratios()) == (part.row(), part.ratios())
    assert whole.snapshot() == part.snapshot()


def test_a_minute_with_a_gap_counts_for_nothing() -> None:
    """The feed was lost and came back between two Ticks."""
    ours = detector(**SMALL)
    outputs(ours, [*up("bybit"), *minute(0, {}), *(fact for i in range(1, 40) for fact in minute(i, {"bybit": i % 7}))])
    outputs(ours, [status("gap", ts=T0), status("up", ts=T0), *minute(40, {"bybit": 500})])
    assert ours.ratios()["bybit"] == pytest.approx(ratio_of([i % 7 for i in range(1, 40)]))


def test_the_plans_reach_what_they_should() -> None:
    reached = {"ratio": 0, "both": 0, "rank": 0}

    @settings(max_examples=30, derandomize=True, database=None)
    @given(rows=plans())
    def count(rows) -> None:
        ours, now = detector(**SMALL), 0
        outputs(ours, [*up(), *minute(0, {})])
        for told, state, venue, step in rows:
            now += step
            outputs(ours, [*([status(state, venue, ts=T0)] if state else []), *minute(now, told)])
            reached["ratio"] += bool(ours.ratios())
            reached["both"] += len(ours.ratios()) == 2
            reached["rank"] += ours.row()["branching_percentile"] is not None

    count()
    assert min(reached.values()) >= 100, reached


def test_a_late_event_counts_in_its_minute() -> None:
    ours, plain = detector(**SMALL), detector(**SMALL)
    first = [*up("bybit"), *minute(0, {}), *(fact for i in range(1, 40) for fact in minute(i, {"bybit": i % 7}))]
    outputs(ours, first)
    outputs(plain, first)
    late = liq_ns(39 * MINUTE - SECOND, ts=T0 + 39 * MINUTE + SECOND)
    assert list(ours.on_late(late)) == []
    outputs(ours, minute(40, {}))
    outputs(plain, minute(40, {}))
    assert ours.ratios() != plain.ratios()
    want = [i % 7 + (i == 39) for i in range(1, 40)] + [0]
    assert ours.ratios()["bybit"] == pytest.approx(ratio_of(want))


def test_a_throttled_feed_has_none() -> None:
    ours = detector(**SMALL)
    outputs(ours, [*up(), *(fact for i in range(40) for fact in minute(i, {"binance": i % 7}))])
    assert (ours.ratios(), ours.row()["branching_ratio"]) == ({}, None)


def test_parameters_are_checked_and_state_of_others_is_refused() -> None:
    ours = detector()
    before = ours.snapshot()
    outputs(ours, [second(1), liq_ns(1, symbol="ETH"), liq_ns(1, backfill=True)])
    assert ours.snapshot() == before
    with pytest.raises(SnapshotError):
        ours.restore(detector(hours=7).snapshot())
    with pytest.raises(ValueError, match=r"hours=0 .*min_share=0.0"):
        Params(hours=0, min_share=0.0)
