"""OKX pushes and replies to facts (VENUES 2.3).

Mark, index and funding come in three channels and leave as one MarkFunding with each mark, and again when the funding
changes; an index alone is kept for the next mark and counted as `merged`. Symbols of controls and expectations are the
venue's ids.
"""

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from clri.collect import book, checks
from clri.collect.badrows import each_row
from clri.collect.event_id import Ordinals
from clri.collect.instruments import InstrumentTable
from clri.collect.mapper import Conn, Item, Poll, ReplyHandler, VenueMapper
from clri.collect.venues.okx import controls, decoders, facts, feed, frames, liquidations, listing
from clri.collect.venues.okx.bootstrap import BOOTSTRAP
from clri.collect.venues.okx.known import Known, terms
from clri.collect.venues.okx.replies import Replies
from clri.collect.venues.okx.settings import Settings
from clri.model.errors import QuarantineError
from clri.model.instrument import Instrument
from clri.model.names import Source, Venue


class OkxMapper(VenueMapper):
    """Mapper of OKX.

    Parameters
    ----------
    instruments
        Contracts; without it the sizes of a few majors are known, all else is `unknown_symbol`: sizes are contracts.
    infer
        True: a spot pair in a stable counts under its base coin even if no swap of that coin is listed. A collector
        that has loaded the venue's list passes False.
    settings
        Which quote coins count as a dollar.
    """

    venue: ClassVar[Venue] = "okx"
    bootstrap: ClassVar[tuple[Instrument, ...]] = BOOTSTRAP

    def __init__(
        self,
        instruments: InstrumentTable | None = None,
        *,
        infer: bool = True,
        settings: Settings | None = None,
    ) -> None:
        super().__init__(instruments)
        self._infer = infer
        self._settings = settings or Settings()
        self._known: dict[str, Known] = {}
        self._replay = False
        self._replies = Replies(self.tally, self._listed)
        self.routes = (
            (b'"event"', self._event),
            (b'"liquidation-orders"', self._liquidations),
            (b'"mark-price"', partial(self._marks, src="ws")),
            (b'"books5"', self._books),
            (b'"index-tickers"', self._indexes),
            (b'"funding-rate"', partial(self._fundings, src="ws")),
            (b'"tickers"', partial(self._tickers, src="ws")),
            (b'"open-interest"', partial(self._interests, src="ws")),
            (b'"instruments"', self._listings),
            (b'"table"', self._retired),
            (b"pong", controls.pong),
        )

    def subscriptions(self, symbols: Iterable[str]) -> list[Conn]:
        """Sockets for the listed swaps of these base coins."""
        return feed.subscriptions(self._swaps(symbols))

    def polls(self, symbols: Iterable[str]) -> list[Poll]:
        """REST calls for the listed swaps of these base coins."""
        return feed.polls(self._swaps(symbols))

    def instruments(self, raw: bytes, recv_ns: int = 0) -> list[Instrument]:
        """Linear perpetuals of the venue's list; rows of other kinds are counted with a reason."""
        push = decoders.rows(decoders.LISTING, decoders.LISTING_ROW, raw, self.tally)
        return list(listing.instruments(push.data, self._settings.stables, recv_ns, self.tally))

    def replies(self) -> tuple[tuple[str, ReplyHandler], ...]:
        """Handlers by a part of the path."""
        return (
            *self._replies.handlers(),
            ("/public/open-interest", partial(self._interests, src="rest")),
            ("/public/mark-price", partial(self._marks, src="rest")),
            ("/public/funding-rate", partial(self._fundings, src="rest")),
            ("/market/index-tickers", self._indexes),
            ("/market/tickers", partial(self._tickers, src="rest")),
            ("/public/instruments", self._listings),
        )

    def _swaps(self, symbols: Iterable[str]) -> list[str]:
        wanted = dict.fromkeys(symbols)
        listed = [(ins.symbol, ins.raw) for ins in self.table if not ins.inverse and ins.market == "perp"]
        return [raw for symbol in wanted for base, raw in listed if base == symbol and raw is not None]

    def _listed(self, raw: str) -> Instrument | None:
        found = self.table.find(raw)
        if found is not None and not found.inverse:
            return found
        self.tally.row_ignored("inverse_off" if found else listing.why_not(raw, self._settings.stables))
        return None

    def _spot_coin(self, pair: str) -> tuple[str, float] | None:
        base, quote = pair.split("-")
        stables = self._settings.stables
        if quote not in stables or base in stables:
            self.tally.row_ignored("spot_pair_off")
            return None
        for stable in stables:
            swap = self.table.find(f"{base}-{stable}-SWAP")
            if swap is not None:
                return swap.symbol, swap.multiplier
        if self._infer:
            return base, 1.0
        self.tally.row_ignored("unknown_symbol")
        return None

    def _of(self, raw: str) -> Known:
        known = self._known.get(raw)
        if known is None:
            known = self._known[raw] = Known()
        return known

    def _event(self, raw: bytes, _recv_ns: int) -> Iterable[Item]:
        control = controls.event(raw)
        if control is None:
            self.tally.row_ignored("event_unused")
            return ()
        if control.kind == "ack" and control.channel == "liquidation-orders":
            self._replay = True
        return (control,)

    def _retired(self, raw: bytes, _recv_ns: int) -> Iterable[Item]:
        decoders.TABLE.decode(raw)
        self.tally.row_ignored("retired_api")
        return ()

    def _liquidations(self, raw: bytes, recv_ns: int) -> Iterable[Item]:
        orders = decoders.orders(raw, self.tally)
        backfill, self._replay = self._replay, False
        ordinals = Ordinals() if len(orders) > 1 else None

        def make(row: tuple[str, frames.Order], at: int) -> Iterable[Item]:
            inst_id, order = row
            ins = self._listed(inst_id)
            if ins is None:
                return ()
            raws = liquidations.raws_of(inst_id, order)
            ordinal = 0 if ordinals is None else ordinals.of(raws)
            return (liquidations.liquidation(order, ins, raws, ordinal, at, backfill=backfill),)

        return each_row(orders, make, recv_ns, self.tally)

    def _marks(self, raw: bytes, recv_ns: int, *, src: Source, symbol: str | None = None) -> Iterable[Item]:
        del symbol

        def make(row: frames.Mark, at: int) -> Iterable[Item]:
            ins = self._listed(row.inst_id)
            if ins is None:
                return ()
            known = self._of(row.inst_id)
            known.set_mark(checks.price(row.mark_px / ins.multiplier), checks.ms(row.ts), at)
            fact = known.fact(ins, at, src)
            return () if fact is None else (fact,)

        return each_row(
            decoders.rows(decoders.MARK, decoders.MARK_ROW, raw, self.tally).data, make, recv_ns, self.tally
        )

    def _indexes(self, raw: bytes, recv_ns: int, *, symbol: str | None = None) -> Iterable[Item]:
        del symbol

        def make(row: frames.Index, at: int) -> Iterable[Item]:
            swap = f"{row.inst_id}-SWAP"
            ins = self._listed(swap)
            if ins is not None:
                checks.ms(row.ts)
                self._of(swap).set_index(checks.price(row.idx_px / ins.multiplier), at)
                self.tally.row_ignored("merged")
            return ()

        return each_row(
            decoders.rows(decoders.INDEX, decoders.INDEX_ROW, raw, self.tally).data, make, recv_ns, self.tally
        )

    def _fundings(self, raw: bytes, recv_ns: int, *, src: Source, symbol: str | None = None) -> Iterable[Item]:
        push = decoders.rows(decoders.FUNDING, decoders.FUNDING_ROW, raw, self.tally)
        said = push.arg.inst_id if push.arg else symbol

        def make(row: frames.Funding, at: int) -> Iterable[Item]:
            inst_id = row.inst_id or said
            if inst_id is None:
                raise QuarantineError("schema", "a funding row names no contract; expected instId")
            ins = self._listed(inst_id)
            if ins is None:
                return ()
            known = self._of(inst_id)
            known.set_terms(terms(row, ins), at)
            fact = known.fact(ins, at, src)
            if fact is None:
                self.tally.row_ignored("no_mark")
                return ()
            return (fact,)

        return each_row(push.data, make, recv_ns, self.tally)

    def _interests(self, raw: bytes, recv_ns: int, *, src: Source, symbol: str | None = None) -> Iterable[Item]:
        del symbol

        def make(row: frames.Interest, at: int) -> Iterable[Item]:
            ins = self._listed(row.inst_id)
            if ins is None:
                return ()
            known = self._known.get(row.inst_id)
            fact = facts.open_interest(row, ins, known.mark(at) if known else None, at, src)
            if fact is None:
                self.tally.row_ignored("blank")
                return ()
            return (fact,)

        push = decoders.rows(decoders.INTEREST, decoders.INTEREST_ROW, raw, self.tally)
        return each_row(push.data, make, recv_ns, self.tally)

    def _tickers(self, raw: bytes, recv_ns: int, *, src: Source, symbol: str | None = None) -> Iterable[Item]:
        del symbol

        def make(row: frames.Quote, at: int) -> Iterable[Item]:
            if row.inst_id.count("-") == 1:
                coin = self._spot_coin(row.inst_id)
                if coin is None:
                    return ()
                fact = facts.ticker(row, *coin, "spot", at, src)
            else:
                ins = self._listed(row.inst_id)
                if ins is None:
                    return ()
                fact = facts.ticker(row, ins.symbol, ins.multiplier, "perp", at, src)
            if fact is None:
                self.tally.row_ignored("no_price")
                return ()
            return (fact,)

        return each_row(
            decoders.rows(decoders.QUOTE, decoders.QUOTE_ROW, raw, self.tally).data, make, recv_ns, self.tally
        )

    def _books(self, raw: bytes, recv_ns: int) -> Iterable[Item]:
        push = decoders.rows(decoders.LEVELS, decoders.LEVELS_ROW, raw, self.tally)
        inst_id = push.arg.inst_id if push.arg else None
        if inst_id is None:
            raise QuarantineError("schema", "a book names no contract; expected arg.instId")
        ins = self._listed(inst_id)
        if ins is None:
            return []

        def make(row: frames.Levels, at: int) -> Iterable[Item]:
            bids, asks = facts.levels(row.bids, ins), facts.levels(row.asks, ins)
            ts_venue = checks.ms(row.ts)
            return (book.book(at, ts_venue, ins.symbol, "okx", inst_id, "ws", row.seq_id, bids, asks),)

        return each_row(push.data, make, recv_ns, self.tally)

    def _listings(self, raw: bytes, recv_ns: int, *, symbol: str | None = None) -> Iterable[Item]:
        del symbol
        found = self.instruments(raw, recv_ns)
        self.table.update(found)
        return found
