"""Ranks of the displayed inputs against a slow truth, their windows, and the spread between venues."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clri.engine.cadence import DAY_S, Cadence
from clri.scores.percentiles import LONG, RANKED, Params, Percentiles, Ranked, Span
from clri.scores.reading import EXTRA
from clri.scores.venue_spread import VenueSpread
from tests.scores.vectors import run

NAN = math.nan
T0 = 1_000_000


def ranks(score: Percentiles, x: np.ndarray, t0: int = T0) -> np.ndarray:
    y = np.empty((len(score.outputs), *x.shape[1:]))
    score.update(t0, score.state(x.shape[2]), x, y)
    return y


def slow(x: np.ndarray, t0: int, window: int, every: int, need: int) -> np.ndarray:
    """Rank of each row among the grid rows of its window, from the whole past."""
    out = np.full(len(x), NAN)
    at = np.arange(t0, t0 + len(x))
    for t, now in enumerate(x):
        past = x[(at % every == 0) & (at < t0 + t) & (at // every >= (t0 + t - 1) // every - window + 1)]
        past = past[~np.isnan(past)]
        if now == now and len(past) >= need:
            out[t] = 100 * (np.sum(past < now) + 0.5 * np.sum(past == now)) / len(past)
    return out


def test_ranks_equal_a_slow_truth_as_the_window_slides() -> None:
    rng = np.random.default_rng(1)
    x = np.round(rng.normal(size=(1, 400, 2)), 1)
    x[rng.random(x.shape) < 0.2] = NAN
    score = Percentiles(Cadence(60), Params((Ranked("a", "a_percentile", Span(1, 0, 1_800)),)))
    score.tracks = (type(score.tracks[0])("a", type(score.tracks[0].history)(cap=20, every=3, n_min=5)),)
    y = ranks(score, x)
    for lane in range(2):
        assert y[0, :, lane] == pytest.approx(slow(x[0, :, lane], T0, 20, 3, 5), nan_ok=True)
    assert np.count_nonzero(~np.isnan(y)) > 400


def test_a_block_equals_rows_one_by_one() -> None:
    score = Percentiles(Cadence(DAY_S))
    x = np.random.default_rng(2).normal(size=(len(RANKED), 60, 2))
    whole, state = ranks(score, x), score.state(2)
    y = np.empty((len(RANKED), 1, 2))
    for t in range(60):
        score.update(T0 + t, state, np.ascontiguousarray(x[:, t : t + 1]), y)
        assert y[:, 0].tobytes() == np.ascontiguousarray(whole[:, t]).tobytes()


@pytest.mark.parametrize(
    ("step", "ranked", "cap", "every", "need"),
    [
        (60, "funding_8h", 1440, 30, 336),
        (60, "basis_pct", 1008, 10, 288),
        (300, "funding_8h", 1440, 6, 336),
        (3600, "basis_pct", 168, 1, 48),
        (4 * 3600, "basis_pct", 42, 1, 12),
        (DAY_S, "basis_pct", 12, 1, 12),
    ],
)
def test_windows_are_spans_of_time(step: int, ranked: str, cap: int, every: int, need: int) -> None:
    score = Percentiles(Cadence(step))
    history = score.tracks[score.inputs.index(ranked)].history
    assert (history.cap, history.every, history.n_min) == (cap, every, need)


def test_every_rank_is_published_once() -> None:
    names = [ranked.name for ranked in RANKED]
    assert len(set(names)) == len(names) == len({ranked.column for ranked in RANKED})
    assert set(names) <= set(EXTRA)
    assert all(name.endswith("_percentile") for name in names)
    assert LONG.days == 30


cells = st.one_of(st.just(NAN), st.floats(-1e12, 1e12), st.sampled_from([0.0, 1.0]))


@given(st.lists(cells, min_size=13, max_size=40))
def test_any_input_gives_ranks_in_range_or_nothing(values: list[float]) -> None:
    score = Percentiles(Cadence(DAY_S), Params(RANKED[:1]))
    y = ranks(score, np.array(values).reshape(1, -1, 1))[0, :, 0]
    for value, rank in zip(values, y, strict=True):
        assert rank != rank or (0.0 <= rank <= 100.0 and value == value)


# ---------------------------------------------------------------- venues apart
@pytest.mark.parametrize(
    ("low", "high", "venues", "spread", "flag"),
    [
        (-1e-4, 3e-4, 6, 4e-4, 0.0),
        (1e-4, 6e-4, 2, 5e-4, 0.0),  # not above 5 bp
        (0.0, 5.1e-4, NAN, 5.1e-4, 1.0),
        (1e-4, 1e-4, 6, 0.0, 0.0),
        (1e-4, 1e-4, 1, NAN, NAN),  # one venue spreads nothing
        (NAN, 3e-4, 6, NAN, NAN),
        (3e-4, 1e-4, 6, NAN, NAN),  # no such row
    ],
)
def test_funding_diverges_above_5_bp(low, high, venues, spread, flag) -> None:
    out = run(VenueSpread(Cadence()), [[low], [high], [venues], [NAN]])
    assert out["funding_spread"] == pytest.approx(spread, nan_ok=True)
    assert out["funding_divergence"] == pytest.approx(flag, nan_ok=True)


@pytest.mark.parametrize(("share", "flag"), [(0.7, 0.0), (0.71, 1.0), (0.2, 0.0), (NAN, NAN)])
def test_one_venue_may_hold_too_much(share: float, flag: float) -> None:
    assert run(VenueSpread(Cadence()), [[NAN], [NAN], [NAN], [share]])["oi_concentrated"] == pytest.approx(
        flag, nan_ok=True
    )
