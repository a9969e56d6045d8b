"""Direction: which side of the market is crowded (SCORES 2.5). Positions only; the order book takes no part.

d = weighted mean over the present of clip(f8 / 0.001) weight .5, clip(ln(lsr) / ln 2) weight .3 and
(long_liq_share - 0.5) * 2 weight .2 (longs being liquidated were crowded longs), range -1..1, + = longs crowded.
The flow term is missing while liq_1h_usd < 0.00001 * oi_usd. Present weight below 0.3 -> missing. No history.
"""

import math
from dataclasses import dataclass

from clri.engine.cadence import Cadence
from clri.engine.score import F8, Column, State
from clri.maths.kernel import kernel
from clri.maths.log import ln
from clri.maths.scale import clip

_LN_2 = 0.6931471805599453


@dataclass(frozen=True, slots=True)
class Params:
    """Direction parameters (SCORES 11).

    Parameters
    ----------
    weight_funding, weight_ratio, weight_flow
        Weights of the three terms.
    reference
        Funding per 8 h that is worth 1.
    flow_least
        Fraction of open interest that must be liquidated in an hour for the flow term.
    least_weight
        Present weight below which there is no answer.
    cut
        Size from which the market is called crowded.
    """

    weight_funding: float = 0.5
    weight_ratio: float = 0.3
    weight_flow: float = 0.2
    reference: float = 0.001
    flow_least: float = 1e-5
    least_weight: float = 0.3
    cut: float = 0.2


class Direction:
    """Crowding of positions.

    Examples
    --------
    >>> import numpy as np
    >>> score = Direction(Cadence())
    >>> y = np.empty((1, 1, 1))
    >>> x = np.array([3e-4, 1.8, 0.85e6, 0.15e6, 1e9]).reshape(5, 1, 1)
    >>> score.update(0, score.state(1), x, y)
    >>> round(float(y[0, 0, 0]), 4)
    0.5444
    """

    name = "direction"
    inputs = ("funding_8h", "long_short_ratio", "liq_1h_long_usd", "liq_1h_short_usd", "oi_usd")
    outputs = (Column("direction_value", "-1..1", -1.0, 1.0, "+ = longs crowded, - = shorts crowded"),)

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:
        self.params = params or Params()
        self.flow_least = self.params.flow_least * cadence.hours

    def state(self, lanes: int) -> State:  # noqa: ARG002 - no memory
        """No state."""
        return {}

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:  # noqa: ARG002 - no memory
        """Fill the column of `outputs`."""
        p = self.params
        _direction(p.weight_funding, p.weight_ratio, p.weight_flow, p.reference, self.flow_least, p.least_weight, x, y)


@kernel
def _direction(
    w_funding: float,
    w_ratio: float,
    w_flow: float,
    reference: float,
    flow_least: float,
    least_weight: float,
    x: F8,
    y: F8,
) -> None:
    for t in range(x.shape[1]):
        for lane in range(x.shape[2]):
            f8 = x[0, t, lane]
            lsr = x[1, t, lane]
            longs = x[2, t, lane]
            liq = longs + x[3, t, lane]
            oi = x[4, t, lane]
            total = 0.0
            weight = 0.0
            if f8 == f8:
                total = total + w_funding * clip(f8 / reference, -1.0, 1.0)
                weight = weight + w_funding
            if lsr > 0.0:
                total = total + w_ratio * clip(ln(lsr) / _LN_2, -1.0, 1.0)
                weight = weight + w_ratio
            if liq > 0.0 and oi > 0.0 and liq >= flow_least * oi:
                total = total + w_flow * (longs / liq - 0.5) * 2.0
                weight = weight + w_flow
            y[0, t, lane] = clip(total / weight, -1.0, 1.0) if weight >= least_weight - 1e-9 else math.nan
