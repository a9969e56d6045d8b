"""Venues apart: how far funding differs between venues, and how much of the open interest stands on one (SCORES 2.6).

funding_spread = max - min of the rate per 8 h over the venues with at least 5 % of the open interest (the row's
funding_max_8h and funding_min_8h are taken over those alone); flag FUNDING_DIVERGENCE above 5 bp. One venue alone
spreads nothing: with fewer than two the spread is missing, not 0; a table that does not tell the number is taken at its
word. oi_concentration is the row's oi_top_share, the share of the largest venue; its flag is up above 0.70. Published,
not scored. Unit: fraction per 8 h, >= 0; flags 0/1. Warm-up: none. A missing input gives a missing value and flag.
"""

import math
from dataclasses import dataclass

from clri.engine.cadence import Cadence
from clri.engine.score import F8, Column, State
from clri.maths.kernel import kernel


@dataclass(frozen=True, slots=True)
class Params:
    """Where the flags go up (SCORES 2.6).

    Parameters
    ----------
    divergence
        Spread of funding, fraction per 8 h.
    concentration
        Share of the largest venue, fraction.
    """

    divergence: float = 5e-4
    concentration: float = 0.70


class VenueSpread:
    """Spread of funding between venues, and concentration of open interest.

    Examples
    --------
    >>> import numpy as np
    >>> score = VenueSpread(Cadence())
    >>> y = np.empty((3, 1, 1))
    >>> score.update(0, score.state(1), np.array([[[-1e-4]], [[5e-4]], [[6.0]], [[0.4]]]), y)
    >>> [round(float(v), 6) for v in y[:, 0, 0]]
    [0.0006, 1.0, 0.0]
    """

    name = "venue_spread"
    inputs = ("funding_min_8h", "funding_max_8h", "n_funding", "oi_top_share")
    outputs = (
        Column("funding_spread", "fraction per 8 h", 0.0, None, "highest less lowest rate of the larger venues"),
        Column("funding_divergence", "0/1", 0.0, 1.0, "flag FUNDING_DIVERGENCE: the spread is above 5 bp"),
        Column("oi_concentrated", "0/1", 0.0, 1.0, "flag: the largest venue holds more than 0.70 of the open interest"),
    )

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:  # noqa: ARG002 - the same at any
        self.params = params or Params()

    def state(self, lanes: int) -> State:  # noqa: ARG002 - no memory
        """No state."""
        return {}

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:  # noqa: ARG002 - no memory
        """Fill the columns of `outputs`."""
        _spread(self.params.divergence, self.params.concentration, x, y)


@kernel
def _spread(divergence: float, concentration: float, x: F8, y: F8) -> None:
    for t in range(x.shape[1]):
        for lane in range(x.shape[2]):
            spread = x[1, t, lane] - x[0, t, lane]
            if x[2, t, lane] < 2.0 or spread < 0.0:
                spread = math.nan
            share = x[3, t, lane]
            y[0, t, lane] = spread
            y[1, t, lane] = math.nan
            if spread == spread:
                y[1, t, lane] = 1.0 if spread > divergence + 1e-12 else 0.0
            y[2, t, lane] = math.nan
            if share == share:
                y[2, t, lane] = 1.0 if share > concentration + 1e-12 else 0.0
