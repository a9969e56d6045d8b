"""Gate's REST replies as facts."""

from collections.abc import Sequence

from clri.collect import checks
from clri.collect.book import depth, levels
from clri.collect.facts import ticker
from clri.collect.listing import Listing, named
from clri.collect.mapper import Item, ReplyHandler
from clri.collect.rows import each
from clri.collect.tally import Tally
from clri.collect.values import blank
from clri.collect.venues.gate.liquidations import past
from clri.collect.venues.gate.reply_frames import DAYS, DEPTH, PAIRS, PAST, STATS, Pair
from clri.collect.venues.gate.stats import stat_facts
from clri.collect.venues.gate.tickers import Tickers


class Replies:
    """Handlers of Gate's replies; a reply that does not name its contract takes it from the call."""

    def __init__(self, listing: Listing, tickers: Tickers, tally: Tally) -> None:
        self._listing = listing
        self._tickers = tickers
        self._tally = tally
        self.table: Sequence[tuple[str, ReplyHandler]] = (
            ("/futures/usdt/tickers", self._days),
            ("/futures/usdt/contract_stats", self._stats),
            ("/futures/usdt/liq_orders", self._past),
            ("/futures/usdt/order_book", self._depth),
            ("/spot/tickers", self._pairs),
        )
        """Handlers by a part of the path."""

    def _days(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        return each(DAYS.decode(raw, self._tally), self._tickers.facts, self._tally, recv_ns, None, "rest")

    def _stats(self, raw: bytes, recv_ns: int, symbol: str | None) -> list[Item]:
        listed = self._listing.perp(named(symbol))
        if listed is None:
            return []
        rows = STATS.decode(raw, self._tally)
        return each(rows, stat_facts, self._tally, self._listing, self._tally, listed, recv_ns)

    def _past(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        seen: dict[str, int] = {}
        return each(PAST.decode(raw, self._tally), past, self._tally, self._listing, seen, self._tally, recv_ns)

    def _depth(self, raw: bytes, recv_ns: int, symbol: str | None) -> list[Item]:
        listed = self._listing.sized(named(symbol))
        if listed is None:
            return []
        reply = DEPTH.decode(raw)
        at = reply.current if reply.update is None else reply.update
        ts = None if at is None else checks.ms(round(checks.number(at) * 1000.0))
        fact = depth(recv_ns, ts, listed, levels(reply.bids, listed), levels(reply.asks, listed))
        if fact is None:
            self._tally.row_ignored("one_sided")
            return []
        return [fact]

    def _pairs(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        return each(PAIRS.decode(raw, self._tally), self._pair, self._tally, recv_ns)

    def _pair(self, row: Pair, recv_ns: int) -> list[Item]:
        listed = self._listing.spot(row.currency_pair)
        if listed is None:
            return []
        last = blank(row.last)
        if last is None:
            self._tally.row_ignored("no_value")
            return []
        base, quote, change = row.base_volume, row.quote_volume, blank(row.change_percentage)
        return [ticker(recv_ns, None, listed, "rest", last, base, quote, change, row.highest_bid, row.lowest_ask)]
