"""The cost of an event does not grow with the events in the window (RELIABILITY 6.2, T4)."""

import random
from time import perf_counter

from clri.detectors.cascade import CascadeDetector
from clri.model.timebase import SECOND
from tests.detectors.streams import VENUES, liq_ns

MEASURED = 3_000
FACTOR = 4.0
"""Room for a busy machine; a recomputed window would cost 16 times as much."""


def cost_us(in_window: int) -> float:
    """Return the least mean cost of an event with `in_window` events in the window, over five rounds, us."""
    rng, step, best = random.Random(7), 60 * SECOND // in_window, float("inf")
    facts = [
        liq_ns(
            i * step,
            rng.expovariate(1 / 30_000.0),
            price=rng.gauss(60_000.0, 50.0),
            venue=rng.choice(VENUES),
            side=rng.choice(("LONG", "SHORT")),
        )
        for i in range(in_window + MEASURED)
    ]
    for _ in range(5):
        ours = CascadeDetector("BTC", "replay-simulated")
        for fact in facts[:in_window]:
            ours.on_fact(fact)
        start = perf_counter()
        for fact in facts[in_window:]:
            ours.on_fact(fact)
        best = min(best, perf_counter() - start)
        assert abs(ours._window.n - in_window) <= 1
    return best / MEASURED * 1e6


def test_an_event_costs_the_same_in_a_small_and_in_a_large_window(record_property) -> None:
    small, large = cost_us(190), cost_us(3_000)
    record_property("us_per_event_190", round(small, 2))
    record_property("us_per_event_3000", round(large, 2))
    print(f"us per event: {small:.2f} with 190, {large:.2f} with 3,000 events in the window")  # noqa: T201
    assert large < FACTOR * small
