"""Market index: members weighted by open interest, each with a floor (SCORES 3).

raw_i = oi_i / sum(oi); w_i = max(raw_i, floor) / sum of the same, floor = min(0.03, 1 / (2 n)); a symbol without OI
gets the floor, none has OI -> equal weights. Members are the tracked symbols with a score in this row.
market_exact = sum(w_i * exact_i), 0..100. coverage = sum over members of last-known w_i * coverage_i, with w over ALL
tracked symbols; below 0.40 the index is missing (UNKNOWN). D = sum(w_i d_i) / sum(w_i) over members with d.
breadth = share of members above their own 90 % rank (pct_self > 90); regime = the one with the largest summed weight;
pct_market = mid-rank of a symbol's exact score among the members.
"""

import math
from dataclasses import dataclass

import numpy as np

from clri.engine.score import F8, Column, State
from clri.maths.kernel import kernel
from clri.maths.scale import round_half_up


@dataclass(frozen=True, slots=True)
class Params:
    """Market parameters (SCORES 11).

    Parameters
    ----------
    floor
        Least weight of a member.
    divergence
        Points above the index from which a symbol diverges.
    unknown_below, partial_below
        Coverage limits.
    cut
        Size of D from which the market is called crowded.
    breadth_rank
        Own rank in percent above which a member counts for breadth.
    """

    floor: float = 0.03
    divergence: int = 25
    unknown_below: float = 0.40
    partial_below: float = 0.60
    cut: float = 0.2
    breadth_rank: float = 90.0


class Market:
    """Market index over all lanes.

    Examples
    --------
    >>> import numpy as np
    >>> score = Market()
    >>> oi = [30e9, 16e9, 4.5e9, 3.9e9, 1.2e9, 0.5e9]
    >>> exact = [79.2, 74.1, 71.8, 62.0, 48.0, 45.2]
    >>> d = [0.55, 0.41, 0.35, 0.10, -0.15, np.nan]
    >>> x = np.array([oi, exact, [1.0] * 6, d, [0.0] * 6, [50.0] * 6])[:, None, :]
    >>> y, lanes = score.update(score.state(6), x)
    >>> [round(float(v), 4) for v in y[:4, 0]], [round(float(w), 4) for w in lanes[0, 0]]
    ([74.0, 74.1501, 1.0, 0.4417], [0.5193, 0.277, 0.0779, 0.0675, 0.0291, 0.0291])
    """

    name = "market"
    inputs = ("oi_usd", "clri_exact", "coverage", "direction_value", "regime", "pct_self")
    outputs = (
        Column("market_clri", "points", 0.0, 100.0, "exact, rounded half up"),
        Column("market_exact", "points", 0.0, 100.0, "weighted mean of the members' exact scores"),
        Column("market_coverage", "fraction", 0.0, 1.0, "weight backed by evidence"),
        Column("market_direction_value", "-1..1", -1.0, 1.0, "+ = longs crowded"),
        Column("breadth", "fraction", 0.0, 1.0, "members above their own 90 % rank"),
        Column("total_oi", "USD", 0.0, None, "open interest of the tracked symbols"),
        Column("market_regime", "0..3", 0.0, 3.0, "regime with the largest weight"),
    )
    lane_outputs = (
        Column("market_weight", "fraction", 0.0, 1.0, "weight of the symbol in the index"),
        Column("pct_market", "%", 0.0, 100.0, "rank of the symbol among the members"),
    )

    def __init__(self, params: Params | None = None) -> None:
        self.params = params or Params()

    def state(self, lanes: int) -> State:
        """Last known open interest per symbol, USD."""
        return {"oi": np.full(lanes, math.nan)}

    def update(self, state: State, x: F8) -> tuple[F8, F8]:
        """Index of each row: `y[outputs, T]` and `lanes[lane_outputs, T, L]` from `x[inputs, T, L]`."""
        y = np.empty((len(self.outputs), x.shape[1]))
        lanes = np.empty((len(self.lane_outputs), x.shape[1], x.shape[2]))
        p = self.params
        _market(p.floor, p.unknown_below, p.breadth_rank, state["oi"], x, y, lanes)
        return y, lanes


@kernel
def _weights(least: float, oi: F8, member: F8, out: F8) -> None:
    total = 0.0
    n = 0
    for lane in range(oi.shape[0]):
        if member[lane] > 0.0:
            n = n + 1
            if oi[lane] > 0.0:
                total = total + oi[lane]
    floor = min(least, 1.0 / (2.0 * n)) if n > 0 else 0.0
    whole = 0.0
    for lane in range(oi.shape[0]):
        out[lane] = 0.0
        if member[lane] > 0.0:
            share = oi[lane] / total if oi[lane] > 0.0 else 0.0
            out[lane] = max(share, floor)
            whole = whole + out[lane]
    for lane in range(oi.shape[0]):
        if whole > 0.0:
            out[lane] = out[lane] / whole


@kernel
def _market(least: float, unknown_below: float, breadth_rank: float, last: F8, x: F8, y: F8, lanes: F8) -> None:
    L = x.shape[2]
    member = np.zeros(L)
    everyone = np.ones(L)
    known = np.zeros(L)
    for t in range(x.shape[1]):
        total = math.nan
        n = 0
        for lane in range(L):
            oi = x[0, t, lane]
            if oi == oi:
                last[lane] = oi
                total = oi if total != total else total + oi
            member[lane] = 1.0 if x[1, t, lane] == x[1, t, lane] else 0.0
            if member[lane] > 0.0:
                n = n + 1
        _weights(least, last, everyone, known)
        _weights(least, x[0, t], member, lanes[0, t])
        w = lanes[0, t]
        coverage = 0.0
        exact = 0.0
        side = 0.0
        side_weight = 0.0
        above = 0
        ranked = 0
        share = np.zeros(4)
        for lane in range(L):
            lanes[1, t, lane] = math.nan
            if member[lane] == 0.0:
                continue
            coverage = coverage + known[lane] * x[2, t, lane]
            exact = exact + w[lane] * x[1, t, lane]
            share[int(x[4, t, lane])] += w[lane]
            if x[3, t, lane] == x[3, t, lane]:
                side = side + w[lane] * x[3, t, lane]
                side_weight = side_weight + w[lane]
            if x[5, t, lane] == x[5, t, lane]:
                ranked = ranked + 1
                if x[5, t, lane] > breadth_rank:
                    above = above + 1
            below = 0.0
            for other in range(L):
                if member[other] > 0.0:
                    if x[1, t, other] < x[1, t, lane]:
                        below = below + 1.0
                    elif x[1, t, other] == x[1, t, lane]:
                        below = below + 0.5
            lanes[1, t, lane] = 100.0 * below / float(n)
        published = coverage >= unknown_below - 1e-9
        y[0, t] = round_half_up(exact) if published else math.nan
        y[1, t] = min(100.0, exact) if published else math.nan
        y[2, t] = min(1.0, coverage)
        y[3, t] = side / side_weight if side_weight > 0.0 else math.nan
        y[4, t] = float(above) / float(ranked) if ranked > 0 else math.nan
        y[5, t] = total
        regime = 0
        for k in range(1, 4):
            if share[k] > share[regime]:
                regime = k
        y[6, t] = float(regime) if n > 0 else math.nan
