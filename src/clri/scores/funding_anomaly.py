"""Funding anomaly: the rate against what the last 90 slots of 8 hours settled (SCORES 7.2).

| term | adds to the score |
|---|---|
| z of x, size above 2.0, and rank in the slots >= 95 or <= 5 | min(size of z, 10) |
| size of x - F_last above 0.05 % per 8 h | 1.0 |
| standard deviation of the last 21 slots above 0.02 % per 8 h | 0.5; never fires alone |

x = running rate, z = (x - median) / max(1.4826 MAD, 2e-5) over the last 90 settled slots, 30 of them needed, else
everything is missing; score 0..11.5. The first or second term is an anomaly: the running rate must hold it for 15 min
(known rows of one slot; one row where rows are further apart), a settled rate, held against the slots before it,
speaks at once. One event per slot: a slot that had one while it ran has none when it settles. The rank gate is there
because the robust z alone is above 2 at every fifth settlement. A change against a slot that nobody told is missing.
"""

import math
from dataclasses import dataclass

import numpy as np

from clri.engine.cadence import Cadence
from clri.engine.score import F8, Column, State
from clri.maths.history import History
from clri.maths.kernel import I8, U2, kernel
from clri.maths.order import mad, median, rank, replace
from clri.scores.funding_slots import SLOT_S

Z, CHANGE, VOLATILITY = 1, 2, 4
"""Bits of the columns `*_terms`: which terms stand in a score."""

MARGIN = 1e-12
"""Rates are multiples of 1e-8 at the finest: a difference this close to a threshold is that threshold."""


@dataclass(frozen=True, slots=True)
class Params:
    """Parameters of the anomaly (SCORES 11).

    Parameters
    ----------
    anomaly_z_threshold
        Size of z above which a rate is unusual.
    rank_low, rank_high
        Ranks in the slots, %, that it must reach beside that.
    reversal_threshold, vol_threshold
        Rapid change and high standard deviation, percent per 8 h.
    slots, need
        Slots of the window, and how many of them must be known.
    z_floor
        Least robust sd, rate per 8 h.
    z_most
        Most that z adds.
    add_change, add_volatility
        What the other terms add.
    hold_s
        How long a running rate must hold an anomaly, s.
    """

    anomaly_z_threshold: float = 2.0
    rank_low: float = 5.0
    rank_high: float = 95.0
    reversal_threshold: float = 0.05
    vol_threshold: float = 0.02
    slots: int = 90
    need: int = 30
    z_floor: float = 2e-5
    z_most: float = 10.0
    add_change: float = 1.0
    add_volatility: float = 0.5
    hold_s: int = 900


class FundingAnomaly:
    """Funding anomaly.

    Examples
    --------
    Thirty slots around 1 bp, then a running rate of 3 bp.

    >>> score = FundingAnomaly(Cadence(8 * 3600))
    >>> settled = 1e-4 + 1e-5 * (np.arange(30) % 3)
    >>> x = np.full((5, 30, 1), np.nan)
    >>> x[0, -1], x[1, :, 0], x[2, 1:, 0], x[3] = 3e-4, settled, settled[:-1], 1.0
    >>> y = np.empty((len(score.outputs), 30, 1))
    >>> score.update(0, score.state(1), x, y)
    >>> [round(float(v), 4) for v in y[:6, -1, 0]]
    [9.5, 9.5, 100.0, 0.0002, 1.0, 1.0]
    """

    name = "funding_anomaly"
    inputs = ("funding_8h", "funding_f1", "funding_f2", "funding_settles", "funding_sd")
    outputs = (
        Column("funding_anomaly_score", "points", 0.0, 11.5, "sum of the terms of the running rate"),
        Column("funding_z_score", "z", None, None, "running rate against the settled slots, signed"),
        Column("funding_slot_percentile", "%", 0.0, 100.0, "rank of the running rate in the settled slots"),
        Column("funding_change", "per 8 h", None, None, "running rate less the last settled one"),
        Column("funding_terms", "bits", 0.0, 7.0, "1 z, 2 rapid change, 4 volatility"),
        Column("funding_fires", "0/1", 0.0, 1.0, "1 where the running rate becomes an event"),
        Column("settled_anomaly_score", "points", 0.0, 11.5, "the same of the rate just settled, else missing"),
        Column("settled_z_score", "z", None, None, "its z against the slots before it"),
        Column("settled_change", "per 8 h", None, None, "settled rate less the one before"),
        Column("settled_terms", "bits", 0.0, 7.0, "1 z, 2 rapid change, 4 volatility"),
        Column("settled_fires", "0/1", 0.0, 1.0, "1 where the settled rate becomes an event"),
    )

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:
        self.params = params or Params()
        p = self.params
        self.step_s = cadence.step_s
        self.hold_rows = cadence.rows(p.hold_s)
        self.history = History(cap=p.slots, n_min=p.need, floor=p.z_floor)
        self.limits = np.array(
            [
                *(p.anomaly_z_threshold, p.rank_low, p.rank_high),
                *(p.reversal_threshold / 100.0, p.vol_threshold / 100.0, p.z_floor),
                *(p.z_most, p.add_change, p.add_volatility, float(p.need)),
            ]
        )

    def state(self, lanes: int) -> State:
        """Settled slots in order; newest slot, slots held in `order`, rows held, slot of the last event."""
        ring, order, n = self.history.allocate(lanes)
        counts = np.zeros((lanes, 3), np.int64)
        counts[:, 0] = counts[:, 2] = -1
        return {"ring": ring, "order": order, "n": n, "counts": counts}

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:
        """Fill the columns of `outputs`."""
        rings = state["ring"], state["order"], state["n"], state["counts"]
        _funding_anomaly(*rings, t0, self.step_s, self.hold_rows, self.limits, x, y)


