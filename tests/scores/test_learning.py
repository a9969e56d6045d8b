"""History that nobody reads: scores that only learn keep the same state, and nobody misses their columns."""

import math

import numpy as np
import pytest

from clri.app.assemble import build_tier
from clri.engine.cadence import Cadence
from clri.engine.score import Learner
from clri.model.codec import encode
from tests.scores.panel_data import AT, matrix

SYMBOLS = ("BTC", "ETH", "SOL")
LEARNERS = {"percentiles", "stress", "liquidation_risk"}
T0 = 29_000_000


def panel_of(step_s: int):
    return build_tier(SYMBOLS, Cadence(step_s)).panel


def learners(step_s: int) -> list[Learner]:
    return [score for score in panel_of(step_s).scores if isinstance(score, Learner)]


def ties(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Few different values, many of them 0, some missing."""
    rng = np.random.default_rng(seed)
    x = np.round(np.abs(rng.normal(0.0, 2.0, shape)), 1) * (rng.random(shape) < 0.7)
    x[rng.random(shape) < 0.1] = math.nan
    return x


@pytest.mark.parametrize("step_s", [60, 3600, 14_400])
def test_what_is_learnt_equals_what_update_leaves(step_s: int) -> None:
    assert {score.name for score in learners(step_s)} == LEARNERS
    for score in learners(step_s):
        asked, learnt = score.state(3), score.state(3)
        x = ties((len(score.inputs), 700, 3), 5)
        for start, end in ((0, 1), (1, 333), (333, 700)):
            part = np.ascontiguousarray(x[:, start:end])
            score.update(T0 + start, asked, part, np.empty((len(score.outputs), end - start, 3)))
            score.learn(T0 + start, learnt, part)
        assert {k: v.tobytes() for k, v in learnt.items()} == {k: v.tobytes() for k, v in asked.items()}, score.name


def test_only_scores_whose_columns_nobody_reads_stay_silent() -> None:
    panel = panel_of(60)
    assert panel.unread(()) == LEARNERS
    assert panel.unread(("funding_percentile",)) == LEARNERS - {"percentiles"}
    assert panel.unread(("composite_stress", "liquidation_risk")) == {"percentiles"}


def test_silent_columns_are_missing_and_all_others_equal() -> None:
    x = matrix(600, 3, seed=3)
    asked, quiet = panel_of(3600), panel_of(3600)
    wanted = asked.block(T0, x)
    found = quiet.block(T0, x, frozenset(LEARNERS))
    mute = {c.name for score in quiet.scores if score.name in LEARNERS for c in score.outputs}
    for name, at in quiet.columns.items():
        if name in mute:
            assert np.isnan(found[at]).all(), name
        else:
            assert found[at].tobytes() == wanted[at].tobytes(), name
    assert quiet.snapshot() == asked.snapshot()


def test_a_buffer_that_was_spoken_into_is_empty_when_its_score_falls_silent() -> None:
    x = matrix(400, 3, seed=4)
    panel = panel_of(3600)
    spoken = panel.block(T0, x)
    at = panel.columns["composite_stress"]
    assert np.isfinite(spoken[at]).any()
    assert np.isnan(panel.block(T0 + 400, x, frozenset({"stress"}))[at]).all()
    assert np.isfinite(panel.block(T0 + 800, x)[at]).any()


def test_readings_after_a_warm_history_equal_those_of_a_backtest() -> None:
    x = matrix(900, 3, seed=6)
    x[AT["settled_8h"], ::8] = 1e-4
    tested, warmed = build_tier(SYMBOLS, Cadence(3600)), build_tier(SYMBOLS, Cadence(3600))
    wanted = list(tested.block(480_000, x, "live"))[700:]
    warmed.warm(480_000, x[:, :700])
    found = list(warmed.block(480_700, x[:, 700:], "live"))
    assert any(r.composite_stress is not None and r.liquidation_risk is not None for m in found for r in m.readings)
    assert any(r.extra["funding_percentile"] is not None for m in found for r in m.readings)
    assert any(e.ts for m in found for e in m.events)
    assert [encode(o) for m in found for o in m.outputs()] == [encode(o) for m in wanted for o in m.outputs()]
    assert warmed.snapshot() == tested.snapshot()
