"""The plain second copy of SCORES 5 and of label C, on streams that can be worked out by hand."""

import numpy as np

from clri.collect.simulate.bursts import Bursts, Hit, LabelC
from clri.detectors.cascade import CascadeDetector
from clri.model.timebase import MINUTE, SECOND


def played(bursts: Bursts, hits: list[Hit], until: int) -> list:
    """Bursts of a list of orders, second by second."""
    found = []
    for second in range(until):
        own = [hit for hit in hits if second * SECOND <= hit.at < (second + 1) * SECOND]
        found += bursts.second((second + 1) * SECOND, own)
    return found


def hits(*seconds: float, usd: float = 30_000.0, long: bool = True) -> list[Hit]:
    return [Hit(round(s * SECOND), usd, long, n % 3, n) for n, s in enumerate(seconds)]


def test_five_orders_and_the_floor_make_a_burst_that_ends_a_minute_after() -> None:
    (burst,) = played(Bursts(), hits(1.5, 2, 3, 4, 10.25), 200)
    assert (burst.started_at, burst.orders, burst.usd, burst.long_usd) == (1_500_000_000, 5, 150_000.0, 150_000.0)
    assert burst.ended_at == 61 * SECOND, "met as long as the first order is in the window"
    assert burst.places == {0: 60_000.0, 1: 60_000.0, 2: 30_000.0}


def test_four_orders_or_too_little_money_make_none() -> None:
    assert not played(Bursts(), hits(1, 2, 3, 4, usd=1e6), 200)
    assert not played(Bursts(), hits(1, 2, 3, 4, 5, usd=19_999.0), 200)
    assert not played(Bursts(), hits(1, 20, 40, 60, 61.5), 200)


def test_met_again_before_the_end_is_the_same_burst_with_its_tail() -> None:
    early, tail, late = hits(1, 2, 3, 4, 5), hits(90), hits(100, 101, 102, 103, 104)
    (burst,) = played(Bursts(), [*early, *tail, *late], 400)
    assert burst.orders == 11
    first, second = played(Bursts(), [*early, *hits(130, 131, 132, 133, 134)], 400)
    assert (first.orders, second.orders, second.number) == (5, 5, 1)
    assert second.started_at == 130 * SECOND


def test_a_tail_that_is_not_met_again_does_not_count() -> None:
    (burst,) = played(Bursts(), [*hits(1, 2, 3, 4, 5), *hits(90)], 400)
    assert burst.orders == 5


def test_the_threshold_is_the_quantile_of_a_week_or_the_floor() -> None:
    bursts = Bursts()
    sums = np.random.default_rng(1).exponential(1e6, 10_080)
    bursts.minutes(sums[:10_079].tolist())
    assert bursts.threshold == 100_000.0
    bursts.minutes(sums[10_079:].tolist())
    assert bursts.threshold == np.quantile(sums, 0.999)
    assert not played(bursts, hits(1, 2, 3, 4, 5, usd=1e6), 100)


def test_a_warmed_detector_holds_the_same_threshold() -> None:
    sums = np.random.default_rng(2).exponential(1e6, 12_000)
    sums[5] = np.nan  # a minute that nobody watched
    detector, bursts = CascadeDetector("BTC", "replay-simulated"), Bursts()
    detector.warm(MINUTE, sums.tolist())
    bursts.minutes(sums[~np.isnan(sums)].tolist())
    assert detector._threshold.value == bursts.threshold > 1e6
    assert detector._threshold.n == 11_999


def test_label_c_wants_size_move_and_side() -> None:
    def starts(longs: float, shorts: float, price: float, oi: float = 1e9) -> list[int]:
        label = LabelC()
        for minute in range(20_000):
            label.minute((minute + 1) * MINUTE, 100.0, 100.0, 100.0, oi)
        found = []
        for minute in range(20_000, 20_200):
            quiet = not 20_010 <= minute < 20_013
            values = (100.0, 100.0, price if minute >= 20_013 else 100.0) if quiet else (longs, shorts, price)
            if label.minute((minute + 1) * MINUTE, *values, oi):
                found.append(minute)
        return found

    assert starts(1e6, 1e4, 98.5) == [20_010]
    assert starts(1e4, 1e6, 101.5) == [20_010]
    assert starts(1e4, 1e6, 98.5) == [], "the move helped those who were liquidated"
    assert starts(1e6, 1e4, 99.5) == [], "hardly a move"
    assert starts(1e5, 1e4, 98.5) == [], "below 10 bp of the open interest in five minutes"


def test_label_c_keeps_silent_for_an_hour_after_a_start() -> None:
    label = LabelC()
    for minute in range(20_000):
        label.minute((minute + 1) * MINUTE, 100.0, 100.0, 100.0, 1e9)
    found = []
    for minute in range(20_000, 20_130):
        wild = (minute - 20_000) % 30 == 0
        price = 100.0 * 0.97 ** ((minute - 20_000) // 30 + 1)
        if label.minute((minute + 1) * MINUTE, 2e6 if wild else 100.0, 100.0, price, 1e9):
            found.append(minute)
    assert found == [20_000, 20_060, 20_120]
