"""Streams of facts for the event tier: short builders and hypothesis strategies."""

import random

from hypothesis import strategies as st

from clri.model.control import FeedStatus, Tick
from clri.model.facts import Liquidation
from clri.model.timebase import MINUTE, SECOND
from clri.testing.builders import T0, feed_status, liquidation, tick

VENUES = ("binance", "bybit", "okx", "gate")
STATES = ("up", "down", "stale", "gap", "geo_blocked", "disabled", "unsupported", "rate_limited")


def liq(at: float, usd: float = 50_000.0, **changes) -> Liquidation:
    """Return a liquidation `at` seconds after T0."""
    return liq_ns(round(at * SECOND), usd, **changes)


def liq_ns(at: int, usd: float = 50_000.0, **changes) -> Liquidation:
    """Return a liquidation `at` ns after T0, received at once."""
    return liquidation(**({"ts": T0 + at, "ts_venue": T0 + at, "usd": usd} | changes))


def second(at: int, period_s: int = 1) -> Tick:
    """Return the Tick `at` whole seconds after T0."""
    return tick(ts=T0 + at * SECOND, period_s=period_s)


def status(state: str, venue: str = "bybit", **changes) -> FeedStatus:
    """Return the word of a venue's liquidation feed."""
    return feed_status(**({"venue": venue, "state": state} | changes))


def ticks(first: int, last: int) -> list[Tick]:
    """Return the Ticks of the seconds first..last, with the 60-s Tick after the 1-s Tick of its time."""
    out = []
    for at in range(first, last + 1):
        out.append(second(at))
        if (T0 + at * SECOND) % MINUTE == 0:
            out.append(second(at, 60))
    return out


def outputs(operator, facts) -> list:
    """Return everything that the operator says about the facts."""
    return [out for fact in facts for out in operator.on_fact(fact)]


def burst(at: float, n: int = 5, usd: float = 50_000.0, **changes) -> list[Liquidation]:
    """Return n events within the second after `at`."""
    return [liq(at + i / 10, usd, price=60_000.0 + i, **changes) for i in range(n)]


@st.composite
def liquidations(draw, *, seconds: int = 300) -> list[Liquidation]:
    """Draw bursts and lone events in order of event time: many on whole seconds, some at equal times."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    shape = st.tuples(st.integers(0, seconds), st.integers(1, 14), st.sampled_from((0, 1, 10, 40)))
    bursts = draw(st.lists(shape, min_size=1, max_size=7))
    times = [
        min(max(0, start * SECOND + rng.randint(0, width * SECOND) - SECOND // 2), seconds * SECOND)
        for start, n, width in bursts
        for _ in range(n)
    ]
    spread = rng.choice((0.0, 0.0005, 0.005, 0.05))
    scale = rng.choice((1e3, 3e4, 1e5))
    rows = []
    for i, moment in enumerate(times):
        at = moment // SECOND * SECOND if rng.random() < 0.3 else moment
        usd = rng.choice((rng.expovariate(1 / scale), rng.expovariate(1 / scale), 1e5, 99_999.999999, 1e-7, 2e4))
        price = 60_000.0 * (1.0 + spread * rng.uniform(-1.0, 1.0))
        side = "LONG" if rng.random() < 0.7 else "SHORT"
        completeness = "all" if rng.random() < 0.7 else "largest_1s"
        venue = rng.choice(VENUES)
        rows.append(
            liq_ns(at, usd, price=price, side=side, venue=venue, completeness=completeness, event_id=f"{i:03d}")
        )
    return sorted(rows, key=lambda fact: (fact.ts_venue, fact.venue, fact.event_id))


@st.composite
def streams(draw, *, seconds: int = 300) -> list[tuple[str, object]]:
    """Draw what a detector may meet: ("fact" | "late", fact) in the order of a reorder buffer, with words of feeds."""
    rows = [((fact.ts_venue, 0), "fact", fact) for fact in draw(liquidations(seconds=seconds))]
    rows += [((fact.boundary, 1 + fact.period_s), "fact", fact) for fact in ticks(1, seconds)]
    for _ in range(draw(st.integers(0, 4))):
        at = T0 + draw(st.integers(0, seconds)) * SECOND + draw(st.integers(1, SECOND - 1))
        word = status(draw(st.sampled_from(STATES)), draw(st.sampled_from(VENUES)), ts=at)
        rows.append(((at, 0), "fact", word))
    if draw(st.booleans()):  # an outage of all, and perhaps the end of it
        at = T0 + draw(st.integers(0, seconds)) * SECOND + 1
        rows += [((at, 0), "fact", status("down", venue, ts=at)) for venue in VENUES]
        back = at + draw(st.integers(1, 200)) * SECOND
        rows.append(((back, 0), "fact", status("up", "okx", ts=back)))
    for i in range(draw(st.integers(0, 4))):
        at = draw(st.integers(30, seconds)) * SECOND + 2
        lag = draw(st.integers(1, 28)) * SECOND
        fact = liq_ns(at - lag, 7_000.0, ts=T0 + at, venue="gate", price=55_000.0, event_id=f"late{i}")
        rows.append(((T0 + at, 0), "late", fact))
    return [(how, fact) for _, how, fact in sorted(rows, key=lambda row: row[0])]
