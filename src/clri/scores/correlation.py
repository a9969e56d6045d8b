"""Correlation of BTC, ETH and SOL, its breaks, and who moves first (SCORES 7.5; seed: regimes guide).

c = Pearson correlation of the last 24 hourly log returns of both assets, at least 20 common, else missing; -1..1. Price
levels are never correlated. The price of an hour is that of its row, or of one at most 5 minutes older. change = c -
c(24 h ago). Range = 5 % and 95 % quantile of the pair's own hourly c of 90 d, the present one excluded (720 needed);
before that .7-.9, .6-.8, .5-.7 for BTC/ETH, ETH/SOL, BTC/SOL.

| rule | begins | ends |
|---|---|---|
| SEED | c < -0.5 | c > -0.4 |
| OWN_QUANTILE | c < own 1 % quantile (720 needed) | c > own 5 % quantile |

A missing c neither begins nor ends a break. Lead and lag from returns of consecutive minutes over 24 h (1,152 of 1,440
needed): L(a->b) = corr(r_a(t-1), r_b(t)); lead_score = L(a->b) - L(b->a), -2..2, + = a moves first; beyond lead_bound =
3 * sqrt(2 / n) it is more than chance.

c moves at full hours, so that is when rows are written; all other rows are missing. Rows further apart than an hour are
the samples themselves: 24 of them, and those of 90 d. Lead and lag need minute rows, else they are missing.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from clri.engine.cadence import DAY_S, HOUR_S, Cadence
from clri.engine.score import F8, Column, State
from clri.maths import correlation
from clri.maths.history import History
from clri.maths.kernel import I8, U2, kernel
from clri.maths.log import ln
from clri.maths.order import replace
from clri.maths.quantile import quantile
from clri.maths.scale import finite

PAIRS: Final = (("BTC", "ETH", 0.7, 0.9), ("ETH", "SOL", 0.6, 0.8), ("BTC", "SOL", 0.5, 0.7))
"""First and second asset, and the usual range of their correlation."""


@dataclass(frozen=True, slots=True)
class Params:
    """Correlation parameters (SCORES 11).

    Parameters
    ----------
    window, need
        Hourly returns of c, and how many must be common.
    days, need_days
        Window and warm-up of the pair's own quantiles, days.
    seed_enter, seed_leave
        Values of c below and above which SEED begins and ends.
    enter, leave, high
        Quantiles: OWN_QUANTILE begins and ends, the lower end of the range is `leave`, the upper one `high`.
    late_s
        How much older than its hour a price may be, seconds.
    minutes, need_minutes
        Returns of lead_score, and how many must be common.
    sigmas
        Size of lead_score beyond which one leads, in standard errors.
    """

    window: int = 24
    need: int = 20
    days: int = 90
    need_days: int = 30
    seed_enter: float = -0.5
    seed_leave: float = -0.4
    enter: float = 0.01
    leave: float = 0.05
    high: float = 0.95
    late_s: int = 300
    minutes: int = 1_440
    need_minutes: int = 1_152
    sigmas: float = 3.0


class Correlation:
    """Correlation of pairs over a few assets.

    Parameters
    ----------
    pairs
        Lanes of both assets and the usual range, for each pair.
    cadence
        Row spacing.
    params
        None = the defaults.

    Examples
    --------
    >>> import numpy as np
    >>> score = Correlation([(0, 1, 0.7, 0.9)], Cadence(3600), Params(window=6, need=6))
    >>> a, b = [0.0, 0.4, -0.2, 0.1, 0.3, -0.5, 0.2], [0.0, 0.5, -0.1, 0.0, 0.4, -0.6, 0.3]
    >>> prices = 100.0 * np.exp(np.cumsum([a, b], axis=1))
    >>> y = score.update(1, score.state(2), prices.T)
    >>> round(float(y[0, -1, 0]), 4), y[2:5, -1, 0].tolist()
    (0.9781, [0.7, 0.9, 0.0])
    """

    name = "correlation"
    inputs = ("price",)
    outputs = (
        Column("correlation", "correlation", -1.0, 1.0, "hourly returns of 24 hours"),
        Column("correlation_change", "correlation", -2.0, 2.0, "against 24 hours ago"),
        Column("range_low", "correlation", -1.0, 1.0, "own 5 % quantile of 90 days, or the usual value"),
        Column("range_high", "correlation", -1.0, 1.0, "own 95 % quantile of 90 days, or the usual value"),
        Column("own_range", "0/1", 0.0, 1.0, "the range is the pair's own"),
        Column("seed_break", "0/1", 0.0, 1.0, "rule SEED holds"),
        Column("quantile_break", "0/1", 0.0, 1.0, "rule OWN_QUANTILE holds"),
        Column("lead_score", "correlation", -2.0, 2.0, "+ = the first asset moves first"),
        Column("lead_bound", "correlation", 0.0, None, "size beyond which lead_score is more than chance"),
        Column("correlation_n", "n", 0.0, None, "common hourly returns"),
        Column("lead_n", "n", 0.0, None, "common returns of minutes"),
    )

    def __init__(
        self, pairs: list[tuple[int, int, float, float]], cadence: Cadence, params: Params | None = None
    ) -> None:
        self.params = params or Params()
        p = self.params
        self.pairs = np.array([(a, b) for a, b, _, _ in pairs], dtype=np.int64).reshape(-1, 2)
        self.usual = np.array([(low, high) for _, _, low, high in pairs]).reshape(-1, 2)
        self.hour = cadence.rows(HOUR_S)
        self.late = p.late_s // cadence.step_s
        self.minutely = cadence.step_s == 60
        self.lag = p.window
        per = self.hour * cadence.step_s
        need = max(1, p.need_days * DAY_S // per, 12 if cadence.coarse else 0)
        self.past = History(cap=max(p.days * DAY_S // per, need, self.lag + 1), n_min=need)

    def state(self, lanes: int) -> State:
        """Last prices and returns of each lane; windows, history and breaks of each pair."""
        p, count = self.params, len(self.pairs)
        arrays: State = {name: np.full(lanes, math.nan) for name in ("minute", "step", "step_before", "last", "hour")}
        arrays["last_t"] = np.full(lanes, -1, np.int64)
        for key, window in (("hourly", p.window), ("ahead", p.minutes), ("behind", p.minutes)):
            ring, n, stat = correlation.allocate(count, window)
            arrays |= {f"{key}_ring": ring, f"{key}_n": n, f"{key}_stat": stat}
        ring, order, held = self.past.allocate(count)
        return arrays | {"past_ring": ring, "past_order": order, "past_n": held, "breaks": np.zeros((count, 2))}

    def update(self, t0: int, state: State, x: F8) -> F8:
        """`y[outputs, T, pairs]` of the prices `x[T, lanes]`, of which the first row has number `t0`."""
        p = self.params
        y = np.full((len(self.outputs), x.shape[0], len(self.pairs)), math.nan)
        _steps(
            state["minute"],
            state["step"],
            state["step_before"],
            state["ahead_ring"],
            state["ahead_n"],
            state["ahead_stat"],
            state["behind_ring"],
            state["behind_n"],
            state["behind_stat"],
            self.pairs,
            self.minutely,
            p.need_minutes,
            p.sigmas,
            t0,
            x,
            y,
        )
        _hours(
            state["last"],
            state["last_t"],
            state["hour"],
            state["hourly_ring"],
            state["hourly_n"],
            state["hourly_stat"],
            state["past_ring"],
            state["past_order"],
            state["past_n"],
            state["breaks"],
            self.pairs,
            self.usual,
            t0,
            self.hour,
            self.late,
            p.need,
            self.lag,
            self.past.n_min,
            (p.enter, p.leave, p.high),
            (p.seed_enter, p.seed_leave),
            x,
            y,
        )
        y[:, (np.arange(t0, t0 + x.shape[0]) % self.hour) > 0] = math.nan
        return y


@kernel
def _log_return(now: float, before: float) -> float:
    if now > 0.0 and before > 0.0:
        return finite(ln(now / before))
    return math.nan


@kernel
def _steps(
    minute: F8,
    step: F8,
    step_before: F8,
    ahead: F8,
    ahead_n: I8,
    ahead_stat: F8,
    behind: F8,
    behind_n: I8,
    behind_stat: F8,
    pairs: I8,
    minutely: bool,  # noqa: FBT001 - kernels are called by position
    need: int,
    sigmas: float,
    t0: int,
    x: F8,
    y: F8,
) -> None:
    """Lead and lag: every row's return beside the row before of the other asset."""
    if not minutely:
        return
    for row in range(x.shape[0]):
        for lane in range(x.shape[1]):
            step_before[lane] = step[lane]
            step[lane] = _log_return(x[row, lane], minute[lane])
            minute[lane] = x[row, lane]
        for pair in range(pairs.shape[0]):
            a = pairs[pair, 0]
            b = pairs[pair, 1]
            ahead_n[pair] = correlation.push(
                ahead[pair], ahead_stat[pair], ahead_n[pair], t0 + row, step_before[a], step[b]
            )
            behind_n[pair] = correlation.push(
                behind[pair], behind_stat[pair], behind_n[pair], t0 + row, step_before[b], step[a]
            )
            n = min(ahead_n[pair], behind_n[pair])
            y[10, row, pair] = float(n)
            if n >= need and n > 0:
                y[7, row, pair] = correlation.pearson(ahead_stat[pair], ahead_n[pair]) - correlation.pearson(
                    behind_stat[pair], behind_n[pair]
                )
                y[8, row, pair] = sigmas * math.sqrt(2.0 / float(n))


