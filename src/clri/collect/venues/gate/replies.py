"""Gate's REST replies as facts."""

from collections.abc import Iterable
from functools import partial

import msgspec

from clri.collect import book, checks
from clri.collect.event_id import Ordinals
from clri.collect.mapper import Item, ReplyHandler
from clri.collect.rows import RowReader, each
from clri.collect.tally import Tally
from clri.collect.values import blank, coins, quoted, turnover
from clri.collect.venues.gate.frames import Day, pairs
from clri.collect.venues.gate.liquidations import past
from clri.collect.venues.gate.listing import Listing
from clri.collect.venues.gate.reply_frames import Depth, Pair, Past, Stat
from clri.collect.venues.gate.stats import stat_facts
from clri.collect.venues.gate.tickers import ticker_facts
from clri.model.facts import Fact, Ticker


class Replies:
    """Handlers of Gate's replies; a reply that does not name its contract takes it from the call."""

    def __init__(self, listing: Listing, tally: Tally) -> None:
        self._listing = listing
        self._tally = tally
        self._days = RowReader(Day)
        self._stats = RowReader(Stat)
        self._past = RowReader(Past)
        self._pairs = RowReader(Pair)
        self._depths = msgspec.json.Decoder(Depth, strict=False)
        self.table: tuple[tuple[str, ReplyHandler], ...] = (
            ("/futures/usdt/tickers", self._tickers),
            ("/futures/usdt/contract_stats", self._statistics),
            ("/futures/usdt/liq_orders", self._liquidations),
            ("/futures/usdt/order_book", self._depth),
            ("/futures/usdt/contracts", self._contracts),
            ("/spot/tickers", self._spot),
        )
        """Handlers by a part of the path."""

    def _tickers(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:  # noqa: ARG002
        make = partial(ticker_facts, self._listing, recv_ns, None, "rest")
        return each(self._days.read(raw, self._tally), make, self._tally)

    def _statistics(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:
        listed = self._listing.of_call(symbol)
        if listed is None:
            return ()
        make = partial(stat_facts, self._tally, listed, recv_ns)
        return each(self._stats.read(raw, self._tally), make, self._tally)

    def _liquidations(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:  # noqa: ARG002
        make = partial(past, self._listing, Ordinals(), recv_ns)
        return each(self._past.read(raw, self._tally), make, self._tally)

    def _depth(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:
        listed = self._listing.of_call(symbol)
        if listed is None:
            return ()
        reply = self._depths.decode(raw)
        at = reply.current if reply.update is None else reply.update
        ts = None if at is None else checks.ms(round(checks.number(at) * 1000.0))
        bids, asks = pairs(reply.bids, listed), pairs(reply.asks, listed)
        fact = book.depth(recv_ns, ts, listed.symbol, "gate", listed.raw or "", "rest", bids, asks)
        if fact is None:
            self._tally.row_ignored("one_sided")
            return ()
        return (fact,)

    def _spot(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:  # noqa: ARG002
        make = partial(self._pair, recv_ns, self._listing.coins())
        return each(self._pairs.read(raw, self._tally), make, self._tally)

    def _pair(self, recv_ns: int, wanted: frozenset[str], row: Pair) -> tuple[Fact, ...]:
        found = self._listing.spot(row.currency_pair, wanted)
        if found is None:
            return ()
        coin, m = found
        last = blank(row.last)
        if last is None:
            self._tally.row_ignored("no_value")
            return ()
        return (
            Ticker(
                recv_ns,
                None,
                coin,
                "gate",
                "spot",
                row.currency_pair,
                "rest",
                None,
                False,
                checks.price(last / m),
                coins(row.base_volume, m),
                turnover(row.quote_volume),
                blank(row.change_percentage),
                quoted(row.highest_bid, m),
                quoted(row.lowest_ask, m),
            ),
        )

    def _contracts(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:  # noqa: ARG002
        rows = self._listing.contracts(raw, recv_ns)
        self._listing.table.update(rows)
        return rows
