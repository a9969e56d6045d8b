"""Bybit books: 50 levels kept from snapshots and deltas, and the deep snapshot of the poll (VENUES 2.2)."""

from typing import Final

from clri.collect.book import Ladder, Level, book, depth, levels
from clri.collect.checks import ms
from clri.collect.listing import Listing
from clri.collect.mapper import Control, Item
from clri.collect.tally import Tally
from clri.collect.venues.bybit.frames import BOOK, DEPTH, REPLY, BookData, result
from clri.model.instrument import Instrument

PACE_NS: Final = 250_000_000
"""A Book leaves at most each 250 ms and contract: the socket sends 50 a second, readings need four."""
MAX_LADDER: Final = 500
"""Levels a side: the venue deletes what leaves its 50, so more of them means that deletions were lost."""
CHANNEL: Final = "orderbook.50"


class Kept:
    """One contract's book: its ladder, when it was last sent, and whether its loss has been told."""

    __slots__ = ("ladder", "sent", "told")

    def __init__(self) -> None:
        self.ladder = Ladder()
        self.sent: int | None = None
        self.told = False


class Books:
    """Order books of perpetuals.

    Parameters
    ----------
    listing
        Contracts by raw symbol.
    tally
        Where rows that yield nothing are counted.
    offline
        True if the socket of a frame is not known. Topic and fields of a spot book are those of a perpetual; only the
        order of its keys differs (spot: `ts` before `type`; seen 2023-04 to 2026-09), so then that order decides.
    """

    def __init__(self, listing: Listing, tally: Tally, *, offline: bool) -> None:
        self._listing = listing
        self._tally = tally
        self._offline = offline
        self._kept: dict[str, Kept] = {}

    def frame(self, raw: bytes, recv_ns: int) -> list[Item]:
        """Book of a frame of `orderbook.50.<sym>`; after a gap an invalid Book and a call to resubscribe, once."""
        if self._offline and _is_spot(raw):
            self._tally.row_ignored("spot_off")
            return []
        frame = BOOK.decode(raw)
        data = frame.data
        found = self._listing.perp(data.s)
        if found is None:
            return []
        ts = ms(frame.ts)
        bids, asks = levels(data.b, found), levels(data.a, found)
        kept = self._kept.get(data.s)
        if kept is None:
            kept = self._kept[data.s] = Kept()
        if frame.type == "snapshot" or data.u == 1:
            kept.ladder.snapshot(bids, asks, data.u)
            kept.told = False
        elif kept.ladder.usable and data.u <= kept.ladder.seq:
            self._tally.row_ignored("old_delta")
            return []
        elif (why := _change(kept.ladder, bids, asks, data.u)) is not None:
            return self._lost(kept, data, found, recv_ns, ts, why)
        return self._paced(kept, found, recv_ns, ts)

    def _lost(self, kept: Kept, data: BookData, found: Instrument, recv_ns: int, ts: int, why: str) -> list[Item]:
        if kept.told:
            self._tally.row_ignored("book_unusable")
            return []
        kept.told, kept.sent = True, None
        return [book(recv_ns, ts, found, data.u, [], []), Control("book_invalid", CHANNEL, data.s, why)]

    def _paced(self, kept: Kept, found: Instrument, recv_ns: int, ts: int) -> list[Item]:
        if kept.sent is not None and 0 <= recv_ns - kept.sent < PACE_NS:
            self._tally.row_ignored("book_paced")
            return []
        kept.sent = recv_ns
        ladder = kept.ladder
        return [book(recv_ns, ts, found, ladder.seq, list(ladder.bids.items()), list(ladder.asks.items()))]

    def reply(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        """Depth of `/v5/market/orderbook`."""
        data = DEPTH.decode(result(REPLY.decode(raw)))
        found = self._listing.perp(data.s)
        if found is None:
            return []
        made = depth(recv_ns, ms(data.ts), found, levels(data.b, found), levels(data.a, found))
        if made is None:
            self._tally.row_ignored("one_sided")
            return []
        return [made]


def _change(ladder: Ladder, bids: list[Level], asks: list[Level], u: int) -> str | None:
    """Apply a delta; why the book is lost, or None."""
    if not ladder.usable:
        return "the delta came before a snapshot"
    had = ladder.seq
    if not ladder.delta(bids, asks, u):
        return f"u was {u}; expected {had + 1}"
    if len(ladder.bids) > MAX_LADDER or len(ladder.asks) > MAX_LADDER:
        ladder.usable = False
        return f"more than {MAX_LADDER} levels a side; expected 50"
    return None


def _is_spot(raw: bytes) -> bool:
    head = raw[:128]
    at = head.find(b'"ts"')
    return at >= 0 and not 0 <= head.find(b'"type"') < at
