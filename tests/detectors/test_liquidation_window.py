"""The 60-s window against plain recomputation over the list of its events, at every step."""

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.detectors.liquidation_window import LIMIT, LiquidationWindow, Q, event_of
from clri.model.errors import QuarantineError, SnapshotError
from clri.model.timebase import SECOND
from clri.testing.builders import T0
from tests.detectors.streams import burst, liq, liq_ns, liquidations

LENGTH = 60 * SECOND
LARGE = 100_000 * 10**6


def window() -> LiquidationWindow:
    return LiquidationWindow(LENGTH, LARGE, 10_000)


def feed(target: LiquidationWindow, fact) -> None:
    event = event_of(fact)
    target.expire(event.t)
    target.add(event)


def recomputed(events, ref) -> dict:
    q = [round((e.price / ref - 1.0) * Q) for e in events]
    return {
        "n": len(events),
        "usd": sum(e.usd for e in events),
        "long": sum(e.usd for e in events if e.long),
        "complete": sum(e.usd for e in events if e.complete),
        "institutional": sum(e.usd for e in events if e.usd >= LARGE),
        "q": sum(q),
        "q2": sum(x * x for x in q),
        "venues": {
            venue: total
            for venue in sorted({e.venue for e in events})
            if (total := sum(e.usd for e in events if e.venue == venue))
        },
    }


@given(facts=liquidations())
def test_sums_equal_a_recomputation_at_every_step(facts) -> None:
    ours, seen, ref = window(), [], 0.0
    for fact in facts:
        before = [e for e in seen if e.t > fact.ts_venue - LENGTH]
        feed(ours, fact)
        seen.append(event_of(fact))
        ref = ref if before else fact.price
        inside = [e for e in seen if fact.ts_venue - LENGTH < e.t <= fact.ts_venue]
        assert list(ours) == inside
        assert ours.sums() == recomputed(inside, ref)
        assert ours.short == sum(e.usd for e in inside if not e.long)
        assert ours.oldest == inside[0].t
        prices = [e.price for e in inside]
        assert ours.price_cv == pytest.approx(statistics.pstdev(prices) / statistics.fmean(prices), abs=2e-7)


@given(facts=liquidations(), cut=st.integers(0, 60))
def test_restored_window_goes_on_as_if_never_stopped(facts, cut) -> None:
    whole, part = window(), window()
    for fact in facts[:cut]:
        feed(whole, fact)
    part.restore(whole.snapshot())
    for fact in facts[cut:]:
        feed(whole, fact)
        feed(part, fact)
        assert part.sums() == whole.sums()
    assert part.snapshot() == whole.snapshot()


def test_window_is_open_at_its_old_end_and_closed_at_its_new_one() -> None:
    ours = window()
    feed(ours, liq(0))
    assert not ours.expire(T0 + LENGTH - 1)
    assert ours.n == 1
    assert ours.expire(T0 + LENGTH)
    assert ours.n == 0
    feed(ours, liq(100))
    feed(ours, liq_ns(160 * SECOND - 1))
    assert ours.n == 2
    feed(ours, liq(160))
    assert [e.t - T0 for e in ours] == [160 * SECOND - 1, 160 * SECOND]


def test_an_emptied_window_is_a_new_one() -> None:
    ours = window()
    for fact in burst(0):
        feed(ours, fact)
    ours.expire(T0 + 2 * LENGTH)
    assert ours.snapshot() == window().snapshot()
    assert ours.price_cv is None
    assert ours.oldest is None


def test_the_reference_price_stays_when_its_event_leaves() -> None:
    ours = window()
    for fact in (liq(0, price=50_000.0), liq(59, price=60_000.0), liq(61, price=60_600.0)):
        feed(ours, fact)
    assert ours.sums()["q"] == 2_000_000 + 2_120_000
    assert ours.price_cv == pytest.approx(300.0 / 60_300.0, abs=1e-9)


def test_a_large_event_counts_from_the_micro_dollar() -> None:
    ours = window()
    feed(ours, liq(0, 100_000.0))
    feed(ours, liq(1, 99_999.999999))
    assert ours.institutional == LARGE


def test_a_venue_counts_from_exactly_its_share() -> None:
    ours = window()
    feed(ours, liq(0, 99.0, venue="binance"))
    feed(ours, liq(1, 1.0, venue="okx"))
    assert ours.venues_counted == 2
    feed(ours, liq(2, 0.000001, venue="binance"))
    assert ours.venues_counted == 1


def test_absurd_prices_stay_finite() -> None:
    ours = window()
    for at, price in enumerate((5e-324, 1e308, 60_000.0, 1e-300)):
        feed(ours, liq(at, price=price, qty=1.0))
        assert math.isfinite(ours.price_cv)
    deep = window()
    feed(deep, liq(0, price=1e9))
    feed(deep, liq(1, price=1e-3))
    deep.expire(T0 + LENGTH)
    assert deep.price_cv is None  # below the resolution of the reference
    again = window()
    again.restore(ours.snapshot())
    assert again.sums() == ours.sums()


@pytest.mark.parametrize("usd", [math.nan, math.inf, 9.3e12])
def test_a_notional_out_of_range_is_refused(usd) -> None:
    with pytest.raises(QuarantineError) as caught:
        event_of(liq(0, usd))
    assert caught.value.reason == "range"


def test_the_limit_fits_a_saved_integer() -> None:
    assert 9.1e18 < LIMIT < 2**63


def test_unreadable_state_is_refused() -> None:
    with pytest.raises(SnapshotError):
        window().restore(b"\x93\x01")
