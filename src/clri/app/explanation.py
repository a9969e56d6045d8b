"""The answer to "why": contributions that sum to the score, a change split exactly, and what is missing."""

from typing import Any, Final

from clri.model.errors import InputError
from clri.model.reading import COMPONENTS, Reading
from clri.model.timebase import HOUR, iso
from clri.ports import Readings
from clri.scores.attribution import attribute, largest_remainder

LONGEST_H: Final = 87_600
"""Ten years, hours."""


def explanation(store: Readings, symbol: str, since_h: float = 1.0) -> dict[str, Any]:
    """Explanation of the newest reading of a symbol.

    Parameters
    ----------
    store
        Where readings are kept.
    symbol
        Base coin.
    since_h
        Hours back to the reading that the change is counted from: the newest one of the hour up to that time, or the
        first one after it.

    Raises
    ------
    InputError
        If nothing is known about the symbol, or `since_h` is not positive or longer than ten years.
    """
    if not 0 < since_h <= LONGEST_H:
        raise InputError(f"--since was {since_h}; expected hours above 0 and at most {LONGEST_H}", code="CLRI-DATA-007")
    now = next((r for r in store.latest_readings() if r.symbol == symbol), None)
    if now is None:
        raise InputError(f"nothing is known about {symbol}", code="CLRI-DATA-007")
    target = now.ts - round(since_h * HOUR)
    past = store.readings(symbol, target - HOUR, now.ts)
    before = next((r for r in reversed(past) if r.ts <= target), past[0] if past else None)
    change = _change(before, now)
    return {
        "symbol": symbol,
        "mode": now.mode,
        "as_of": iso(now.ts),
        "clri_score": now.clri_score,
        "clri_exact": now.clri_exact,
        "clri_raw": now.clri_raw,
        "risk_level": now.risk_level,
        "method": now.method,
        "coverage": now.coverage,
        "quality": now.quality,
        "detected_regime": now.detected_regime,
        "regime_intensity": now.regime_intensity,
        "direction": now.direction,
        "components": {name: _component(now, name) for name in COMPONENTS},
        "change": change,
        "missing": now.reasons,
        "sentence": _sentence(now, change),
    }


def _component(reading: Reading, name: str) -> dict[str, Any]:
    evidence = reading.component_quality[name]
    return {
        "score": reading.component_scores[name],
        "weight": reading.weights.get(name),
        "contribution": reading.contributions.get(name),
        "coverage": evidence.coverage,
        "data_age_s": evidence.data_age_s,
        "quality": evidence.quality,
        "reason": evidence.reason,
    }


def _change(before: Reading | None, now: Reading) -> dict[str, Any] | None:
    split = attribute(before, now) if before is not None else None
    if before is None or split is None:
        return None
    parts = split.parts | {"weight_shift": split.weight_shift}
    return {
        "since": iso(before.ts),
        "from_score": before.clri_score,
        "points": split.change,
        "parts": parts,
        "shown": largest_remainder(parts, split.change),
        "weights": split.weights,
    }


def _sentence(now: Reading, change: dict[str, Any] | None) -> str:
    if now.clri_score is None:
        return f"{now.symbol} is UNKNOWN: {'; '.join(now.reasons)}."
    top = sorted(now.contributions.items(), key=lambda item: -item[1])[:2]
    made = " and ".join(f"{name} ({points:.0f})" for name, points in top if points > 0) or "nothing in particular"
    first = f"{now.symbol} stands at {now.clri_score} ({now.risk_level}), mostly from {made}."
    if change is None:
        return first
    driver = max(change["shown"].items(), key=lambda item: abs(item[1]))
    return f"{first} It moved {change['points']:+.1f} since {change['since'][11:16]} UTC, {driver[0]} {driver[1]:+.1f}."
