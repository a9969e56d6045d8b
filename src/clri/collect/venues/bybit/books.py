"""Bybit books: 50 levels kept from snapshots and deltas, and the deep snapshot of the poll (VENUES 2.2)."""

from collections.abc import Callable
from typing import Final

from clri.collect.book import Ladder, Level, book, depth
from clri.collect.checks import MAX_PRICE, MAX_QTY, ms
from clri.collect.mapper import Control, Item
from clri.collect.tally import Tally
from clri.collect.venues.bybit import frames
from clri.collect.venues.bybit.frames import BOOK, DEPTH, REPLY, BookData, result
from clri.model.errors import QuarantineError
from clri.model.facts import Book
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
    listed
        Perpetual of a raw symbol, or None after the row was counted.
    tally
        Where rows that yield nothing are counted.
    offline
        True if the socket of a frame is not known. Topic and fields of a spot book are those of a perpetual; only the
        order of its keys differs (spot: `ts` before `type`; seen 2023-04 to 2026-09), so then that order decides.
    """

    def __init__(self, listed: Callable[[str], Instrument | None], tally: Tally, *, offline: bool) -> None:
        self._listed = listed
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
        found = self._listed(data.s)
        if found is None:
            return []
        ts = ms(frame.ts)
        bids, asks = _levels(data.b, found.multiplier), _levels(data.a, found.multiplier)
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
        return self._paced(kept, data.s, found, recv_ns, ts)

    def _lost(self, kept: Kept, data: BookData, found: Instrument, recv_ns: int, ts: int, why: str) -> list[Item]:
        if kept.told:
            self._tally.row_ignored("book_unusable")
            return []
        kept.told, kept.sent = True, None
        empty = Book(recv_ns, ts, found.symbol, "bybit", "perp", data.s, "ws", data.u, False, [], [], False)
        return [empty, Control("book_invalid", CHANNEL, data.s, why)]

    def _paced(self, kept: Kept, raw: str, found: Instrument, recv_ns: int, ts: int) -> list[Item]:
        if kept.sent is not None and 0 <= recv_ns - kept.sent < PACE_NS:
            self._tally.row_ignored("book_paced")
            return []
        kept.sent = recv_ns
        ladder = kept.ladder
        bids, asks = list(ladder.bids.items()), list(ladder.asks.items())
        return [book(recv_ns, ts, found.symbol, "bybit", raw, "ws", ladder.seq, bids, asks)]

    def reply(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> list[Item]:
        """Depth of `/v5/market/orderbook`."""
        del symbol
        data = DEPTH.decode(result(REPLY.decode(raw)))
        found = self._listed(data.s)
        if found is None:
            return []
        bids, asks = _levels(data.b, found.multiplier), _levels(data.a, found.multiplier)
        made = depth(recv_ns, ms(data.ts), found.symbol, "bybit", data.s, "rest", bids, asks)
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


def _levels(levels: list[frames.Level], m: float) -> list[Level]:
    """Levels in canonical coins; size 0 stays, it deletes."""
    out = []
    for level in levels:
        price, qty = level.price / m, level.qty * m
        if not (0.0 < price < MAX_PRICE and 0.0 <= qty < MAX_QTY):
            raise QuarantineError("range", f"level was {price} x {qty}; expected a price > 0 and a size >= 0")
        out.append((price, qty))
    return out
