"""Composite stress: four signals, each ranked in its own past (SCORES 2.6).

.20 R(abs basis) + .30 R(liquidation_oi_ratio) + .25 R(funding_oi_stress) + .25 R(oi_price_divergence), 0..100,
over the present terms, renormalised; present weight below .5 -> missing. Ranks only: the MAD of these histories can
be 0. The divergence rank is signed: falling OI in a rally is covering, not stress.
Histories: basis and liquidation ratio 7 d (need 2 d), the others 30 d (need 7 d).
"""

import math
from dataclasses import dataclass

from clri.engine.cadence import Cadence
from clri.engine.score import F8, Column, State
from clri.maths.kernel import kernel
from clri.scores.track import Track


@dataclass(frozen=True, slots=True)
class Params:
    """Stress parameters (SCORES 11).

    Parameters
    ----------
    weight_basis, weight_liquidation, weight_funding, weight_divergence
        Weights of the four ranks, sum 1.
    least_weight
        Present weight below which there is no answer.
    """

    weight_basis: float = 0.20
    weight_liquidation: float = 0.30
    weight_funding: float = 0.25
    weight_divergence: float = 0.25
    least_weight: float = 0.5


class Stress:
    """Composite stress.

    Examples
    --------
    With no history there is nothing to rank against.

    >>> import numpy as np
    >>> score = Stress(Cadence())
    >>> y = np.empty((6, 1, 1))
    >>> score.update(0, score.state(1), np.ones((4, 1, 1)), y)
    >>> float(y[0, 0, 0]), float(y[1, 0, 0])
    (nan, 0.0)
    """

    name = "stress"
    inputs = ("abs_basis_pct", "liquidation_oi_ratio", "funding_oi_stress", "oi_price_divergence")
    outputs = (
        Column("composite_stress", "points", 0.0, 100.0, "weighted mean of the four ranks"),
        Column("stress_coverage", "fraction", 0.0, 1.0, "weight of the ranks present"),
        Column("basis_percentile", "%", 0.0, 100.0, "rank of the size of the basis in 7 days"),
        Column("liquidation_oi_percentile", "%", 0.0, 100.0, "rank of liquidation_oi_ratio in 7 days"),
        Column("funding_oi_percentile", "%", 0.0, 100.0, "rank of funding_oi_stress in 30 days"),
        Column("divergence_percentile", "%", 0.0, 100.0, "rank of oi_price_divergence in 30 days"),
    )

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:
        self.params = params or Params()
        self.tracks = tuple(
            Track.over(key, cadence, days=days, need_days=need, floor=math.nan)
            for key, days, need in (
                ("basis", 7, 2),
                ("liquidation_oi", 7, 2),
                ("funding_oi", 30, 7),
                ("divergence", 30, 7),
            )
        )

    def state(self, lanes: int) -> State:
        """Histories of the four signals."""
        arrays: State = {}
        for track in self.tracks:
            arrays |= track.state(lanes)
        return arrays

    def learn(self, t0: int, state: State, x: F8) -> None:
        """Let the rows join the histories."""
        for at, track in enumerate(self.tracks):
            track.learn(t0, state, x[at])

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:
        """Fill the columns of `outputs`."""
        for at, track in enumerate(self.tracks):
            track.roll(t0, state, x[at], None, y[2 + at])
        p = self.params
        _stress(p.weight_basis, p.weight_liquidation, p.weight_funding, p.weight_divergence, p.least_weight, y)


@kernel
def _stress(w0: float, w1: float, w2: float, w3: float, least_weight: float, y: F8) -> None:
    for t in range(y.shape[1]):
        for lane in range(y.shape[2]):
            total = 0.0
            weight = 0.0
            for k, w in ((2, w0), (3, w1), (4, w2), (5, w3)):
                rank = y[k, t, lane]
                if rank == rank:
                    total = total + w * rank
                    weight = weight + w
            y[1, t, lane] = weight
            y[0, t, lane] = total / weight if weight >= least_weight - 1e-9 else math.nan
