"""Label C: vectors, a row-by-row truth, the simulator's own writing of it, and any cut of the grid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.collect.simulate.bursts import LabelC as SimulatedLabel
from clri.evaluate.label_c import LabelC, Params
from clri.model.timebase import MINUTE, SECOND

USD = 1_000_000
SMALL = Params(n_min=3, days=1)


def market(seed: int, rows: int, step_s: int) -> tuple[np.ndarray, ...]:
    """Longs, shorts (micro-USD), price and open interest with moves that go along with liquidations."""
    rng = np.random.default_rng(seed)
    moves = rng.normal(0, 0.0006 * step_s**0.5, rows)
    push = np.convolve(rng.random(rows) < 0.02 * step_s**0.5 / 4, np.ones(4))[:rows] * rng.choice([-1, 1], rows) * 0.003
    price = 100.0 * np.exp(np.cumsum(moves + push))
    usd = rng.exponential(1_000, rows) + abs(push) * 3e6
    longs = np.where(moves + push < 0, 0.8 * usd, 0.2 * usd)
    forced = (np.rint(side * USD).astype(np.int64) for side in (longs, usd - longs))
    return (*forced, price, np.full(rows, 2e7))


def slowly(grid, step_s: int, p: Params, warm: list[int]) -> tuple[list[int], list[int]]:
    """Ends of the rows (s) that meet the condition, and of those that start something."""
    longs, shorts, price, oi = grid
    rows, sums, met, starts = p.window_s // step_s, list(warm), [], []
    for k in range(len(price)):
        end = (k + 1) * step_s
        a, b = (sum(int(x) for x in side[max(0, k - rows + 1) : k + 1]) for side in (longs, shorts))
        held = sums[-p.days * 86_400 // p.window_s :]
        if k >= rows and len(held) >= p.n_min and a + b > 0:
            move = price[k] / price[k - rows] - 1.0
            against = -move if a > b else move
            enough = (a + b) / 1e6 >= p.oi_share * oi[k] and a + b >= np.quantile(held, p.quantile)
            if enough and against >= p.move:
                met.append(end)
                if not starts or end - starts[-1] >= p.quiet_min * 60:
                    starts.append(end)
        if end % p.window_s == 0 and k + 1 >= rows:
            sums.append(a + b)
    return met, starts


@pytest.mark.parametrize("step_s", [60, 20])
@pytest.mark.parametrize("seed", [0, 1, 3, 4])
def test_labels_equal_a_walk_row_by_row(seed: int, step_s: int) -> None:
    grid, warm = market(seed, 1_500, step_s), [20_000 * USD, 3_000 * USD, 5_000 * USD]
    label = LabelC(step_s, SMALL)
    label.warm(warm)
    label.take(0, *grid)
    met, starts = slowly(grid, step_s, SMALL, warm)
    assert [start.at // SECOND for start in label.starts] == starts
    spread = [end for span in label.spans for end in range(span.first // SECOND, span.last // SECOND + 1, step_s)]
    assert spread == met
    assert len(met) > len(starts) > 0


@given(st.integers(0, 50), st.lists(st.integers(1, 200), min_size=1, max_size=8))
@settings(max_examples=25, deadline=None)
def test_any_cut_of_the_grid_gives_the_same(seed: int, cuts: list[int]) -> None:
    grid = market(seed, 700, 60)
    whole, pieces = LabelC(60, SMALL), LabelC(60, SMALL)
    whole.take(0, *grid)
    at = 0
    for count in [*cuts, 700]:
        part = [column[at : at + count] for column in grid]
        if len(part[0]):
            pieces.take(at * MINUTE, *part)
        at += count
    assert (pieces.starts, pieces.spans, pieces.heavy) == (whole.starts, whole.spans, whole.heavy)


@pytest.mark.parametrize("seed", range(3))
def test_minutes_equal_the_truth_that_the_simulator_writes(seed: int) -> None:
    longs, shorts, price, oi = market(seed, 14_000, 60)
    plain, mine = SimulatedLabel(), LabelC(60)
    wanted = [
        (k + 1) * MINUTE
        for k in range(len(price))
        if plain.minute((k + 1) * MINUTE, longs[k] / 1e6, shorts[k] / 1e6, price[k], oi[k])
    ]
    mine.take(0, longs, shorts, price, oi)
    assert [start.at for start in mine.starts] == wanted
    assert wanted


def told(label: LabelC, usd: list[int], price: list[float], oi: float = 1e7, short: bool = False) -> LabelC:
    """Label over minutes in which one side is liquidated."""
    sums = np.array(usd, np.int64) * USD
    none = np.zeros(len(usd), np.int64)
    label.take(0, *((none, sums) if short else (sums, none)), np.array(price), np.full(len(usd), oi))
    return label


def minutes(label: LabelC) -> list[int]:
    return [start.at // MINUTE for start in label.starts]


FALL = [100.0] * 8 + [98.9] * 12


@pytest.mark.parametrize(
    ("usd", "price", "short", "found"),
    [
        (10_000, FALL, False, [9]),  # exactly 10 bp and -1.1 %
        (9_999, FALL, False, []),  # below 10 bp
        (10_000, [100.0] * 8 + [99.1] * 12, False, []),  # only -0.9 %
        (10_000, FALL, True, []),  # shorts are liquidated by a rise
        (10_000, [100.0] * 8 + [101.0] * 12, True, [9]),
        (10_000, [100.0] * 8 + [np.nan] * 12, False, []),
    ],
)
def test_each_part_of_the_condition_decides(usd, price, short, found) -> None:
    label = told(LabelC(60, SMALL), [0] * 8 + [usd] + [0] * 11, price, short=short)
    assert minutes(label) == []  # no quantile yet: only one 5-min sum by then
    label = LabelC(60, SMALL)
    label.warm([0, 0, 0])
    assert minutes(told(label, [0] * 8 + [usd] + [0] * 11, price, short=short)) == found


def test_own_quantile_decides_where_it_is_higher_than_10_bp() -> None:
    usd = [0] * 8 + [15_000] + [0] * 11
    for past, found in ((14_000, [9]), (16_000, [])):
        label = LabelC(60, SMALL)
        label.warm([past * USD] * 3)
        assert minutes(told(label, usd, FALL)) == found
        assert bool(label.heavy) is bool(found)


def test_a_second_start_waits_an_hour() -> None:
    usd, price = [0] * 200, [100.0] * 200
    for at in (20, 50, 85):
        usd[at] = 20_000
        price[at:] = [price[at] * 0.98] * (200 - at)
    label = LabelC(60, SMALL)
    label.warm([0, 0, 0])
    told(label, usd, price)
    assert minutes(label) == [21, 86]
    assert [span.first // MINUTE for span in label.spans] == [21, 51, 86]
    assert [span.last // MINUTE for span in label.spans] == [25, 55, 90]


def test_a_step_that_does_not_divide_the_window_is_refused() -> None:
    with pytest.raises(ValueError, match="step was 7 s"):
        LabelC(7)
