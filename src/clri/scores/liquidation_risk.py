"""Liquidation Risk: funding, open interest, positions and liquidations, absolute and in their own past (SCORES 8).

points = max * (0.5 * absolute + 0.5 * T(R)), T(R) = (R - 80) / 19.5 limited to 0..1, R = rank of the same input in its
own history (30 d, needs 7 d; liquidations 7 d, need 2 d). Before that points = 0.5 * max * absolute, out of 0.5 * max.

| part | max | absolute, 0..1 | R of |
|---|---|---|---|
| funding | 30 | through (1 bp, 0) (3, 1/3) (7.5, 2/3) (10, 1) of max(0, f8); `both` sides: of its size | the same |
| oi | 30 | (2 + q) max(0, oi_chg_4h_pct) / 30; q = 1 up to 2 % of price change in 4 h, 0 from 4 % on | rise of OI |
| long_short | 20 | (m - 1.5) / 1.5, m = max(ratio, 1 / ratio) | m |
| liquidations | 20 | liq_5m_usd / (0.1 % of open interest) | liq_5m_usd |

raw = 100 * sum(points) / sum(max of those present), risk = raw through the table risk-1, 0..100. coverage =
sum(max present) / 100, below .5 the risk is missing. A missing input leaves its part missing (oi needs the price change
too). Where rows are further apart than 4 h, the changes of a row stand for 4 h and their references grow with the root.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from clri.engine.cadence import HOUR_S, Cadence
from clri.engine.score import F8, Column, State
from clri.maths.kernel import kernel
from clri.maths.scale import clip, finite, interpolate
from clri.scores.track import Track

Table = tuple[tuple[float, float], ...]

RISK_1: Final[Table] = ((0, 0), (3, 10), (20, 30), (30, 50), (44, 70), (59, 90), (100, 100))
FUNDING_1: Final[Table] = ((1e-4, 0), (3e-4, 1 / 3), (7.5e-4, 2 / 3), (1e-3, 1))


@dataclass(frozen=True, slots=True)
class Params:
    """Parameters of the risk (SCORES 11).

    Parameters
    ----------
    funding_side
        `positive`: only longs that pay count; `both`: the size of the rate counts.
    funding_table
        Rate per 8 h to its worth, 0..1, linear between.
    ls_from, ls_full
        Ratio of longs and shorts (or its inverse) worth 0 and 1.
    liq_ref
        Share of open interest liquidated in 5 minutes that is worth 1.
    oi_full
        Factor times rise of OI in percent that is worth 1.
    flat_from, flat_to
        Change of price in 4 h, %, up to which OI counts threefold, and from which on twofold.
    rank_from, rank_span
        Rank worth 0, and how far above it the rank worth 1 stands, %.
    scale, scale_name
        Raw to points, and its version.
    unknown_below
        Coverage below which there is no risk.
    """

    funding_side: Literal["positive", "both"] = "positive"
    funding_table: Table = FUNDING_1
    ls_from: float = 1.5
    ls_full: float = 3.0
    liq_ref: float = 0.001
    oi_full: float = 30.0
    flat_from: float = 2.0
    flat_to: float = 4.0
    rank_from: float = 80.0
    rank_span: float = 19.5
    scale: Table = RISK_1
    scale_name: str = "risk-1"
    unknown_below: float = 0.5


PARTS: Final = ("funding", "oi", "long_short", "liquidations")
MOST: Final = (30.0, 30.0, 20.0, 20.0)


class LiquidationRisk:
    """Liquidation Risk.

    Examples
    --------
    With no history only the absolute halves speak.

    >>> score = LiquidationRisk(Cadence())
    >>> x = np.array([5.5e-4, 6.4, -1.1, 2.4, 12.4e6, 30.9e9])[:, None, None]
    >>> y = np.empty((len(score.outputs), 1, 1))
    >>> score.update(0, score.state(1), x, y)
    >>> [round(float(v), 4) for v in y[:7, 0, 0]]
    [84.3753, 54.7814, 0.5, 7.7778, 9.6, 6.0, 4.0129]
    """

    name = "liquidation_risk"
    inputs = ("funding_8h", "oi_chg_4h_pct", "price_chg_4h_pct", "long_short_ratio", "liq_5m_usd", "oi_usd")
    outputs = (
        Column("liquidation_risk", "points", 0.0, 100.0, "raw through the scale"),
        Column("liquidation_risk_raw", "points", 0.0, 100.0, "points of what is present, out of 100"),
        Column("liquidation_risk_coverage", "fraction", 0.0, 1.0, "share of the points that could be given"),
        Column("lr_funding", "points", 0.0, 30.0, "part of funding, before the scale"),
        Column("lr_oi", "points", 0.0, 30.0, "part of open interest"),
        Column("lr_long_short", "points", 0.0, 20.0, "part of positions"),
        Column("lr_liquidations", "points", 0.0, 20.0, "part of liquidations"),
        Column("lr_funding_input", "per 8 h", 0.0, None, "rate that counts"),
        Column("lr_oi_input", "%", 0.0, None, "rise of open interest in 4 h"),
        Column("lr_long_short_input", "ratio", 1.0, None, "larger of the ratio and its inverse"),
        Column("lr_liquidations_input", "USD", 0.0, None, "liquidations of 5 minutes"),
        Column("lr_funding_percentile", "%", 0.0, 100.0, "rank of that rate in 30 days"),
        Column("lr_oi_percentile", "%", 0.0, 100.0, "rank of that rise in 30 days"),
        Column("lr_long_short_percentile", "%", 0.0, 100.0, "rank of that ratio in 30 days"),
        Column("lr_liquidations_percentile", "%", 0.0, 100.0, "rank of those liquidations in 7 days"),
    )

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:
        self.params = params or Params()
        p = self.params
        days = {"funding": (30, 7), "oi": (30, 7), "long_short": (30, 7), "liquidations": (7, 2)}
        self.tracks = tuple(
            Track.over(key, cadence, days=span, need_days=need, floor=math.nan) for key, (span, need) in days.items()
        )
        root = math.sqrt(max(1.0, cadence.step_s / (4 * HOUR_S)))
        self.limits = np.array(
            [
                *(p.ls_from, p.ls_full, p.liq_ref, p.oi_full * root, p.flat_from * root, p.flat_to * root),
                *(p.rank_from, p.rank_span, p.unknown_below),
            ]
        )
        self.funding, self.scale = np.array(p.funding_table).T.copy(), np.array(p.scale, dtype=np.float64).T.copy()

    def state(self, lanes: int) -> State:
        """Histories of the four inputs."""
        arrays: State = {}
        for track in self.tracks:
            arrays |= track.state(lanes)
        return arrays

    def learn(self, t0: int, state: State, x: F8) -> None:
        """Let the inputs that count join the histories."""
        counted = np.empty((len(PARTS), *x.shape[1:]))
        _inputs(int(self.params.funding_side == "both"), x, counted)
        for at, track in enumerate(self.tracks):
            track.learn(t0, state, counted[at])

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:
        """Fill the columns of `outputs`."""
        _inputs(int(self.params.funding_side == "both"), x, y[7:11])
        for at, track in enumerate(self.tracks):
            track.roll(t0, state, y[7 + at], None, y[11 + at])
        _risk(self.limits, np.array(MOST), self.funding[0], self.funding[1], self.scale[0], self.scale[1], x, y)


@kernel
def _inputs(both: int, x: F8, out: F8) -> None:
    """What counts of each part: rate, rise of open interest, larger ratio, liquidations."""
    for t in range(x.shape[1]):
        for lane in range(x.shape[2]):
            f8 = x[0, t, lane]
            ratio = x[3, t, lane]
            out[0, t, lane] = abs(f8) if both == 1 else clip(f8, 0.0, math.inf)
            out[1, t, lane] = clip(x[1, t, lane], 0.0, math.inf)
            out[2, t, lane] = math.nan
            if ratio > 0.0:
                out[2, t, lane] = finite(ratio if ratio >= 1.0 else 1.0 / ratio)
            out[3, t, lane] = x[4, t, lane]


@kernel
def _open_interest(rise: float, moved: float, full: float, flat_from: float, flat_to: float) -> float:
    """Absolute part of open interest, 0..1: a rise without a move of price counts threefold."""
    q = 1.0 - clip((moved - flat_from) / (flat_to - flat_from), 0.0, 1.0)
    return clip((2.0 + q) * rise / full, 0.0, 1.0)


@kernel
def _share(absolute: float, rank: float, rank_from: float, rank_span: float) -> tuple[float, float]:
    """What a part is worth of its most, and what it could be worth: 0 and 0 where it is missing."""
    if absolute != absolute:
        return 0.0, 0.0
    if rank != rank:
        return 0.5 * absolute, 0.5
    return 0.5 * absolute + 0.5 * clip((rank - rank_from) / rank_span, 0.0, 1.0), 1.0


@kernel
def _risk(limits: F8, most: F8, knots: F8, values: F8, raws: F8, points: F8, x: F8, y: F8) -> None:
    ls_from, ls_span = limits[0], limits[1] - limits[0]
    for t in range(x.shape[1]):
        for lane in range(x.shape[2]):
            full = limits[2] * x[5, t, lane]
            absolutes = (
                interpolate(y[7, t, lane], knots, values),
                _open_interest(y[8, t, lane], abs(x[2, t, lane]), limits[3], limits[4], limits[5]),
                clip((y[9, t, lane] - ls_from) / ls_span, 0.0, 1.0),
                clip(y[10, t, lane] / full, 0.0, 1.0) if full > 0.0 else math.nan,
            )
            total = 0.0
            present = 0.0
            for k in range(4):
                given, share = _share(absolutes[k], y[11 + k, t, lane], limits[6], limits[7])
                y[3 + k, t, lane] = most[k] * given if share > 0.0 else math.nan
                total = total + most[k] * given
                present = present + most[k] * share
            coverage = present / 100.0
            raw = math.nan
            if coverage >= limits[8] - 1e-9:
                raw = clip(100.0 * total / present, 0.0, 100.0)
            y[1, t, lane] = raw
            y[2, t, lane] = coverage
            y[0, t, lane] = interpolate(raw, raws, points)
