"""CLRI of one symbol: five components, weighted by regime and evidence, put on a scale with meaning (SCORES 2.3).

1. Regime: first match of liq_z+ >= 2.0, funding_z+ >= 2.0, oi_chg_z+ >= 2.5, else NORMAL; a missing z skips its row.
   Intensity i = min(1, (z - 1) / 2), for open interest min(1, (z - 1.5) / 2): 0.5 at the trigger.
2. w_k = base_k * (1 - i) + regime_k * i; coverage C = sum(w_k * c_k); effective weight u_k = w_k * c_k / C.
3. raw = sum(u_k * s_k); exact = S(raw), piecewise linear, version `scale-1`; score = exact rounded half up.
   contribution_k = u_k * s_k * exact / raw, points that sum to exact (all 0 if raw = 0).
4. C < 0.40 -> score, raw, exact, weights and contributions missing: UNKNOWN. 0.40 <= C < 0.60 -> partial.
5. pct_self = R(exact) in its own 30 d (needs 7 d).

Range 0..100. A missing component leaves and the rest renormalise; coverage says how much was there.
"""

import math
from dataclasses import dataclass

import numpy as np

from clri.engine.cadence import Cadence
from clri.engine.score import F8, Column, State
from clri.maths.kernel import kernel
from clri.maths.scale import interpolate, round_half_up
from clri.model.errors import ConfigError
from clri.model.reading import COMPONENTS
from clri.scores.track import Track

Table = tuple[tuple[float, float], ...]
Weights = tuple[float, float, float, float, float]

SCALE_1: Table = (
    (0.0, 0.0),
    (14.0, 25.0),
    (20.0, 45.0),
    (29.0, 65.0),
    (41.0, 80.0),
    (52.0, 90.0),
    (71.0, 99.0),
    (100.0, 100.0),
)


@dataclass(frozen=True, slots=True)
class Params:
    """CLRI parameters (SCORES 11); each weight row is in the order funding, oi, volume, liquidation, imbalance.

    Parameters
    ----------
    weights
        Base weights, sum 1.
    cascade_weights, funding_weights, oi_weights
        Weights in full regime, sum 1 each.
    z_liquidation, z_funding, z_oi
        z at which a regime begins.
    from_liquidation, from_funding, from_oi
        z at which its intensity would be 0; 1 is reached two above.
    scale, scale_name
        Raw to points, and its version.
    unknown_below, partial_below
        Coverage limits.
    days, need_days
        Window and warm-up of pct_self, days.
    """

    weights: Weights = (0.25, 0.25, 0.15, 0.20, 0.15)
    cascade_weights: Weights = (0.20, 0.20, 0.10, 0.35, 0.15)
    funding_weights: Weights = (0.35, 0.20, 0.10, 0.20, 0.15)
    oi_weights: Weights = (0.20, 0.35, 0.15, 0.20, 0.10)
    z_liquidation: float = 2.0
    z_funding: float = 2.0
    z_oi: float = 2.5
    from_liquidation: float = 1.0
    from_funding: float = 1.0
    from_oi: float = 1.5
    scale: Table = SCALE_1
    scale_name: str = "scale-1"
    unknown_below: float = 0.40
    partial_below: float = 0.60
    days: int = 30
    need_days: int = 7

    def __post_init__(self) -> None:
        for row in (self.weights, self.cascade_weights, self.funding_weights, self.oi_weights):
            if min(row) < 0.0 or abs(sum(row) - 1.0) > 1e-9:
                raise ConfigError(f"weights were {row}; expected five numbers >= 0 that sum to 1", code="CLRI-CFG-010")


def _points(prefix: str, about: str, high: float) -> tuple[Column, ...]:
    unit = "points" if high > 1.0 else "fraction"
    return tuple(Column(f"{prefix}_{name}", unit, 0.0, high, f"{about} of {name}") for name in COMPONENTS)


