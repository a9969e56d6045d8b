"""Why a score changed: exact split of a change into components and weight shift (SCORES 2.4, 3).

k = (exact_b - exact_a) / (raw_b - raw_a), the slope of the chord of the scale (its local slope where raw stands still).
part_c = k * (u_a + u_b) / 2 * (s_b - s_a); weight_c = k * ((s_a + s_b) / 2 - (raw_a + raw_b) / 2) * (u_b - u_a);
weight_shift = sum of weight_c. The parts and the shift sum to exact_b - exact_a identically. Where a component is
missing in one reading, the other's value stands in: the change is weight shift. None from or to an unknown score, nor
across versions of the scale.
"""

from itertools import pairwise

import msgspec
import numpy as np

from clri.model.reading import COMPONENTS, MarketReading, Reading
from clri.scores.clri import SCALE_1, Table


class Attribution(msgspec.Struct, frozen=True):
    """Split of a change, in points: `parts` by component, `weight_shift`, and its drill-down `weights`."""

    change: float
    parts: dict[str, float]
    weight_shift: float
    weights: dict[str, float]


def attribute(a: Reading, b: Reading, scale: Table = SCALE_1) -> Attribution | None:
    """Split the change from reading `a` to reading `b` of one symbol; None if there is nothing to split.

    Parameters
    ----------
    a, b
        Earlier and later reading.
    scale
        Raw-to-points table, for the local slope of an unchanged raw value.
    """
    if a.clri_raw is None or b.clri_raw is None or a.clri_exact is None or b.clri_exact is None or a.method != b.method:
        return None
    k = _slope(a.clri_raw, a.clri_exact, b.clri_raw, b.clri_exact, scale)
    middle = (a.clri_raw + b.clri_raw) / 2
    parts: dict[str, float] = {}
    weights: dict[str, float] = {}
    shift = 0.0
    for name in COMPONENTS:
        u_a, u_b = a.weights.get(name, 0.0), b.weights.get(name, 0.0)
        s_a, s_b = a.component_scores[name], b.component_scores[name]
        s_a, s_b = (s_b if s_a is None else s_a), (s_a if s_b is None else s_b)
        if s_a is None or s_b is None:
            s_a = s_b = 0.0
        parts[name] = k * (u_a + u_b) / 2 * (s_b - s_a)
        weights[name] = k * ((s_a + s_b) / 2 - middle) * (u_b - u_a)
        shift += k * (s_a + s_b) / 2 * (u_b - u_a)
    return Attribution(b.clri_exact - a.clri_exact, parts, shift, weights)


def attribute_market(
    a: MarketReading, b: MarketReading, readings_a: dict[str, Reading], readings_b: dict[str, Reading]
) -> Attribution | None:
    """Split the change of the index into components over all symbols and weight shift; None if one is unknown.

    Parameters
    ----------
    a, b
        Earlier and later market reading.
    readings_a, readings_b
        Readings by symbol at those times. A symbol absent in one has no weight there and the other's score.
    """
    if a.market_exact is None or b.market_exact is None:
        return None
    parts = dict.fromkeys(COMPONENTS, 0.0)
    shift = 0.0
    for symbol in sorted(set(a.weights) | set(b.weights)):
        w_a, w_b = a.weights.get(symbol, 0.0), b.weights.get(symbol, 0.0)
        r_a, r_b = readings_a.get(symbol), readings_b.get(symbol)
        x_a = r_a.clri_exact if r_a is not None else None
        x_b = r_b.clri_exact if r_b is not None else None
        split = attribute(r_a, r_b) if r_a is not None and r_b is not None else None
        if split is not None:
            for name in COMPONENTS:
                parts[name] += (w_a + w_b) / 2 * split.parts[name]
            shift += (w_a + w_b) / 2 * split.weight_shift
        x_a, x_b = (x_b if x_a is None else x_a), (x_a if x_b is None else x_b)
        if x_a is not None and x_b is not None:
            shift += (x_a + x_b) / 2 * (w_b - w_a)
    return Attribution(b.market_exact - a.market_exact, parts, shift, {})


def largest_remainder(parts: dict[str, float], total: float, step: float = 0.1) -> dict[str, float]:
    """Round parts to `step` so that they still sum to the rounded total, for display.

    Examples
    --------
    >>> largest_remainder({"a": 1.04, "b": 1.04, "c": 1.04}, 3.12)
    {'a': 1.1, 'b': 1.0, 'c': 1.0}
    """
    units = {name: value / step for name, value in parts.items()}
    floors = {name: int(np.floor(value)) for name, value in units.items()}
    left = round(total / step) - sum(floors.values())
    for name in sorted(units, key=lambda n: floors[n] - units[n])[: max(0, left)]:
        floors[name] += 1
    return {name: round(whole * step, 10) for name, whole in floors.items()}


def _slope(raw_a: float, exact_a: float, raw_b: float, exact_b: float, scale: Table) -> float:
    if abs(raw_b - raw_a) >= 1e-9:
        return (exact_b - exact_a) / (raw_b - raw_a)
    for (x_0, y_0), (x_1, y_1) in pairwise(scale):
        if raw_a <= x_1:
            return (y_1 - y_0) / (x_1 - x_0)
    return 0.0
