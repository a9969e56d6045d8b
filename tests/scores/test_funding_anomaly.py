"""Settlement slots and the funding anomaly: vectors, gates, holding, one event per slot."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clri.engine.cadence import Cadence
from clri.model.timebase import HOUR, MINUTE
from clri.scores.funding_anomaly import FundingAnomaly
from clri.scores.funding_events import FundingEvents
from clri.scores.funding_reversal import FundingReversal
from clri.scores.funding_slots import SLOT_S, FundingSlots
from tests.scores import lanes
from tests.scores.lanes import NAN, fill

BP = 1e-4
VECTOR = [1.0] * 12 + [*(0.8, 0.9, 1.1, 0.7, 0.6, 0.9, 1.2, 1.3, 0.5), *(0.8, 0.7, 1.0, 1.1, 0.9, 1.0, 0.4, 0.8, 1.0)]
SLOT = SLOT_S // 60
START = 30_000_000 // SLOT * SLOT  # a minute that ends a slot
EIGHT = Cadence(SLOT_S)


def columns(funding, settled, cadence=EIGHT, t0=0) -> dict[str, np.ndarray]:
    """All columns of the three scores from running and settled rates of one lane."""
    found = {"funding_8h": np.array(funding, dtype=np.float64)[:, None]}
    found |= fill(FundingSlots(cadence), np.array(settled, dtype=np.float64)[None, :, None], t0)
    for score in (FundingAnomaly(cadence), FundingReversal(cadence)):
        found |= fill(score, np.array([found[name] for name in score.inputs]), t0)
    return found


def events(found, cadence=EIGHT, ts=0):
    """Events of every row."""
    x = np.array([found[name] for name in FundingEvents.inputs])
    return FundingEvents(("BTC",), cadence).rows(ts, "live", x)


def minutes(slots, running, rows, *, told=True):
    """Minute rows from the end of the last of these slots on: settled at their ends, then `running`."""
    before = len(slots) - 1
    settled = np.full(before * SLOT + rows, NAN)
    settled[: before * SLOT : SLOT] = slots[:-1]
    settled[before * SLOT] = slots[-1] if told else NAN
    funding = np.concatenate([np.repeat(slots[1:], SLOT), np.full(rows, running)])
    return columns(funding, settled, Cadence(), START - before * SLOT), before * SLOT


# ---------------------------------------------------------------- slots
def test_slots_are_told_at_their_end_and_up_to_ten_minutes_after() -> None:
    settled = np.full(2 * SLOT, NAN)
    settled[[0, 10, 60, SLOT + 11]] = [1 * BP, 2 * BP, 9 * BP, 9 * BP]
    found = columns(np.full(2 * SLOT, NAN), settled, Cadence(), START)
    f1 = found["funding_f1"][:, 0]
    assert (f1[0], f1[9], f1[10], f1[60], f1[SLOT - 1]) == (1 * BP, 1 * BP, 2 * BP, 2 * BP, 2 * BP)
    assert np.isnan(f1[SLOT:]).all()
    assert found["funding_f2"][SLOT, 0] == 2 * BP
    assert np.flatnonzero(found["funding_settles"][:, 0]).tolist() == [0, 10]


def test_the_standard_deviation_is_that_of_the_last_21_slots() -> None:
    rng = np.random.default_rng(4)
    told = np.round(rng.normal(1, 2, 200), 2) * BP
    told[rng.random(200) < 0.3] = NAN
    found = columns(told, told)
    for t in range(200):
        known = [v for v in told[max(0, t - 20) : t + 1] if v == v]
        sd = np.std(known, ddof=1) if len(known) >= 7 else NAN
        assert found["funding_sd"][t, 0] == pytest.approx(sd, rel=1e-9, nan_ok=True)
        assert found["funding_f3"][t, 0] == pytest.approx(told[t - 2] if t > 1 else NAN, nan_ok=True)


# ---------------------------------------------------------------- vectors
@pytest.mark.parametrize(("x", "z", "score"), [(1.9, 4.5, 4.5), (12.5, 57.5, 11.0)])
def test_vectors_of_the_score(x: float, z: float, score: float) -> None:
    slots = np.array(VECTOR) * BP
    found = columns([*slots[:-1], x * BP], slots)
    assert found["funding_z_score"][-1, 0] == pytest.approx(z, abs=5e-5)
    assert found["funding_slot_percentile"][-1, 0] == 100.0
    assert found["funding_anomaly_score"][-1, 0] == pytest.approx(score, abs=5e-5)
    assert np.isnan(found["funding_anomaly_score"][:-1]).all()  # fewer than 30 slots


def test_vector_of_the_volatility_term_and_its_words() -> None:
    """z 2.3 and a standard deviation of 0.00042 make 2.8."""
    score = FundingAnomaly(EIGHT)
    running = 1 * BP + 2.3 * 2e-5  # the floor of the robust sd
    x = np.full((5, 30, 1), NAN)
    x[0, -1], x[1], x[3], x[4] = running, 1 * BP, 1.0, 0.00042
    found = fill(score, x)
    assert found["funding_anomaly_score"][-1, 0] == pytest.approx(2.8, abs=5e-5)
    found |= {name: np.full((30, 1), NAN) for name in FundingEvents.inputs if name not in found}
    found |= {"funding_8h": x[0], "funding_f1": x[1], "funding_sd": x[4]}
    event = events(found)[-1][0]
    assert event.reasons == ["Z-score anomaly: 2.30σ", "High volatility: 0.00042"]
    assert (event.kind, event.settled, event.funding_rate) == ("anomaly", False, running)


def test_words_of_a_rapid_change() -> None:
    slots = [1 * BP] * 30
    found = columns([*slots[:-1], 6.4 * BP], slots)
    event = events(found)[-1][0]
    assert event.reasons == ["Z-score anomaly: 27.00σ", "Rapid change: +0.0540 %"]
    assert (event.anomaly_score, event.previous_rate) == (11.0, 1 * BP)
    assert event.funding_change == pytest.approx(5.4 * BP)


# ---------------------------------------------------------------- gates
def test_a_large_z_without_an_extreme_rank_is_no_anomaly() -> None:
    slots = np.array([1.0] * 80 + [9.0] * 10) * BP
    found = columns([*slots[:-1], 6 * BP], slots)
    assert found["funding_z_score"][-1, 0] == pytest.approx(25.0)
    assert found["funding_slot_percentile"][-1, 0] < 95.0
    assert found["funding_terms"][-1, 0] == 4.0  # high volatility alone
    assert (found["funding_anomaly_score"][-1, 0], found["funding_fires"][-1, 0]) == (0.5, 0.0)


@pytest.mark.parametrize(("above", "odd"), [(2, True), (3, False)])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_rank_gate_stands_at_95_and_5(above: int, odd: bool, sign: int) -> None:
    slots = sign * np.array([90.0] * above + [1.0] * (40 - above)) * BP  # 38 of 40 on the near side are 95 %
    found = columns([*slots[:-1], sign * 5 * BP], slots)
    assert (int(found["funding_terms"][-1, 0]) % 2 == 1) is odd


@pytest.mark.parametrize(("change", "fires"), [(5.0, 0.0), (-5.0, 0.0), (5.01, 1.0), (-5.01, 1.0)])
def test_a_rapid_change_is_more_than_five_basis_points(change: float, fires: float) -> None:
    rng = np.random.default_rng(5)
    slots = np.round(rng.normal(10, 30, 60), 1) * BP
    found = columns([*slots[:-1], slots[-1] + change * BP], slots)
    assert (int(found["funding_terms"][-1, 0]) & 2 > 0) == (fires > 0)


def test_a_slot_that_nobody_told_makes_the_change_missing() -> None:
    slots = np.array([1.0] * 40 + [NAN]) * BP
    found = columns([*slots[:-1], 20 * BP], slots)
    assert np.isnan(found["funding_change"][-1, 0])
    assert found["funding_anomaly_score"][-1, 0] == 10.0  # z alone


# ---------------------------------------------------------------- events
def test_a_running_rate_must_hold_for_fifteen_minutes() -> None:
    found, first = minutes([1 * BP] * 35, 9 * BP, 60)
    said = [(t - first, e) for t, row in enumerate(events(found, Cadence(), START * MINUTE)) for e in row]
    ((when, event),) = [(t, e) for t, e in said if e.kind == "anomaly"]
    assert when == 14
    assert event.slot_ts % (8 * HOUR) == 0
    spike, first = minutes([1 * BP] * 35, 1 * BP, 60)
    funding = spike["funding_8h"]
    funding[first + 5 : first + 19] = 9 * BP
    score = FundingAnomaly(Cadence())
    again = fill(score, np.array([spike[n] for n in score.inputs]), START - first)
    assert again["funding_fires"].sum() == 0.0
    assert (again["funding_anomaly_score"][first + 5 : first + 19] > 10).all()


def test_missing_minutes_neither_hold_nor_reset() -> None:
    found, first = minutes([1 * BP] * 35, 9 * BP, 60)
    found["funding_8h"][first + 5 : first + 25] = NAN
    score = FundingAnomaly(Cadence())
    again = fill(score, np.array([found[n] for n in score.inputs]), START - first)
    assert np.flatnonzero(again["funding_fires"][:, 0]).tolist() == [first + 34]
    assert np.isnan(again["funding_anomaly_score"][first + 5])


def test_one_event_a_slot_whether_it_runs_or_settles() -> None:
    found, first = minutes([1 * BP] * 34 + [9 * BP], 1 * BP, 60)
    # the rate of 9 bp ran through the whole slot before it settled
    fired = np.flatnonzero(found["funding_fires"][:, 0]) - first
    assert fired[fired <= 0].tolist() == [14 - SLOT]
    assert found["settled_anomaly_score"][first, 0] == 11.0
    assert found["settled_fires"].sum() == 0.0


def test_a_settled_anomaly_fires_at_once() -> None:
    found, first = minutes([1 * BP] * 34 + [9 * BP], 1 * BP, 60)
    found["funding_8h"][first - SLOT : first] = 1 * BP  # nothing was seen while it ran
    score = FundingAnomaly(Cadence())
    found |= fill(score, np.array([found[n] for n in score.inputs]), START - first)
    assert np.flatnonzero(found["settled_fires"][:, 0]).tolist() == [first]
    (event,) = [e for e in events(found, Cadence(), (START - first) * MINUTE)[first] if e.kind == "anomaly"]
    assert (event.settled, event.slot_ts, event.ts) == (True, START * MINUTE, START * MINUTE)
    assert (event.funding_rate, event.previous_rate) == (9 * BP, 1 * BP)


def test_the_running_slot_ends_with_the_next_settlement() -> None:
    found, first = minutes([1 * BP] * 35, 9 * BP, 60)
    (event,) = [e for row in events(found, Cadence(), (START - first) * MINUTE) for e in row if e.kind == "anomaly"]
    assert event.slot_ts == START * MINUTE + 8 * HOUR


# ---------------------------------------------------------------- slow truth and properties
def slow_z(past, x):
    """z and rank of x over the known of the last 90 slots."""
    known = np.array([v for v in past[-90:] if v == v])
    if len(known) < 30 or x != x:
        return NAN, NAN
    center = np.median(known)
    z = (x - center) / max(2e-5, 1.4826 * np.median(np.abs(known - center)))
    return z, 100 * (np.sum(known < x) + 0.5 * np.sum(known == x)) / len(known)


def test_every_row_equals_the_slow_truth() -> None:
    rng = np.random.default_rng(6)
    told = np.round(rng.normal(1, 2, 400) + 8 * (rng.random(400) < 0.05), 1) * BP
    told[rng.random(400) < 0.1] = NAN
    running = np.round(rng.normal(1, 4, 400), 1) * BP
    running[rng.random(400) < 0.1] = NAN
    found = columns(running, told)
    seen = 0
    for t in range(400):
        past, x = told[: t + 1], running[t]
        z, rank = slow_z(past, x)
        assert found["funding_z_score"][t, 0] == pytest.approx(z, rel=1e-9, nan_ok=True)
        assert found["funding_slot_percentile"][t, 0] == pytest.approx(rank, rel=1e-12, nan_ok=True)
        if z != z:
            assert np.isnan(found["funding_anomaly_score"][t, 0])
            continue
        score = min(abs(z), 10) if abs(z) > 2 and not 5 < rank < 95 else 0.0
        score += abs(x - told[t]) > 5 * BP + 1e-12
        week = [v for v in told[max(0, t - 20) : t + 1] if v == v]
        score += 0.5 * (np.std(week, ddof=1) > 2 * BP)
        assert found["funding_anomaly_score"][t, 0] == pytest.approx(score, rel=1e-9)
        z, _ = slow_z(told[max(0, t - 89) : t], told[t])
        assert found["settled_z_score"][t, 0] == pytest.approx(z, rel=1e-9, nan_ok=True)
        seen += score > 1
    assert seen > 50


rates = st.one_of(st.integers(-200, 200).map(lambda n: n * 1e-5), st.floats(-1, 1), st.just(0.0))
INPUTS = {"x": rates, "f1": rates, "f2": rates, "settles": st.sampled_from([0.0, 1.0]), "sd": st.floats(0, 1)}


@given(lanes.panels(INPUTS, rows=60), st.sampled_from([60, 3600, 4 * 3600, SLOT_S, 86_400]))
@settings(max_examples=60)
def test_any_input_gives_numbers_in_range(x: np.ndarray, step: int) -> None:
    lanes.assert_in_range(FundingAnomaly(Cadence(step)), x, 1000)
    lanes.assert_in_range(FundingSlots(Cadence(step)), x[1:2], 1000)


@given(lanes.panels(INPUTS, lanes=2, rows=60), lanes.cuts, st.sampled_from([60, SLOT_S]))
@settings(max_examples=30)
def test_live_equals_block(x: np.ndarray, cuts: list[int], step: int) -> None:
    lanes.assert_same_in_any_cut(lambda: FundingAnomaly(Cadence(step)), x, 1000, cuts)
    lanes.assert_same_in_any_cut(lambda: FundingSlots(Cadence(step)), x[1:2], 1000, cuts)


def test_a_slot_told_anew_is_held_against_the_slots_before_it() -> None:
    settled = np.full(40 * SLOT + 9, NAN)
    settled[: 40 * SLOT : SLOT] = before = np.round(1e-4 + 1e-5 * np.random.default_rng(3).normal(size=40), 7)
    settled[40 * SLOT :] = np.linspace(1e-4, 9e-4, 9)
    found = columns(np.full(settled.size, 2e-4), settled, Cadence(), START)
    scale = max(2e-5, 1.4826 * np.median(np.abs(before - np.median(before))))
    for row in range(9):
        rate = settled[40 * SLOT + row]
        assert found["settled_z_score"][40 * SLOT + row, 0] == (rate - np.median(before)) / scale
        held = np.append(before, rate)
        wide = max(2e-5, 1.4826 * np.median(np.abs(held - np.median(held))))
        assert found["funding_z_score"][40 * SLOT + row, 0] == (2e-4 - np.median(held)) / wide
