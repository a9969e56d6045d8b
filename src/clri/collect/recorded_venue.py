"""The captured hours of one venue as batches of facts."""

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import groupby
from operator import attrgetter

from clri.collect.batches import Batch
from clri.collect.capture import CaptureFile, Damage, Entry, Hour
from clri.collect.capture.layout import Closed, Connected, Gap, Kind
from clri.collect.decoders import Decoders
from clri.collect.presence import Presence
from clri.model.facts import Fact
from clri.model.names import Venue


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
        Records received before the one above them: the clock was set back. They count as received with that one.
    """

    def __init__(self, venue: Venue, hours: Sequence[Hour], decoders: Decoders) -> None:
        self._venue = venue
        self._hours = hours
        self._decoders = decoders
        self._presence = Presence()
        self.damages: list[tuple[str, Damage]] = []
        self.clamped = 0

    def batches(self) -> Iterator[Batch]:
        """Facts of each record, by receipt."""
        now = 0
        for _, hour in groupby(self._hours, attrgetter("start")):
            files = [CaptureFile(found.path) for found in hour]
            known = 0
            for entry in merge(*(file.entries() for file in files), key=attrgetter("recv_ns")):
                before, now = now, max(now, entry.recv_ns)
                self.clamped += entry.recv_ns < before
                facts: list[Fact] = []
                found = sum(sum(file.counts.values()) for file in files)
                if found > known:
                    known = found
                    if before < now:
                        facts += self._presence.damaged(self._venue, before, now)
                if facts:
                    yield Batch(before, facts)
                facts = self._facts(entry, now)
                if facts:
                    yield Batch(now, facts)
            self.damages += [(str(file.path), damage) for file in files for damage in file.damages]

    def _facts(self, entry: Entry, now: int) -> list[Fact]:
        venue, connection = self._venue, entry.connection
        if entry.kind == Kind.CONTROL:
            return self._noted(entry, now)
        reply = entry.kind == Kind.REPLY
        facts = self._decoders.decode(venue, connection, (entry.channel or "") if reply else None, entry.data, now)
        if facts:
            up = self._presence.first(venue, now) if reply else self._presence.data(venue, connection, now)
            if up:
                return [*up, *facts]
        return facts

    def _noted(self, entry: Entry, now: int) -> list[Fact]:
        venue, connection = self._venue, entry.connection
        match entry.note:
            case Connected(channels=channels, carried=True):
                self._presence.carried(venue, connection, channels)
            case Connected(channels=channels):
                self._decoders.renew(venue, connection)
                return list(self._presence.connected(venue, connection, now, channels))
            case Closed(code=code, reason=reason):
                self._decoders.renew(venue, connection)
                why = " ".join(str(part) for part in ("close", code, reason) if part is not None)
                return list(self._presence.closed(venue, connection, now, why))
            case Gap(channel=channel, start=start, end=end, symbol=symbol):
                return [self._presence.gap(venue, now, channel, start, end, symbol)]
        return []
