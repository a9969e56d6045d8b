"""Rules of the multi-timeframe regimes: how far one bar stands from its past, its regime, and what bars agree on."""

import math

from clri.maths.kernel import F8, kernel
from clri.maths.scale import finite


@kernel
def distance(past: F8, window: int, need: int, value: float, floor: float, share: float) -> float:
    """Signed z of a value against `past[:window]`: (value - mean) / max(sample sd, floor, share * mean).

    NaN if the value or all but fewer than `need` of the past are missing.

    Examples
    --------
    >>> import numpy as np
    >>> past = np.array([100.0, 101.0, 102.0, 101.0, 103.0, 104.0, 103.0, 105.0, 106.0, 107.0])
    >>> round(float(distance(past, 10, 10, 109.0, 0.0, 1e-4)), 4)
    2.522
    """
    n = 0
    base = math.nan
    total = 0.0
    for k in range(window):
        v = past[k]
        if v == v:
            if n == 0:
                base = v
            n = n + 1
            total = total + (v - base)
    if n < need or n < 2 or value != value:
        return math.nan
    mean = base + total / float(n)
    m2 = 0.0
    for k in range(window):
        v = past[k]
        if v == v:
            m2 = m2 + (v - mean) * (v - mean)
    sd = max(math.sqrt(m2 / float(n - 1)), floor, share * mean)
    return finite((value - mean) / sd) if sd > 0.0 else math.nan


@kernel
def classify(price_z: float, vol_z: float) -> float:
    """Regime 0..3 of one bar by the first rule that holds; NaN if either z is missing.

    Examples
    --------
    >>> [float(classify(p, v)) for p, v in ((0.9, 0.9), (-0.6, 0.4), (0.1, 0.9), (0.9, 0.8), (math.nan, 1.0))]
    [1.0, 2.0, 3.0, 0.0, nan]
    """
    if price_z != price_z or vol_z != vol_z:
        return math.nan
    if price_z > 0.8 and vol_z > 0.8:
        return 1.0
    if price_z < -0.5 and vol_z < 0.5:
        return 2.0
    if abs(price_z) < 0.3 and vol_z < 1.0:
        return 3.0
    return 0.0


@kernel
def primary(regimes: F8) -> tuple[float, int, int]:
    """Most frequent regime of the timeframes, how many agree, and how many are present; a tie goes to the longest.

    Examples
    --------
    >>> import numpy as np
    >>> [tuple(map(float, primary(np.array(r)))) for r in ([1.0, 1.0, 0.0, 1.0], [1.0, 1.0, 3.0, 3.0])]
    [(1.0, 3.0, 4.0), (3.0, 2.0, 4.0)]
    """
    present = 0
    best = math.nan
    most = 0
    for frame in range(3, -1, -1):
        own = regimes[frame]
        if own == own:
            present = present + 1
            agree = 0
            for other in range(4):
                if regimes[other] == own:
                    agree = agree + 1
            if agree > most:
                most = agree
                best = own
    return best, most, present
