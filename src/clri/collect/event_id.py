"""Ids of liquidations: the same event redelivered has the same id (CONTRACTS 1)."""

from collections import Counter
from hashlib import blake2b


def event_id(venue: str, raws: str, ordinal: int = 0) -> str:
    """16 hex digits of BLAKE2b over the venue, its raw texts and the rank among equal rows of one frame.

    Parameters
    ----------
    venue
        Venue name.
    raws
        The raw texts named in VENUES 1 for the venue, joined by `|`.
    ordinal
        0 for the first of equal rows in a frame; true twins survive, re-deliveries do not.

    Examples
    --------
    >>> event_id("binance", "BTCUSDT|SELL|1790000000111|59000|0.5")
    'aacd291a429a0ccf'
    """
    return blake2b(f"{venue}|{raws}|{ordinal}".encode(), digest_size=8).hexdigest()


class Ordinals:
    """Rank of a row among equal rows of the same frame.

    Examples
    --------
    >>> rank = Ordinals()
    >>> [rank.of(row) for row in ("a", "b", "a")]
    [0, 0, 1]
    """

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def of(self, raws: str) -> int:
        """Rank of the next row with these raw texts."""
        rank = self._seen[raws]
        self._seen[raws] = rank + 1
        return rank
