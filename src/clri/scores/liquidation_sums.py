"""Sums of liquidations over the last minutes and hour, exact to the micro-dollar (SCORES 2.1, 2.6, 2.7).

liq_1h_usd = sum of the rows of the last hour (longs, shorts, both), liq_5m_usd of the last 5 minutes, and
liq_rate_per_min = mean USD per minute of the last 10 minutes. At least 90 % of a window's rows must be known, else
the sum is missing. liq_1h_cov = mean coverage of the liquidation feeds over the hour. Where rows are further apart than
5 minutes, liq_5m_usd is half of the mean hour's sum per hour; spans shorter than a row become one row.
"""

import math
from dataclasses import dataclass

import numpy as np

from clri.engine.cadence import HOUR_S, Cadence
from clri.engine.score import F8, Column, State
from clri.maths import sums
from clri.maths.kernel import I8, kernel
from clri.maths.sums import MISSING, micro_or_missing, slide


@dataclass(frozen=True, slots=True)
class Params:
    """How complete a window must be.

    Parameters
    ----------
    least_known
        Share of rows that must be known.
    """

    least_known: float = 0.9


_WINDOWS = ("long_1h", "short_1h", "both_5m", "both_10m", "cov_1h")


class LiquidationSums:
    """Sums of liquidations.

    Examples
    --------
    >>> import numpy as np
    >>> score = LiquidationSums(Cadence(1800))
    >>> x = np.array([[[1e6], [2e6]], [[0.0], [5e5]], [[1.0], [0.5]]])
    >>> y = np.empty((6, 2, 1))
    >>> score.update(0, score.state(1), x, y)
    >>> [float(v) for v in y[1:4, 1, 0]], float(y[5, 1, 0])
    ([3500000.0, 3000000.0, 500000.0], 0.75)
    """

    name = "liquidation_sums"
    inputs = ("liq_long_usd", "liq_short_usd", "cov_liq")
    outputs = (
        Column("liq_5m_usd", "USD", 0.0, None, "liquidations of 5 minutes, a lower bound on throttled venues"),
        Column("liq_1h_usd", "USD", 0.0, None, "liquidations of 1 hour, a lower bound on throttled venues"),
        Column("liq_1h_long_usd", "USD", 0.0, None, "longs among them"),
        Column("liq_1h_short_usd", "USD", 0.0, None, "shorts among them"),
        Column("liq_rate_per_min", "USD/min", 0.0, None, "mean of the last 10 minutes"),
        Column("liq_1h_cov", "fraction", 0.0, 1.0, "mean coverage of the liquidation feeds over the hour"),
    )

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:
        self.params = params or Params()
        self.hour = cadence.rows(HOUR_S)
        self.rows = {"long_1h": self.hour, "short_1h": self.hour, "cov_1h": self.hour}
        self.rows["both_5m"], self.rows["both_10m"] = cadence.rows(300), cadence.rows(600)
        self.minutes = self.rows["both_10m"] * cadence.step_s / 60.0
        self.five = 0.0 if cadence.step_s <= 300 else HOUR_S / (self.hour * cadence.step_s) / 2.0

    def state(self, lanes: int) -> State:
        """One exact window per sum."""
        arrays: State = {}
        for key in _WINDOWS:
            ring, total, count = sums.allocate(lanes, self.rows[key])
            arrays |= {f"{key}_ring": ring, f"{key}_total": total, f"{key}_count": count}
        return arrays

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:
        """Fill the columns of `outputs`."""
        _sums(
            state["long_1h_ring"],
            state["long_1h_total"],
            state["long_1h_count"],
            state["short_1h_ring"],
            state["short_1h_total"],
            state["short_1h_count"],
            state["both_5m_ring"],
            state["both_5m_total"],
            state["both_5m_count"],
            state["both_10m_ring"],
            state["both_10m_total"],
            state["both_10m_count"],
            state["cov_1h_ring"],
            state["cov_1h_total"],
            state["cov_1h_count"],
            t0,
            self.params.least_known,
            self.minutes,
            self.five,
            x,
            y,
        )


@kernel
def _sums(
    long_ring: I8,
    long_total: I8,
    long_count: I8,
    short_ring: I8,
    short_total: I8,
    short_count: I8,
    five_ring: I8,
    five_total: I8,
    five_count: I8,
    ten_ring: I8,
    ten_total: I8,
    ten_count: I8,
    cov_ring: I8,
    cov_total: I8,
    cov_count: I8,
    t0: int,
    least: float,
    minutes: float,
    five: float,
    x: F8,
    y: F8,
) -> None:
    height = x.shape[1]
    longs, shorts, both, cov = _rows(height), _rows(height), _rows(height), _rows(height)
    known, many = _rows(height), _rows(height)
    long_usd, short_usd, cov_usd = np.empty(height), np.empty(height), np.empty(height)
    five_usd, ten_usd = np.empty(height), np.empty(height)
    for lane in range(x.shape[2]):
        for row in range(height):
            longs[row] = micro_or_missing(x[0, row, lane])
            shorts[row] = micro_or_missing(x[1, row, lane])
            both[row] = MISSING
            if longs[row] != MISSING and shorts[row] != MISSING:
                both[row] = longs[row] + shorts[row]
            cov[row] = micro_or_missing(x[2, row, lane])
        whole = least * float(long_ring.shape[1])
        held = long_count[lane]
        long_count[lane] = slide(long_ring[lane], long_total[lane], held, t0, longs, whole, 1e6, long_usd, known)
        held = short_count[lane]
        short_count[lane] = slide(short_ring[lane], short_total[lane], held, t0, shorts, whole, 1e6, short_usd, known)
        need = least * float(five_ring.shape[1])
        held = five_count[lane]
        five_count[lane] = slide(five_ring[lane], five_total[lane], held, t0, both, need, 1e6, five_usd, known)
        need = least * float(ten_ring.shape[1])
        held = ten_count[lane]
        ten_count[lane] = slide(ten_ring[lane], ten_total[lane], held, t0, both, need, 1e6, ten_usd, known)
        held = cov_count[lane]
        cov_count[lane] = slide(cov_ring[lane], cov_total[lane], held, t0, cov, 1.0, 1e6, cov_usd, many)
        for row in range(height):
            hour = long_usd[row] + short_usd[row]
            y[0, row, lane] = hour * five if five > 0.0 else five_usd[row]
            y[1, row, lane] = hour
            y[2, row, lane] = long_usd[row]
            y[3, row, lane] = short_usd[row]
            y[4, row, lane] = ten_usd[row] / minutes
            y[5, row, lane] = cov_usd[row] / float(many[row]) if hour == hour and many[row] > 0 else math.nan


@kernel
def _rows(height: int) -> I8:
    return np.empty(height, np.int64)
