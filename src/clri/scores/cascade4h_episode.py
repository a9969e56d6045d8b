"""Episodes of the 4-h cascade: one from entry to leaving, with its peak (SCORES 7.1).

Entered at the row that meets total and velocity; left after 30 min below 0.8 * threshold, counted in known rows (one
row where rows are further apart). The peak is the row of the highest velocity; its totals, threshold, side and counts
are kept. A row without velocity changes nothing: state unknown, no end is declared. The price range runs from the
entry on over the rows' low and high, else the price; without any price so far no episode begins, for its record needs
one. `said` is 1 where there is news: entry, a new peak, a change of state, the end. No history, no warm-up.
"""

import math
from dataclasses import dataclass

import numpy as np

from clri.engine.cadence import Cadence
from clri.engine.score import F8, Column, State
from clri.maths.kernel import I8, kernel


@dataclass(frozen=True, slots=True)
class Params:
    """When an episode ends (SCORES 7.1).

    Parameters
    ----------
    leave
        Share of the threshold below which the velocity counts as calm.
    calm_s
        Time below it after which the episode ends, s.
    """

    leave: float = 0.8
    calm_s: int = 1800


NONE, ACTIVE, ENDED, UNKNOWN = range(4)
"""Codes of the column `episode_state`."""

_PEAK = (
    *("liq_velocity_usd_h", "liq_velocity_threshold_usd_h", "liq_velocity_adaptive", "cascade4h_severity"),
    *("liq_4h_usd", "liq_4h_long_usd", "liq_4h_short_usd", "cascade4h_side"),
    *("cascade4h_events", "cascade4h_complete", "cascade4h_hours"),
)
_KEPT = len(_PEAK)
_AGE, _MET, _MOST, _LOW, _HIGH = _KEPT + 2, _KEPT + 3, _KEPT + 4, _KEPT + 5, _KEPT + 6


class Cascade4hEpisode:
    """Episodes of the 4-h cascade.

    Examples
    --------
    A velocity of two thresholds, then of half of it, in rows of half an hour.

    >>> score = Cascade4hEpisode(Cadence(1800))
    >>> x = np.ones((len(score.inputs), 3, 1))
    >>> x[0, :, 0], x[1], x[11, :, 0] = [4e5, 1e5, 1e5], 2e5, [1, 0, 0]
    >>> y = np.empty((len(score.outputs), 3, 1))
    >>> score.update(0, score.state(1), x, y)
    >>> y[0, :, 0].tolist(), y[1, :, 0].tolist(), y[2, :, 0].tolist()
    ([1.0, 2.0, 0.0], [1.0, 1.0, 0.0], [400000.0, 400000.0, nan])
    """

    name = "cascade4h_episode"
    inputs = (*_PEAK, "cascade4h_met", "low", "high", "price")
    outputs = (
        Column("episode_state", "0..3", 0.0, 3.0, "0 none, 1 active, 2 ended with this row, 3 unknown: no feed"),
        Column("episode_said", "0/1", 0.0, 1.0, "1 where there is news about the episode"),
        Column("episode_velocity_usd_h", "USD/h", 0.0, None, "highest velocity; the next ten are of that row"),
        Column("episode_threshold_usd_h", "USD/h", 0.0, None, "threshold at the peak"),
        Column("episode_adaptive", "0/1", 0.0, 1.0, "1 if that threshold came from the own past"),
        Column("episode_severity", "ratio", 0.0, 5.0, "severity at the peak"),
        Column("episode_usd", "USD", 0.0, None, "total of 4 hours at the peak"),
        Column("episode_long_usd", "USD", 0.0, None, "longs among them"),
        Column("episode_short_usd", "USD", 0.0, None, "shorts among them"),
        Column("episode_side", "-1..1", -1.0, 1.0, "+1 longs, -1 shorts, 0 balanced"),
        Column("episode_events", "n", 0.0, None, "liquidations counted"),
        Column("episode_complete", "fraction", 0.0, 1.0, "USD share from complete feeds"),
        Column("episode_hours", "h", 0.0, None, "time over which the velocity was measured"),
        Column("episode_age", "rows", 0.0, None, "rows since the entry"),
        Column("episode_met_age", "rows", 0.0, None, "rows since both thresholds were last met"),
        Column("episode_most_usd", "USD", 0.0, None, "highest total of 4 hours"),
        Column("episode_low", "USD", 0.0, None, "lowest price since the entry"),
        Column("episode_high", "USD", 0.0, None, "highest price since the entry"),
    )

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:
        self.params = params or Params()
        self.calm_rows = cadence.rows(self.params.calm_s)

    def state(self, lanes: int) -> State:
        """State code, start, last met and calm rows; the peak, the highest total, the price range, the last price."""
        return {"rows": np.zeros((lanes, 4), np.int64), "numbers": np.full((lanes, _KEPT + 4), math.nan)}

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:
        """Fill the columns of `outputs`."""
        _episodes(state["rows"], state["numbers"], t0, self.params.leave, self.calm_rows, x, y)


