"""Liquidations of four hours: how much, how fast, against the symbol's own past, and from which side (SCORES 7.1).

total = sum of the rows over (t - 4 h, t]; velocity = total / hours, hours = known rows of the window, 1 h at least: a
feed that is up for less than 4 h is measured over the time it was up. threshold = max(200,000 USD/h, own 30-d 99 %
quantile of the velocity; needs 7 d, current row excluded). severity = min(5, velocity / threshold), 0..5; the
condition is met at total >= 500,000 USD and velocity >= threshold, so severity >= 1 where it is met. side = +1 (LONG)
or -1 (SHORT) where that side holds more than 60 % of the USD, else 0. All missing while the row's own liquidations are
missing: no feed is no calm. Totals of throttled feeds are lower bounds. Where rows are further apart than 4 h they
are the window, and the least total grows with it.
"""

import math
from dataclasses import dataclass

import numpy as np

from clri.engine.cadence import HOUR_S, Cadence
from clri.engine.score import F8, Column, State
from clri.maths import sums
from clri.maths.kernel import I8, kernel
from clri.maths.quantile import roll_quantile
from clri.maths.sums import MISSING, micro_or_missing, slide
from clri.scores.track import Track


@dataclass(frozen=True, slots=True)
class Params:
    """Parameters of the 4-h cascade (SCORES 11).

    Parameters
    ----------
    window
        Length of the window, h.
    min_usd
        Least total of a window, USD.
    critical_velocity
        Floor of the threshold, USD per hour.
    quantile
        Own quantile of the velocity that may raise the threshold, 0..1.
    days, need_days
        Window and warm-up of that history, days.
    side_share
        Share of one side above which the liquidations have that side.
    most
        Highest severity.
    """

    window: int = 4
    min_usd: float = 500_000.0
    critical_velocity: float = 200_000.0
    quantile: float = 0.99
    days: int = 30
    need_days: int = 7
    side_share: float = 0.6
    most: float = 5.0


_LONG, _SHORT, _COUNT, _COMPLETE = range(4)


class Cascade4h:
    """Liquidations of four hours.

    Examples
    --------
    Four hourly rows of 300,000 USD of longs and 75,000 USD of shorts.

    >>> import numpy as np
    >>> score = Cascade4h(Cadence(3600))
    >>> x = np.ones((5, 4, 1)) * np.array([3e5, 7.5e4, 6.0, 2.0, 1.0])[:, None, None]
    >>> y = np.empty((len(score.outputs), 4, 1))
    >>> score.update(0, score.state(1), x, y)
    >>> dict(zip([c.name for c in score.outputs], y[:, 3, 0].tolist()))["liq_velocity_usd_h"]
    375000.0
    >>> [y[k, 3, 0].item() for k in (0, 6, 7, 10)]
    [1500000.0, 1.875, 1.0, 1.0]
    """

    name = "cascade4h"
    inputs = ("liq_long_usd", "liq_short_usd", "liq_long_n", "liq_short_n", "liq_complete_share")
    outputs = (
        Column("liq_4h_usd", "USD", 0.0, None, "liquidations of 4 hours, a lower bound on throttled venues"),
        Column("liq_4h_long_usd", "USD", 0.0, None, "longs among them"),
        Column("liq_4h_short_usd", "USD", 0.0, None, "shorts among them"),
        Column("liq_velocity_usd_h", "USD/h", 0.0, None, "liquidations per hour over the known part of 4 hours"),
        Column("liq_velocity_threshold_usd_h", "USD/h", 0.0, None, "velocity from which it is a cascade"),
        Column("liq_velocity_adaptive", "0/1", 0.0, 1.0, "1 where the own past lies above the floor"),
        Column("cascade4h_severity", "ratio", 0.0, 5.0, "velocity in thresholds; 1 or more in a cascade"),
        Column("cascade4h_side", "-1..1", -1.0, 1.0, "+1 longs, -1 shorts, 0 balanced"),
        Column("cascade4h_events", "n", 0.0, None, "liquidations counted in the window; 0 where rows hold no counts"),
        Column("cascade4h_complete", "fraction", 0.0, 1.0, "USD share from complete feeds"),
        Column("cascade4h_met", "0/1", 0.0, 1.0, "1 where total and velocity reach their thresholds"),
        Column("cascade4h_hours", "h", 0.0, None, "time over which the velocity is measured"),
    )

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:
        self.params = params or Params()
        p = self.params
        self.rows = cadence.rows(p.window * HOUR_S)
        self.row_hours = cadence.step_s / HOUR_S
        self.least_hours = max(1.0, self.row_hours)
        self.min_usd = p.min_usd * max(1.0, self.row_hours / p.window)
        self.track = Track.over("velocity", cadence, days=p.days, need_days=p.need_days, floor=math.nan)

    def state(self, lanes: int) -> State:
        """Exact windows (longs, shorts, count, complete) and the history of the velocity."""
        ring, total, count = sums.allocate(4 * lanes, self.rows)
        windows = {"ring": ring.reshape(4, lanes, -1), "total": total.reshape(4, lanes, 2), "held": count[:lanes]}
        return windows | self.track.state(lanes)

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:
        """Fill the columns of `outputs`."""
        p, track = self.params, self.track
        _windows(state["ring"], state["total"], state["held"], t0, self.row_hours, self.least_hours, x, y)
        history = state[f"{track.key}_ring"], state[f"{track.key}_order"], state[f"{track.key}_n"]
        roll_quantile(*history, t0, y[3], y[4], p.quantile, track.history.n_min, track.history.every)
        _cascade4h(p.critical_velocity, self.min_usd, p.side_share, p.most, y)


