"""Joint level of Liquidation Risk and Stablecoin Pressure (SCORES 8).

| level | risk and pressure, as whole numbers | pressure unknown |
|---|---|---|
| CRITICAL | risk > 70 and pressure < -30 | never |
| WARNING | risk > 50 and pressure < 0 | risk > 70 |
| INFO | risk > 30 | risk > 30 |
| NONE | else | else |

combined = risk - pressure, -100..200, None without pressure. Without risk there is no level. A lost source of pressure
is no calm: it never lowers a level below what the risk alone says, and it is marked.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from clri.maths.rounding import round_half_up
from clri.model.levels import JointLevel


@dataclass(frozen=True, slots=True)
class Params:
    """Bounds of the levels, each open: a value on it is below.

    Parameters
    ----------
    info, warning, critical
        Liquidation Risk, points.
    pressure_warning, pressure_critical
        Stablecoin Pressure, points.
    """

    info: int = 30
    warning: int = 50
    critical: int = 70
    pressure_warning: int = 0
    pressure_critical: int = -30


DEFAULT: Final = Params()


class Joint(msgspec.Struct, frozen=True):
    """Level (None = no risk known), combined score (None = one of them unknown), whether pressure is unknown."""

    level: JointLevel | None
    combined: int | None
    pressure_unknown: bool


def joint_level(risk: float | None, pressure: int | None, params: Params = DEFAULT) -> Joint:
    """Level of one symbol.

    Parameters
    ----------
    risk
        Liquidation Risk, 0..100; rounded half up before it is judged. None = unknown.
    pressure
        Stablecoin Pressure, -100..100; None = unknown.

    Examples
    --------
    >>> joint_level(80.0, -57)
    Joint(level='CRITICAL', combined=137, pressure_unknown=False)
    >>> joint_level(80.0, None).level, joint_level(51.0, -1).level, joint_level(30.4, -99).level
    ('WARNING', 'WARNING', 'NONE')
    """
    if risk is None:
        return Joint(None, None, pressure_unknown=pressure is None)
    points = int(round_half_up(risk))
    if pressure is None:
        alone: JointLevel = "INFO" if points > params.info else "NONE"
        return Joint("WARNING" if points > params.critical else alone, None, pressure_unknown=True)
    level: JointLevel = "INFO" if points > params.info else "NONE"
    if points > params.warning and pressure < params.pressure_warning:
        level = "WARNING"
    if points > params.critical and pressure < params.pressure_critical:
        level = "CRITICAL"
    return Joint(level, points - pressure, pressure_unknown=False)