class Clri:
    """CLRI of one symbol.

    Examples
    --------
    Row A of SCORES 2.3: no regime, everything covered.

    >>> import numpy as np
    >>> score = Clri(Cadence())
    >>> scores = [12.8, 36.8, 24.3566, 5.1622, 9.0909]
    >>> x = np.array(scores + [1.0] * 5 + [0.2497, 0.4, 0.6]).reshape(13, 1, 1)
    >>> y = np.empty((len(score.outputs), 1, 1))
    >>> score.update(0, score.state(1), x, y)
    >>> [round(float(v), 4) for v in y[:4, 0, 0]]
    [40.0, 39.832, 18.4496, 1.0]
    """

    name = "clri"
    inputs = (
        *(f"{name}_score" for name in COMPONENTS),
        *(f"{name}_evidence" for name in COMPONENTS),
        "liq_z",
        "funding_z",
        "oi_chg_z",
    )
    outputs = (
        Column("clri_score", "points", 0.0, 100.0, "exact, rounded half up"),
        Column("clri_exact", "points", 0.0, 100.0, "raw on the scale"),
        Column("clri_raw", "points", 0.0, 100.0, "weighted mean of the components"),
        Column("coverage", "fraction", 0.0, 1.0, "weight backed by evidence"),
        Column("regime", "0..3", 0.0, 3.0, "NORMAL, LIQUIDATION_CASCADE, FUNDING_STRESS, OI_SPIKE"),
        Column("regime_intensity", "fraction", 0.0, 1.0, "how far the weights moved to the regime's"),
        *_points("weight", "effective weight", 1.0),
        *_points("contribution", "points of the score", 100.0),
        Column("pct_self", "%", 0.0, 100.0, "rank of the score in its own 30 days"),
        Column("pct_self_warming", "0/1", 0.0, 1.0, "1 while that history is too short"),
    )

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:
        self.params = params or Params()
        p = self.params
        self.track = Track.over("pct_self", cadence, days=p.days, need_days=p.need_days, floor=math.nan)
        self._weights = np.array([p.weights, p.cascade_weights, p.funding_weights, p.oi_weights])
        self._edges = np.array(
            [[p.z_liquidation, p.from_liquidation], [p.z_funding, p.from_funding], [p.z_oi, p.from_oi]]
        )
        self._xs = np.array([raw for raw, _ in p.scale])
        self._ys = np.array([points for _, points in p.scale])

    def state(self, lanes: int) -> State:
        """History of the exact score."""
        return self.track.state(lanes)

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:
        """Fill the columns of `outputs`."""
        _clri(self._weights, self._edges, self._xs, self._ys, self.params.unknown_below, x, y)
        self.track.roll(t0, state, y[1], None, y[16])
        y[17] = np.where(np.isnan(y[1]), np.nan, np.isnan(y[16]).astype(np.float64))


@kernel
def _clri(weights: F8, edges: F8, xs: F8, ys: F8, unknown_below: float, x: F8, y: F8) -> None:
    for t in range(x.shape[1]):
        for lane in range(x.shape[2]):
            regime = 0
            intensity = 0.0
            for k in range(3):
                z = x[10 + k, t, lane]
                if regime == 0 and z >= edges[k, 0]:
                    regime = k + 1
                    intensity = min(1.0, (z - edges[k, 1]) / 2.0)
            coverage = 0.0
            for k in range(5):
                w = weights[0, k] * (1.0 - intensity) + weights[regime, k] * intensity
                y[6 + k, t, lane] = w * x[5 + k, t, lane]
                coverage = coverage + y[6 + k, t, lane]
            y[3, t, lane] = min(1.0, coverage)
            y[4, t, lane] = float(regime)
            y[5, t, lane] = intensity
            if coverage < unknown_below - 1e-9:
                for k in range(5):
                    y[6 + k, t, lane] = math.nan
                    y[11 + k, t, lane] = math.nan
                y[0, t, lane] = math.nan
                y[1, t, lane] = math.nan
                y[2, t, lane] = math.nan
                continue
            raw = 0.0
            for k in range(5):
                u = y[6 + k, t, lane] / coverage
                y[6 + k, t, lane] = u
                y[11 + k, t, lane] = u * x[k, t, lane] if u > 0.0 else 0.0
                raw = raw + y[11 + k, t, lane]
            raw = min(100.0, raw)
            exact = interpolate(raw, xs, ys)
            factor = exact / raw if raw > 0.0 else 0.0
            for k in range(5):
                y[11 + k, t, lane] = y[11 + k, t, lane] * factor
            y[0, t, lane] = round_half_up(exact)
            y[1, t, lane] = exact
            y[2, t, lane] = raw
