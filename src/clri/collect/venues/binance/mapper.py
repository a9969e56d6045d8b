"""Binance's frames as facts (VENUES 2.1)."""

import re
from collections.abc import Iterable
from functools import partial
from typing import ClassVar, Final

from clri.collect.book import book, levels
from clri.collect.checks import ms, number
from clri.collect.event_id import event_id
from clri.collect.facts import liquidation, mark_funding, ticker
from clri.collect.instruments import InstrumentTable
from clri.collect.listing import Listing
from clri.collect.mapper import HEAD, Conn, Control, Item, Poll, ReplyHandler, VenueMapper
from clri.collect.rows import each
from clri.collect.spelling import stable_pair
from clri.collect.values import blank
from clri.collect.venues.binance import feed, symbols
from clri.collect.venues.binance.contracts import Contracts
from clri.collect.venues.binance.frames import ANSWER, BOOKS, DAYS, FORCES, MARKS, Day, Force, Levels, Mark
from clri.collect.venues.binance.replies import Replies
from clri.model.errors import QuarantineError
from clri.model.instrument import Instrument
from clri.model.names import Side, Venue

SIDES: Final[dict[str, Side]] = {"SELL": "LONG", "BUY": "SHORT"}
"""Side of the liquidation ORDER to side of the position: a long is closed by selling."""


