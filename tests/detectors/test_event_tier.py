"""All detectors in the pipeline: what they put out, what reaches the reading, what an event costs."""

import random
from time import perf_counter

import pytest

from clri.app.assemble import build_pipeline, load
from clri.detectors import DETECTORS
from clri.hosts.ticker import with_ticks
from clri.model.codec import decode_output, encode
from clri.model.facts import Liquidation
from clri.model.observation import Observation
from clri.model.price_levels import PriceLevels, SupportZones
from clri.model.reading import Reading
from clri.model.timebase import MINUTE, SECOND
from clri.model.velocity import CascadeSignal, Velocity
from clri.testing.builders import T0, feed_status, liquidation, mark_funding, tick

VENUES = ("bybit", "okx")
FACTOR = 4.0
"""Room for a busy machine; a walk over the events would cost 16 times as much."""


def storm(seconds: int, per_second: int) -> list[Liquidation]:
    """Liquidations of both venues, longs mostly, from T0 on."""
    rng, rows = random.Random(3), []
    for i in range(seconds * per_second):
        ts = T0 + 1 + i * SECOND // per_second
        side = "LONG" if rng.random() < 0.8 else "SHORT"
        price, qty = 60_000.0 + rng.gauss(0, 200), rng.expovariate(1.0)
        rows.append(
            liquidation(ts=ts, ts_venue=ts, venue=rng.choice(VENUES), price=price, qty=qty, side=side, event_id=str(i))
        )
    return rows


@pytest.fixture(scope="module")
def outputs() -> list:
    marks = [mark_funding(ts=T0 + s * SECOND, venue=v, mark=60_000.0) for s in range(0, 240, 10) for v in VENUES]
    ups = [feed_status(ts=T0 - SECOND, venue=v, channel="liquidation", state="up") for v in VENUES]
    facts = sorted([*ups, *marks, *storm(100, 10)], key=lambda fact: fact.ts)
    pipeline = build_pipeline(["BTC", "ETH"], "replay-simulated", VENUES)
    return [*pipeline.run(with_ticks(facts)), *pipeline.finish()]


def of(outputs: list, kind: type, symbol: str = "BTC") -> list:
    return [out for out in outputs if isinstance(out, kind) and out.symbol == symbol]


def test_every_detector_speaks_and_is_read_back(outputs) -> None:
    for kind in (Velocity, CascadeSignal, PriceLevels, SupportZones):
        found = of(outputs, kind)
        assert found, kind
        assert all(decode_output(encode(out)) == out for out in found)
        assert [out.ts for out in found] == sorted(out.ts for out in found)
        assert {out.mode for out in found} == {"replay-simulated"}
    assert max(out.velocity for out in of(outputs, Velocity)) == pytest.approx(10.0, abs=0.5)
    assert [zone.kind for zone in of(outputs, SupportZones)[-1].zones if zone.kind is None] == []


def test_the_quiet_symbol_stays_quiet(outputs) -> None:
    assert of(outputs, Velocity, "ETH") == []
    assert of(outputs, PriceLevels, "ETH") == []
    assert {out.signal_level for out in of(outputs, CascadeSignal, "ETH")} == {"NONE"}


def test_signal_and_branching_ratio_reach_row_and_reading(outputs) -> None:
    rows, readings = of(outputs, Observation), of(outputs, Reading)
    best = max(row.cascade_signal_max or 0.0 for row in rows)
    assert 0.4 < best <= 1.0
    assert max(reading.cascade_signal or 0.0 for reading in readings) == best
    assert best == pytest.approx(max(out.signal_strength or 0.0 for out in of(outputs, CascadeSignal)))
    assert all(reading.extra["branching_ratio"] is None for reading in readings)
    assert {"branching_ratio", "branching_percentile"} <= readings[0].extra.keys()


def test_the_newest_reading_moves_the_signal(outputs) -> None:
    assert any(out.factors["funding"] for out in of(outputs, CascadeSignal))


def cost_us(name: str, held: int) -> float:
    """Least mean cost of an event after `held` events within a minute, over five rounds, us."""
    best, measured, step = float("inf"), 2_000, MINUTE // held
    facts = storm(1, held + measured)
    facts = [
        liquidation(
            **{key: getattr(f, key) for key in ("price", "qty", "side", "venue", "event_id")},
            ts=T0 + i * step,
            ts_venue=T0 + i * step,
        )
        for i, f in enumerate(facts)
    ]
    for _ in range(5):
        operator = load(DETECTORS[name])("BTC", "live")
        for fact in facts[:held]:
            operator.on_fact(fact)
        for period in (1, 60):
            operator.on_fact(tick(ts=facts[held].ts - 1, period_s=period))
        start = perf_counter()
        for fact in facts[held:]:
            operator.on_fact(fact)
        best = min(best, perf_counter() - start)
    return best / measured * 1e6


@pytest.mark.parametrize("name", [name for name in DETECTORS if name != "cascade"])
def test_an_event_costs_the_same_whatever_is_held(name: str, record_property) -> None:
    small, large = cost_us(name, 190), cost_us(name, 3_000)
    record_property("us_per_event", round(small, 2))
    assert large < FACTOR * small
