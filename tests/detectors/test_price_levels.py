"""Price levels against sums over lists of events: horizons, widths, clusters, heat map, late events, resumed runs."""

from collections import defaultdict
from fractions import Fraction
from statistics import median

import pytest
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from clri.detectors.level_step import LevelStep
from clri.detectors.price_levels import HOURS, Params, PriceLevelDetector
from clri.model.codec import decode_output, encode
from clri.model.control import Tick
from clri.model.errors import QuarantineError, SnapshotError
from clri.model.facts import Liquidation
from clri.model.instrument import level_step, price_level
from clri.model.timebase import DAY, HOUR, MINUTE, SECOND
from clri.testing.builders import T0, liquidation, reading, tick
from tests.detectors.streams import liq, outputs, second, streams, ticks

STREAMS = settings(max_examples=40, phases=[Phase.explicit, Phase.reuse, Phase.generate])
MIDNIGHT = (T0 // DAY + 1) * DAY


def detector(symbol: str = "BTC", **params) -> PriceLevelDetector:
    return PriceLevelDetector(symbol, "replay-simulated", Params(**params))


def minute(end: int) -> Tick:
    return tick(ts=end, period_s=60)


def micro(usd: float) -> int:
    return int(Fraction(usd * 1e6) + Fraction(1, 2))


def minute_end(t: int) -> int:
    return -(-t // MINUTE) * MINUTE


def truth(events: list[Liquidation], now: int, hours: int, step: float) -> dict:
    """Sums by level and side of the events in (now - hours, now]; above a day in whole hours."""
    found: dict = defaultdict(lambda: {"count": 0, "usd": 0, "qty": 0, "venues": defaultdict(int), "times": []})
    for e in events:
        end = minute_end(e.ts_venue)
        last = end if hours <= 24 else -(-end // HOUR) * HOUR
        if end <= now and last > now - hours * HOUR:
            at = found[price_level(e.price, step), e.side]
            at["count"] += 1
            at["usd"] += micro(e.usd)
            at["qty"] += round(e.qty * 1e8)
            at["venues"][e.venue] += micro(e.usd)
            at["times"].append(e.ts_venue)
    return found


def check(found, events: list[Liquidation], step: float = 100.0) -> None:
    """Compare an output with the truth."""
    assert [horizon.hours for horizon in found.horizons] == list(HOURS)
    for horizon in found.horizons:
        want = truth(events, found.ts, horizon.hours, step)
        assert horizon.level_count == len(want) == len(horizon.levels)
        assert horizon.event_count == sum(at["count"] for at in want.values())
        assert horizon.total_usd == sum(at["usd"] for at in want.values()) / 1e6
        assert [level.usd for level in horizon.levels] == sorted((level.usd for level in horizon.levels), reverse=True)
        for level in horizon.levels:
            at = want[level.price_level, level.side]
            assert (level.count, level.usd, level.qty) == (at["count"], at["usd"] / 1e6, at["qty"] / 1e8)
            assert level.venues == {v: usd / 1e6 for v, usd in sorted(at["venues"].items()) if usd}
            assert (level.first_ts, level.last_ts) == (min(at["times"]), max(at["times"]))


# ---------------------------------------------------------------- levels
def test_vector_of_the_level() -> None:
    facts = [liq(i, price=price, qty=1.0) for i, price in enumerate((67_234.0, 67_245.0, 67_289.0))]
    (found,) = outputs(detector(), [*facts, minute(T0 + MINUTE)])
    (level,) = found.horizons[0].levels
    assert (level.price_level, level.count, level.qty, level.side, level.step) == (67_200.0, 3, 3.0, "LONG", 100.0)


def test_vectors_of_the_step() -> None:
    assert [level_step(p) for p in (3_500.0, 152.0, 0.41, 0.083)] == [5.0, 0.2, 0.0005, 0.0001]
    assert price_level(0.0834, 0.0001) == 0.0834
    assert price_level(0.3, 0.1) == 0.3  # 0.3/0.1 = 2.9999999999999996


@STREAMS
@given(stream=streams())
def test_every_minute_equals_sums_over_lists(stream) -> None:
    ours, events, last = detector(shown=10_000), [], None
    for how, fact in stream:
        found = list(ours.on_late(fact) if how == "late" else ours.on_fact(fact))
        if isinstance(fact, Liquidation):
            events.append(fact)
        for out in found:
            assert out.ts == fact.boundary
            check(out, events)
            last = out
    event("some output" if last else "none")
    now = T0 + HOUR
    outputs(ours, [minute(now)])
    clusters = ours.clusters(hours=4)
    want: dict = defaultdict(lambda: [0, 0, 0, set()])
    for (level, side), at in truth(events, now, 4, 100.0).items():
        cell = want[level]
        cell[0] += at["count"]
        cell[1] += at["usd"]
        cell[2] += at["usd"] if side == "LONG" else 0
        cell[3] |= {v for v, usd in at["venues"].items() if usd}
    rows = sorted(((-usd, p, n, long, v) for p, (n, usd, long, v) in want.items() if n >= 2), key=lambda r: r[:2])[:20]
    assert [(c.price_level, c.liquidation_count, c.total_value_usd) for c in clusters] == [
        (p, n, -usd / 1e6) for usd, p, n, _, _ in rows
    ]
    for cluster, (usd, _, _, long, venues) in zip(clusters, rows, strict=True):
        assert cluster.exchanges == sorted(venues)
        assert cluster.long_percentage == pytest.approx(-100 * long / usd if usd else 0.0, abs=0.0501)


def sparse(draw_hours) -> list:
    """Events hours apart, with the minute Ticks around them and one at every hour."""
    rows, t = [], T0 // HOUR * HOUR
    for i, (hours, price, size) in enumerate(draw_hours):
        t += hours * HOUR // 4
        rows.append(liquidation(ts=t + 7, ts_venue=t + 7, price=price, qty=size, event_id=str(i)))
    ends = {minute_end(f.ts_venue) for f in rows} | set(range(T0 // HOUR * HOUR, t + 9 * DAY, 7 * HOUR + MINUTE))
    return sorted([*rows, *map(minute, ends)], key=lambda f: f.boundary if isinstance(f, Tick) else f.ts_venue)


hours_apart = st.lists(
    st.tuples(st.integers(0, 200), st.sampled_from((60_010.0, 60_110.0, 59_000.0)), st.floats(0.001, 9)), max_size=25
)


@STREAMS
@given(rows=hours_apart)
def test_every_horizon_forgets_when_its_time_has_come(rows) -> None:
    ours, events = detector(), []
    for fact in sparse(rows):
        found = ours.on_fact(fact)
        if isinstance(fact, Liquidation):
            events.append(fact)
        for out in found:
            check(out, events)
    assert not ours.clusters(168)
    assert all(not horizon.totals and not list(horizon) for horizon in ours._horizons)


@STREAMS
@given(stream=streams(seconds=200), rows=hours_apart, data=st.data())
def test_resumed_runs_give_equal_bytes(stream, rows, data) -> None:
    facts = [
        *stream,
        *(("fact", fact) for fact in sparse(rows) if getattr(fact, "boundary", fact.ts) > T0 + 210 * SECOND),
    ]
    whole, part = detector("ETH" if data.draw(st.booleans()) else "BTC"), None
    part = detector(whole.symbol)
    cut = data.draw(st.integers(0, len(facts)))
    for at, (how, fact) in enumerate(facts):
        if at == cut:
            saved, part = part.snapshot(), detector(whole.symbol)
            part.restore(saved)
            assert part.snapshot() == saved
        a, b = (list(x.on_late(fact) if how == "late" else x.on_fact(fact)) for x in (whole, part))
        assert [encode(out) for out in a] == [encode(out) for out in b]
        assert all(decode_output(encode(out)) == out for out in a)
    assert whole.snapshot() == part.snapshot()
    assert (whole.clusters(24), whole.heat_map()) == (part.clusters(24), part.heat_map())


def test_a_late_event_joins_its_minute_and_moves_its_first_time() -> None:
    ours = detector()
    outputs(ours, [liq(55, 1e5, price=60_050.0), minute(T0 + MINUTE)])
    late = liq(50, 3e5, price=60_060.0, venue="okx")
    assert list(ours.on_late(late)) == []
    (found,) = outputs(ours, [minute(T0 + 2 * MINUTE)])
    (level,) = found.horizons[0].levels
    assert (level.count, level.usd, level.first_ts, level.last_ts) == (2, 4e5, late.ts_venue, T0 + 55 * SECOND)
    assert outputs(ours, [minute(T0 + 61 * MINUTE)])[0].horizons[0].levels == []


def test_a_late_event_on_a_level_of_its_own_leaves_with_its_minute() -> None:
    ours = detector()
    outputs(ours, [minute(T0 + MINUTE), liq(61, 1e5, price=60_050.0), minute(T0 + 2 * MINUTE)])
    ours.on_late(liq(59, 3e5, price=61_000.0))
    (found,) = outputs(ours, [minute(T0 + 3 * MINUTE)])
    assert [level.price_level for level in found.horizons[0].levels] == [61_000.0, 60_000.0]
    (found,) = outputs(ours, [minute(T0 + 61 * MINUTE)])
    assert [level.price_level for level in found.horizons[0].levels] == [60_000.0]


def test_nothing_is_said_while_nothing_changes() -> None:
    ours = detector()
    found = outputs(ours, [liq(1), *ticks(1, 300)])
    assert len(found) == 1
    assert (found[0].ts - T0) % MINUTE == 0


def test_only_the_largest_are_shown_and_the_rest_is_counted() -> None:
    facts = [liq(i, 1e3 * (i + 1), price=60_000.0 + 100 * i) for i in range(8)]
    (found,) = outputs(detector(shown=3), [*facts, minute(T0 + MINUTE)])
    horizon = found.horizons[0]
    assert [level.usd for level in horizon.levels] == [8e3, 7e3, 6e3]
    assert (horizon.level_count, horizon.event_count, horizon.total_usd) == (8, 8, 36e3)


def test_completeness_marks_lower_bounds() -> None:
    facts = [liq(1, 3e4), liq(2, 1e4, completeness="partial", venue="hyperliquid")]
    (found,) = outputs(detector(), [*facts, minute(T0 + MINUTE)])
    assert [horizon.completeness for horizon in found.horizons] == [0.75] * 4


# ---------------------------------------------------------------- width
def test_the_width_moves_at_midnight_and_only_out_of_its_band() -> None:
    rule = LevelStep(None, 0.001)
    assert rule.at(3_500.0) == 5.0
    closes = []
    for day, price in enumerate((3_500.0, 9_000.0, 9_500.0, 9_800.0, 9_900.0, 10_100.0, 10_300.0, 12_000.0), start=1):
        rule.see(price)
        rule.midnight(day * DAY)
        rule.midnight(day * DAY)  # a day counts once
        closes.append(price)
        want, before = 0.001 * median(closes[-7:]), 5.0
        assert rule.step == (before if want <= 10.0 else level_step(want * 1000)), day
        assert rule.state().closes == closes[-7:]
    rule = LevelStep(None, 0.001)
    rule.see(100.0)
    assert rule.at(1.0) == 0.1  # the price of the reading comes first
    rule.midnight(DAY)
    rule.midnight(2 * DAY)  # a day without a price has no close
    assert rule.state().closes == [100.0]


def test_levels_of_a_former_width_keep_it() -> None:
    ours = detector("ETH", steps=())
    at = MIDNIGHT - 10 * MINUTE
    outputs(ours, [liquidation(symbol="ETH", ts=at, ts_venue=at, price=3_512.0)])
    ours.on_reading(reading(symbol="ETH", ts=MIDNIGHT, price=35_000.0))
    after = liquidation(symbol="ETH", ts=MIDNIGHT + 1, ts_venue=MIDNIGHT + 1, price=35_120.0)
    found = outputs(ours, [minute(MIDNIGHT), after, minute(MIDNIGHT + MINUTE)])
    assert [out.step for out in found] == [50.0, 50.0]
    assert {(level.price_level, level.step) for level in found[-1].horizons[0].levels} == {
        (3_510.0, 5.0),
        (35_100.0, 50.0),
    }


def test_a_fixed_width_stays() -> None:
    ours = detector("BTC")
    for day in range(9):
        ours.on_reading(reading(price=600_000.0))
        outputs(ours, [minute(MIDNIGHT + day * DAY)])
    (found,) = outputs(ours, [liq(12 * 86_400, price=600_050.0), minute(MIDNIGHT + 13 * DAY)])
    assert found.step == 100.0


# ---------------------------------------------------------------- clusters and heat map
def test_clusters_join_both_sides_and_leave_out_lone_events() -> None:
    facts = [
        liq(1, 3e4, price=67_234.0),
        liq(2, 1e4, price=67_290.0, side="SHORT", venue="okx"),
        liq(3, 9e9, price=70_000.0),
    ]
    ours = detector()
    outputs(ours, [*facts, minute(T0 + MINUTE)])
    (found,) = ours.clusters()
    assert (found.price_level, found.liquidation_count, found.total_value_usd) == (67_200.0, 2, 4e4)
    assert (found.long_percentage, found.exchanges) == (75.0, ["bybit", "okx"])
    for hours in (0, 169):
        with pytest.raises(ValueError, match=f"hours was {hours}; expected 1..168"):
            ours.clusters(hours)


def test_the_heat_map_adds_up_by_span_and_level() -> None:
    ours, base = detector(), (T0 // HOUR + 1) * HOUR
    rows = [
        (base + 1, 60_010.0, "LONG"),
        (base + 59 * MINUTE, 60_020.0, "SHORT"),
        (base + 61 * MINUTE, 60_010.0, "LONG"),
    ]
    facts = [liquidation(ts=t, ts_venue=t, price=p, side=s, qty=1.0) for t, p, s in rows]
    outputs(ours, [*facts, minute(base + 2 * HOUR)])
    found = ours.heat_map()
    assert [(c.ts - base, c.price_level, c.count, c.long_usd, c.short_usd) for c in found] == [
        (HOUR, 60_000.0, 2, 60_010.0, 60_020.0),
        (2 * HOUR, 60_000.0, 1, 60_010.0, 0.0),
    ]
    assert [c.ts - base for c in ours.heat_map(15)] == [15 * MINUTE, HOUR, 75 * MINUTE]
    with pytest.raises(ValueError, match="divisor of 1440"):
        ours.heat_map(7)
    outputs(ours, [minute(base + 25 * HOUR)])
    assert [c.ts - base for c in ours.heat_map()] == [2 * HOUR]


# ---------------------------------------------------------------- refusals
def test_what_is_not_ours_changes_nothing() -> None:
    ours = detector()
    before = ours.snapshot()
    outputs(ours, [liq(1, symbol="ETH"), liq(1, backfill=True), second(1)])
    for wrong in (liq(1, 1e13), liq(1, price=1e300), liq(1, qty=float("inf"))):
        with pytest.raises(QuarantineError):
            ours.on_fact(wrong)
    assert ours.snapshot() == before
    with pytest.raises(SnapshotError):
        ours.restore(detector(shown=7).snapshot())
    with pytest.raises(ValueError, match=r"steps\.BTC=0\.0"):
        Params(steps=(("BTC", 0.0),))


def test_sums_beyond_64_bits_are_saved_exactly() -> None:
    ours = detector()
    outputs(ours, [liq(i, 9e12, price=60_000.0, qty=1e14) for i in range(5)])
    outputs(ours, [minute(T0 + MINUTE)])
    again = detector()
    again.restore(ours.snapshot())
    assert again.clusters()[0].total_value_usd == 4.5e13
