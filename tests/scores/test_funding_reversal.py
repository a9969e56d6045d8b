"""The funding reversal: the vector, its bounds, its events, and the share of reversals that held."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.engine.cadence import Cadence
from clri.model.codec import as_map, decode_output, encode
from clri.scores.funding_reversal import FundingReversal, Params
from clri.scores.funding_slots import SLOT_S, FundingSlots
from tests.scores import lanes
from tests.scores.lanes import NAN, fill
from tests.scores.test_funding_anomaly import BP, EIGHT, columns, events, minutes, rates


def row(x, f1, f2, f3, f4=NAN, f5=NAN, settles=0.0) -> dict[str, float]:
    """Outputs of one row, in basis points."""
    values = [*(v * BP for v in (x, f1, f2, f3, f4, f5)), settles]
    return {n: v[0, 0].item() for n, v in fill(FundingReversal(EIGHT), np.array(values)[:, None, None]).items()}


def test_vector() -> None:
    out = row(6, 14, 8, 2)
    assert (out["reversal"], out["reversal_level"], out["reversal_fires"]) == (1.0, 1.0, 1.0)
    assert out["reversal_previous"] == pytest.approx(12 * BP)
    assert out["reversal_current"] == pytest.approx(-8 * BP)
    assert round(out["reversal_strength"], 4) == 0.6667
    assert out["reversal_confidence"] != out["reversal_confidence"]


@pytest.mark.parametrize(
    ("slots", "turned"),
    [
        ((3, 4, 0, 3), 1.0),  # one basis point each way
        ((3.01, 4, 0, 3), 0.0),
        ((3, 4, 0, 3.01), 0.0),
        ((5, 4, 0, 3), 0.0),  # the same way on
        ((4, 4, 0, 3), 0.0),
        ((-3, -4, 0, -3), 1.0),  # a fall that turns up
        ((NAN, 4, 0, 3), NAN),
        ((3, NAN, 0, 3), NAN),
        ((3, 4, 0, NAN), NAN),
    ],
)
def test_both_moves_must_differ_in_sign_and_reach_the_dead_band(slots, turned) -> None:
    assert row(*slots)["reversal"] == pytest.approx(turned, nan_ok=True)


@pytest.mark.parametrize(
    ("slots", "level"),
    [
        ((1, 10, 0, 2), 0.0),
        ((1, 10.1, 0, 2), 1.0),
        ((11, 9, 0, 12), 1.0),
        ((-1, -10.1, 0, -2), -1.0),
        ((1, 9, -11, 2), -1.0),
        ((8, 10, NAN, 2), 0.0),
    ],
)
def test_the_level_is_that_of_the_largest_of_three_slots(slots, level) -> None:
    assert row(*slots)["reversal_level"] == level


def test_strength_is_at_most_one() -> None:
    assert row(-9, 4, 0, 3)["reversal_strength"] == 1.0


def test_events_hold_fifteen_minutes_and_come_once_a_slot() -> None:
    found, first = minutes(np.array([2, 2, 2, 2, 8, 14]) * BP, 6 * BP, 200)
    said = [(t, e) for t, row in enumerate(events(found, Cadence())) for e in row if e.kind == "reversal"]
    ((when, event),) = said
    assert when == first + 14
    assert (event.extreme_level, event.settled) == ("EXTREMELY_HIGH", False)
    assert (event.funding_rate, event.previous_rate) == (6 * BP, 14 * BP)
    assert event.funding_change == pytest.approx(-8 * BP)
    assert event.reversal_strength == pytest.approx(2 / 3)
    assert (event.anomaly_score, event.funding_z_score, event.reasons) == (None, None, [])
    assert decode_output(encode(event)) == event
    assert as_map(event)["slot_ts"].endswith(":00:00.000Z")


def test_a_settled_reversal_fires_at_once_unless_its_slot_has_fired() -> None:
    slots = np.array([2, 2, 2, 8, 14, 6]) * BP
    seen, first = minutes(slots, 6 * BP, 60)
    assert seen["settled_reversal"][first, 0] == 1.0
    assert seen["settled_reversal_fires"].sum() == 0.0  # it ran for eight hours before
    unseen = columns([NAN] * 6, slots)
    (event,) = [e for e in events(unseen)[-1] if e.kind == "reversal"]
    assert (event.settled, event.funding_rate, event.previous_rate) == (True, 6 * BP, 14 * BP)


def outcomes(told) -> list[int]:
    """1 or 0 for each settled reversal in `told` whose next slot is known."""
    found = []
    for j in range(3, len(told) - 1):
        before, now = told[j - 1] - told[j - 3], told[j] - told[j - 1]
        turned = before * now < 0 and min(abs(before), abs(now)) >= 1 * BP - 1e-12
        if turned and told[j + 1] == told[j + 1]:
            found.append(int((told[j + 1] - told[j - 1]) * now > 0))
    return found


def test_the_confidence_is_the_measured_share() -> None:
    rng = np.random.default_rng(8)
    told = np.round(rng.normal(0, 3, 300), 1) * BP
    told[rng.random(300) < 0.05] = NAN
    found = columns([NAN] * 300, told)
    for t in range(300):
        past = outcomes(told[: t + 1])
        assert found["reversals_measured"][t, 0] == len(past)
        share = np.mean(past) if len(past) >= 20 else NAN
        assert found["reversal_confidence"][t, 0] == pytest.approx(share, nan_ok=True)
    assert 0.2 < found["reversal_confidence"][-1, 0] < 0.95


def test_the_confidence_forgets_what_is_older_than_its_window() -> None:
    rng = np.random.default_rng(9)
    told = np.round(rng.normal(0, 3, 200), 1) * BP
    slots = fill(FundingSlots(EIGHT), told[None, :, None])
    score = FundingReversal(EIGHT, Params(slots=50, need=1))
    slots["funding_8h"] = np.full((200, 1), NAN)
    found = fill(score, np.array([slots[name] for name in score.inputs]))
    recent = told[200 - 50 - 4 :]  # outcomes stand in the slot in which they became known
    assert found["reversals_measured"][-1, 0] == len(outcomes(recent))
    assert found["reversal_confidence"][-1, 0] == pytest.approx(np.mean(outcomes(recent)))


def test_a_slot_that_is_told_again_counts_once() -> None:
    score = FundingReversal(EIGHT)
    x = np.array([NAN, 2, 6, 14, 8, 2, 1.0])[:, None, None].repeat(2, axis=1)
    x[:6] *= BP
    y = np.full((len(score.outputs), 1, 1), NAN)
    state = score.state(1)
    score.update(7, state, x[:, :1], y)
    first = y[13, 0, 0]
    minute = FundingReversal(Cadence())
    state = minute.state(1)
    for t in (0, 1):
        minute.update(480 * 7 + t, state, x[:, :1], y)
    assert (first, y[13, 0, 0]) == (1.0, 1.0)


INPUTS = dict.fromkeys(("x", "f1", "f2", "f3", "f4", "f5"), rates) | {"settles": st.sampled_from([0.0, 1.0])}


@given(lanes.panels(INPUTS), st.sampled_from([60, SLOT_S, 86_400]))
@settings(max_examples=60)
def test_any_input_gives_numbers_in_range(x: np.ndarray, step: int) -> None:
    lanes.assert_in_range(FundingReversal(Cadence(step)), x, 1000)


@given(lanes.panels(INPUTS, lanes=2), lanes.cuts, st.sampled_from([60, SLOT_S]))
@settings(max_examples=25)
def test_live_equals_block(x: np.ndarray, cuts: list[int], step: int) -> None:
    lanes.assert_same_in_any_cut(lambda: FundingReversal(Cadence(step)), x, 1000, cuts)
