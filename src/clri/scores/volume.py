"""Volume component: how much of the turnover is leveraged, against its own past (SCORES 2.2).

score = s(z+(ln(perp / spot volume))), range 0..100; turnover of 24 h over the venues that have both markets.
History 7 d, needs 2 d, floor 0.02. No spot market, or too short a history -> missing, never invented.
evidence = the smaller coverage of the two markets.
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
    """Volume parameters (SCORES 11).

    Parameters
    ----------
    days, need_days
        Window and warm-up of the history, days.
    z_floor
        Least robust sd of the logarithm.
    """

    days: int = 7
    need_days: int = 2
    z_floor: float = 0.02


class Volume:
    """Volume component.

    Examples
    --------
    >>> import numpy as np
    >>> score = Volume(Cadence())
    >>> y = np.empty((4, 1, 1))
    >>> score.update(0, score.state(1), np.array([[[1.42]], [[1.0]], [[1.0]]]), y)
    >>> y[:, 0, 0].tolist()
    [nan, 0.0, nan, 1.0]
    """

    name = "volume"
    inputs = ("volume_ln", "cov_volume", "cov_spot")
    outputs = (
        Column("volume_score", "points", 0.0, 100.0, "component"),
        Column("volume_evidence", "fraction", 0.0, 1.0, "share of the component backed by data"),
        Column("volume_z", "z", None, None, "robust z of ln(perp / spot volume), signed"),
        Column("volume_warming", "0/1", 0.0, 1.0, "1 while the history is too short"),
    )

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:
        self.params = params or Params()
        p = self.params
        self.track = Track.over("volume", cadence, days=p.days, need_days=p.need_days, floor=p.z_floor)

    def state(self, lanes: int) -> State:
        """History of ln(perp / spot volume)."""
        return self.track.state(lanes)

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:
        """Fill the columns of `outputs`."""
        self.track.roll(t0, state, x[0], y[2], None)
        _volume(x, y)


@kernel
def _volume(x: F8, y: F8) -> None:
    for t in range(x.shape[1]):
        for lane in range(x.shape[2]):
            z = y[2, t, lane]
            v = min(x[1, t, lane], x[2, t, lane])
            known = z == z and x[1, t, lane] == x[1, t, lane] and x[2, t, lane] == x[2, t, lane]
            y[0, t, lane] = squash(z) if known else math.nan
            y[1, t, lane] = v if known else 0.0
            y[3, t, lane] = (0.0 if z == z else 1.0) if x[0, t, lane] == x[0, t, lane] else math.nan
