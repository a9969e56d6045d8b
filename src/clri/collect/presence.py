"""Which feeds of a replay are up: what a recording says about its connections, as FeedStatus facts."""

from typing import Final

from clri.model.control import LIQUIDATION, FeedStatus, feed_status
from clri.model.names import MARKET, FeedState, Venue

FIRST: Final = "replay: up from its first frame"
AGAIN: Final = "replay: up again"


class Presence:
    """Feeds by venue, and the connections that keep each of them up.

    A feed is up while at least one connection that carries it delivers: during a rotation two do. It is lost with
    the last of them and returns with the first facts after that.

    Examples
    --------
    >>> presence = Presence()
    >>> [status.state for status in presence.data("okx", 1, 100)], presence.data("okx", 1, 101)
    (['up'], [])
    >>> [(status.state, status.ts) for status in presence.closed("okx", 1, 200, "code 1006")]
    [('down', 200)]
    >>> [status.detail for status in presence.data("okx", 1, 300)]
    ['replay: up again']
    """

    def __init__(self) -> None:
        self._carries: dict[tuple[Venue, int], tuple[str, ...]] = {}
        self._delivers: dict[tuple[Venue, int], int] = {}  # connection -> receipt of its newest facts
        self._up: dict[tuple[Venue, str], set[int]] = {}  # feed -> connections that keep it up
        self._gaps: dict[tuple[Venue, str], list[str]] = {}  # feed -> symbols with a gap of their own
        self._venues: set[Venue] = set()

    def first(self, venue: Venue, ts: int) -> list[FeedStatus]:
        """Before facts of any kind: the venue is there."""
        if venue in self._venues:
            return []
        self._venues.add(venue)
        return [feed_status(venue, LIQUIDATION, "up", ts, detail=FIRST)]

    def data(self, venue: Venue, connection: int, ts: int) -> list[FeedStatus]:
        """Before facts of a socket: it delivers."""
        known = (venue, connection) in self._delivers
        self._delivers[venue, connection] = ts
        if known:
            return []
        found = self.first(venue, ts)
        for channel in self._carries.get((venue, connection), (LIQUIDATION,)):
            feed = venue, channel
            if feed not in self._up:
                if channel != LIQUIDATION:
                    found.append(feed_status(venue, channel, "up", ts, detail=FIRST))
            elif not self._up[feed]:
                found.append(feed_status(venue, channel, "up", ts, detail=AGAIN))
            self._up.setdefault(feed, set()).add(connection)
            found += [
                feed_status(venue, channel, "up", ts, symbol, detail=AGAIN) for symbol in self._gaps.pop(feed, ())
            ]
        return found

    def connected(self, venue: Venue, connection: int, ts: int, channels: tuple[str, ...]) -> list[FeedStatus]:
        """A connection opens; one that was never closed was lost at an unknown moment after its last facts."""
        last = self._delivers.get((venue, connection))
        lost = [] if last is None else self._lost(venue, connection, "gap", ts, "reconnected without a close", last)
        self._carries[venue, connection] = channels or (LIQUIDATION,)
        return lost

    def carried(self, venue: Venue, connection: int, channels: tuple[str, ...]) -> None:
        """A connection was open before its hour of the recording began."""
        self._carries.setdefault((venue, connection), channels or (LIQUIDATION,))

    def closed(self, venue: Venue, connection: int, ts: int, why: str) -> list[FeedStatus]:
        """A connection ends."""
        return self._lost(venue, connection, "down", ts, why, None)

    def gap(self, venue: Venue, ts: int, channel: str, start: int, end: int | None, symbol: str) -> FeedStatus:
        """A feed was not proven alive from `start` to `end` (ns); the next facts bring it up again."""
        feed = venue, channel
        for connection in self._up.setdefault(feed, set()):
            self._delivers.pop((venue, connection), None)
        if symbol == MARKET:
            self._up[feed] = set()
        else:
            self._gaps.setdefault(feed, []).append(symbol)
        return feed_status(venue, channel, "gap", ts, symbol, detail="recorded: gap", gap_from=start, gap_to=end)

    def damaged(self, venue: Venue, before: int, after: int) -> list[FeedStatus]:
        """Frames between two receipts (ns) cannot be read."""
        feeds = [channel for of, channel in self._up if of == venue]
        return [self.gap(venue, before, channel, before, after, MARKET) for channel in feeds]

    def _lost(
        self, venue: Venue, connection: int, state: FeedState, ts: int, why: str, since: int | None
    ) -> list[FeedStatus]:
        found = []
        self._delivers.pop((venue, connection), None)
        for channel in self._carries.pop((venue, connection), (LIQUIDATION,)):
            keepers = self._up.get((venue, channel), set())
            if connection in keepers:
                keepers.discard(connection)
                if not keepers:
                    end, words = None if since is None else ts, f"recorded: {why}"
                    found.append(feed_status(venue, channel, state, ts, detail=words, gap_from=since, gap_to=end))
        return found
