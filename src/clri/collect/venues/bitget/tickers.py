"""Bitget tickers: mark, funding, open interest and turnover of v3 and v2 (VENUES 2.5)."""

from collections.abc import Sequence
from typing import Any

from clri.collect.facts import mark_funding, open_interest, ticker
from clri.collect.listing import Listing
from clri.collect.mapper import Item
from clri.collect.rows import each
from clri.collect.tally import Tally
from clri.collect.values import percent, time_of
from clri.collect.venues.bitget.frames import OLD_TICKERS, TICKERS, OldTickerRow, Push, TickerRow, checked
from clri.collect.venues.bitget.symbols import market_off
from clri.model.instrument import Instrument
from clri.model.names import Source


class Tickers:
    """Facts of ticker frames and ticker polls.

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
        """Facts of a `ticker` frame: v3 (`topic`) or v2 (`channel`), always the whole state of one contract."""
        if b'"topic"' in raw[:200]:
            return self._pushed(*TICKERS.decode(raw, self._tally), recv_ns)
        return self._pushed(*OLD_TICKERS.decode(raw, self._tally), recv_ns)

    def _pushed(self, push: Push[Any], rows: Sequence[TickerRow], recv_ns: int) -> list[Item]:
        reason = market_off(push.arg.market)
        if reason is not None:
            self._tally.row_ignored(reason)
            return []
        found = self._listing.perp(push.arg.symbol or push.arg.inst_id)
        return [] if found is None else each(rows, self._state, self._tally, found, recv_ns, time_of(push.ts), "ws")

    def perps(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        """Facts of `/api/v2/mix/market/tickers`."""
        _, rows = OLD_TICKERS.decode(checked(raw), self._tally)
        return each(rows, self._perp, self._tally, recv_ns)

    def _perp(self, row: OldTickerRow, recv_ns: int) -> list[Item]:
        found = self._listing.perp(row.symbol)
        return [] if found is None else self._state(row, found, recv_ns, None, "rest")

    def pairs(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        """Facts of `/api/v2/spot/market/tickers`."""
        _, rows = OLD_TICKERS.decode(checked(raw), self._tally)
        return each(rows, self._pair, self._tally, recv_ns)

    def _pair(self, row: OldTickerRow, recv_ns: int) -> list[Item]:
        found = self._listing.spot(row.symbol)
        return [] if found is None else self._ticker(row, found, recv_ns, time_of(row.ts), "rest")

    def _state(self, row: TickerRow, found: Instrument, recv_ns: int, sent: int | None, src: Source) -> list[Item]:
        marks, raw = self._listing.marks, str(found.raw)
        at = time_of(row.ts)
        ts = sent if at is None else at
        items: list[Item] = []
        if isinstance(row.mark, float):
            fact = mark_funding(recv_ns, ts, found, src, row.mark, row.index, row.rate, time_of(row.coming))
            marks[raw] = fact.mark
            items.append(fact)
        else:
            self._tally.row_ignored("no_mark")
        if isinstance(row.interest, float):
            items.append(open_interest(recv_ns, ts, found, src, row.interest, marks.get(raw)))
        items += self._ticker(row, found, recv_ns, ts, src)
        return items

    def _ticker(self, row: TickerRow, found: Instrument, recv_ns: int, ts: int | None, src: Source) -> list[Item]:
        if not isinstance(row.last, float):
            self._tally.row_ignored("no_last")
            return []
        change = percent(row.change)
        return [ticker(recv_ns, ts, found, src, row.last, row.base, row.quote, change, row.bid, row.ask)]
