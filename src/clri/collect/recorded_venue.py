"""The captured hours of one venue as batches of facts."""

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import groupby
from operator import attrgetter
from typing import Final

from clri.collect.batches import Batch
from clri.collect.capture import CaptureFile, Damage, Entry, Hour
from clri.collect.capture.layout import Closed, Connected, Gap, Kind, Said
from clri.collect.decoders import Decoders, mapper_class
from clri.collect.live.gaps import GapFill, ended
from clri.collect.presence import AGAIN, Presence
from clri.model.control import LIQUIDATION, FeedStatus, feed_status
from clri.model.facts import Fact, Liquidation
from clri.model.names import MARKET, Venue
from clri.model.timebase import SECOND

SLACK_NS: Final = SECOND


class RecordedVenue:
    """Records of one venue, each connection with a mapper of its own.

    Parameters
    ----------
    venue
        Whose hours these are.
    hours
        Capture files, oldest first.

    Attributes
    ----------
    damages
        Damaged places so far, each with its file.
    clamped
        Records received a second or more before the one above them: the clock was set back. They count as received
        with that one. A reply is noted a moment after the frames that came meanwhile, and keeps its own time.
    """

    def __init__(self, venue: Venue, hours: Sequence[Hour], decoders: Decoders) -> None:
        self._venue = venue
        self._hours = hours
        self._decoders = decoders
        self._presence = Presence()
        self._states = False
        self._up = False  # the newest word about the liquidations
        self._gap = mapper_class(venue)().gap
        self._fill = GapFill() if self._gap(0) else None
        self._asked: dict[str, tuple[int, int]] = {}  # calls that fill a gap, and its ends
        self.damages: list[tuple[str, Damage]] = []
        self.clamped = 0

    def batches(self) -> Iterator[Batch]:
        """Facts of each record, by receipt."""
        now = 0
        for _, hour in groupby(self._hours, attrgetter("start")):
            files = [CaptureFile(found.path) for found in hour]
            known = 0
            for entry in merge(*(file.entries() for file in files), key=attrgetter("recv_ns")):
                self._states = any(file.header is not None and file.header.states for file in files)
                before, now = now, max(now, entry.recv_ns)
                back = now - entry.recv_ns > SLACK_NS
                self.clamped += back
                facts: list[Fact] = []
                found = sum(sum(file.counts.values()) for file in files)
                if found > known:
                    known = found
                    if before < now:
                        facts += self._damaged(before, now)
                if facts:
                    yield Batch(before, facts)
                facts = self._facts(entry, now if back else entry.recv_ns)
                if facts:
                    yield Batch(now, facts)
            self.damages += [(str(file.path), damage) for file in files for damage in file.damages]

    def _facts(self, entry: Entry, now: int) -> list[Fact]:
        venue, connection = self._venue, entry.connection
        if entry.kind == Kind.CONTROL:
            return self._noted(entry, now)
        reply = entry.kind == Kind.REPLY
        facts = self._decoders.decode(venue, connection, (entry.channel or "") if reply else None, entry.data, now)
        if facts and self._fill is not None:
            facts = self._once(facts, entry.channel or "", now)
        if facts:
            up = self._presence.first(venue, now) if reply else self._presence.data(venue, connection, now)
            if up and not self._states:
                return [*up, *facts]
        return facts

    def _once(self, facts: list[Fact], asked: str, now: int) -> list[Fact]:
        """The facts, without liquidations that a call told and a socket had told before."""
        if self._fill is None:
            return facts
        self._fill.delivered(facts)
        told = [fact for fact in facts if isinstance(fact, Liquidation) and fact.src == "rest"]
        if not told:
            return facts
        start, end = self._asked.get(asked, (0, now))
        rest: list[Fact] = [fact for fact in facts if fact not in told]
        return rest + self._fill.missed(told, start, end)

    def _noted(self, entry: Entry, now: int) -> list[Fact]:
        venue, connection = self._venue, entry.connection
        match entry.note:
            case Said(status=told):
                return [self._said(told)]
            case Connected(channels=channels, carried=True):
                self._presence.carried(venue, connection, channels)
            case Connected(channels=channels):
                self._decoders.renew(venue, connection)
                lost = self._presence.connected(venue, connection, now, channels)
                return [one for one in lost if not self._states or one.channel == LIQUIDATION]
            case Closed(code=code, reason=reason):
                self._decoders.renew(venue, connection)
                why = " ".join(str(part) for part in ("close", code, reason) if part is not None)
                found = self._presence.closed(venue, connection, now, why)
                return [] if self._states else list(found)
            case Gap(channel=channel, start=start, end=end, symbol=symbol):
                return [self._presence.gap(venue, now, channel, start, end, symbol)]
        return []

    def _said(self, told: FeedStatus) -> FeedStatus:
        if told.channel == LIQUIDATION and told.symbol == MARKET:
            self._up = told.state == "up"
        if (gap := ended(told)) is not None:
            self._asked |= {poll.asked: gap for poll in self._gap(gap[0])}
        return told

    def _damaged(self, before: int, now: int) -> list[FeedStatus]:
        """Nothing can be read between two receipts; with states in the file they say how it goes on."""
        found = self._presence.damaged(self._venue, before, now)
        if self._states:
            found = [one for one in found if one.channel == LIQUIDATION]
            if self._up:
                found.append(feed_status(self._venue, LIQUIDATION, "up", now, detail=AGAIN))
        return found