@kernel
def _price(x: F8, k: int, row: int, lane: int, price: float) -> float:
    """Low or high of a row, else its price, else the last known one."""
    if x[k, row, lane] == x[k, row, lane]:
        return float(x[k, row, lane])
    return price


@kernel
def _episodes(rows: I8, numbers: F8, t0: int, leave: float, calm_rows: int, x: F8, y: F8) -> None:
    for lane in range(x.shape[2]):
        at = rows[lane]
        kept = numbers[lane]
        for row in range(x.shape[1]):
            t = t0 + row
            if x[_KEPT + 3, row, lane] == x[_KEPT + 3, row, lane]:
                kept[_KEPT + 3] = x[_KEPT + 3, row, lane]
            price = kept[_KEPT + 3]
            low = _price(x, _KEPT + 1, row, lane, price)
            high = _price(x, _KEPT + 2, row, lane, price)
            velocity = x[0, row, lane]
            met = x[_KEPT, row, lane] > 0.0
            said = False
            ended = False
            if velocity != velocity:
                said = at[0] == ACTIVE
                at[0] = UNKNOWN if at[0] != NONE else NONE
            else:
                if at[0] == NONE and met and low == low and high == high:
                    said = True
                    at[0] = ACTIVE
                    at[1] = t
                    at[3] = 0
                    for k in range(_KEPT + 3):
                        kept[k] = math.nan
                if at[0] == UNKNOWN:
                    said = True
                    at[0] = ACTIVE
                if at[0] == ACTIVE:
                    if met:
                        at[2] = t
                    if not kept[0] >= velocity:
                        said = True
                        for k in range(_KEPT):
                            kept[k] = x[k, row, lane]
                    if not kept[_KEPT] >= x[4, row, lane]:
                        kept[_KEPT] = x[4, row, lane]
                    if not kept[_KEPT + 1] <= low and low == low:
                        kept[_KEPT + 1] = low
                    if not kept[_KEPT + 2] >= high and high == high:
                        kept[_KEPT + 2] = high
                    at[3] = at[3] + 1 if velocity < leave * x[1, row, lane] else 0
                    if at[3] >= calm_rows:
                        ended = True
                        said = True
            for k in range(y.shape[0]):
                y[k, row, lane] = math.nan
            y[0, row, lane] = float(ENDED if ended else at[0])
            y[1, row, lane] = 1.0 if said else 0.0
            if at[0] != NONE:
                for k in range(_KEPT):
                    y[2 + k, row, lane] = kept[k]
                y[_AGE, row, lane] = float(t - at[1])
                y[_MET, row, lane] = float(t - at[2])
                y[_MOST, row, lane] = kept[_KEPT]
                y[_LOW, row, lane] = kept[_KEPT + 1]
                y[_HIGH, row, lane] = kept[_KEPT + 2]
            if ended:
                at[0] = NONE
                at[1] = 0
                at[2] = 0
                at[3] = 0
                for k in range(_KEPT + 3):
                    kept[k] = math.nan