@kernel
def _hours(
    last: F8,
    last_t: I8,
    hour_price: F8,
    ring: F8,
    n: I8,
    stat: F8,
    past: F8,
    order: U2,
    past_n: I8,
    breaks: F8,
    pairs: I8,
    usual: F8,
    t0: int,
    hour: int,
    late: int,
    need: int,
    lag: int,
    past_need: int,
    quantiles: tuple[float, float, float],
    seed: tuple[float, float],
    x: F8,
    y: F8,
) -> None:
    """Correlation of hourly returns, its range and its breaks, at every full hour."""
    lanes = x.shape[1]
    returns = np.empty(lanes)
    enter, leave, high = quantiles
    for row in range(x.shape[0]):
        t = t0 + row
        for lane in range(lanes):
            if x[row, lane] == x[row, lane]:
                last[lane] = x[row, lane]
                last_t[lane] = t
        if t % hour != 0:
            continue
        h = t // hour
        for lane in range(lanes):
            price = last[lane] if last_t[lane] >= 0 and t - last_t[lane] <= late else math.nan
            returns[lane] = _log_return(price, hour_price[lane])
            hour_price[lane] = price
        for pair in range(pairs.shape[0]):
            first = returns[pairs[pair, 0]]
            second = returns[pairs[pair, 1]]
            n[pair] = correlation.push(ring[pair], stat[pair], n[pair], h, first, second)
            c = correlation.pearson(stat[pair], n[pair]) if n[pair] >= need else math.nan
            own = past_n[pair] >= past_need
            low = quantile(past[pair], order[pair], past_n[pair], leave) if own else math.nan
            if c == c:
                if breaks[pair, 0] > 0.0:
                    breaks[pair, 0] = 0.0 if c > seed[1] else 1.0
                else:
                    breaks[pair, 0] = 1.0 if c < seed[0] else 0.0
                if own and breaks[pair, 1] > 0.0:
                    breaks[pair, 1] = 0.0 if c > low else 1.0
                elif own:
                    edge = quantile(past[pair], order[pair], past_n[pair], enter)
                    breaks[pair, 1] = 1.0 if c < edge else 0.0
            size = past.shape[1]
            y[0, row, pair] = c
            y[1, row, pair] = c - past[pair, (h - lag) % size]
            y[2, row, pair] = low if own else usual[pair, 0]
            y[3, row, pair] = quantile(past[pair], order[pair], past_n[pair], high) if own else usual[pair, 1]
            y[4, row, pair] = 1.0 if own else 0.0
            y[5, row, pair] = breaks[pair, 0]
            y[6, row, pair] = breaks[pair, 1]
            y[9, row, pair] = float(n[pair])
            past_n[pair] = replace(past[pair], order[pair], past_n[pair], h % size, c)
