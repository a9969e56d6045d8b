"""Each liquidation once: the event ids seen lately, per venue (VENUES 8)."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

import msgspec

from clri.engine.snapshot import pack, unpack
from clri.model.errors import SnapshotError
from clri.model.facts import Fact, Liquidation
from clri.model.names import Venue
from clri.model.timebase import MINUTE

CAP: Final = 200_000
KEEP_NS: Final = 30 * MINUTE
HARD: Final = 2
"""Caps after which even a young id goes: memory stays bounded in a storm."""


class _Seen(msgspec.Struct, array_like=True):
    venue: Venue
    now: int
    duplicates: int
    ids: list[str]
    times: list[int]


class _Ids:
    """Ids of one venue, least recently seen first, with the receipt of the last sight."""

    __slots__ = ("duplicates", "now", "times")

    def __init__(self) -> None:
        self.now = 0
        self.duplicates = 0
        self.times: OrderedDict[str, int] = OrderedDict()


class Dedupe:
    """Tells whether a liquidation is seen for the first time; a re-delivery keeps its `event_id` (CONTRACTS 1).

    Ids live per venue, the least recently seen goes first. Beyond `cap` ids, the oldest goes once its last sight
    lies `keep_ns` or more behind the newest receipt of that venue; beyond twice the cap it goes at any age. So an id
    is remembered for at least 30 min unless a venue sends more than 400,000 new ones in that time. A duplicate
    counts as a sight. Age is measured in receipt times of the facts, no clock is read.

    Parameters
    ----------
    cap
        Ids kept per venue, n >= 1.
    keep_ns
        Least age at which an id may go, ns of receipt.

    Notes
    -----
    All facts of the venue take part, also back-fill rows: a row stored from history is not stored again when the
    socket delivers it. Facts without an event id are always new. O(1) per fact.

    Examples
    --------
    >>> from clri.testing.builders import liquidation
    >>> dedupe, event = Dedupe(), liquidation()
    >>> dedupe.is_new(event), dedupe.is_new(event), dedupe.is_new(liquidation(qty=2.0))
    (True, False, True)
    >>> dedupe.duplicates
    {'bybit': 1}
    """

    def __init__(self, cap: int = CAP, keep_ns: int = KEEP_NS) -> None:
        if cap < 1 or keep_ns < 0:
            raise ValueError(f"dedupe had cap={cap}, keep_ns={keep_ns}; expected cap >= 1, keep_ns >= 0")
        self._cap = cap
        self._keep = keep_ns
        self._venues: dict[Venue, _Ids] = {}

    def is_new(self, fact: Fact) -> bool:
        """True at the first sight of the fact's id, False and counted afterwards."""
        if not isinstance(fact, Liquidation):
            return True
        ids = self._venues.get(fact.venue)
        if ids is None:
            ids = self._venues[fact.venue] = _Ids()
        ids.now = max(ids.now, fact.ts)
        times = ids.times
        new = fact.event_id not in times
        times[fact.event_id] = ids.now
        if not new:
            times.move_to_end(fact.event_id)
            ids.duplicates += 1
        while len(times) > self._cap:
            oldest = next(iter(times.values()))
            if ids.now - oldest < self._keep and len(times) <= HARD * self._cap:
                break
            times.popitem(last=False)
        return new

    @property
    def duplicates(self) -> Mapping[Venue, int]:
        """Duplicates so far by venue, n; only venues seen."""
        return {venue: self._venues[venue].duplicates for venue in sorted(self._venues)}

    def size(self, venue: Venue) -> int:
        """Ids of `venue` now remembered, n."""
        ids = self._venues.get(venue)
        return 0 if ids is None else len(ids.times)

    def snapshot(self) -> bytes:
        """State as bytes; equal states give equal bytes."""
        rows = [
            _Seen(venue, ids.now, ids.duplicates, list(ids.times), list(ids.times.values()))
            for venue, ids in sorted(self._venues.items())
        ]
        return pack(self._fingerprint(), {"venues": msgspec.msgpack.encode(rows)})

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes.

        Raises
        ------
        SnapshotError
            If the bytes are damaged or of other settings.
        """
        body = unpack(self._fingerprint(), data)
        try:
            rows = msgspec.msgpack.decode(body["venues"], type=list[_Seen])
        except (KeyError, msgspec.DecodeError) as error:
            raise SnapshotError(f"saved event ids are unreadable: {error}") from error
        self._venues = {}
        for row in rows:
            ids = self._venues[row.venue] = _Ids()
            ids.now, ids.duplicates = row.now, row.duplicates
            ids.times = OrderedDict(zip(row.ids, row.times, strict=True))

    def _fingerprint(self) -> str:
        return f"dedupe/1 cap={self._cap} keep={self._keep}"
