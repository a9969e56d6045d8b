"""Bitget books: snapshots of 15 levels, and the merged depth of the poll (VENUES 2.5)."""

from clri.collect.book import book, depth, levels
from clri.collect.checks import ms
from clri.collect.listing import Listing
from clri.collect.mapper import Item
from clri.collect.rows import each
from clri.collect.tally import Tally
from clri.collect.venues.bitget.frames import BOOKS, DEPTH, BookRow, checked
from clri.collect.venues.bitget.symbols import market_off
from clri.model.instrument import Instrument


class Books:
    """Order books of perpetuals; nothing is kept, for every frame is whole.

    Parameters
    ----------
    listing
        Contracts by raw symbol.
    tally
        Where rows that yield nothing are counted.
    """

    def __init__(self, listing: Listing, tally: Tally) -> None:
        self._listing = listing
        self._tally = tally

    def frame(self, raw: bytes, recv_ns: int) -> list[Item]:
        """Book of a frame of v2 `books15`."""
        push, rows = BOOKS.decode(raw, self._tally)
        reason = market_off(push.arg.market)
        if reason is not None:
            self._tally.row_ignored(reason)
            return []
        found = self._listing.perp(push.arg.inst_id or push.arg.symbol)
        return [] if found is None else each(rows, _book, self._tally, found, recv_ns)

    def reply(self, raw: bytes, recv_ns: int, symbol: str | None) -> list[Item]:
        """Depth of `/api/v2/mix/market/merge-depth`; the reply does not name its contract."""
        data = DEPTH.decode(checked(raw)).data
        if symbol is None:
            self._tally.row_ignored("no_symbol")
            return []
        found = self._listing.perp(symbol)
        if found is None:
            return []
        made = depth(recv_ns, ms(data.ts), found, levels(data.bids, found), levels(data.asks, found))
        if made is None:
            self._tally.row_ignored("one_sided")
            return []
        return [made]


def _book(row: BookRow, found: Instrument, recv_ns: int) -> list[Item]:
    return [book(recv_ns, ms(row.ts), found, row.seq, levels(row.bids, found), levels(row.asks, found))]