@kernel
def _middle(ring: F8, order: U2, n: int, floor: float) -> tuple[float, float]:
    """Median of the slots and what a z is counted in; missing while they are too few."""
    center = median(ring, order, n)
    return center, max(floor, 1.4826 * mad(ring, order, n, center))


@kernel
def _judge(
    ring: F8,
    order: U2,
    n: int,
    middle: tuple[float, float],
    rate: float,
    last: float,
    sd: float,
    limits: F8,
    y: F8,
    row: int,
    lane: int,
    k: int,
) -> bool:
    """Write score, z, change and terms of a rate from column k (rank: column k + 2 of the running rate)."""
    running = 1 if k == 0 else 0
    if rate != rate or float(n) < limits[9]:
        for j in range(4 + running):
            y[k + j, row, lane] = math.nan
        return False
    z = (rate - middle[0]) / middle[1]
    place = rank(ring, order, n, rate)
    change = rate - last
    score = 0.0
    terms = 0
    if abs(z) > limits[0] and (place >= limits[2] or place <= limits[1]):
        score = min(abs(z), limits[6])
        terms = Z
    if abs(change) > limits[3] + MARGIN:
        score = score + limits[7]
        terms = terms + CHANGE
    if sd > limits[4] + MARGIN:
        score = score + limits[8]
        terms = terms + VOLATILITY
    y[k, row, lane] = score
    y[k + 1, row, lane] = z
    if running == 1:
        y[k + 2, row, lane] = place
    y[k + 2 + running, row, lane] = change
    y[k + 3 + running, row, lane] = float(terms)
    return terms % VOLATILITY > 0


@kernel
def _funding_anomaly(
    ring: F8, order: U2, n: I8, counts: I8, t0: int, step_s: int, hold_rows: int, limits: F8, x: F8, y: F8
) -> None:
    size = ring.shape[1]
    for lane in range(x.shape[2]):
        held = n[lane]
        slots = ring[lane]
        places = order[lane]
        count = counts[lane]  # newest slot, rows held, slot of the last event
        middle = _middle(slots, places, held, limits[5])
        for row in range(x.shape[1]):
            slot = (t0 + row) * step_s // SLOT_S
            moved = count[0] < slot
            while count[0] < slot:
                count[0] = max(count[0] + 1, slot - size + 1)
                count[1] = 0
                held = replace(slots, places, held, count[0] % size, math.nan)
            settled = x[1, row, lane] if x[3, row, lane] > 0.0 else math.nan
            sd = x[4, row, lane]
            if settled == settled:
                held = replace(slots, places, held, slot % size, math.nan)
            if settled == settled or moved:
                middle = _middle(slots, places, held, limits[5])
            odd = False
            for j in range(4):
                y[6 + j, row, lane] = math.nan
            if settled == settled:
                odd = _judge(slots, places, held, middle, settled, x[2, row, lane], sd, limits, y, row, lane, 6)
                held = replace(slots, places, held, slot % size, settled)
                middle = _middle(slots, places, held, limits[5])
            y[10, row, lane] = 1.0 if odd and count[2] < slot else 0.0
            if odd:
                count[2] = max(count[2], slot)
            rate = x[0, row, lane]
            odd = _judge(slots, places, held, middle, rate, x[1, row, lane], sd, limits, y, row, lane, 0)
            if rate == rate:
                count[1] = count[1] + 1 if odd else 0
            fires = odd and count[1] >= hold_rows and count[2] <= slot
            y[5, row, lane] = 1.0 if fires else 0.0
            if fires:
                count[2] = slot + 1
        n[lane] = held
