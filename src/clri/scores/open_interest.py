"""Open-interest component: how fast leverage grows, and how high it stands in its own past (SCORES 2.2).

score = 0.6 * min(100, max(0, oi_chg_1h_pct) / 10 * 100) + 0.4 * R(OI index), range 0..100. Falling OI never raises
risk. OI is the chain-linked index in coins, so neither price nor a joining venue moves it. Histories 30 d, need 7 d;
the z of oi_chg_1h_pct (floor 0.10 pp) serves the regime. In coarse tables reference and floor grow with the root of
the span.
"""

import math
from dataclasses import dataclass

from clri.engine.cadence import Cadence
from clri.engine.score import F8, Column, State
from clri.maths.kernel import kernel
from clri.scores.track import Track


@dataclass(frozen=True, slots=True)
class Params:
    """Open-interest parameters (SCORES 11).

    Parameters
    ----------
    days, need_days
        Window and warm-up of both histories, days.
    z_floor
        Least robust sd of the one-hour change, percentage points.
    reference
        One-hour change in percent that is worth 100 in the absolute term.
    share_change
        Share of the change term in the component.
    """

    days: int = 30
    need_days: int = 7
    z_floor: float = 0.10
    reference: float = 10.0
    share_change: float = 0.6


class OpenInterest:
    """Open-interest component.

    Examples
    --------
    >>> import numpy as np
    >>> score = OpenInterest(Cadence())
    >>> y = np.empty((5, 1, 1))
    >>> score.update(0, score.state(1), np.array([[[309_000.0]], [[4.0]], [[1.0]]]), y)
    >>> [round(float(v), 4) for v in y[:2, 0, 0]]
    [40.0, 0.6]
    """

    name = "open_interest"
    inputs = ("oi_index", "oi_chg_1h_pct", "cov_oi")
    outputs = (
        Column("oi_score", "points", 0.0, 100.0, "component"),
        Column("oi_evidence", "fraction", 0.0, 1.0, "share of the component backed by data"),
        Column("oi_chg_z", "z", None, None, "robust z of the one-hour change, signed"),
        Column("oi_percentile", "%", 0.0, 100.0, "rank of the OI index in its own 30 days"),
        Column("oi_warming", "0/1", 0.0, 1.0, "1 while a history is too short"),
    )

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:
        self.params = params or Params()
        p = self.params
        self.level = Track.over("oi_index", cadence, days=p.days, need_days=p.need_days, floor=math.nan)
        self.change = Track.over(
            "oi_chg", cadence, days=p.days, need_days=p.need_days, floor=p.z_floor * cadence.root_hours
        )
        self.reference = p.reference * cadence.root_hours

    def state(self, lanes: int) -> State:
        """Histories of the index and of its one-hour change."""
        return self.level.state(lanes) | self.change.state(lanes)

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:
        """Fill the columns of `outputs`."""
        self.level.roll(t0, state, x[0], None, y[3])
        self.change.roll(t0, state, x[1], y[2], None)
        _open_interest(self.params.share_change, 100.0 / self.reference, x, y)


@kernel
def _open_interest(share_change: float, factor: float, x: F8, y: F8) -> None:
    for t in range(x.shape[1]):
        for lane in range(x.shape[2]):
            change = x[1, t, lane]
            v = x[2, t, lane]
            rank = y[3, t, lane]
            total = 0.0
            share = 0.0
            if v == v:
                if change == change:
                    total = total + share_change * min(100.0, max(0.0, change) * factor)
                    share = share + share_change
                if rank == rank:
                    total = total + (1.0 - share_change) * rank
                    share = share + (1.0 - share_change)
            y[0, t, lane] = total / share if share > 0.0 else math.nan
            y[1, t, lane] = share * v if share > 0.0 else 0.0
            present = x[0, t, lane] == x[0, t, lane]
            y[4, t, lane] = (0.0 if rank == rank and y[2, t, lane] == y[2, t, lane] else 1.0) if present else math.nan