@kernel
def _windows(ring: I8, total: I8, held: I8, t0: int, row_hours: float, least_hours: float, x: F8, y: F8) -> None:
    height = x.shape[1]
    amounts = np.empty((4, height), np.int64)
    found = np.empty((4, height))
    known = np.empty(height, np.int64)
    for lane in range(x.shape[2]):
        for row in range(height):
            longs = micro_or_missing(x[0, row, lane])
            shorts = micro_or_missing(x[1, row, lane])
            if longs != MISSING and shorts != MISSING:  # noqa: PLR1714 - two comparisons compile, a tuple does not
                many = micro_or_missing((x[2, row, lane] + x[3, row, lane]) / 1e6)
                part = micro_or_missing((x[0, row, lane] + x[1, row, lane]) * x[4, row, lane])
                many = 0 if many == MISSING else many
                part = 0 if part == MISSING else part
                if part - longs > shorts:  # their sum itself may pass int64
                    part = longs + shorts
            else:
                longs = MISSING
                shorts = MISSING
                many = MISSING
                part = MISSING
            amounts[_LONG, row] = longs
            amounts[_SHORT, row] = shorts
            amounts[_COUNT, row] = many
            amounts[_COMPLETE, row] = part
        count = held[lane]
        for k in range(4):
            unit = 1.0 if k == _COUNT else 1e6
            held[lane] = slide(ring[k, lane], total[k, lane], count, t0, amounts[k], 0.0, unit, found[k], known)
        for row in range(height):
            for k in (0, 1, 2, 3, 8, 9, 11):
                y[k, row, lane] = math.nan
            if amounts[_LONG, row] != MISSING:
                whole = found[_LONG, row] + found[_SHORT, row]
                hours = max(least_hours, float(known[row]) * row_hours)
                y[0, row, lane] = whole
                y[1, row, lane] = found[_LONG, row]
                y[2, row, lane] = found[_SHORT, row]
                y[3, row, lane] = whole / hours
                y[8, row, lane] = found[_COUNT, row]
                if whole > 0.0:
                    y[9, row, lane] = min(1.0, found[_COMPLETE, row] / whole)
                y[11, row, lane] = hours


@kernel
def _cascade4h(floor: float, min_usd: float, side_share: float, most: float, y: F8) -> None:
    for row in range(y.shape[1]):
        for lane in range(y.shape[2]):
            total = y[0, row, lane]
            velocity = y[3, row, lane]
            own = y[4, row, lane]
            threshold = floor
            if own > floor:
                threshold = own
            known = velocity == velocity
            y[4, row, lane] = threshold
            y[5, row, lane] = 1.0 if own > floor else 0.0
            y[6, row, lane] = min(most, velocity / threshold) if known else math.nan
            y[7, row, lane] = 0.0 if known else math.nan
            if y[1, row, lane] > side_share * total:
                y[7, row, lane] = 1.0
            elif y[2, row, lane] > side_share * total:
                y[7, row, lane] = -1.0
            y[10, row, lane] = (1.0 if total >= min_usd and velocity >= threshold else 0.0) if known else math.nan
