"""How numbers read in a terminal: short, with units, and a dash where nothing is known."""

from typing import Final

from clri.model.names import Mode
from clri.model.timebase import iso

UNKNOWN: Final = "—"
COLOURS: Final = {
    "LOW": "green",
    "MODERATE": "cyan",
    "ELEVATED": "yellow",
    "HIGH": "red",
    "EXTREME": "bold magenta",
    "UNKNOWN": "dim",
}
_SCALES: Final = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


def usd(value: float | None) -> str:
    """US dollars with three digits.

    Examples
    --------
    >>> usd(30_900_000_000.0), usd(87_500.0), usd(12.0), usd(None)
    ('$30.9B', '$87.5k', '$12', '—')
    """
    if value is None:
        return UNKNOWN
    for scale, letter in _SCALES:
        if abs(value) >= scale:
            return f"${value / scale:.3g}{letter}" if abs(value) < 1000 * scale else f"${value / scale:.0f}{letter}"
    return f"${value:.0f}"


def price(value: float | None) -> str:
    """Price with the digits that matter.

    Examples
    --------
    >>> price(60_001.234), price(0.123456), price(None)
    ('60,001.2', '0.12346', '—')
    """
    if value is None:
        return UNKNOWN
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.5g}"  # noqa: PLR2004 - below it digits matter more


def percent(value: float | None, digits: int = 1) -> str:
    """Percent with sign.

    Examples
    --------
    >>> percent(-1.234), percent(None)
    ('-1.2 %', '—')
    """
    return UNKNOWN if value is None else f"{value:+.{digits}f} %"


def share(value: float | None) -> str:
    """Fraction as percent.

    Examples
    --------
    >>> share(0.925), share(None)
    ('92 %', '—')
    """
    return UNKNOWN if value is None else f"{value * 100:.0f} %"


def rate_bp(value: float | None) -> str:
    """Funding per 8 h in basis points.

    Examples
    --------
    >>> rate_bp(0.0003), rate_bp(None)
    ('+3.00 bp', '—')
    """
    return UNKNOWN if value is None else f"{value * 1e4:+.2f} bp"


def age(value: float | None) -> str:
    """Age of data.

    Examples
    --------
    >>> age(4.2), age(200.0), age(None)
    ('4 s', '3 min', '—')
    """
    if value is None:
        return UNKNOWN
    return f"{value:.0f} s" if value < 120 else f"{value / 60:.0f} min"  # noqa: PLR2004 - two minutes


def banner(mode: Mode, detail: str = "") -> str:
    """What kind of data this is, for the head of every view.

    Examples
    --------
    >>> banner("replay-simulated", "seed 42")
    'SIMULATED DATA – seed 42, not a real market event'
    """
    if mode == "replay-simulated":
        return f"SIMULATED DATA – {detail or 'generated'}, not a real market event"
    if mode == "replay-recorded":
        return f"RECORDED DATA – {detail or 'replay'}"
    return f"LIVE {detail}".strip()


def clock(ts: int) -> str:
    """Time of day and date, UTC.

    Examples
    --------
    >>> clock(1_790_000_000_000_000_000)
    '2026-09-21 14:13 UTC'
    """
    return iso(ts)[:16].replace("T", " ") + " UTC"
