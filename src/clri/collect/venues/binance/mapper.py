"""Binance's frames as facts (VENUES 2.1)."""

import re
from collections.abc import Iterable
from functools import partial
from typing import ClassVar, Final

import msgspec

from clri.collect import book, checks
from clri.collect.event_id import event_id
from clri.collect.funding import mark_funding
from clri.collect.instruments import InstrumentTable
from clri.collect.mapper import Conn, Control, Item, Poll, ReplyHandler, VenueMapper
from clri.collect.rows import FrameReader, Row, RowReader, each
from clri.collect.tally import Tally
from clri.collect.values import blank, coins, quoted, turnover
from clri.collect.venues.binance import feed
from clri.collect.venues.binance.frames import Answer, Day, Force, Levels, Mark, Stream, pairs
from clri.collect.venues.binance.listing import Listing
from clri.collect.venues.binance.replies import Replies
from clri.model.errors import QuarantineError
from clri.model.facts import Fact, Liquidation, Ticker
from clri.model.instrument import Instrument
from clri.model.names import Market, PriceKind, Side, Venue

SIDES: Final[dict[str, Side]] = {"SELL": "LONG", "BUY": "SHORT"}
"""Side of the liquidation ORDER to side of the position: a long is closed by selling."""

REFUSED: Final = re.compile(rb'\s*\{\s*"code"\s*:')


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

    def __init__(self, instruments: InstrumentTable | None = None, *, infer: bool = True) -> None:
        super().__init__(instruments)
        self._listing = Listing(self.table, self.tally, infer=infer)
        self._replies = Replies(self._listing, self.tally)
        self._force = (RowReader(Force), FrameReader(Force, Stream[Force | list[Force]], Stream[msgspec.Raw]))
        self._mark = (RowReader(Mark), FrameReader(Mark, Stream[Mark | list[Mark]], Stream[msgspec.Raw]))
        self._day = (RowReader(Day), FrameReader(Day, Stream[Day | list[Day]], Stream[msgspec.Raw]))
        self._levels = FrameReader(Levels, Stream[Levels | list[Levels]], Stream[msgspec.Raw])
        self._answer = msgspec.json.Decoder(Answer, strict=False)
        self.routes = (
            (b"forceOrder", self._liquidations),
            (b"markPrice", self._marks),
            (b'"24hrTicker"', self._tickers),
            (b"@depth20@", self._book),
            (b'"result"', self._answers),
            (b'"error"', self._answers),
            (b'"msg"', self._answers),
        )

    def _listed(self, raw: str) -> Instrument | None:
        """Perpetual of a raw symbol: from the list, or by its spelling where that is allowed."""
        return self._listing.perp(raw)

    def _liquidations(self, raw: bytes, recv_ns: int) -> Iterable[Item]:
        return each(_rows(self._force, raw, self.tally), partial(self._liquidation, recv_ns), self.tally)

    def _liquidation(self, recv_ns: int, row: Force) -> tuple[Fact, ...]:
        order = row.order
        listed = self._listed(order.symbol)
        if listed is None:
            return ()
        side = SIDES.get(order.side)
        if side is None:
            raise QuarantineError("side", f"order side was {order.side[:20]!r}; expected SELL or BUY")
        kind: PriceKind
        if filled := checks.number(order.filled):
            kind, at, size = "fill", checks.number(order.average), filled
        else:
            kind, at, size = "order", checks.number(order.price), checks.number(order.size)
        price = checks.price(at / listed.multiplier)
        qty = checks.qty(size * listed.multiplier)
        raws = f"{order.symbol}|{order.side}|{order.time}|{order.price}|{order.size}"
        return (
            Liquidation(
                recv_ns,
                checks.ms(order.time),
                listed.symbol,
                "binance",
                "perp",
                order.symbol,
                "ws",
                None,
                False,
                side,
                price,
                kind,
                qty,
                checks.notional(qty * price),
                "largest_1s",
                "unknown",
                event_id("binance", raws),
            ),
        )

    def _marks(self, raw: bytes, recv_ns: int) -> Iterable[Item]:
        return each(_rows(self._mark, raw, self.tally), partial(self._funding, recv_ns), self.tally)

    def _funding(self, recv_ns: int, row: Mark) -> tuple[Fact, ...]:
        listed = self._listed(row.symbol)
        if listed is None:
            return ()
        following = checks.ms(row.next_funding) if row.next_funding else None
        ts = checks.ms(row.time)
        fact = mark_funding(recv_ns, ts, listed, "ws", row.mark, row.index, row.rate, following)
        self._listing.marks[row.symbol] = fact.mark
        return (fact,)

    def _tickers(self, raw: bytes, recv_ns: int) -> Iterable[Item]:
        return each(_rows(self._day, raw, self.tally), partial(self._ticker, recv_ns), self.tally)

    def _ticker(self, recv_ns: int, row: Day) -> tuple[Fact, ...]:
        # Both markets call this channel `@ticker`; only spot sends the previous close and best prices.
        market: Market = "perp" if row.previous is None and row.bid is None else "spot"
        listed = self._listed(row.symbol) if market == "perp" else self._listing.spot(row.symbol)
        if listed is None:
            return ()
        m = listed.multiplier
        return (
            Ticker(
                recv_ns,
                checks.ms(row.time),
                listed.symbol,
                "binance",
                market,
                row.symbol,
                "ws",
                None,
                False,
                checks.price(row.last / m),
                coins(row.base, m),
                turnover(row.quote),
                blank(row.change_pct),
                quoted(row.bid, m),
                quoted(row.ask, m),
            ),
        )

    def _book(self, raw: bytes, recv_ns: int) -> Iterable[Item]:
        return each(self._levels.read(raw, self.tally).rows, partial(self._snapshot, recv_ns), self.tally)

    def _snapshot(self, recv_ns: int, row: Levels) -> tuple[Fact, ...]:
        listed = self._listed(row.symbol)
        if listed is None:
            return ()
        bids, asks = pairs(row.bids, listed.multiplier), pairs(row.asks, listed.multiplier)
        ts = checks.ms(row.time)
        return (book.book(recv_ns, ts, listed.symbol, "binance", row.symbol, "ws", row.seq, bids, asks),)

    def _answers(self, raw: bytes, recv_ns: int) -> Iterable[Item]:  # noqa: ARG002 - every handler has this form
        answer = self._answer.decode(raw)
        refused = answer.error.msg if answer.error else answer.msg
        # The venue names the request only by its id, not its streams.
        frame = None if answer.id is None else str(answer.id)
        if answer.error or answer.code is not None:
            return (Control("nack", frame, None, refused),)
        return (Control("ack", frame),)

    def reply(self, path: str, raw: bytes, recv_ns: int) -> list[Item]:
        """Facts of one REST reply; `{"code":…,"msg":…}` is a refusal, counted as such."""
        if REFUSED.match(raw):
            self.tally.quarantined("refused", raw)
            return []
        return super().reply(path, raw, recv_ns)

    def instruments(self, raw: bytes, recv_ns: int = 0) -> list[Instrument]:
        """Tradable perpetuals of an `/fapi/v1/exchangeInfo` reply.

        Raises
        ------
        QuarantineError
            If the reply is a refusal or holds no list.
        """
        try:
            return self._listing.contracts(raw, recv_ns)
        except (ValueError, RecursionError) as error:
            raise QuarantineError("schema", f"no list of contracts: {error}") from error

    def subscriptions(self, symbols: Iterable[str]) -> list[Conn]:
        """Sockets to open for these base coins."""
        return feed.subscriptions(self._listing.tracked(symbols))

    def polls(self, symbols: Iterable[str]) -> list[Poll]:
        """REST calls to repeat for these base coins."""
        return feed.polls(self._listing.tracked(symbols))

    def replies(self) -> tuple[tuple[str, ReplyHandler], ...]:
        """Handlers of REST replies by a part of their path."""
        return self._replies.table


def _rows(
    readers: tuple[RowReader[Row], FrameReader[Stream[Row | list[Row]]]], raw: bytes, tally: Tally
) -> Row | list[Row]:
    """Rows of a frame of a raw stream, or of a combined one, which wraps them and names the stream."""
    bare, wrapped = readers
    return wrapped.read(raw, tally).rows if b'"stream"' in raw else bare.read(raw, tally)
