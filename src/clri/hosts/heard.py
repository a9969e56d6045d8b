"""Until when each venue's liquidations were known to come: what the gaps are made of that no collector can tell."""

from typing import Final

import msgspec

from clri.model.control import LIQUIDATION, FeedStatus, feed_status
from clri.model.errors import SnapshotError
from clri.model.facts import Fact
from clri.model.names import MARKET, FeedState, Venue
from clri.model.timebase import SECOND

COLLECTOR: Final = "collector"
"""Channel on which it is said that a collector failed as a whole."""
STOPPED: Final = "CLRI-FEED-006"
LEAP: Final = 30 * SECOND
"""Time that passes at once beyond which nothing was proven: the machine slept, or this process stood still."""


class _State(msgspec.Struct, array_like=True):
    last: dict[Venue, int]
    up: list[Venue]


class Heard:
    """Newest proof that each venue's liquidations come, over restarts.

    Collectors tell the gaps between two states of their sockets. A gap that begins in a former run, with a failure of
    the collector itself, or while the machine slept, ends with the next `up`, and is told here.

    Attributes
    ----------
    last
        By venue: receipt (ns) of the newest socket fact while its liquidations were known to come; while they are not,
        the moment at which they ceased. A venue that never delivered is absent.

    Examples
    --------
    >>> from clri.testing.builders import T0, feed_status
    >>> heard, up = Heard(), feed_status(ts=T0, venue="okx", symbol="MARKET", channel="liquidation", state="up")
    >>> heard.before(up)
    []
    >>> heard.resumed()
    >>> later = msgspec.structs.replace(up, ts=T0 + 60 * SECOND)
    >>> [(gap.state, gap.gap_from - T0, (gap.gap_to - T0) // SECOND) for gap in heard.before(later)]
    [('gap', 0, 60)]
    """

    def __init__(self) -> None:
        self.last: dict[Venue, int] = {}
        self._up: set[Venue] = set()
        self._lost: dict[Venue, int] = {}

    def before(self, fact: Fact) -> list[FeedStatus]:
        """Take note of a fact; statuses that stand before it."""
        if not isinstance(fact, FeedStatus):
            if fact.src == "ws" and not fact.backfill and fact.venue in self._up:
                self.last[fact.venue] = max(fact.ts, self.last[fact.venue])
            return []
        if fact.symbol != MARKET:
            return []
        if fact.channel == LIQUIDATION:
            return self._liquidations(fact)
        if fact.channel == COLLECTOR and fact.state == "down" and fact.venue in self._up:
            self._up.discard(fact.venue)
            since = self._lost[fact.venue] = self.last[fact.venue]
            return [_status(fact, "down", fact.detail, since, None)]
        return []

    def _liquidations(self, fact: FeedStatus) -> list[FeedStatus]:
        venue = fact.venue
        if fact.state == "up":
            since = self._lost.pop(venue, None)
            self._up.add(venue)
            self.last[venue] = max(fact.ts, self.last.get(venue, 0))
            return [] if since is None or since >= fact.ts else [_status(fact, "gap", _NOT_RUNNING, since, fact.ts)]
        ended = fact.state == "gap" and fact.code == STOPPED and fact.gap_from == fact.gap_to
        if venue in self._up and (ended or fact.state != "gap"):
            self._up.discard(venue)
            if fact.gap_from is not None:
                self.last[venue] = min(fact.gap_from, self.last[venue])
            if ended:
                self._lost[venue] = self.last[venue]
        return []

    def resumed(self) -> None:
        """A new run begins: nothing is known to come yet."""
        self._up.clear()
        self._lost = dict(self.last)

    def slept(self, ts: int) -> list[FeedStatus]:
        """Statuses about a leap in time to `ts` (ns): a gap of every venue that was up, which ends here."""
        told = []
        for venue in sorted(self._up):
            up = feed_status(venue, LIQUIDATION, "up", ts)
            told += [_status(up, "gap", _SLEPT, self.last[venue], ts), up]
            self.last[venue] = ts
        return told

    def snapshot(self) -> bytes:
        """State as bytes."""
        return msgspec.msgpack.encode(_State(dict(sorted(self.last.items())), sorted(self._up)))

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes.

        Raises
        ------
        SnapshotError
            If they are unreadable.
        """
        try:
            state = msgspec.msgpack.decode(data, type=_State)
        except msgspec.DecodeError as error:
            raise SnapshotError(f"saved times of the venues are unreadable: {error}") from error
        self.last, self._up = state.last, set(state.up)


_NOT_RUNNING: Final = "stopped: the collector was not running"
_SLEPT: Final = "stopped: the machine slept, or this process stood still"


def _status(fact: FeedStatus, state: FeedState, detail: str | None, start: int, end: int | None) -> FeedStatus:
    """State of a venue's liquidations, one ns before `fact`: of two states at one time the worse counts."""
    head = (fact.ts - 1, None, MARKET, fact.venue, fact.market, None, fact.src, None, False)
    return FeedStatus(*head, LIQUIDATION, state, STOPPED, detail, start, start, end)
