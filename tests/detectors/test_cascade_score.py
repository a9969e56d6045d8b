"""Factors and risk score: the vectors of SCORES 5, edges, parameters."""

import pytest
from hypothesis import given

from clri.detectors.cascade_score import NAMES, WEIGHTS, Params, factors, risk_score
from clri.detectors.liquidation_window import LiquidationWindow, event_of
from clri.model.levels import cascade_band
from clri.model.timebase import SECOND
from tests.detectors.streams import VENUES, liq, liquidations

SEVEN = (
    ("binance", "LONG", 168_086.0, 67_234.5),
    ("bybit", "LONG", 131_250.0, 67_248.0),
    ("binance", "LONG", 154_900.0, 67_223.0),
    ("bybit", "LONG", 64_300.0, 67_355.0),
    ("bybit", "LONG", 122_264.0, 67_153.0),
    ("binance", "SHORT", 167_600.0, 67_151.0),
    ("bybit", "LONG", 66_800.0, 67_290.0),
)


def seven() -> list:
    return [liq(at, usd, venue=venue, side=side, price=price) for at, (venue, side, usd, price) in enumerate(SEVEN)]


def window_of(facts) -> LiquidationWindow:
    window = LiquidationWindow(60 * SECOND, 100_000 * 10**6, 10_000)
    for fact in facts:
        window.add(event_of(fact))
    return window


def test_vector_seven_events() -> None:
    window = window_of(seven())
    found = factors(window, 100_000.0, Params())
    assert window.usd == 875_200 * 10**6
    assert [round(value, 4) for value in found] == [2.0, 0.7, 1.6009, 1.2340, 1.7004, 1.0]
    assert round(risk_score(found), 4) == 1.4503
    assert cascade_band(risk_score(found)) == "HIGH"


def test_vector_seven_events_with_a_higher_threshold() -> None:
    found = factors(window_of(seven()), 600_000.0, Params())
    assert round(found[0], 4) == 1.4587
    assert round(risk_score(found), 4) == 1.3150


def test_vector_twenty_one_equal_events() -> None:
    facts = [liq(i, 200_000.0, venue=VENUES[i % 3], price=67_000.0) for i in range(21)]
    assert risk_score(factors(window_of(facts), 100_000.0, Params())) == 2.0


@pytest.mark.parametrize(
    ("factor", "facts", "expected"),
    [
        ("volume", [liq(0, 50_000.0)], 0.5),
        ("volume", [liq(0, 200_000.0)], 2.0),
        ("volume", [liq(0, 900_000.0)], 2.0),
        ("time_compression", [liq(i) for i in range(10)], 1.0),
        ("time_compression", [liq(i) for i in range(20)], 2.0),
        ("time_compression", [liq(i) for i in range(21)], 2.0),
        ("price_clustering", [liq(0)], 2.0),
        ("price_clustering", [liq(0, price=100.0), liq(1, price=101.0)], 2 * (1 - 0.5 / 100.5 / 0.005)),
        ("price_clustering", [liq(0, price=100.0), liq(1, price=120.0)], 0.0),
        ("side_imbalance", [liq(0, side="SHORT")], 2.0),
        ("side_imbalance", [liq(0, 3.0, side="SHORT"), liq(1, 1.0)], 1.0),
        ("side_imbalance", [liq(0, 3.0, side="SHORT"), liq(1, 3.0)], 0.0),
        ("institutional", [liq(0, 100_000.0), liq(1, 50_000.0), liq(2, 50_000.0)], 1.0),
        ("cross_exchange", [liq(0, 1e5, venue="okx")], 0.0),
        ("cross_exchange", [liq(0, 1e5, venue="okx"), liq(0, 1e5, venue="gate")], 1.0),
        ("cross_exchange", [liq(0, 1e5, venue=venue) for venue in VENUES[:3]], 2.0),
        ("cross_exchange", [liq(0, 1e5, venue=venue) for venue in VENUES], 2.0),
        ("cross_exchange", [liq(0, 1e5, venue="okx"), liq(0, 900.0, venue="gate")], 0.0),
    ],
)
def test_each_factor(factor, facts, expected) -> None:
    found = factors(window_of(facts), 100_000.0, Params())
    assert found[NAMES.index(factor)] == pytest.approx(expected, abs=1e-4)


def test_an_empty_window_scores_zero() -> None:
    assert factors(window_of([]), 100_000.0, Params()) == (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def test_events_below_half_a_micro_dollar_divide_nothing_by_zero() -> None:
    found = factors(window_of([liq(0, 1e-9)]), 100_000.0, Params())
    assert found == (0.0, 0.1, 2.0, 0.0, 0.0, 0.0)


@given(facts=liquidations())
def test_every_factor_and_the_score_stay_in_range(facts) -> None:
    window = LiquidationWindow(60 * SECOND, 100_000 * 10**6, 10_000)
    for fact in facts:
        event = event_of(fact)
        window.expire(event.t)
        window.add(event)
        found = factors(window, 100_000.0, Params())
        assert all(0.0 <= value <= 2.0 for value in (*found, risk_score(found)))


def test_weights_are_those_of_the_reference() -> None:
    assert tuple(WEIGHTS) == (25, 20, 20, 15, 15, 5)
    assert sum(WEIGHTS) == 100


@pytest.mark.parametrize(
    ("found", "risk", "band"),
    [
        ((0.0, 0.0, 0.0, 0.0, 0.0, 0.0), 0.0, "LOW"),
        ((0.0, 2.0, 0.0, 2.0, 0.0, 0.0), 0.7, "MODERATE"),
        ((0.0, 2.0, 0.0, 1.999999, 0.0, 0.0), 0.69999985, "LOW"),
        ((1.0, 1.0, 1.0, 1.0, 1.0, 1.0), 1.0, "HIGH"),
        ((1.0, 1.0, 1.0, 1.0, 1.0, 0.999999), 0.99999995, "MODERATE"),
        ((1.5, 1.5, 1.5, 1.5, 1.5, 1.5), 1.5, "EXTREME"),
        ((1.5, 1.5, 1.5, 1.5, 1.499999, 1.5), 1.49999985, "HIGH"),
        ((2.0, 2.0, 2.0, 2.0, 2.0, 2.0), 2.0, "EXTREME"),
    ],
)
def test_band_edges_are_half_open(found, risk, band) -> None:
    assert risk_score(found) == pytest.approx(risk, abs=1e-12)
    assert cascade_band(risk_score(found)) == band


@pytest.mark.parametrize(
    "wrong",
    [
        {"window": 0},
        {"min_events": 0},
        {"floor_usd": 0.0},
        {"floor_usd": float("nan")},
        {"quantile": 1.1},
        {"side_share": 0.4},
        {"venue_min_share": -0.1},
        {"price_ref": -1.0},
    ],
)
def test_parameters_out_of_range_are_named(wrong) -> None:
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        Params(**wrong)
