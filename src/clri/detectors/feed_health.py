"""Which venues deliver one channel: a silent market and a lost feed must not look alike."""

from typing import Final

from clri.model.control import FeedStatus
from clri.model.names import FeedState, Venue

_WORD: Final[dict[FeedState, str | None]] = {
    "up": "up",
    "down": "down",
    "stale": "down",
    "gap": "down",
    "geo_blocked": "down",
    "disabled": "down",
    "unsupported": "none",
    "rate_limited": None,
}
"""None: says nothing about delivery, the former state stays."""


class FeedHealth:
    """State of every venue's feed of one channel, for one symbol.

    A venue is up after FeedStatus `up`, or from its first event if no status ever came; it is down after `down`,
    `stale`, `gap`, `geo_blocked` or `disabled` until the next `up`. Events do not raise a venue that was declared
    down: the reorder buffer releases events from before the loss after it. `unsupported` venues never count,
    `rate_limited` changes nothing. The last word counts, whether it was about the symbol or the whole venue.

    Parameters
    ----------
    channel
        `FeedStatus.channel` that is watched; others are passed over.

    Attributes
    ----------
    healthy
        True while at least one venue is up; False before the first word.

    Examples
    --------
    >>> from clri.testing.builders import feed_status
    >>> feeds = FeedHealth("liquidation")
    >>> feeds.on_event("okx")
    >>> feeds.healthy
    True
    >>> feeds.on_status(feed_status(venue="okx", state="gap"))
    >>> feeds.healthy
    False
    """

    __slots__ = ("_state", "channel", "healthy")

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.healthy = False
        self._state: dict[Venue, str] = {}

    def on_status(self, fact: FeedStatus) -> None:
        """Take the word of a feed."""
        word = _WORD[fact.state]
        if fact.channel == self.channel and word is not None:
            self._state[fact.venue] = word
            self.healthy = "up" in self._state.values()

    def on_event(self, venue: Venue) -> None:
        """Take note that `venue` delivered."""
        if venue not in self._state:
            self._state[venue] = "up"
            self.healthy = True

    def up(self, venue: Venue) -> bool:
        """True while this venue delivers."""
        return self._state.get(venue) == "up"

    def state(self) -> list[tuple[Venue, str]]:
        """State to be saved, in fixed order."""
        return sorted(self._state.items())

    def set_state(self, rows: list[tuple[Venue, str]]) -> None:
        """Continue from `state`."""
        self._state = dict(rows)
        self.healthy = "up" in self._state.values()
