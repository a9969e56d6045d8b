"""Funding reversal: the settled rate turns against its former direction (SCORES 7.2).

F_1, F_2, F_3 = rates of the last three settled slots, newest first, x = running rate. prev = F_1 - F_3, cur = x - F_1.
A reversal has differing signs and both at least 1 bp in size. level: the F of largest size above 0.1 % per 8 h is
+1 (EXTREMELY_HIGH), below -0.1 % is -1 (EXTREMELY_LOW), else 0 (MODERATE). strength = min(1, size of cur / size of
prev), 0..1. confidence = share of the settled reversals of the last two years that held one slot: the next slot still
settled on the new side of the rate from which it turned; missing below 20 of them. As an anomaly, a running reversal
must hold for 15 min, a settled one speaks at once, and a slot has one event. A missing slot makes it missing.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clri.engine.cadence import Cadence
from clri.engine.score import F8, Column, State
from clri.maths.kernel import I8, kernel
from clri.scores.funding_anomaly import MARGIN
from clri.scores.funding_slots import SLOT_S

I1 = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Params:
    """Parameters of the reversal (SCORES 11).

    Parameters
    ----------
    dead_band
        Least size of both changes, rate per 8 h.
    extreme
        Size of a rate above which it is extreme, rate per 8 h.
    hold_s
        How long a running rate must hold a reversal, s.
    slots, need
        Slots over which the confidence is measured (2 years), and reversals that it needs.
    """

    dead_band: float = 1e-4
    extreme: float = 0.001
    hold_s: int = 900
    slots: int = 2190
    need: int = 20


class FundingReversal:
    """Funding reversal.

    Examples
    --------
    Slots of 2, 8 and 14 bp, then a running rate of 6 bp.

    >>> score = FundingReversal(Cadence(8 * 3600))
    >>> x = np.array([6e-4, 14e-4, 8e-4, 2e-4, np.nan, np.nan, 0.0])[:, None, None]
    >>> y = np.empty((len(score.outputs), 1, 1))
    >>> score.update(0, score.state(1), x, y)
    >>> [round(float(v), 4) for v in y[:5, 0, 0]]
    [1.0, 0.6667, 1.0, 0.0012, -0.0008]
    """

    name = "funding_reversal"
    inputs = (
        *("funding_8h", "funding_f1", "funding_f2", "funding_f3", "funding_f4", "funding_f5"),
        "funding_settles",
    )
    outputs = (
        Column("reversal", "0/1", 0.0, 1.0, "1 where the running rate has turned"),
        Column("reversal_strength", "fraction", 0.0, 1.0, "size of the turn against the move before"),
        Column("reversal_level", "-1..1", -1.0, 1.0, "+1 extremely high, -1 extremely low, 0 moderate"),
        Column("reversal_previous", "per 8 h", None, None, "the move before: F_1 - F_3"),
        Column("reversal_current", "per 8 h", None, None, "the turn: x - F_1"),
        Column("reversal_fires", "0/1", 0.0, 1.0, "1 where the running rate becomes an event"),
        Column("settled_reversal", "0/1", 0.0, 1.0, "the same of the rate just settled, else missing"),
        Column("settled_reversal_strength", "fraction", 0.0, 1.0, "size of that turn against the move before"),
        Column("settled_reversal_level", "-1..1", -1.0, 1.0, "+1 extremely high, -1 extremely low, 0 moderate"),
        Column("settled_reversal_previous", "per 8 h", None, None, "the move before: F_2 - F_4"),
        Column("settled_reversal_current", "per 8 h", None, None, "the turn: F_1 - F_2"),
        Column("settled_reversal_fires", "0/1", 0.0, 1.0, "1 where the settled rate becomes an event"),
        Column("reversal_confidence", "fraction", 0.0, 1.0, "share of past reversals that held one slot"),
        Column("reversals_measured", "n", 0.0, None, "past reversals behind it"),
    )

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:
        self.params = params or Params()
        self.step_s = cadence.step_s
        self.hold_rows = cadence.rows(self.params.hold_s)

    def state(self, lanes: int) -> State:
        """Outcome by slot (-1 none, 0 fell back, 1 held); newest slot, rows held, slot of the last event, counts."""
        counts = np.zeros((lanes, 5), np.int64)
        counts[:, 0] = counts[:, 2] = -1
        return {"outcomes": np.full((lanes, self.params.slots), -1, np.int8), "counts": counts}

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:
        """Fill the columns of `outputs`."""
        p = self.params
        limits = p.dead_band, p.extreme, p.need
        _funding_reversal(state["outcomes"], state["counts"], t0, self.step_s, self.hold_rows, *limits, x, y)


@kernel
def _turned(rate: float, f1: float, f3: float, dead_band: float) -> bool:
    """Whether `rate` has turned against the move from `f3` to `f1`; False where one is missing."""
    before = f1 - f3
    now = rate - f1
    against = (before > 0.0 and now < 0.0) or (before < 0.0 and now > 0.0)
    return against and abs(before) >= dead_band - MARGIN and abs(now) >= dead_band - MARGIN


@kernel
def _judge(
    rate: float, f1: float, f2: float, f3: float, dead_band: float, extreme: float, y: F8, row: int, lane: int, k: int
) -> bool:
    """Write reversal, strength, level and both moves from column k on."""
    for j in range(5):
        y[k + j, row, lane] = math.nan
    before = f1 - f3
    now = rate - f1
    if before != before or now != now:
        return False
    turned = _turned(rate, f1, f3, dead_band)
    y[k, row, lane] = 1.0 if turned else 0.0
    y[k + 3, row, lane] = before
    y[k + 4, row, lane] = now
    if turned:
        largest = f1
        if abs(f2) > abs(largest):
            largest = f2
        if abs(f3) > abs(largest):
            largest = f3
        y[k + 1, row, lane] = min(1.0, abs(now) / abs(before))
        y[k + 2, row, lane] = 0.0
        if largest > extreme + MARGIN:
            y[k + 2, row, lane] = 1.0
        elif largest < -extreme - MARGIN:
            y[k + 2, row, lane] = -1.0
    return turned


@kernel
def _note(outcomes: I1, count: I8, slot: int, outcome: int) -> None:
    """Put the outcome of a slot in place of what stood there, and keep the sums."""
    old = outcomes[slot % outcomes.shape[0]]
    if old >= 0:
        count[3] = count[3] - 1
        count[4] = count[4] - old
    if outcome >= 0:
        count[3] = count[3] + 1
        count[4] = count[4] + outcome
    outcomes[slot % outcomes.shape[0]] = outcome


@kernel
def _funding_reversal(
    outcomes: I1,
    counts: I8,
    t0: int,
    step_s: int,
    hold_rows: int,
    dead_band: float,
    extreme: float,
    need: int,
    x: F8,
    y: F8,
) -> None:
    size = outcomes.shape[1]
    for lane in range(x.shape[2]):
        count = counts[lane]  # newest slot, rows held, slot of the last event, reversals, those that held
        past = outcomes[lane]
        for row in range(x.shape[1]):
            slot = (t0 + row) * step_s // SLOT_S
            while count[0] < slot:
                count[0] = max(count[0] + 1, slot - size + 1)
                count[1] = 0
                _note(past, count, count[0], -1)
            f1 = x[1, row, lane]
            f2 = x[2, row, lane]
            f3 = x[3, row, lane]
            settles = x[6, row, lane] > 0.0
            if settles:
                outcome = -1
                if f1 == f1 and _turned(f2, f3, x[5, row, lane], dead_band):
                    outcome = 1 if (f1 - f3) * (f2 - f3) > 0.0 else 0
                _note(past, count, slot, outcome)
            settled = f1 if settles else math.nan
            turned = _judge(settled, f2, f3, x[4, row, lane], dead_band, extreme, y, row, lane, 6)
            y[11, row, lane] = 1.0 if turned and count[2] < slot else 0.0
            if turned:
                count[2] = max(count[2], slot)
            turned = _judge(x[0, row, lane], f1, f2, f3, dead_band, extreme, y, row, lane, 0)
            if y[0, row, lane] == y[0, row, lane]:
                count[1] = count[1] + 1 if turned else 0
            fires = turned and count[1] >= hold_rows and count[2] <= slot
            y[5, row, lane] = 1.0 if fires else 0.0
            if fires:
                count[2] = slot + 1
            y[13, row, lane] = float(count[3])
            y[12, row, lane] = float(count[4]) / float(count[3]) if count[3] >= need else math.nan