class BinanceMapper(VenueMapper):
    """USD-M perpetuals in USDT and USDC; sizes are coins. COIN-M, dated and other contracts are counted, not mapped.

    Parameters
    ----------
    instruments
        Contracts of `/fapi/v1/exchangeInfo`; None or empty: symbols are read by their spelling.
    infer
        Whether an unlisted symbol is read by its spelling. A live collector says False once the list is loaded.
    """

    venue: ClassVar[Venue] = "binance"
    asked_first: ClassVar[tuple[str, ...]] = ("fundingInfo", "exchangeInfo")
    refused: ClassVar[re.Pattern[bytes]] = re.compile(rb'\s*\{\s*"code"\s*:')

    def __init__(self, instruments: InstrumentTable | None = None, *, infer: bool = True) -> None:
        super().__init__(instruments)
        spot_of = partial(stable_pair, venue="binance", market="spot")
        self._listing = Listing(self.table, self.tally, symbols.perp_of, spot_of, infer=infer)
        self._contracts = Contracts(self._listing, self.tally)
        self._replies = Replies(self._listing, self.tally)
        self.route(
            {
                b'"!forceOrder': self._liquidations,
                b'"forceOrder"': self._liquidations,
                b'"!markPrice': self._marks,
                b'"markPriceUpdate"': self._marks,
                b'"24hrTicker"': self._tickers,
                b'"depthUpdate"': self._books,
                b'"result"': self._answer,
                b'"error"': self._answer,
                b'"msg"': self._answer,
            }
        )

    def _liquidations(self, raw: bytes, recv_ns: int) -> list[Item]:
        rows = FORCES.decode(raw, self.tally)
        if len(rows) == 1:
            return self._liquidation(rows[0], recv_ns)
        return each(rows, self._liquidation, self.tally, recv_ns)

    def _liquidation(self, row: Force, recv_ns: int) -> list[Item]:
        order = row.order
        listed = self._listing.perp(order.symbol)
        if listed is None:
            return []
        side = SIDES.get(order.side)
        if side is None:
            raise QuarantineError("side", f"order side was {order.side[:20]!r}; expected SELL or BUY")
        ts = ms(order.time)
        identity = event_id("binance", f"{order.symbol}|{order.side}|{order.time}|{order.price}|{order.size}")
        if size := number(order.filled):
            price = number(order.average)
            return [liquidation(recv_ns, ts, listed, side, price, "fill", size, "largest_1s", identity)]
        price, size = number(order.price), number(order.size)
        return [liquidation(recv_ns, ts, listed, side, price, "order", size, "largest_1s", identity)]

    def _marks(self, raw: bytes, recv_ns: int) -> list[Item]:
        return each(MARKS.decode(raw, self.tally), self._mark, self.tally, recv_ns)

    def _mark(self, row: Mark, recv_ns: int) -> list[Item]:
        listed = self._listing.perp(row.symbol)
        if listed is None:
            return []
        following = ms(row.next_funding) if row.next_funding else None
        fact = mark_funding(recv_ns, ms(row.time), listed, "ws", row.mark, row.index, row.rate, following)
        self._listing.marks[row.symbol] = fact.mark
        return [fact]

    def _tickers(self, raw: bytes, recv_ns: int) -> list[Item]:
        rows = DAYS.decode(raw, self.tally)
        if len(rows) == 1:
            return self._ticker(rows[0], recv_ns)
        return each(rows, self._ticker, self.tally, recv_ns)

    def _ticker(self, row: Day, recv_ns: int) -> list[Item]:
        # Both markets call this channel `@ticker`; only spot sends the previous close and best prices.
        perp = row.previous is None and row.bid is None
        listed = self._listing.perp(row.symbol) if perp else self._listing.spot(row.symbol)
        if listed is None:
            return []
        ts, change = ms(row.time), blank(row.change_pct)
        return [ticker(recv_ns, ts, listed, "ws", row.last, row.base, row.quote, change, row.bid, row.ask)]

    def _books(self, raw: bytes, recv_ns: int) -> list[Item] | None:
        if b"@depth20@" not in raw[:HEAD]:
            return None
        return each(BOOKS.decode(raw, self.tally), self._book, self.tally, recv_ns)

    def _book(self, row: Levels, recv_ns: int) -> list[Item]:
        listed = self._listing.perp(row.symbol)
        if listed is None:
            return []
        bids, asks = levels(row.bids, listed), levels(row.asks, listed)
        return [book(recv_ns, ms(row.time), listed, row.seq, bids, asks)]

    def _answer(self, raw: bytes, _recv_ns: int) -> list[Item]:
        answer = ANSWER.decode(raw)
        refused = answer.error.msg if answer.error else answer.msg
        # The venue names the request only by its id, not its streams.
        frame = None if answer.id is None else str(answer.id)
        if answer.error or answer.code is not None:
            return [Control("nack", frame, None, refused)]
        return [Control("ack", frame)]

    def contracts(self, raw: bytes, recv_ns: int) -> list[Instrument]:
        """Tradable perpetuals of an `/fapi/v1/exchangeInfo` reply."""
        return self._contracts.listed(raw, recv_ns)

    def _intervals(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        changed = self._contracts.changed(raw, recv_ns)
        self.table.update(changed)
        return [*changed]

    def _tracked(self, coins: Iterable[str]) -> list[Instrument]:
        return [row for group in self._listing.tracked(coins, "{}USDT") for row in group]

    def subscriptions(self, symbols: Iterable[str]) -> list[Conn]:
        """Sockets to open for these base coins."""
        return feed.subscriptions(self._tracked(symbols))

    def polls(self, symbols: Iterable[str]) -> list[Poll]:
        """REST calls to repeat for these base coins."""
        return feed.polls(self._tracked(symbols))

    def history(self, symbols: Iterable[str], now: int) -> list[Poll]:
        """REST calls for the days before `now` (ns) of these base coins."""
        return feed.history([group[0] for group in self._listing.tracked(symbols, "{}USDT")], now)

    def hourly(self, symbols: Iterable[str]) -> list[Poll]:
        """REST calls for the last closed hour bar of these base coins."""
        return feed.hourly([group[0] for group in self._listing.tracked(symbols, "{}USDT")])

    def replies(self) -> tuple[tuple[str, ReplyHandler], ...]:
        """Handlers of REST replies by a part of their path."""
        return (
            ("/fapi/v1/fundingInfo", self._intervals),
            ("/fapi/v1/exchangeInfo", self.listed),
            *self._replies.table,
        )
