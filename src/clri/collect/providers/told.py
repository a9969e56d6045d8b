"""States of a service's channels as facts: each change once, and now and then a sign of life."""

from typing import Final

from clri.model.control import FeedStatus, feed_status
from clri.model.names import FeedState, Venue
from clri.model.timebase import MINUTE

KEY_ABSENT: Final = "CLRI-KEY-001"
KEY_REFUSED: Final = "CLRI-KEY-002"
REFUSED: Final = "CLRI-NET-004"
RATE_LIMITED: Final = "CLRI-NET-429"
UNREADABLE: Final = "CLRI-FEED-010"

BEAT_NS: Final = MINUTE
"""A channel that works says so again after this time: a quiet hour must not look like a dead service."""
LONGEST: Final = 200
"""Characters of a service's own words that are kept."""


class Told:
    """What was last said about each channel.

    Examples
    --------
    >>> told = Told("etherscan")
    >>> [fact.state for fact in (*told.up("transfers", 0), *told.up("transfers", 1), *told.up("transfers", BEAT_NS))]
    ['up', 'up']
    >>> [fact.detail for fact in told.down("transfers", 1, REFUSED, "no such module") * 1]
    ['no such module']
    >>> told.down("transfers", 2, REFUSED, "no such module")
    []
    """

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._said: dict[str, tuple[FeedState, str | None]] = {}
        self._beat: dict[str, int] = {}

    def up(self, channel: str, ts: int) -> list[FeedStatus]:
        """A channel delivers (UTC ns)."""
        if self._said.get(channel) == ("up", None) and ts - self._beat[channel] < BEAT_NS:
            return []
        self._said[channel], self._beat[channel] = ("up", None), ts
        return [feed_status(self._venue, channel, "up", ts, src="rest")]

    def down(self, channel: str, ts: int, code: str, words: str, state: FeedState = "down") -> list[FeedStatus]:
        """A channel does not deliver, and why; `words` are cut to one line."""
        detail = " ".join(words.split())[:LONGEST]
        if self._said.get(channel) == (state, detail):
            return []
        self._said[channel] = state, detail
        return [feed_status(self._venue, channel, state, ts, code=code, detail=detail, src="rest")]

    def gap(self, channel: str, ts: int, start: int, end: int) -> list[FeedStatus]:
        """What happened from `start` to `end` (ns) was not read and will not be."""
        self._said[channel] = "gap", None
        return [feed_status(self._venue, channel, "gap", ts, gap_from=start, gap_to=end, src="rest")]


def disabled(venue: Venue, ts: int, variable: str) -> FeedStatus:
    """State of a service without a key.

    Examples
    --------
    >>> disabled("coinglass", 0, "CLRI_COLLECT__COINGLASS__API_KEY").detail
    'no key: set CLRI_COLLECT__COINGLASS__API_KEY (or COINGLASS_API_KEY) to ask coinglass; all else works without'
    """
    other = f"{venue.upper()}_API_KEY"
    words = f"no key: set {variable} (or {other}) to ask {venue}; all else works without"
    return feed_status(venue, "key", "disabled", ts, code=KEY_ABSENT, detail=words, src="rest")
