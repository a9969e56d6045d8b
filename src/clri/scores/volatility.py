"""Volatility of a day, its regime and its term structure (SCORES 7.3; seed: regimes guide).

vol_24h = sqrt(sum r^2 * 288 / n), r = log returns of the 5-minute grid over the last 24 h, n >= 230 of 288, else
missing: a fraction on the scale of a day, not annualised. r needs the price at both ends; sums are exact (whole units
of 1e-15), so no start and no cut of blocks changes a bit. Between grid points the last value stands.

| vol_regime | vol_24h | risk_mult |
|---|---|---|
| 0 STABLE | <= 1 % | 0.7 |
| 1 HIGH_VOL | <= 5 % | 1.2 |
| 2 EXPLOSIVE | <= 10 % | 1.8 |
| 3 EXTREME | above | 2.5 |

Up at once; down only at 0.9 of an edge or below. While vol_24h is missing so is the regime, and it begins anew after.
risk_mult scales perceived risk, never the size of a position.

Term structure over h = 1, 4, 24 hours: sqrt(sum r^2 * 8760 / h), annualised, scaled by n as vol_24h and with the same
share of n needed.

Coarse rows: rows further apart than 5 minutes are the grid themselves, the day holds 86,400 s / step of them and needs
the same share. Rows a day or more apart hold a single return, which says little of their day (37 % of BTC's days would
be STABLE, 8 % of its hours are); there r^2 is the range's variance ln(high / low)^2 / (4 ln 2) (Parkinson 1980) where
high and low are known. Warm-up of vol_24h = 230 of 288 returns, about 19 h.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from clri.engine.cadence import DAY_S, HOUR_S, Cadence
from clri.engine.score import F8, Column, State
from clri.maths import sums
from clri.maths.kernel import I8, kernel
from clri.maths.log import ln
from clri.maths.sums import MISSING, micro_or_missing, push, usd
from clri.model.errors import ConfigError

_UNIT: Final = 1e9
"""Squared returns are summed as if one were 1e9 USD: whole units of 1e-15, and 9,200 fits."""
_PARKINSON: Final = 2.772588722239781
"""4 ln 2."""
_YEAR_H: Final = 8_760.0


@dataclass(frozen=True, slots=True)
class Params:
    """Volatility parameters (SCORES 11).

    Parameters
    ----------
    stable, high_vol, explosive
        Upper edges of the first three regimes, closed above: fractions on the scale of a day, ascending.
    down
        Share of an edge at or below which a regime is left downwards.
    mult_stable, mult_high_vol, mult_explosive, mult_extreme
        Multipliers of perceived risk.
    need
        Returns needed of the 288 of a day.

    Raises
    ------
    clri.model.errors.ConfigError
        If the edges do not ascend.
    """

    stable: float = 0.01
    high_vol: float = 0.05
    explosive: float = 0.10
    down: float = 0.9
    mult_stable: float = 0.7
    mult_high_vol: float = 1.2
    mult_explosive: float = 1.8
    mult_extreme: float = 2.5
    need: int = 230

    def __post_init__(self) -> None:
        if not 0.0 < self.stable < self.high_vol < self.explosive:
            edges = f"{self.stable:g}, {self.high_vol:g}, {self.explosive:g}"
            raise ConfigError(f"volatility edges were {edges}; expected three above 0, ascending", code="CLRI-CFG-010")


class Volatility:
    """Volatility of a day.

    Examples
    --------
    Hourly prices that go up and down by 1 %: sqrt(24) * ln 1.01 in a day.

    >>> import numpy as np
    >>> score = Volatility(Cadence(3600))
    >>> x = np.full((3, 25, 1), np.nan)
    >>> x[0, :, 0] = [100.0, 101.0] * 12 + [100.0]
    >>> y = np.empty((6, 25, 1))
    >>> score.update(0, score.state(1), x, y)
    >>> [round(float(v), 4) for v in y[:3, -1, 0]], round(float(y[5, -1, 0]), 4)
    ([0.0487, 1.0, 1.2], 0.9313)
    """

    name = "volatility"
    inputs = ("price", "high", "low")
    outputs = (
        Column("vol_24h", "fraction", 0.0, None, "volatility of the last 24 hours on the scale of a day"),
        Column("vol_regime", "0..3", 0.0, 3.0, "STABLE, HIGH_VOL, EXPLOSIVE, EXTREME"),
        Column("risk_mult", "factor", 0.0, None, "multiplier of perceived risk of the regime"),
        Column("vol_1h_annual", "fraction", 0.0, None, "volatility of the last hour, annualised"),
        Column("vol_4h_annual", "fraction", 0.0, None, "volatility of the last 4 hours, annualised"),
        Column("vol_24h_annual", "fraction", 0.0, None, "volatility of the last 24 hours, annualised"),
    )

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:
        self.params = params or Params()
        p = self.params
        self.every = cadence.grid_rows
        self.spans = tuple(cadence.samples(hours * HOUR_S) for hours in (24, 4, 1))
        self.need_day, self.need_four, self.need_one = (-(-p.need * span // 288) for span in self.spans)
        self.per_day = DAY_S / (self.every * cadence.step_s)
        self.ranged = self.spans[0] == 1

    def state(self, lanes: int) -> State:
        """Exact windows of squared returns, the last price of the grid, and the regime."""
        arrays: State = {"last": np.full(lanes, math.nan), "regime": np.full(lanes, math.nan)}
        for key, span in zip(("day", "four", "one"), self.spans, strict=True):
            ring, total, count = sums.allocate(lanes, span)
            arrays |= {f"{key}_ring": ring, f"{key}_total": total, f"{key}_count": count}
        return arrays

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:
        """Fill the columns of `outputs`."""
        p = self.params
        _volatility(
            state["day_ring"],
            state["day_total"],
            state["day_count"],
            state["four_ring"],
            state["four_total"],
            state["four_count"],
            state["one_ring"],
            state["one_total"],
            state["one_count"],
            state["last"],
            state["regime"],
            t0,
            self.every,
            self.need_day,
            self.need_four,
            self.need_one,
            self.per_day,
            self.ranged,
            (p.stable, p.high_vol, p.explosive),
            (p.mult_stable, p.mult_high_vol, p.mult_explosive, p.mult_extreme),
            p.down,
            x,
            y,
        )


@kernel
def regime_of(vol: float, before: float, edges: tuple[float, float, float], down: float) -> float:
    """Regime 0..3 of a volatility after the regime `before` (NaN = none): up at once, down at `down` of an edge.

    Examples
    --------
    >>> edges = (0.01, 0.05, 0.10)
    >>> [float(regime_of(v, math.nan, edges, 0.9)) for v in (0.01, 0.0336, 0.05, 0.1, 0.11)]
    [0.0, 1.0, 1.0, 2.0, 3.0]
    >>> [float(regime_of(v, 2.0, edges, 0.9)) for v in (0.046, 0.045, 0.009, 0.2)]
    [2.0, 1.0, 0.0, 3.0]
    """
    if vol != vol:
        return math.nan
    first, second, third = edges
    target = 0.0
    if vol > third:
        target = 3.0
    elif vol > second:
        target = 2.0
    elif vol > first:
        target = 1.0
    if before != before or target >= before:
        return target
    now = before
    if now == 3.0 and vol <= down * third:
        now = 2.0
    if now == 2.0 and vol <= down * second:
        now = 1.0
    if now == 1.0 and vol <= down * first:
        now = 0.0
    return now


@kernel
def daily(total: I8, count: int, need: int, per_day: float) -> float:
    """Volatility on the scale of a day of `count` squared returns, `per_day` of which make a day; NaN below `need`.

    Examples
    --------
    >>> ring, total, count = sums.allocate(1, 288)
    >>> _ = push(ring[0], total[0], 0, 0, micro_or_missing(0.00113569 * 1e9))
    >>> round(float(daily(total[0], 288, 230, 288.0)), 4), float(daily(total[0], 229, 230, 288.0))
    (0.0337, nan)
    """
    if count < need:
        return math.nan
    return math.sqrt(max(0.0, usd(total)) / _UNIT * per_day / float(count))


@kernel
def _volatility(
    day_ring: I8,
    day_total: I8,
    day_count: I8,
    four_ring: I8,
    four_total: I8,
    four_count: I8,
    one_ring: I8,
    one_total: I8,
    one_count: I8,
    last: F8,
    regime: F8,
    t0: int,
    every: int,
    need_day: int,
    need_four: int,
    need_one: int,
    per_day: float,
    ranged: bool,  # noqa: FBT001 - kernels are called by position
    edges: tuple[float, float, float],
    mults: tuple[float, float, float, float],
    down: float,
    x: F8,
    y: F8,
) -> None:
    year = math.sqrt(_YEAR_H / 24.0)
    for lane in range(x.shape[2]):
        for row in range(x.shape[1]):
            t = t0 + row
            if t % every == 0:
                price = x[0, row, lane]
                square = math.nan
                if price > 0.0 and last[lane] > 0.0:
                    r = ln(price / last[lane])
                    square = r * r
                if ranged:
                    high = x[1, row, lane]
                    low = x[2, row, lane]
                    if low > 0.0 and high >= low:
                        wide = ln(high / low)
                        square = wide * wide / _PARKINSON
                last[lane] = price
                amount = MISSING
                if square == square:
                    amount = micro_or_missing(square * _UNIT)
                g = t // every
                day_count[lane] = push(day_ring[lane], day_total[lane], day_count[lane], g, amount)
                four_count[lane] = push(four_ring[lane], four_total[lane], four_count[lane], g, amount)
                one_count[lane] = push(one_ring[lane], one_total[lane], one_count[lane], g, amount)
            vol = daily(day_total[lane], day_count[lane], need_day, per_day)
            now = regime_of(vol, regime[lane], edges, down)
            regime[lane] = now
            y[0, row, lane] = vol
            y[1, row, lane] = now
            y[2, row, lane] = mults[int(now)] if now == now else math.nan
            y[3, row, lane] = year * daily(one_total[lane], one_count[lane], need_one, per_day)
            y[4, row, lane] = year * daily(four_total[lane], four_count[lane], need_four, per_day)
            y[5, row, lane] = year * vol
