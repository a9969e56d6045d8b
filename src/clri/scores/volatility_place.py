"""Where volatility stands in its own past (SCORES 7.3).

vol_percentile = R(vol_24h) in its own 365 d, 0..100, need 30 d; vol_ratio = vol_24h / median of its own 30 d, need 7 d,
limited to 0.5..3; missing while the median is 0. Both compare with one sample per full hour (per row where rows are
further apart), the current one excluded: vol_24h looks back a day, so samples every 5 minutes would say no more.
A missing vol_24h is a missing sample; it has no place itself.
"""

import math
from dataclasses import dataclass

from clri.engine.cadence import DAY_S, HOUR_S, Cadence
from clri.engine.score import F8, Column, State
from clri.maths.history import History, roll
from clri.maths.kernel import kernel
from clri.maths.quantile import roll_quantile
from clri.maths.scale import clip


@dataclass(frozen=True, slots=True)
class Params:
    """Parameters of the place of volatility.

    Parameters
    ----------
    days, need_days
        Window and warm-up of vol_percentile, days.
    ratio_days, ratio_need_days
        Window and warm-up of vol_ratio, days.
    low, high
        Limits of vol_ratio.
    """

    days: int = 365
    need_days: int = 30
    ratio_days: int = 30
    ratio_need_days: int = 7
    low: float = 0.5
    high: float = 3.0


class VolatilityPlace:
    """Place of volatility in its own past.

    Examples
    --------
    A week of hours between 2 and 4 % gives a median, 30 days are needed for a rank.

    >>> import numpy as np
    >>> score = VolatilityPlace(Cadence(3600))
    >>> x = np.linspace(0.02, 0.04, 169)[None, :, None]
    >>> y = np.empty((2, 169, 1))
    >>> score.update(0, score.state(1), x, y)
    >>> [round(float(v), 4) for v in y[:, -1, 0]]
    [nan, 1.336]
    """

    name = "volatility_place"
    inputs = ("vol_24h",)
    outputs = (
        Column("vol_percentile", "%", 0.0, 100.0, "rank of vol_24h in its own 365 days"),
        Column("vol_ratio", "ratio", 0.0, None, "vol_24h against its median of 30 days, limited"),
    )

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:
        self.params = params or Params()
        p = self.params
        self.year = _hourly(cadence, p.days, p.need_days)
        self.month = _hourly(cadence, p.ratio_days, p.ratio_need_days)

    def state(self, lanes: int) -> State:
        """Two hourly histories."""
        arrays: State = {}
        for key, history in (("year", self.year), ("month", self.month)):
            ring, order, n = history.allocate(lanes)
            arrays |= {f"{key}_ring": ring, f"{key}_order": order, f"{key}_n": n}
        return arrays

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:
        """Fill the columns of `outputs`."""
        year, month = self.year, self.month
        ring, order, n = state["year_ring"], state["year_order"], state["year_n"]
        roll(ring, order, n, t0, x[0], None, y[0], None, year.n_min, math.nan, year.every)
        ring, order, n = state["month_ring"], state["month_order"], state["month_n"]
        roll_quantile(ring, order, n, t0, x[0], y[1], 0.5, month.n_min, month.every)
        _ratio(self.params.low, self.params.high, x, y)


def _hourly(cadence: Cadence, days: int, need_days: int) -> History:
    """History of one sample per hour, or per row where rows are further apart."""
    every = cadence.rows(HOUR_S)
    per = every * cadence.step_s
    need = max(1, need_days * DAY_S // per, 12 if cadence.coarse else 0)
    return History(cap=max(days * DAY_S // per, need), every=every, n_min=need)


@kernel
def _ratio(low: float, high: float, x: F8, y: F8) -> None:
    for row in range(y.shape[1]):
        for lane in range(y.shape[2]):
            middle = y[1, row, lane]
            y[1, row, lane] = clip(x[0, row, lane] / middle, low, high) if middle > 0.0 else math.nan
