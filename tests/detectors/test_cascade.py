"""The life of a cascade: start, update, merge, end, lost feeds, late events, the minute's fields."""

from uuid import UUID

import pytest

from clri.detectors.cascade import CascadeDetector, Params
from clri.detectors.cascade_episode import cascade_id
from clri.model.errors import QuarantineError, SnapshotError
from clri.model.timebase import MINUTE, SECOND
from clri.testing.builders import T0, mark_funding
from tests.detectors.streams import burst, liq, liq_ns, outputs, second, status, ticks
from tests.detectors.test_cascade_score import seven

HOUR_S = 3600 - (T0 // SECOND) % 3600
"""Seconds from T0 to the next full hour."""


def detector(**params) -> CascadeDetector:
    return CascadeDetector("BTC", "replay-simulated", Params(**params))


def at(update) -> float:
    return (update.ts - T0) / SECOND


# ---------------------------------------------------------------- start
def test_vector_through_the_detector() -> None:
    found = outputs(detector(min_events=7), seven())
    assert len(found) == 1
    update = found[0]
    assert (round(update.risk_score, 4), update.event_count, update.total_usd) == (1.4503, 7, 875_200.0)
    assert (update.long_usd, update.short_usd, update.side_bias) == (707_600.0, 167_600.0, "LONG")
    assert (update.price_min, update.price_max) == (67_151.0, 67_355.0)
    assert update.venues == {"binance": 490_586.0, "bybit": 384_614.0}
    assert (update.threshold_usd, update.threshold_source) == (100_000.0, "floor")
    assert (update.velocity_usd_per_h, update.events_per_min) == (875_200.0 * 60, 7.0)
    assert list(update.factors) == [
        "volume", "time_compression", "price_clustering", "side_imbalance", "institutional", "cross_exchange"
    ]  # fmt: skip
    assert (update.kind, update.state, update.severity, update.market_wide) == ("burst", "active", None, False)
    assert update.mode == "replay-simulated"


def test_vector_with_a_higher_floor() -> None:
    (update,) = outputs(detector(min_events=7, floor_usd=600_000.0), seven())
    assert round(update.risk_score, 4) == 1.3150


def test_starts_at_the_event_that_first_meets_the_condition() -> None:
    ours = detector()
    assert outputs(ours, [liq(i, 50_000.0) for i in range(4)]) == []  # 200k, four events
    (update,) = outputs(ours, [liq(10.5, 1.0)])
    assert (update.started_at, update.detected_at, update.last_met_at) == (
        T0, T0 + 10 * SECOND + SECOND // 2, T0 + 10 * SECOND + SECOND // 2
    )  # fmt: skip
    assert (update.ts, update.duration_s) == (update.detected_at, 10.5)
    assert update.ended_at is None


def test_many_small_events_are_no_cascade() -> None:
    ours = detector()
    assert outputs(ours, [liq(i / 10, 100_000.0 / 50) for i in range(49)]) == []
    assert len(outputs(ours, [liq(5, 100_000.0 / 50)])) == 1  # exactly the threshold


def test_events_out_of_the_window_do_not_count() -> None:
    assert outputs(detector(), [liq(i * 15, 50_000.0) for i in range(20)]) == []


def test_the_id_follows_from_symbol_start_and_version() -> None:
    (update,) = outputs(detector(), burst(0))
    assert update.cascade_id == str(cascade_id("BTC", T0))
    assert UUID(update.cascade_id).version == 5
    assert len({cascade_id("BTC", T0), cascade_id("ETH", T0), cascade_id("BTC", T0 + 1)}) == 3


def test_a_higher_band_is_said_at_once_and_a_lower_one_is_not() -> None:
    ours = detector()
    spread = [liq(i, 21_000.0, price=60_000.0 + 600 * i, side=("LONG", "SHORT")[i % 2]) for i in range(5)]
    (first,) = outputs(ours, spread)
    assert first.risk_score < 0.7
    found = outputs(ours, [liq(6 + i / 100, 150_000.0, price=61_000.0, venue="okx") for i in range(30)])
    assert [update.risk_score for update in found] == sorted(update.risk_score for update in found)
    assert 1 <= len(found) <= 3
    assert outputs(ours, [liq(7, 1.0, price=100_000.0)]) == []
    (update,) = outputs(ours, [second(8)])
    assert update.risk_score < update.max_risk_score


# ---------------------------------------------------------------- update, merge, end
def test_condition_holds_until_the_burst_has_left_the_window() -> None:
    ours = detector()
    found = outputs(ours, [*burst(0), *ticks(1, 130)])
    assert [at(update) for update in found[1:-1]] == list(range(1, 60))  # each second while changed
    assert {update.cascade_id for update in found} == {str(cascade_id("BTC", T0))}
    last = found[-1]
    assert (last.state, at(last)) == ("ended", 119.0)
    assert last.ended_at == last.last_met_at == T0 + 59 * SECOND
    assert (last.event_count, last.total_usd, last.duration_s) == (5, 250_000.0, 59.0)
    assert last.risk_score == found[-2].risk_score


def test_end_needs_sixty_whole_seconds_since_last_met() -> None:
    ours = detector()
    facts = [*burst(0), liq_ns(59 * SECOND + 1), *ticks(60, 200)]
    found = outputs(ours, facts)
    assert found[-1].last_met_at == T0 + 60 * SECOND
    assert (found[-1].state, at(found[-1])) == ("ended", 120.0)
    assert [update.state for update in found].count("ended") == 1


def test_nothing_is_said_while_nothing_changes() -> None:
    found = outputs(detector(), [*burst(0), *ticks(1, 118)])
    assert at(found[-1]) == 59.0


def test_met_again_before_the_end_joins_the_tail_under_one_id() -> None:
    ours = detector()
    first = [*burst(0), *ticks(1, 62)]
    tail = [liq(70, 1_000.0, price=50_000.0, venue="gate", completeness="largest_1s", side="SHORT"), *ticks(70, 99)]
    waiting = outputs(ours, first + tail)
    assert (waiting[-1].event_count, waiting[-1].price_min) == (5, 60_000.0)
    again = outputs(ours, burst(100, usd=60_000.0))
    assert again == []  # same band: said at the next Tick
    (update,) = outputs(ours, [second(101)])
    assert update.cascade_id == waiting[0].cascade_id
    assert (update.event_count, update.total_usd) == (11, 551_000.0)
    assert update.venues == {"bybit": 550_000.0, "gate": 1_000.0}
    assert update.completeness == pytest.approx(550.0 / 551.0)
    assert (update.price_min, update.price_max) == (50_000.0, 60_004.0)
    assert update.max_window_usd == 301_000.0


def test_a_tail_that_never_meets_is_dropped() -> None:
    facts = [*burst(0), *ticks(1, 62), liq(80, 40_000.0), liq(85, 40_000.0, price=1.0), *ticks(86, 130)]
    last = outputs(detector(), facts)[-1]
    assert (last.state, last.event_count, last.total_usd, last.price_min) == ("ended", 5, 250_000.0, 60_000.0)


def test_a_dropped_tail_may_belong_to_the_next_cascade() -> None:
    ours = detector()
    outputs(ours, [*burst(0), *ticks(1, 100), liq(110, 40_000.0), *ticks(110, 120)])
    (update,) = outputs(ours, burst(130, n=4))
    assert (update.started_at, update.event_count) == (T0 + 110 * SECOND, 5)
    assert update.cascade_id != str(cascade_id("BTC", T0))


def test_a_cascade_is_not_split_at_the_hour() -> None:
    facts = []
    for start in range(HOUR_S - 90, HOUR_S + 90, 20):
        facts += [*burst(start), *ticks(start + 1, start + 20)]
    facts += ticks(HOUR_S + 111, HOUR_S + 300)
    found = outputs(detector(), facts)
    assert len({update.cascade_id for update in found}) == 1
    assert found[-1].started_at < T0 + HOUR_S * SECOND < found[-1].last_met_at
    assert (found[-1].state, found[-1].event_count) == ("ended", 45)


@pytest.mark.parametrize(
    ("long_usd", "short_usd", "bias"),
    [(60.0, 40.0, "BALANCED"), (61.0, 39.0, "LONG"), (39.0, 61.0, "SHORT"), (50.0, 50.0, "BALANCED")],
)
def test_side_bias_needs_more_than_its_share(long_usd, short_usd, bias) -> None:
    facts = [liq(0, long_usd * 1e4), liq(1, short_usd * 1e4, side="SHORT")]
    assert outputs(detector(min_events=2), facts)[0].side_bias == bias


def test_completeness_is_the_share_of_complete_feeds() -> None:
    facts = [liq(0, 75_000.0), *(liq(1, 25_000.0, completeness=kind) for kind in ("sample_1s", "partial"))]
    assert outputs(detector(min_events=3), facts)[0].completeness == 0.6


# ---------------------------------------------------------------- feeds
def test_no_end_while_every_feed_is_down() -> None:
    ours = detector()
    found = outputs(ours, [*burst(0), *ticks(1, 30), status("down"), *ticks(31, 300)])
    assert [update.state for update in found].count("ended") == 0
    assert {update.state for update in found if at(update) > 30} == {"unknown"}
    assert ours.row() == {"cascade_score_max": None, "cascade_active": None}


def test_back_in_time_the_cascade_goes_on() -> None:
    ours = detector()
    facts = [*burst(0), *ticks(1, 80), status("down"), *ticks(81, 90), status("up"), *ticks(91, 92)]
    found = outputs(ours, facts)
    assert [(at(update), update.state) for update in found[-2:]] == [(81.0, "unknown"), (91.0, "active")]
    assert ours.row()["cascade_active"] is True
    assert outputs(ours, ticks(93, 130))[-1].state == "ended"


def test_back_too_late_it_ends_where_it_was_last_met() -> None:
    facts = [*burst(0), *ticks(1, 80), status("down"), *ticks(81, 900), status("up"), *ticks(901, 902)]
    last = outputs(detector(), facts)[-1]
    assert (last.state, at(last), last.ended_at) == ("ended", 901.0, T0 + 59 * SECOND)


def test_one_venue_left_is_enough() -> None:
    facts = [status("up", "okx"), *burst(0), status("down"), *ticks(1, 125)]
    assert {update.state for update in outputs(detector(), facts)} == {"active", "ended"}


def test_a_word_about_the_symbol_or_the_venue_counts_but_not_another_symbols() -> None:
    ours = detector()
    outputs(ours, [status("up", symbol="ETH")])
    assert ours.row()["cascade_active"] is None
    outputs(ours, [status("up", symbol="BTC")])
    assert ours.row()["cascade_active"] is False
    outputs(ours, [status("down", symbol="MARKET")])
    assert ours.row()["cascade_active"] is None


# ---------------------------------------------------------------- late events
def test_a_late_event_corrects_totals_and_nothing_else() -> None:
    ours = detector()
    (start,) = outputs(ours, burst(0))
    late = liq(0.2, 500_000.0, ts=T0 + 5 * SECOND, venue="okx", price=70_000.0, side="SHORT", completeness="largest_1s")
    assert list(ours.on_late(late)) == []
    (update,) = outputs(ours, [second(1)])
    assert (update.event_count, update.total_usd, update.short_usd) == (6, 750_000.0, 500_000.0)
    assert update.venues == {"bybit": 250_000.0, "okx": 500_000.0}
    assert (update.price_max, update.side_bias) == (70_000.0, "SHORT")
    assert update.completeness == pytest.approx(1 / 3)
    assert (update.risk_score, update.factors) == (start.risk_score, start.factors)
    assert (update.max_window_usd, update.started_at) == (250_000.0, T0)


def test_late_events_detect_nothing() -> None:
    ours = detector()
    for fact in burst(0, n=20):
        assert list(ours.on_late(fact)) == []
    assert outputs(ours, [second(1)]) == []
    assert ours.row() == {"cascade_score_max": 0.0, "cascade_active": False}


def test_a_late_event_before_the_start_belongs_to_nothing() -> None:
    ours = detector()
    outputs(ours, burst(10))
    ours.on_late(liq(9, 9_000.0))
    assert outputs(ours, [second(11)])[0].event_count == 5


def test_a_late_event_after_the_last_meeting_waits_in_the_tail() -> None:
    ours = detector()
    outputs(ours, [*burst(0), *ticks(1, 80)])
    ours.on_late(liq(70, 9_000.0))
    assert outputs(ours, ticks(81, 81)) == []
    outputs(ours, burst(82))
    assert outputs(ours, [second(83)])[0].event_count == 11


def test_an_event_behind_the_clock_is_treated_as_late() -> None:
    ours = detector()
    outputs(ours, burst(10))
    assert outputs(ours, [liq(10.1, 1e6)]) == []
    update = outputs(ours, [second(11)])[0]
    assert (update.total_usd, update.max_window_usd) == (1_250_000.0, 250_000.0)


# ---------------------------------------------------------------- rows, threshold, errors
def test_row_gives_the_maximum_of_its_minute() -> None:
    ours = detector()
    assert ours.row() == {"cascade_score_max": None, "cascade_active": None}
    outputs(ours, [status("up"), *ticks(0, 0)])
    assert ours.row() == {"cascade_score_max": 0.0, "cascade_active": False}
    (start,) = outputs(ours, burst(2))
    outputs(ours, ticks(3, 60))
    first = ours.row()
    assert first["cascade_active"] is True
    assert first["cascade_score_max"] >= start.risk_score
    outputs(ours, ticks(61, 120))
    second_row = ours.row()
    assert second_row["cascade_active"] is True
    assert 0.0 < second_row["cascade_score_max"] <= first["cascade_score_max"]  # still in the window at its start
    outputs(ours, ticks(121, 180))
    assert ours.row() == {"cascade_score_max": 0.0, "cascade_active": False}


def test_the_threshold_learns_from_healthy_minutes_only() -> None:
    ours = detector(n_min=2, quantile=1.0, quantile_window=1)
    outputs(ours, [status("up"), *ticks(0, 0)])  # the feed came within this minute: no sample
    outputs(ours, [liq(30 + i, 400_000.0) for i in range(4)])
    outputs(ours, ticks(60, 60))  # 1.6M
    outputs(ours, [status("down"), status("up"), liq(90, 9e6), *ticks(120, 120)])  # a gap: missing
    assert ours._threshold.n == 1
    outputs(ours, ticks(180, 180))  # 0
    assert (ours._threshold.value, ours._threshold.source) == (1_600_000.0, "adaptive")
    assert outputs(ours, burst(200, usd=300_000.0)) == []
    (update,) = outputs(ours, [liq(201, 100_000.0)])
    assert (update.threshold_usd, update.threshold_source) == (1_600_000.0, "adaptive")
    assert update.factors["volume"] == 1.0


def test_other_facts_and_other_symbols_pass() -> None:
    ours = detector()
    before = ours.snapshot()
    outputs(ours, [mark_funding(), *burst(0, symbol="ETH"), *burst(0, backfill=True)])
    assert ours.snapshot() == before
    assert ours.on_late(liq(0, symbol="ETH")) == ()
    assert ours.snapshot() == before


def test_a_sum_beyond_the_limit_is_refused_without_a_trace() -> None:
    ours = detector()
    outputs(ours, burst(0, usd=1.7e12))
    before = ours.snapshot()
    for take in (ours.on_fact, ours.on_late):
        with pytest.raises(QuarantineError):
            take(liq(0.4, 1.7e12))
        assert ours.snapshot() == before


@pytest.mark.parametrize(
    "other",
    [
        CascadeDetector("ETH", "replay-simulated"),
        CascadeDetector("BTC", "live"),
        CascadeDetector("BTC", "replay-simulated", Params(min_events=6)),
    ],
)
def test_state_of_another_detector_is_refused(other) -> None:
    with pytest.raises(SnapshotError):
        detector().restore(other.snapshot())
    with pytest.raises(SnapshotError):
        detector().restore(b"no state")


def test_a_minute_tick_alone_is_enough_to_end() -> None:
    facts = [*burst(0), *(second(60 * i, 60) for i in range(1, 5))]
    found = outputs(detector(), facts)
    assert (found[-1].state, found[-1].ended_at) == ("ended", T0 + SECOND * 2 // 5)
    assert found[-1].ts == T0 + 2 * MINUTE
