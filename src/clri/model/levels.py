"""Risk levels and their bands, written once (SCORES 1)."""

from typing import Final, Literal

RiskLevel = Literal["LOW", "MODERATE", "ELEVATED", "HIGH", "EXTREME", "UNKNOWN"]
Direction = Literal["LONG_CROWDED", "SHORT_CROWDED", "NEUTRAL"]
Regime = Literal["NORMAL", "LIQUIDATION_CASCADE", "FUNDING_STRESS", "OI_SPIKE"]
CascadeBand = Literal["LOW", "MODERATE", "HIGH", "EXTREME"]
JointLevel = Literal["NONE", "INFO", "WARNING", "CRITICAL"]
VolRegime = Literal["STABLE", "HIGH_VOL", "EXPLOSIVE", "EXTREME"]
FrameRegime = Literal["NEUTRAL", "IGNITION", "COOLING", "CHOP", "DATA_SUSPECT"]

BANDS: Final[tuple[tuple[float, RiskLevel], ...]] = (
    (80.0, "EXTREME"),
    (65.0, "HIGH"),
    (45.0, "ELEVATED"),
    (25.0, "MODERATE"),
    (0.0, "LOW"),
)
CASCADE_BANDS: Final[tuple[tuple[float, CascadeBand], ...]] = (
    (1.5, "EXTREME"),
    (1.0, "HIGH"),
    (0.7, "MODERATE"),
    (0.0, "LOW"),
)
REGIMES: Final[tuple[Regime, ...]] = ("NORMAL", "LIQUIDATION_CASCADE", "FUNDING_STRESS", "OI_SPIKE")
VOL_REGIMES: Final[tuple[VolRegime, ...]] = ("STABLE", "HIGH_VOL", "EXPLOSIVE", "EXTREME")
FRAME_REGIMES: Final[tuple[FrameRegime, ...]] = ("NEUTRAL", "IGNITION", "COOLING", "CHOP", "DATA_SUSPECT")
ELEVATED_FROM: Final = 65
HIGH_FROM: Final = 80


def risk_level(score: float | None) -> RiskLevel:
    """Band of a score of 0..100; UNKNOWN if and only if it is missing.

    Parameters
    ----------
    score
        An integer score as shown, or a float score; None = missing.

    Examples
    --------
    >>> [risk_level(s) for s in (0, 24, 25, 44, 45, 64, 65, 79, 80, 100, None)]
    ['LOW', 'LOW', 'MODERATE', 'MODERATE', 'ELEVATED', 'ELEVATED', 'HIGH', 'HIGH', 'EXTREME', 'EXTREME', 'UNKNOWN']
    """
    if score is None:
        return "UNKNOWN"
    for start, level in BANDS:
        if score >= start:
            return level
    msg = f"score was {score}; expected 0..100"
    raise ValueError(msg)


def cascade_band(risk_score: float) -> CascadeBand:
    """Band of a cascade's risk score of 0..2 (half-open).

    Examples
    --------
    >>> [cascade_band(s) for s in (0.0, 0.69, 0.7, 1.0, 1.4503, 1.5, 2.0)]
    ['LOW', 'LOW', 'MODERATE', 'HIGH', 'HIGH', 'EXTREME', 'EXTREME']
    """
    for start, band in CASCADE_BANDS:
        if risk_score >= start:
            return band
    msg = f"cascade risk score was {risk_score}; expected 0..2"
    raise ValueError(msg)


def direction(value: float | None, cut: float) -> Direction | None:
    """Name the crowding of positions from its signed value (SCORES 2.5).

    Examples
    --------
    >>> direction(0.5444, 0.2), direction(-0.2, 0.2), direction(None, 0.2)
    ('LONG_CROWDED', 'NEUTRAL', None)
    """
    if value is None:
        return None
    if value > cut:
        return "LONG_CROWDED"
    return "SHORT_CROWDED" if value < -cut else "NEUTRAL"
