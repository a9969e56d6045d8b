"""Regimes of closed bars of an hour, 4 hours, a day and a week, and what they agree on (SCORES 7.4; regimes guide).

Bars end on full UTC hours, 00/04/08..., 00:00, and Monday 00:00. close = price of the row at the end, or of one at most
5 minutes older; volume = volume_1h_usd of the hour, of longer bars the mean of their hours (90 % needed): an hour's
turnover throughout, which changes no z. volume_1h_usd is what is known at the end of the hour: live, a venue's closed
hour comes within the next one.

price_z = (close - mean) / max(sample sd, 1e-4 * mean) and vol_z the same on ln(volume) with floor 0.05, each against
the previous 24, 24, 30, 12 bars (20, 20, 24, 10 needed), the current bar excluded. First match:

| code | regime | rule | long_bias | risk_mult |
|---|---|---|---|---|
| 1 | IGNITION | price_z > .8 and vol_z > .8 | +.6 | 1.3 |
| 2 | COOLING | price_z < -.5 and vol_z < .5 | -.2 | .8 |
| 3 | CHOP | abs(price_z) < .3 and vol_z < 1 | 0 | .5 |
| 0 | NEUTRAL | else | 0 | 1.0 |

A regime stands until the next bar of its length closes; without close, volume or history it is missing. mtf_coverage =
share of the four present; below .6 mtf_regime is 4 DATA_SUSPECT and the rest missing. Else mtf_regime = the most
frequent one, a tie goes to that of the longest bar; mtf_confidence = share of those present that agree; mtf_confirmed =
confidence > .70, at least 3 present, not NEUTRAL.

The four overlap and are no independent votes. So mtf_persistence is measured beside: of the full hours of the last 90 d
with the present mtf_regime, the share in which it was the same 4 h later (48 needed).

Bars shorter than a row are missing: rows of 4 hours have three lengths, rows of a day two, which is DATA_SUSPECT. A
block of history warms all of it; without, the week needs 10 weeks, the day 24 days.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clri.engine.cadence import DAY_S, HOUR_S, Cadence
from clri.engine.score import F8, Column, State
from clri.maths.kernel import I8, kernel
from clri.maths.log import ln
from clri.maths.scale import finite
from clri.scores.frame_rules import classify, distance, primary

I1 = NDArray[np.int8]

FRAMES: Final = ("1h", "4h", "1d", "1w")
"""Lengths of bars, as keys of `Reading.mtf`."""
_LENGTH_S: Final = (HOUR_S, 4 * HOUR_S, DAY_S, 7 * DAY_S)
_BEGIN_S: Final = (0, 0, 0, 4 * DAY_S)
"""First Monday after 1970-01-01, a Thursday."""
_SUSPECT: Final = 4
_LONG_BIAS: Final = (0.0, 0.6, -0.2, 0.0)
_RISK_MULT: Final = (1.0, 1.3, 0.8, 0.5)


@dataclass(frozen=True, slots=True)
class Params:
    """Timeframe parameters (SCORES 11).

    Parameters
    ----------
    windows, needs
        Previous bars compared with, and how many of them must be known, for 1h, 4h, 1d, 1w.
    price_floor
        Least sd of closes, as a share of their mean.
    volume_floor
        Least sd of ln(volume).
    least_known
        Share of a bar's hours whose volume must be known.
    late_s
        How much older than its end a bar's close may be, seconds.
    coverage
        Share of timeframes below which the answer is DATA_SUSPECT.
    confirm
        Confidence above which a regime is confirmed.
    days, hold_h, need_h
        Window of mtf_persistence in days, its horizon and the hours it needs.
    """

    windows: tuple[int, int, int, int] = (24, 24, 30, 12)
    needs: tuple[int, int, int, int] = (20, 20, 24, 10)
    price_floor: float = 1e-4
    volume_floor: float = 0.05
    least_known: float = 0.9
    late_s: int = 300
    coverage: float = 0.6
    confirm: float = 0.70
    days: int = 90
    hold_h: int = 4
    need_h: int = 48


class Timeframes:
    """Multi-timeframe regimes.

    Examples
    --------
    The price rises faster than in the 24 hours before, on more volume; longer bars are not known yet.

    >>> import numpy as np
    >>> score = Timeframes(Cadence(3600))
    >>> x = np.ones((2, 25, 1))
    >>> x[0, :, 0] = [100.0, 101.0] * 12 + [104.0]
    >>> x[1, :, 0] = [1e6, 1.1e6] * 12 + [3e6]
    >>> y = np.empty((11, 25, 1))
    >>> score.update(0, score.state(1), x, y)
    >>> y[:5, -1, 0].tolist(), y[6, -1, 0].tolist()
    ([1.0, nan, nan, nan, 4.0], 0.25)
    """

    name = "timeframes"
    inputs = ("price", "volume_1h_usd")
    outputs = (
        Column("mtf_1h", "0..3", 0.0, 3.0, "regime of the last closed hour"),
        Column("mtf_4h", "0..3", 0.0, 3.0, "regime of the last closed 4 hours"),
        Column("mtf_1d", "0..3", 0.0, 3.0, "regime of the last closed day"),
        Column("mtf_1w", "0..3", 0.0, 3.0, "regime of the last closed week"),
        Column("mtf_regime", "0..4", 0.0, 4.0, "NEUTRAL, IGNITION, COOLING, CHOP, DATA_SUSPECT"),
        Column("mtf_confidence", "fraction", 0.0, 1.0, "share of the timeframes present that agree"),
        Column("mtf_coverage", "fraction", 0.0, 1.0, "share of the four timeframes present"),
        Column("mtf_confirmed", "0/1", 0.0, 1.0, "agreed on by more than 0.70, and not NEUTRAL"),
        Column("mtf_long_bias", "-1..1", -1.0, 1.0, "lean of the regime, + = long"),
        Column("mtf_risk_mult", "factor", 0.0, None, "multiplier of risk of the regime"),
        Column("mtf_persistence", "fraction", 0.0, 1.0, "how often this regime still held 4 hours later, 90 days"),
    )

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:
        self.params = params or Params()
        p = self.params
        self.step_s = cadence.step_s
        self.hour = cadence.rows(HOUR_S)
        per = self.hour * cadence.step_s
        self.late = p.late_s // cadence.step_s
        self.hold = max(1, p.hold_h * HOUR_S // per)
        self.kept = max(self.hold + 1, p.days * DAY_S // per)
        self.hours = np.array([length / per for length in _LENGTH_S])

    def state(self, lanes: int) -> State:
        """Closes and ln volumes of the previous bars, the hours of the bars under way, regimes, and their course."""
        longest = max(self.params.windows)
        return {
            "close": np.full((lanes, 4, longest), math.nan),
            "volume": np.full((lanes, 4, longest), math.nan),
            "sum": np.zeros((lanes, 4)),
            "n": np.zeros((lanes, 4), np.int64),
            "regime": np.full((lanes, 4), math.nan),
            "last": np.full(lanes, math.nan),
            "last_t": np.full(lanes, -1, np.int64),
            "course": np.full((lanes, self.kept), -1, np.int8),
            "held": np.zeros((lanes, 4), np.int64),
            "stayed": np.zeros((lanes, 4), np.int64),
        }

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:
        """Fill the columns of `outputs`."""
        p = self.params
        _timeframes(
            state["close"],
            state["volume"],
            state["sum"],
            state["n"],
            state["regime"],
            state["last"],
            state["last_t"],
            state["course"],
            state["held"],
            state["stayed"],
            t0,
            self.step_s,
            self.hour,
            self.late,
            self.hold,
            self.hours,
            p.windows,
            p.needs,
            p.price_floor,
            p.volume_floor,
            p.least_known,
            p.coverage,
            p.confirm,
            p.need_h,
            x,
            y,
        )


@kernel
def _enter(course: I1, held: I8, stayed: I8, h: int, hold: int, now: int) -> None:
    """Let hour `h` with regime `now` (-1 = none) enter the course; pairs of hours `hold` apart are counted."""
    size = course.shape[0]
    out = h % size
    oldest = course[out]
    if oldest >= 0:
        later = course[(h + hold) % size]
        if later >= 0:
            held[oldest] -= 1
            if later == oldest:
                stayed[oldest] -= 1
    course[out] = now
    before = course[(h - hold) % size]
    if before >= 0 and now >= 0:
        held[before] += 1
        if before == now:
            stayed[before] += 1


@kernel
def _timeframes(
    close: F8,
    volume: F8,
    total: F8,
    n: I8,
    regime: F8,
    last: F8,
    last_t: I8,
    course: I1,
    held: I8,
    stayed: I8,
    t0: int,
    step_s: int,
    hour: int,
    late: int,
    hold: int,
    hours: F8,
    windows: tuple[int, int, int, int],
    needs: tuple[int, int, int, int],
    price_floor: float,
    volume_floor: float,
    least_known: float,
    least_coverage: float,
    confirm: float,
    need_h: int,
    x: F8,
    y: F8,
) -> None:
    for lane in range(x.shape[2]):
        for row in range(x.shape[1]):
            t = t0 + row
            price = x[0, row, lane]
            if price == price:
                last[lane] = price
                last_t[lane] = t
            full_hour = t % hour == 0
            if full_hour:
                turnover = x[1, row, lane]
                for frame in range(4):
                    if turnover == turnover:
                        total[lane, frame] += turnover
                        n[lane, frame] += 1
                end = last[lane] if last_t[lane] >= 0 and t - last_t[lane] <= late else math.nan
                for frame in range(4):
                    length = _LENGTH_S[frame]
                    bar = (t * step_s - _BEGIN_S[frame]) // length
                    if length < step_s or bar == ((t - hour) * step_s - _BEGIN_S[frame]) // length:
                        continue
                    size = math.nan
                    if n[lane, frame] > 0 and float(n[lane, frame]) + 1e-9 >= least_known * hours[frame]:
                        size = finite(ln(total[lane, frame] / float(n[lane, frame])))
                    window = windows[frame]
                    price_z = distance(close[lane, frame], window, needs[frame], end, 0.0, price_floor)
                    vol_z = distance(volume[lane, frame], window, needs[frame], size, volume_floor, 0.0)
                    regime[lane, frame] = classify(price_z, vol_z)
                    close[lane, frame, bar % window] = end
                    volume[lane, frame, bar % window] = size
                    total[lane, frame] = 0.0
                    n[lane, frame] = 0
            best, most, present = primary(regime[lane])
            for frame in range(4):
                y[frame, row, lane] = regime[lane, frame]
            for k in range(4, 11):
                y[k, row, lane] = math.nan
            coverage = float(present) / 4.0
            y[6, row, lane] = coverage
            if coverage < least_coverage:
                y[4, row, lane] = float(_SUSPECT)
                if full_hour:
                    _enter(course[lane], held[lane], stayed[lane], t // hour, hold, -1)
                continue
            k = int(best)
            confidence = float(most) / float(present)
            confirmed = confidence > confirm and present >= 3 and k != 0
            y[4, row, lane] = best
            y[5, row, lane] = confidence
            y[7, row, lane] = 1.0 if confirmed else 0.0
            y[8, row, lane] = _LONG_BIAS[k]
            y[9, row, lane] = _RISK_MULT[k]
            if full_hour:
                _enter(course[lane], held[lane], stayed[lane], t // hour, hold, k)
            if held[lane, k] >= need_h:
                y[10, row, lane] = float(stayed[lane, k]) / float(held[lane, k])
