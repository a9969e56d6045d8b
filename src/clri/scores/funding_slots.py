"""Funding settled in slots of 8 hours that end at 00, 08 and 16 UTC (SCORES 7.2).

F_j = settled_8h of slot j: the open-interest-weighted rate that the venues settled in it, each venue's settlements
summed and scaled to 8 h (made in `observe`). It is told in the row that ends the slot; a venue that tells later changes
it, up to 10 min after; settlements told at other times are parts of a slot that still runs and are passed over.
funding_sd = sample standard deviation of the last 21 F (7 d), missing below 7 of them. A slot that nobody told is
missing, not filled. Rates are fractions per 8 h, positive = longs pay.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from clri.engine.cadence import HOUR_S, Cadence
from clri.engine.score import F8, Column, State
from clri.maths.kernel import I8, kernel

SLOT_S: Final = 8 * HOUR_S


@dataclass(frozen=True, slots=True)
class Params:
    """Parameters of the slots (SCORES 7.2).

    Parameters
    ----------
    within_s
        How long after its end a slot may still be told, s.
    sd_slots, sd_need
        Slots of the standard deviation, and how many of them must be known.
    """

    within_s: int = 600
    sd_slots: int = 21
    sd_need: int = 7


class FundingSlots:
    """Funding settled in slots.

    Examples
    --------
    Rows of 4 hours: one is told in the middle of a slot, where nothing settles for all.

    >>> score = FundingSlots(Cadence(4 * 3600))
    >>> x = np.array([[[1e-4], [9e-4], [2e-4], [np.nan]]])
    >>> y = np.empty((len(score.outputs), 4, 1))
    >>> score.update(0, score.state(1), x, y)
    >>> y[0, :, 0].tolist(), y[1, :, 0].tolist(), y[5, :, 0].tolist()
    ([0.0001, 0.0001, 0.0002, 0.0002], [nan, nan, 0.0001, 0.0001], [1.0, 0.0, 1.0, 0.0])
    """

    name = "funding_slots"
    inputs = ("settled_8h",)
    outputs = (
        Column("funding_f1", "per 8 h", None, None, "settled in the last slot that has ended"),
        Column("funding_f2", "per 8 h", None, None, "one slot before"),
        Column("funding_f3", "per 8 h", None, None, "two slots before"),
        Column("funding_f4", "per 8 h", None, None, "three slots before"),
        Column("funding_f5", "per 8 h", None, None, "four slots before"),
        Column("funding_settles", "0/1", 0.0, 1.0, "1 where funding_f1 is new or has changed"),
        Column("funding_sd", "per 8 h", 0.0, None, "standard deviation of the last 21 slots"),
    )

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:
        self.params = params or Params()
        self.step_s = cadence.step_s

    def state(self, lanes: int) -> State:
        """Rates of the last slots by slot number, and the newest slot."""
        return {"ring": np.full((lanes, self.params.sd_slots), math.nan), "slot": np.full(lanes, -1, np.int64)}

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:
        """Fill the columns of `outputs`."""
        p = self.params
        _slots(state["ring"], state["slot"], t0, self.step_s, p.within_s, p.sd_need, x, y)


@kernel
def _deviation(ring: F8, need: int) -> float:
    n = 0
    total = 0.0
    for value in ring:
        if value == value:
            n = n + 1
            total = total + value
    if n < need or n < 2:
        return math.nan
    mean = total / float(n)
    squares = 0.0
    for value in ring:
        if value == value:
            squares = squares + (value - mean) * (value - mean)
    return math.sqrt(squares / float(n - 1))


@kernel
def _slots(ring: F8, newest: I8, t0: int, step_s: int, within_s: int, need: int, x: F8, y: F8) -> None:
    size = ring.shape[1]
    for lane in range(x.shape[2]):
        held = ring[lane]
        sd = _deviation(held, need)
        for row in range(x.shape[1]):
            ends = (t0 + row) * step_s
            slot = ends // SLOT_S
            changed = False
            while newest[lane] < slot:
                newest[lane] = max(newest[lane] + 1, slot - size + 1)
                held[newest[lane] % size] = math.nan
                changed = True
            told = x[0, row, lane]
            settles = False
            if told == told and ends - slot * SLOT_S <= within_s and held[slot % size] != told:
                held[slot % size] = told
                settles = True
                changed = True
            if changed:
                sd = _deviation(held, need)
            for k in range(5):
                y[k, row, lane] = held[(slot - k) % size]
            y[5, row, lane] = 1.0 if settles else 0.0
            y[6, row, lane] = sd
