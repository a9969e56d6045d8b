"""Liquidation component: the last hour's liquidations against open interest and against their own past (SCORES 2.2).

score = 0.5 * min(100, liq_1h_usd / (0.0025 * oi_usd) * 100) + 0.5 * s(z+(ln(1 + liq_1h_usd))), range 0..100.
History 7 d, z needs 2 d, floor 0.1. Sums of throttled feeds are lower bounds and are never grossed up.
Also liquidation_percentile = R of the same history. A missing term leaves; evidence = sum(a * v) of those present.
"""

import math
from dataclasses import dataclass

from clri.engine.cadence import Cadence
from clri.engine.score import F8, Column, State
from clri.maths.kernel import kernel
from clri.maths.scale import squash
from clri.scores.track import Track


@dataclass(frozen=True, slots=True)
class Params:
    """Liquidation parameters (SCORES 11).

    Parameters
    ----------
    days, need_days
        Window and warm-up of the history, days.
    z_floor
        Least robust sd of the logarithm.
    reference
        Fraction of open interest liquidated in an hour that is worth 100 in the absolute term.
    share_abs
        Share of the absolute term in the component.
    """

    days: int = 7
    need_days: int = 2
    z_floor: float = 0.1
    reference: float = 0.0025
    share_abs: float = 0.5


class Liquidation:
    """Liquidation component.

    Examples
    --------
    >>> import numpy as np
    >>> score = Liquidation(Cadence())
    >>> y = np.empty((5, 1, 1))
    >>> score.update(0, score.state(1), np.array([[[np.log(15.45e6)]], [[15.45e6]], [[30.9e9]], [[1.0]]]), y)
    >>> [round(float(v), 4) for v in y[:2, 0, 0]]
    [20.0, 0.5]
    """

    name = "liquidation"
    inputs = ("liq_ln", "liq_1h_usd", "oi_usd", "liq_1h_cov")
    outputs = (
        Column("liquidation_score", "points", 0.0, 100.0, "component"),
        Column("liquidation_evidence", "fraction", 0.0, 1.0, "share of the component backed by data"),
        Column("liq_z", "z", None, None, "robust z of ln(1 + liquidations of one hour), signed"),
        Column("liquidation_percentile", "%", 0.0, 100.0, "rank of the last hour in its own 7 days"),
        Column("liquidation_warming", "0/1", 0.0, 1.0, "1 while the history is too short"),
    )

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:
        self.params = params or Params()
        p = self.params
        self.track = Track.over("liquidation", cadence, days=p.days, need_days=p.need_days, floor=p.z_floor)
        self.reference = p.reference * cadence.hours

    def state(self, lanes: int) -> State:
        """History of ln(1 + liq_1h_usd)."""
        return self.track.state(lanes)

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:
        """Fill the columns of `outputs`."""
        self.track.roll(t0, state, x[0], y[2], y[3])
        _liquidation(self.params.share_abs, self.reference, x, y)


@kernel
def _liquidation(share_abs: float, reference: float, x: F8, y: F8) -> None:
    for t in range(x.shape[1]):
        for lane in range(x.shape[2]):
            liq = x[1, t, lane]
            oi = x[2, t, lane]
            v = x[3, t, lane]
            z = y[2, t, lane]
            total = 0.0
            share = 0.0
            if liq == liq and v == v:
                full = reference * oi
                if full > 0.0:
                    total = total + share_abs * min(100.0, liq / full * 100.0)
                    share = share + share_abs
                if z == z:
                    total = total + (1.0 - share_abs) * squash(z)
                    share = share + (1.0 - share_abs)
            y[0, t, lane] = total / share if share > 0.0 else math.nan
            y[1, t, lane] = share * v if share > 0.0 else 0.0
            y[4, t, lane] = (0.0 if z == z else 1.0) if liq == liq else math.nan
