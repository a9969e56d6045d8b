"""Imbalance component: how one-sided the order book is within 1 % of the middle (SCORES 2.2).

score = abs(bid_usd - ask_usd) / (bid_usd + ask_usd) * 100, range 0..100; both sides 0 or one missing -> missing.
No history, no warm-up. evidence = coverage of the book input.
"""

import math

from clri.engine.cadence import Cadence
from clri.engine.score import F8, Column, State
from clri.maths.kernel import kernel


class Imbalance:
    """Imbalance component.

    Examples
    --------
    >>> import numpy as np
    >>> score = Imbalance(Cadence())
    >>> y = np.empty((2, 1, 1))
    >>> score.update(0, score.state(1), np.array([[[30e6]], [[55e6]], [[0.8]]]), y)
    >>> round(float(y[0, 0, 0]), 4), float(y[1, 0, 0])
    (29.4118, 0.8)
    """

    name = "imbalance"
    inputs = ("bid_depth_usd", "ask_depth_usd", "cov_book")
    outputs = (
        Column("imbalance_score", "points", 0.0, 100.0, "component"),
        Column("imbalance_evidence", "fraction", 0.0, 1.0, "share of the component backed by data"),
    )

    def __init__(self, cadence: Cadence) -> None:
        """Nothing depends on the cadence."""

    def state(self, lanes: int) -> State:  # noqa: ARG002 - no memory
        """No state."""
        return {}

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:  # noqa: ARG002 - no memory
        """Fill the columns of `outputs`."""
        _imbalance(x, y)


@kernel
def _imbalance(x: F8, y: F8) -> None:
    for t in range(x.shape[1]):
        for lane in range(x.shape[2]):
            bid = x[0, t, lane]
            ask = x[1, t, lane]
            v = x[2, t, lane]
            y[0, t, lane] = math.nan
            y[1, t, lane] = 0.0
            if bid + ask > 0.0 and v == v:
                y[0, t, lane] = abs(bid - ask) / (bid + ask) * 100.0
                y[1, t, lane] = v
