"""How restless volatility is, and how long it stays as it is (SCORES 7.3; seed: regimes guide).

vol_of_vol = sample sd of the last 12 hourly vol_24h (10 needed), in its unit; clustering_score = 1 - min(vol_of_vol /
vol_24h, 1), 0..1, 1 = steady; vol_unstable = vol_of_vol > 0.3 * vol_24h.

vol_autocorrelation rho = Pearson correlation of hourly vol_24h with itself 24 h before, over the pairs of which both
ends lie in the last 14 d (312; 240 needed). At that lag the two windows of 24 h do not overlap.
vol_persistence 2 HIGH > .5, 1 MEDIUM > .2, else 0 LOW; mean_reversion_potential the other way round: HIGH when
persistence is LOW. half_life_days = ln 2 / (-ln rho), at most 30, missing if rho <= 0.

Samples are the rows of full hours; in between the last figures stand, beside the present vol_24h. A missing vol_24h is
a missing sample. Coarse rows are the samples themselves: still 12 for vol_of_vol, and the rows of 14 d and of 24 h for
rho, with the same share of pairs needed and at least 12. Warm-up: 12 h and 11 d after that of vol_24h.
"""

import math
from dataclasses import dataclass
from typing import Final

from clri.engine.cadence import DAY_S, HOUR_S, Cadence
from clri.engine.score import F8, Column, State
from clri.maths import asof, correlation, moments
from clri.maths.kernel import I8, kernel
from clri.maths.log import ln

_LN2: Final = 0.6931471805599453


@dataclass(frozen=True, slots=True)
class Params:
    """Persistence parameters.

    Parameters
    ----------
    samples, need_samples
        Hourly samples of vol_of_vol: window and need.
    days
        Window of rho, days.
    need_pairs
        Pairs needed of the 312 that 14 d of hours hold.
    unstable
        Share of vol_24h above which vol_of_vol makes it unstable.
    high, medium
        Values of rho above which persistence is HIGH, MEDIUM.
    longest_days
        Cap of the half-life, days.
    """

    samples: int = 12
    need_samples: int = 10
    days: int = 14
    need_pairs: int = 240
    unstable: float = 0.3
    high: float = 0.5
    medium: float = 0.2
    longest_days: float = 30.0


class Persistence:
    """Persistence of volatility.

    Examples
    --------
    >>> import numpy as np
    >>> score = Persistence(Cadence(3600))
    >>> x = np.array([3.0, 3.1, 3.3, 3.2, 3.4, 3.9, 4.1, 4.0, 3.8, 3.7, 3.6, 3.5])[None, :, None]
    >>> y = np.empty((7, 12, 1))
    >>> score.update(0, score.state(1), x, y)
    >>> [round(float(v), 4) for v in y[:4, -1, 0]]
    [0.3606, 0.897, 0.0, nan]
    """

    name = "persistence"
    inputs = ("vol_24h",)
    outputs = (
        Column("vol_of_vol", "fraction", 0.0, None, "sample sd of the last 12 hourly vol_24h"),
        Column("clustering_score", "fraction", 0.0, 1.0, "1 = volatility is steady"),
        Column("vol_unstable", "0/1", 0.0, 1.0, "vol_of_vol is above 0.3 of vol_24h"),
        Column("vol_autocorrelation", "correlation", -1.0, 1.0, "hourly vol_24h with itself a day before, 14 days"),
        Column("vol_persistence", "0..2", 0.0, 2.0, "LOW, MEDIUM, HIGH"),
        Column("half_life_days", "days", 0.0, None, "time in which a deviation of volatility halves"),
        Column("mean_reversion_potential", "0..2", 0.0, 2.0, "LOW, MEDIUM, HIGH"),
    )

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:
        self.params = params or Params()
        p = self.params
        self.every = cadence.rows(HOUR_S)
        per = self.every * cadence.step_s
        self.lag = max(1, DAY_S // per)
        self.pairs = max(2, p.days * DAY_S // per - self.lag)
        self.need = max(2, -(-p.need_pairs * self.pairs // 312), 12 if cadence.coarse else 0)

    def state(self, lanes: int) -> State:
        """The last 12 samples, the samples of a day, the pairs of 14 days."""
        ring, n, stat = moments.allocate(lanes, self.params.samples)
        pairs, m, sums = correlation.allocate(lanes, self.pairs)
        return {
            "near_ring": ring,
            "near_n": n,
            "near_stat": stat,
            "day": asof.allocate(lanes, self.lag, 0),
            "pair_ring": pairs,
            "pair_n": m,
            "pair_stat": sums,
        }

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:
        """Fill the columns of `outputs`."""
        p = self.params
        _persistence(
            state["near_ring"],
            state["near_n"],
            state["near_stat"],
            state["day"],
            state["pair_ring"],
            state["pair_n"],
            state["pair_stat"],
            t0,
            self.every,
            self.lag,
            self.need,
            p.need_samples,
            p.unstable,
            p.high,
            p.medium,
            p.longest_days,
            x,
            y,
        )


@kernel
def half_life(rho: float, longest: float) -> float:
    """Days until a deviation has halved, from the correlation `rho` with the day before; NaN for rho <= 0.

    Examples
    --------
    >>> round(float(half_life(0.45, 30.0)), 4), float(half_life(0.999, 30.0)), float(half_life(0.0, 30.0))
    (0.8681, 30.0, nan)
    """
    if not rho > 0.0:
        return math.nan
    fall = -ln(rho)
    return min(longest, _LN2 / fall) if fall > 0.0 else longest


@kernel
def _persistence(
    near_ring: F8,
    near_n: I8,
    near_stat: F8,
    day: F8,
    pair_ring: F8,
    pair_n: I8,
    pair_stat: F8,
    t0: int,
    every: int,
    lag: int,
    need: int,
    need_samples: int,
    unstable: float,
    high: float,
    medium: float,
    longest: float,
    x: F8,
    y: F8,
) -> None:
    for lane in range(x.shape[2]):
        for row in range(x.shape[1]):
            t = t0 + row
            vol = x[0, row, lane]
            if t % every == 0:
                h = t // every
                near_n[lane] = moments.push(near_ring[lane], near_stat[lane], near_n[lane], h, vol)
                asof.push(day[lane], h, vol)
                before = asof.reference(day[lane], h, lag, 0)
                pair_n[lane] = correlation.push(pair_ring[lane], pair_stat[lane], pair_n[lane], h, before, vol)
            rough = math.nan
            if near_n[lane] >= need_samples:
                rough = moments.deviation(near_stat[lane, moments.M2], near_n[lane], 1)
            y[0, row, lane] = rough
            y[1, row, lane] = math.nan
            y[2, row, lane] = math.nan
            if rough == rough and vol == vol:
                y[1, row, lane] = 1.0 - min(rough / vol, 1.0) if vol > 0.0 else math.nan
                y[2, row, lane] = 1.0 if rough > unstable * vol else 0.0
            rho = math.nan
            if pair_n[lane] >= need:
                rho = correlation.pearson(pair_stat[lane], pair_n[lane])
            y[3, row, lane] = rho
            y[4, row, lane] = math.nan
            y[6, row, lane] = math.nan
            if rho == rho:
                level = 0.0
                if rho > high:
                    level = 2.0
                elif rho > medium:
                    level = 1.0
                y[4, row, lane] = level
                y[6, row, lane] = 2.0 - level
            y[5, row, lane] = half_life(rho, longest)
