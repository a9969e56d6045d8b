"""Ids of liquidations: the same event redelivered has the same id (CONTRACTS 1)."""

from hashlib import blake2b
from typing import Final

from clri.model.names import EXCHANGES

_STARTED: Final = {venue: blake2b(f"{venue}|".encode(), digest_size=8) for venue in EXCHANGES}


def event_id(venue: str, raws: str, ordinal: int = 0) -> str:
    """16 hex digits of BLAKE2b over the venue, its raw texts and the rank among equal rows of one frame.

    Parameters
    ----------
    venue
        One of the six venues.
    raws
        The raw texts named in VENUES 1 for the venue, joined by `|`.
    ordinal
        0 for the first of equal rows in a frame; true twins survive, re-deliveries do not.

    Examples
    --------
    >>> event_id("binance", "BTCUSDT|SELL|1790000000111|59000|0.5")
    'aacd291a429a0ccf'
    """
    digest = _STARTED[venue].copy()
    digest.update(f"{raws}|{ordinal}".encode())
    return digest.hexdigest()


def rank_of(raws: str, seen: dict[str, int]) -> int:
    """Rank of a row among equal rows of the same frame: the ordinal of its id.

    Parameters
    ----------
    raws
        Raw texts of the row.
    seen
        Rows of the frame so far by their raw texts; empty at its first row.

    Examples
    --------
    >>> seen = {}
    >>> [rank_of(row, seen) for row in ("a", "b", "a")]
    [0, 0, 1]
    """
    rank = seen.get(raws, 0)
    seen[raws] = rank + 1
    return rank
