"""Funding component: how far the size of the funding rate stands from its own past, and from 0.1 % (SCORES 2.2).

score = 0.6 * s(z+(abs(f8))) + 0.4 * min(100, abs(f8) / 0.001 * 100), s(z) = min(z, 3) / 3 * 100, range 0..100.
History 30 d on the 5-minute grid, z needs 7 d; floor of z 0.5 bp. Unusually calm funding never raises risk.
evidence = sum(a * v) over the present terms, v = coverage of the funding input; 0 = component missing, score NaN.
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
    """Funding parameters (SCORES 11).

    Parameters
    ----------
    days, need_days
        Window and warm-up of the history, days.
    z_floor
        Least robust sd, rate per 8 h.
    reference
        Rate per 8 h that is worth 100 in the absolute term.
    share_z
        Share of the z term in the component.
    """

    days: int = 30
    need_days: int = 7
    z_floor: float = 5e-5
    reference: float = 0.001
    share_z: float = 0.6


class Funding:
    """Funding component.

    Examples
    --------
    With no history only the absolute term speaks: 3 bp of 10 bp.

    >>> import numpy as np
    >>> score = Funding(Cadence())
    >>> y = np.empty((4, 1, 1))
    >>> score.update(0, score.state(1), np.array([[[3e-4]], [[1.0]]]), y)
    >>> [round(float(v), 4) for v in y[:, 0, 0]]
    [30.0, 0.4, nan, 1.0]
    """

    name = "funding"
    inputs = ("abs_funding", "cov_funding")
    outputs = (
        Column("funding_score", "points", 0.0, 100.0, "component"),
        Column("funding_evidence", "fraction", 0.0, 1.0, "share of the component backed by data"),
        Column("funding_z", "z", None, None, "robust z of the size of funding, signed"),
        Column("funding_warming", "0/1", 0.0, 1.0, "1 while the history is too short"),
    )

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:
        self.params = params or Params()
        p = self.params
        self.track = Track.over("funding", cadence, days=p.days, need_days=p.need_days, floor=p.z_floor)

    def state(self, lanes: int) -> State:
        """History of abs(f8)."""
        return self.track.state(lanes)

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:
        """Fill the columns of `outputs`."""
        self.track.roll(t0, state, x[0], y[2], None)
        _funding(self.params.share_z, 100.0 / self.params.reference, x, y)


@kernel
def _funding(share_z: float, factor: float, x: F8, y: F8) -> None:
    for t in range(x.shape[1]):
        for lane in range(x.shape[2]):
            size = x[0, t, lane]
            v = x[1, t, lane]
            z = y[2, t, lane]
            y[0, t, lane] = math.nan
            y[1, t, lane] = 0.0
            y[3, t, lane] = math.nan
            if size == size and v == v:
                total = (1.0 - share_z) * min(100.0, size * factor)
                share = 1.0 - share_z
                if z == z:
                    total = total + share_z * squash(z)
                    share = share + share_z
                y[0, t, lane] = total / share
                y[1, t, lane] = share * v
                y[3, t, lane] = 0.0 if z == z else 1.0
