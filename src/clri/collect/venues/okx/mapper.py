"""OKX pushes and replies to facts (VENUES 2.3).

Mark, index and funding come in three channels and leave as one MarkFunding with each mark, and again when the funding
changes; an index alone is kept for the next mark and counted as `merged`. Symbols of controls and expectations are the
venue's ids.
"""

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from clri.collect import checks
from clri.collect.book import book, levels
from clri.collect.facts import open_interest, ticker
from clri.collect.instruments import InstrumentTable
from clri.collect.listing import Listing
from clri.collect.mapper import Conn, Item, Poll, ReplyHandler, VenueMapper
from clri.collect.rows import each
from clri.collect.values import blank, change_pct, coins, quoted
from clri.collect.venues.okx import controls, decoders, feed, frames, symbols
from clri.collect.venues.okx.bootstrap import BOOTSTRAP
from clri.collect.venues.okx.known import Known, terms
from clri.collect.venues.okx.liquidations import order_facts
from clri.collect.venues.okx.replies import Replies
from clri.model.errors import QuarantineError
from clri.model.instrument import Instrument
from clri.model.names import Source, Venue


class OkxMapper(VenueMapper):
    """Mapper of OKX; sizes are contracts.

    Parameters
    ----------
    instruments
        Contracts; None: the dated bootstrap list.
    infer
        True for frames of a file: an unlisted swap or spot pair in a stable is read by its spelling; a major takes its
        contract size from the bootstrap list, any other swap yields what needs no size. A collector that has loaded
        the venue's list passes False.
    """

    venue: ClassVar[Venue] = "okx"
    bootstrap: ClassVar[tuple[Instrument, ...]] = BOOTSTRAP
    pong: ClassVar[bytes | None] = b"pong"

    def __init__(self, instruments: InstrumentTable | None = None, *, infer: bool = True) -> None:
        super().__init__(instruments)
        self._listing = Listing(self.table, self.tally, symbols.perp_of, symbols.spot_of, infer=infer)
        self._known: dict[str, Known] = {}
        self._acked: int | None = None
        self._replies = Replies(self._listing, self.tally)
        self.route(
            {
                b'"event"': self._event,
                b'"liquidation-orders"': self._liquidations,
                b'"mark-price"': self._marks,
                b'"books5"': self._books,
                b'"index-tickers"': self._indexes,
                b'"funding-rate"': self._fundings,
                b'"tickers"': self._quotes,
                b'"open-interest"': self._interests,
                b'"instruments"': self.listed,
                b'"table"': self._retired,
            }
        )

    def replies(self) -> tuple[tuple[str, ReplyHandler], ...]:
        """Handlers by a part of the path."""
        return (
            *self._replies.handlers(),
            ("/public/open-interest", partial(self._interests, src="rest")),
            ("/public/mark-price", partial(self._marks, src="rest")),
            ("/public/funding-rate", partial(self._fundings, src="rest")),
            ("/market/index-tickers", self._indexes),
            ("/market/tickers", partial(self._quotes, src="rest")),
            ("/public/instruments", self.listed),
        )

    def _swaps(self, coins: Iterable[str]) -> list[str]:
        return [str(row.raw) for group in self._listing.tracked(coins) for row in group]

    def subscriptions(self, symbols: Iterable[str]) -> list[Conn]:
        """Sockets for the listed swaps of these base coins."""
        return feed.subscriptions(self._swaps(symbols))

    def polls(self, symbols: Iterable[str]) -> list[Poll]:
        """REST calls for the listed swaps of these base coins."""
        return feed.polls(self._swaps(symbols))

    def contracts(self, raw: bytes, recv_ns: int) -> list[Instrument]:
        """Linear perpetuals of `/api/v5/public/instruments`."""
        _, rows = decoders.accepted(decoders.LISTING, raw, self.tally)
        return each(rows, self._contract, self.tally, recv_ns)

    def _contract(self, row: frames.Listing, recv_ns: int) -> list[Instrument]:
        return self._listing.admit(row.inst_id, symbols.contract(row, recv_ns))

    def _of(self, raw: str) -> Known:
        known = self._known.get(raw)
        if known is None:
            known = self._known[raw] = Known()
        return known

    def _event(self, raw: bytes, recv_ns: int) -> list[Item]:
        control = controls.event(raw)
        if control is None:
            self.tally.row_ignored("event_unused")
            return []
        if control.kind == "ack" and control.channel == "liquidation-orders":
            self._acked = recv_ns
        return [control]

    def _retired(self, raw: bytes, _recv_ns: int) -> list[Item]:
        decoders.TABLE.decode(raw)
        self.tally.row_ignored("retired_api")
        return []

    def _liquidations(self, raw: bytes, recv_ns: int) -> list[Item]:
        orders = decoders.orders(raw, self.tally)
        before, self._acked = self._acked, None
        seen: dict[str, int] = {}
        if len(orders) == 1:
            return order_facts(orders[0], self._listing, seen, recv_ns, before)
        return each(orders, order_facts, self.tally, self._listing, seen, recv_ns, before)

    def _marks(self, raw: bytes, recv_ns: int, _symbol: str | None = None, *, src: Source = "ws") -> list[Item]:
        _, rows = decoders.accepted(decoders.MARK, raw, self.tally)
        if len(rows) == 1:
            return self._mark(rows[0], recv_ns, src)
        return each(rows, self._mark, self.tally, recv_ns, src)

    def _mark(self, row: frames.Mark, recv_ns: int, src: Source) -> list[Item]:
        listed = self._listing.perp(row.inst_id)
        if listed is None:
            return []
        known = self._of(row.inst_id)
        known.set_mark(checks.price(row.mark_px / listed.multiplier), checks.ms(row.ts), recv_ns)
        fact = known.fact(listed, recv_ns, src)
        return [] if fact is None else [fact]

    def _indexes(self, raw: bytes, recv_ns: int, _symbol: str | None = None) -> list[Item]:
        _, rows = decoders.accepted(decoders.INDEX, raw, self.tally)
        return each(rows, self._index, self.tally, recv_ns)

    def _index(self, row: frames.Index, recv_ns: int) -> list[Item]:
        swap = f"{row.inst_id}-SWAP"
        listed = self._listing.perp(swap)
        if listed is not None:
            checks.ms(row.ts)
            self._of(swap).set_index(checks.price(row.idx_px / listed.multiplier), recv_ns)
            self.tally.row_ignored("merged")
        return []

    def _fundings(self, raw: bytes, recv_ns: int, symbol: str | None = None, *, src: Source = "ws") -> list[Item]:
        push, rows = decoders.accepted(decoders.FUNDING, raw, self.tally)
        said = push.arg.inst_id if push.arg else symbol
        return each(rows, self._funding, self.tally, recv_ns, said, src)

    def _funding(self, row: frames.Funding, recv_ns: int, said: str | None, src: Source) -> list[Item]:
        inst_id = row.inst_id or said
        if inst_id is None:
            raise QuarantineError("schema", "a funding row names no contract; expected instId")
        listed = self._listing.perp(inst_id)
        if listed is None:
            return []
        known = self._of(inst_id)
        known.set_terms(terms(row, listed), recv_ns)
        fact = known.fact(listed, recv_ns, src)
        if fact is None:
            self.tally.row_ignored("no_mark")
            return []
        return [fact]

    def _interests(self, raw: bytes, recv_ns: int, _symbol: str | None = None, *, src: Source = "ws") -> list[Item]:
        _, rows = decoders.accepted(decoders.INTEREST, raw, self.tally)
        return each(rows, self._interest, self.tally, recv_ns, src)

    def _interest(self, row: frames.Interest, recv_ns: int, src: Source) -> list[Item]:
        """Open interest in coins: oiCcy, else contracts × contract size."""
        listed = self._listing.perp(row.inst_id)
        if listed is None:
            return []
        contracts, size = coins(row.oi, 1.0), blank(row.oi_ccy)
        if size is None:
            if contracts is None:
                self.tally.row_ignored("blank")
                return []
            if not self._listing.has_size(listed):
                return []
            size = contracts * listed.contract_size
        known = self._known.get(row.inst_id)
        mark = known.mark(recv_ns) if known else None
        return [open_interest(recv_ns, checks.ms(row.ts), listed, src, size, mark, contracts=contracts)]

    def _quotes(self, raw: bytes, recv_ns: int, _symbol: str | None = None, *, src: Source = "ws") -> list[Item]:
        _, rows = decoders.accepted(decoders.QUOTE, raw, self.tally)
        if len(rows) == 1:
            return self._quote(rows[0], recv_ns, src)
        return each(rows, self._quote, self.tally, recv_ns, src)

    def _quote(self, row: frames.Quote, recv_ns: int, src: Source) -> list[Item]:
        """Spot tells coins (vol24h) and USD (volCcy24h); a swap coins only (volCcy24h): USD = coins × last."""
        spot = row.inst_id.count("-") == 1
        listed = self._listing.spot(row.inst_id) if spot else self._listing.perp(row.inst_id)
        if listed is None:
            return []
        last, opened = quoted(row.last, 1.0), quoted(row.open24h, 1.0)
        if last is None:
            self.tally.row_ignored("no_price")
            return []
        base, quote = row.vol24h, row.vol_ccy24h
        if not spot:
            base, quote = quote, quote * last if isinstance(quote, float) else None
        ts, change = checks.ms(row.ts), change_pct(last, opened)
        return [ticker(recv_ns, ts, listed, src, last, base, quote, change, row.bid_px, row.ask_px)]

    def _books(self, raw: bytes, recv_ns: int) -> list[Item]:
        push, rows = decoders.accepted(decoders.LEVELS, raw, self.tally)
        inst_id = push.arg.inst_id if push.arg else None
        if inst_id is None:
            raise QuarantineError("schema", "a book names no contract; expected arg.instId")
        listed = self._listing.sized(inst_id)
        return [] if listed is None else each(rows, _book, self.tally, recv_ns, listed)


def _book(row: frames.Levels, recv_ns: int, listed: Instrument) -> list[Item]:
    bids, asks = levels(row.bids, listed), levels(row.asks, listed)
    return [book(recv_ns, checks.ms(row.ts), listed, row.seq_id, bids, asks)]
