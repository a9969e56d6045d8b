"""Changes of open interest and price against the same symbol some time ago (SCORES 2.1).

oi_chg_span_pct = 100 * (I_t / I_(t - span) - 1) of the chain-linked OI index; price_chg_span_pct from the price.
The reference is the row at t - span, or the nearest older one at most 5 minutes back (5m: 2 minutes; coarse tables:
one row); without one the change is missing. Spans shorter than a row become one row. Warm-up = the span itself.
"""

import math
from dataclasses import dataclass

from clri.engine.cadence import DAY_S, HOUR_S, Cadence
from clri.engine.score import F8, Column, State
from clri.maths.asof import allocate, push, reference
from clri.maths.kernel import kernel
from clri.maths.scale import finite


@dataclass(frozen=True, slots=True)
class Params:
    """How much older than asked a reference may be.

    Parameters
    ----------
    tolerance_s, tolerance_5m_s
        Seconds; the second for the five-minute change.
    """

    tolerance_s: int = 300
    tolerance_5m_s: int = 120


class Changes:
    """Changes of open interest and price.

    Examples
    --------
    >>> import numpy as np
    >>> score = Changes(Cadence(3600))
    >>> x = np.array([[[100.0], [104.0]], [[50.0], [49.0]]])
    >>> y = np.empty((6, 2, 1))
    >>> score.update(0, score.state(1), x, y)
    >>> round(float(y[1, 1, 0]), 6), round(float(y[4, 1, 0]), 6)
    (4.0, -2.0)
    """

    name = "changes"
    inputs = ("oi_index", "price")
    outputs = (
        Column("oi_chg_5m_pct", "%", None, None, "open interest against 5 minutes ago"),
        Column("oi_chg_1h_pct", "%", None, None, "open interest against 1 hour ago"),
        Column("oi_chg_4h_pct", "%", None, None, "open interest against 4 hours ago"),
        Column("oi_chg_24h_pct", "%", None, None, "open interest against 24 hours ago"),
        Column("price_chg_1h_pct", "%", None, None, "price against 1 hour ago"),
        Column("price_chg_4h_pct", "%", None, None, "price against 4 hours ago"),
    )

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:
        self.params = params or Params()
        self.spans = (cadence.rows(300), cadence.rows(HOUR_S), cadence.rows(4 * HOUR_S), cadence.rows(DAY_S))
        self.tolerance = cadence.tolerance(self.params.tolerance_s)
        self.tolerance_5m = cadence.tolerance(self.params.tolerance_5m_s)

    def state(self, lanes: int) -> State:
        """The last day of the OI index and the last 4 hours of the price."""
        return {
            "oi": allocate(lanes, self.spans[3], self.tolerance),
            "price": allocate(lanes, self.spans[2], self.tolerance),
        }

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:
        """Fill the columns of `outputs`."""
        m5, h1, h4, h24 = self.spans
        _changes(state["oi"], state["price"], t0, m5, h1, h4, h24, self.tolerance_5m, self.tolerance, x, y)


@kernel
def _percent(now: float, then: float) -> float:
    if then > 0.0:
        return finite(100.0 * (now / then - 1.0))
    return math.nan


@kernel
def _changes(
    oi: F8, price: F8, t0: int, m5: int, h1: int, h4: int, h24: int, short: int, tolerance: int, x: F8, y: F8
) -> None:
    for lane in range(x.shape[2]):
        for row in range(x.shape[1]):
            t = t0 + row
            index = x[0, row, lane]
            mark = x[1, row, lane]
            push(oi[lane], t, index)
            push(price[lane], t, mark)
            y[0, row, lane] = _percent(index, reference(oi[lane], t, m5, short))
            y[1, row, lane] = _percent(index, reference(oi[lane], t, h1, tolerance))
            y[2, row, lane] = _percent(index, reference(oi[lane], t, h4, tolerance))
            y[3, row, lane] = _percent(index, reference(oi[lane], t, h24, tolerance))
            y[4, row, lane] = _percent(mark, reference(price[lane], t, h1, tolerance))
            y[5, row, lane] = _percent(mark, reference(price[lane], t, h4, tolerance))
