"""Bitget books: snapshots of 15 levels, and the merged depth of the poll (VENUES 2.5)."""

from collections.abc import Callable

from clri.collect.book import Level, book, depth
from clri.collect.checks import MAX_PRICE, MAX_QTY, ms
from clri.collect.mapper import Item
from clri.collect.rowwise import each
from clri.collect.tally import Tally
from clri.collect.venues.bitget import frames
from clri.collect.venues.bitget.frames import BOOKS, DEPTH, BookRow, checked
from clri.collect.venues.bitget.symbols import market_off
from clri.model.errors import QuarantineError
from clri.model.instrument import Instrument


class Books:
    """Order books of perpetuals; nothing is kept, for every frame is whole.

    Parameters
    ----------
    listed
        Perpetual of a raw symbol, or None after the row was counted.
    tally
        Where rows that yield nothing are counted.
    """

    def __init__(self, listed: Callable[[str], Instrument | None], tally: Tally) -> None:
        self._listed = listed
        self._tally = tally

    def frame(self, raw: bytes, recv_ns: int) -> list[Item]:
        """Book of a frame of v2 `books15`."""
        push = BOOKS.decode(raw, self._tally)
        reason = market_off(push.arg.market)
        if reason is not None:
            self._tally.row_ignored(reason)
            return []
        found = self._listed(push.arg.inst_id or push.arg.symbol)
        if found is None:
            return []
        return each(push.rows, lambda row: self._book(row, found, recv_ns), self._tally)

    def _book(self, row: BookRow, found: Instrument, recv_ns: int) -> list[Item]:
        bids, asks = _levels(row.bids, found.multiplier), _levels(row.asks, found.multiplier)
        raw = str(found.raw)
        return [book(recv_ns, ms(row.ts), found.symbol, "bitget", raw, "ws", row.seq, bids, asks)]

    def reply(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> list[Item]:
        """Depth of `/api/v2/mix/market/merge-depth`; the reply does not name its contract."""
        data = DEPTH.decode(checked(raw)).data
        if symbol is None:
            self._tally.row_ignored("no_symbol")
            return []
        found = self._listed(symbol)
        if found is None:
            return []
        bids, asks = _levels(data.bids, found.multiplier), _levels(data.asks, found.multiplier)
        made = depth(recv_ns, ms(data.ts), found.symbol, "bitget", symbol, "rest", bids, asks)
        if made is None:
            self._tally.row_ignored("one_sided")
            return []
        return [made]


def _levels(levels: list[frames.Level], m: float) -> list[Level]:
    """Levels in canonical coins."""
    out = []
    for level in levels:
        price, qty = level.price / m, level.qty * m
        if not (0.0 < price < MAX_PRICE and 0.0 <= qty < MAX_QTY):
            raise QuarantineError("range", f"level was {price} x {qty}; expected a price > 0 and a size >= 0")
        out.append((price, qty))
    return out
