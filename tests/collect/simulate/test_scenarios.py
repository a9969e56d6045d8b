"""What comes of each scenario: signs and sizes of SIMULATION 4, within wide bands, on one seed."""

import numpy as np
import pytest

from clri.collect.simulate.market.output import BIDS, RATE
from clri.collect.simulate.market.output import COINS as HELD
from clri.collect.simulate.market.params import make_params
from tests.collect.simulate.runs import whole

PARAMS = make_params()


def told(name: str, seed: int = 5) -> dict[str, float]:
    """Figures of a scenario: USD liquidated in % of open interest, long share, move of BTC, funding before."""
    _, found = whole(name, seed)
    usd = found.orders[:, 5] * PARAMS.lot[found.orders[:, 1]] * found.prices[:, 0]
    oi = (found.told[HELD].sum(axis=1) * found.spot).sum(axis=1)
    second = found.orders[:, 0] // 10**9 - found.start
    return {
        "orders": len(usd),
        "share": usd.sum() / oi[0] * 100.0,
        "longs": usd[found.orders[:, 3] == 0].sum() / usd.sum(),
        "low": found.spot[:, 0].min() / found.spot[0, 0] - 1.0,
        "high": found.spot[:, 0].max() / found.spot[0, 0] - 1.0,
        "f8_bp": found.told[RATE, 299 * 60, 0, 0] * 1e4,
        "oi": oi[-1] / oi[0] - 1.0,
        "depth": found.told[BIDS].sum(axis=1)[:, 0].min() / np.median(found.told[BIDS].sum(axis=1)[:, 0]),
        "peak_s": np.bincount(second).max(),
        "best_40_min": np.convolve(np.bincount(second // 60, usd, len(found.spot) // 60), np.ones(40)).max()
        / usd.sum(),
    }


def test_calm_has_few_liquidations() -> None:
    found = told("calm")
    assert 0.01 < found["share"] < 0.8
    assert abs(found["f8_bp"]) < 4.0


def test_flat_is_silent_but_not_dead() -> None:
    found = told("flat")
    assert 5 < found["orders"] < 1500
    assert found["share"] < 0.01
    assert -0.01 < found["low"] < found["high"] < 0.01


def test_a_trend_liquidates_shorts_and_builds_interest() -> None:
    found = told("trend")
    assert 0.5 < found["share"] < 6.0
    assert found["longs"] < 0.3
    assert found["oi"] > 0.15
    assert found["f8_bp"] > 1.5


def test_a_long_squeeze_is_one_of_longs() -> None:
    found = told("long_squeeze")
    assert 1.5 < found["share"] < 12.0
    assert found["longs"] >= 0.70
    assert -0.12 < found["low"] < -0.03
    assert found["f8_bp"] > 3.0
    assert found["best_40_min"] > 0.6


def test_a_short_squeeze_is_its_mirror() -> None:
    found = told("short_squeeze")
    assert 1.0 < found["share"] < 12.0
    assert found["longs"] <= 0.30
    assert 0.03 < found["high"] < 0.12
    assert found["f8_bp"] < -4.0


def test_an_outage_stops_one_venue_only() -> None:
    world, found = whole("outage")
    inside = slice(300 * 60, 345 * 60)
    place = found.orders[:, 2]
    second = found.orders[:, 0] // 10**9 - found.start
    out = (second >= 300 * 60) & (second < 345 * 60)
    assert not (out & (place == 0)).any()
    assert (out & (place == 1)).sum() > 20
    assert (np.ptp(found.told[0, inside, 0], axis=0) == 0.0).all()
    assert (np.ptp(found.told[0, inside, 1], axis=0) > 0.0).all()
    assert ((place == 0) & (second >= 345 * 60)).any()
    assert world.out(0, 300 * 60)


@pytest.mark.parametrize("seed", [5, 77])
def test_the_crash_is_of_the_reported_size(seed: int) -> None:
    found = told("oct10", seed)
    assert 3.0 < found["share"] < 16.0
    assert 0.75 < found["longs"] < 0.90
    assert -0.22 < found["low"] < -0.06
    assert -0.45 < found["oi"] < -0.10
    assert found["depth"] < 0.06
    assert found["best_40_min"] > 0.6
    assert found["peak_s"] > 500
    _, run = whole("oct10", seed)
    assert (run.spot.min(axis=0) / run.spot[0] - 1.0)[[2, 5]].max() < -0.15, "SOL and DOGE fall further"
