"""The quality word beside every published number (SCORES 1)."""

from typing import Final, Literal

Quality = Literal["unknown", "partial", "stale", "warming", "ok"]

ORDER: Final[tuple[Quality, ...]] = ("unknown", "partial", "stale", "warming", "ok")
"""Worst first; the first that applies is shown."""


def quality(*, known: bool, partial: bool, stale: bool, warming: bool) -> Quality:
    """First word that applies, worst first.

    Parameters
    ----------
    known
        The score is not null.
    partial
        Coverage is below 0.60.
    stale
        An input is older than half its limit.
    warming
        A term lacks history.

    Examples
    --------
    >>> quality(known=True, partial=False, stale=True, warming=True)
    'stale'
    """
    if not known:
        return "unknown"
    if partial:
        return "partial"
    if stale:
        return "stale"
    return "warming" if warming else "ok"


def worst(words: list[Quality]) -> Quality:
    """Worst of several; `ok` if there is none.

    Examples
    --------
    >>> worst(["ok", "stale", "warming"]), worst([])
    ('stale', 'ok')
    """
    return min(words, key=ORDER.index, default="ok")
