"""Support zones against exact fractions over lists of events; marks, limits, late events, resumed runs."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from clri.detectors.support_zones import Params, SupportZoneDetector, support_zones
from clri.model.codec import decode_output, encode
from clri.model.control import Tick
from clri.model.errors import QuarantineError, SnapshotError
from clri.model.facts import Liquidation
from clri.model.timebase import DAY, HOUR, MINUTE, SECOND
from clri.testing.builders import T0, liquidation, reading, tick
from tests.detectors.streams import liq, outputs, second, streams

STREAMS = settings(max_examples=40, phases=[Phase.explicit, Phase.reuse, Phase.generate])
VECTOR = (
    *((64800, 2.1), (65050, 1.4), (65120, 0.9), (66900, 5.6), (66980, 1.2), (67010, 0.5), (67300, 0.4)),
    *((68200, 0.8), (69800, 2.6), (69950, 0.7)),
)


def detector(**params) -> SupportZoneDetector:
    return SupportZoneDetector("BTC", "replay-simulated", Params(**params))


def minute(end: int) -> Tick:
    return tick(ts=end, period_s=60)


def micro(usd: float) -> int:
    return int(Fraction(usd * 1e6) + Fraction(1, 2))


def arrays(events) -> tuple:
    prices = np.array([e.price for e in events], np.float64)
    usd = np.array([micro(e.usd) for e in events], np.int64)
    return prices, usd, np.array([int(e.side == "LONG") for e in events], np.int64)


def truth(events: list[Liquidation], params: Params) -> list[tuple]:
    """(mean price, USD, LONG USD, n) of the zones, by lists; edges in floats as the formula says."""
    if len(events) < params.min_events:
        return []
    low, high = min(e.price for e in events), max(e.price for e in events)
    width = (high - low) / params.bins
    bins: list[list[Liquidation]] = [[] for _ in range(params.bins)]
    for e in events:
        bins[min(int((e.price - low) / width), params.bins - 1) if width else 0].append(e)
    rows = []
    for i, found in enumerate(bins):
        usd = sum(micro(e.usd) for e in found)
        if usd:
            mean = sum(micro(e.usd) * Fraction(e.price) for e in found) / usd
            rows.append((-usd, i, float(mean), sum(micro(e.usd) for e in found if e.side == "LONG"), len(found)))
    return [(mean, -usd / 1e6, long / 1e6, n) for usd, _, mean, long, n in sorted(rows)[: params.top]]


def check(zones, events, params) -> None:
    want = truth(events, params)
    assert [(z.total_usd, z.long_usd, z.count) for z in zones] == [(usd, long, n) for _, usd, long, n in want]
    assert [z.price_level for z in zones] == pytest.approx([mean for mean, *_ in want], rel=1e-12)
    assert [z.risk_rank for z in zones] == list(range(1, len(want) + 1))
    for zone in zones:
        assert zone.zone_strength == min(zone.total_usd / 1e6, 5.0)
        assert zone.short_usd == pytest.approx(zone.total_usd - zone.long_usd, abs=1e-6)
        assert zone.price_min <= zone.price_level * (1 + 1e-12)
        assert zone.price_level <= zone.price_max * (1 + 1e-12)


# ---------------------------------------------------------------- formula
def test_vector() -> None:
    events = [liquidation(price=float(p), usd=m * 1e6, ts_venue=T0 + i) for i, (p, m) in enumerate(VECTOR)]
    found = support_zones(*arrays(events), None)
    assert [(round(z.price_level, 2), round(z.total_usd / 1e6, 6), z.zone_strength) for z in found] == [
        (66940.39, 7.7, 5.0),
        (64945.00, 4.4, pytest.approx(4.4)),
        (69831.82, 3.3, pytest.approx(3.3)),
    ]
    assert [z.risk_rank for z in found] == [1, 2, 3]
    assert {z.kind for z in found} == {None}


def test_vector_through_the_detector_with_a_mark() -> None:
    ours = detector()
    ours.on_reading(reading(price=66_940.0))
    facts = [liq(i, m * 1e6, price=float(p)) for i, (p, m) in enumerate(VECTOR)]
    (found,) = outputs(ours, [*facts, minute(T0 + MINUTE)])
    assert [z.kind for z in found.zones] == ["RESISTANCE", "SUPPORT", "RESISTANCE"]
    assert found.zones[1].distance_pct == pytest.approx((64_945.0 / 66_940.0 - 1) * 100, abs=1e-3)
    assert (found.event_count, found.since, found.mark, found.completeness) == (10, T0, 66_940.0, 1.0)
    ours.on_reading(reading(price=66_945.0))  # past the first zone: said though nothing came
    (found,) = outputs(ours, [minute(T0 + 2 * MINUTE)])
    assert [z.kind for z in found.zones] == ["SUPPORT", "SUPPORT", "RESISTANCE"]
    ours.on_reading(reading(price=66_946.0))
    assert outputs(ours, [minute(T0 + 3 * MINUTE)]) == []
    ours.on_reading(reading(price=None))
    (found,) = outputs(ours, [minute(T0 + 4 * MINUTE)])
    assert {(z.kind, z.distance_pct) for z in found.zones} == {(None, None)}


def test_one_price_is_one_zone_and_few_events_are_none() -> None:
    same = [liquidation(ts_venue=T0 + i, usd=1e5) for i in range(10)]
    (zone,) = support_zones(*arrays(same), 60_000.0)
    assert (zone.price_level, zone.total_usd, zone.kind, zone.price_min) == (60_000.0, 1e6, "RESISTANCE", 60_000.0)
    assert support_zones(*arrays(same[:9]), None) == []


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.floats(1e-9, 1e8), st.floats(0, 1e9), st.booleans()), min_size=1, max_size=60),
    st.integers(1, 12),
    st.integers(1, 5),
)
def test_any_events_equal_exact_fractions(rows, bins, top) -> None:
    params = Params(bins=bins, top=top, min_events=1)
    events = [
        liquidation(price=price, usd=usd, side="LONG" if long else "SHORT", ts_venue=T0 + i)
        for i, (price, usd, long) in enumerate(rows)
    ]
    check(support_zones(*arrays(events), None, params), events, params)


# ---------------------------------------------------------------- detector
@STREAMS
@given(stream=streams())
def test_every_minute_equals_the_truth(stream) -> None:
    params = Params(min_events=3)
    ours, events = SupportZoneDetector("BTC", "live", params), []
    for how, fact in stream:
        found = list(ours.on_late(fact) if how == "late" else ours.on_fact(fact))
        if isinstance(fact, Liquidation):
            events.append(fact)
        for out in found:
            check(out.zones, events, params)
            assert out.event_count == len(events)
            assert out.since == min((e.ts_venue for e in events), default=None)
            total = sum(micro(e.usd) for e in events)
            complete = sum(micro(e.usd) for e in events if e.completeness == "all")
            assert out.completeness == (complete / total if total else None)


@STREAMS
@given(hours=st.lists(st.integers(0, 60), min_size=1, max_size=40))
def test_an_event_leaves_after_exactly_the_look_back(hours) -> None:
    params = Params(days=2, min_events=1)
    ours, events, t = SupportZoneDetector("BTC", "live", params), [], T0
    for i, gap in enumerate(hours):
        t += gap * HOUR
        word = ("all", "partial")[i % 3 == 0]
        price, usd = 60_000.0 + 7 * (i * i % 11), 1e3 * (i + 1)
        fact = liquidation(ts=t, ts_venue=t, price=price, usd=usd, completeness=word)
        events.append(fact)
        for out in outputs(ours, [fact, minute(-(-t // MINUTE) * MINUTE)]):
            held = [e for e in events if e.ts_venue > out.ts - 2 * DAY]
            check(out.zones, held, params)
            whole = sum(e.usd for e in held if e.completeness == "all")
            assert out.completeness == pytest.approx(whole / sum(e.usd for e in held))
    (end,) = outputs(ours, [minute(t + 2 * DAY)])
    assert (end.zones, end.event_count, end.since, end.completeness) == ([], 0, None, None)


@STREAMS
@given(stream=streams(seconds=200), data=st.data())
def test_resumed_runs_give_equal_bytes(stream, data) -> None:
    whole, part = detector(min_events=2), detector(min_events=2)
    cut = data.draw(st.integers(0, len(stream)))
    for at, (how, fact) in enumerate(stream):
        if at == cut:
            saved, part = part.snapshot(), detector(min_events=2)
            part.restore(saved)
            assert part.snapshot() == saved
        if at % 40 == 0:
            for one in (whole, part):
                one.on_reading(reading(price=60_000.0 + at))
        a, b = (list(x.on_late(fact) if how == "late" else x.on_fact(fact)) for x in (whole, part))
        assert [encode(out) for out in a] == [encode(out) for out in b]
        assert all(decode_output(encode(out)) == out for out in a)
    assert (whole.snapshot(), whole.zones()) == (part.snapshot(), part.zones())


def test_memory_is_bounded_and_since_tells_what_is_counted() -> None:
    ours = detector(most=1_000)
    facts = [liq(i / 1000, price=60_000.0 + i % 7) for i in range(9_000)]
    (found,) = outputs(ours, [*facts, minute(T0 + MINUTE)])
    assert (found.event_count, found.since) == (1_000, T0 + 8 * SECOND)
    assert len(ours._t) <= 2_100


# ---------------------------------------------------------------- refusals
def test_what_is_not_ours_changes_nothing() -> None:
    ours = detector()
    before = ours.snapshot()
    outputs(ours, [liq(1, symbol="ETH"), liq(1, backfill=True), second(1)])
    for wrong in (liq(1, 1e13), liq(1, price=0.0), liq(1, price=float("nan"))):
        with pytest.raises(QuarantineError):
            ours.on_fact(wrong)
    assert ours.snapshot() == before
    outputs(ours, [liq(1, 9e12)])
    with pytest.raises(QuarantineError, match="sum of liquidations"):
        ours.on_fact(liq(2, 9e12))
    with pytest.raises(SnapshotError):
        ours.restore(detector(bins=7).snapshot())
    with pytest.raises(ValueError, match=r"bins=0 .*most=5"):
        Params(bins=0, most=5)
