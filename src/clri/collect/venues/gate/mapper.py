"""Gate's frames as facts (VENUES 2.4)."""

import re
from collections.abc import Iterable
from functools import partial
from typing import ClassVar, Final

import msgspec

from clri.collect import book, checks
from clri.collect.event_id import Ordinals
from clri.collect.instruments import InstrumentTable
from clri.collect.mapper import Conn, Control, Item, Poll, ReplyHandler, VenueMapper
from clri.collect.rows import FrameReader, each
from clri.collect.venues.gate import feed
from clri.collect.venues.gate.bootstrap import BOOTSTRAP
from clri.collect.venues.gate.frames import Answer, Change, Day, Liquidated, Push, Snapshot, event_ns, pairs
from clri.collect.venues.gate.liquidations import pushed
from clri.collect.venues.gate.listing import Listing
from clri.collect.venues.gate.replies import Replies
from clri.collect.venues.gate.tickers import ticker_facts
from clri.model.errors import QuarantineError
from clri.model.facts import Book
from clri.model.instrument import Instrument
from clri.model.names import Venue

REFUSED: Final = re.compile(rb'\s*\{\s*"(?:label|message)"\s*:')


class GateMapper(VenueMapper):
    """USDT perpetuals; sizes are contracts. Inverse and dated contracts are counted, not mapped.

    Parameters
    ----------
    instruments
        Contracts of `/futures/usdt/contracts`; None: the dated bootstrap list.
    infer
        Whether a major that is not listed takes its contract size from the bootstrap list. A live collector says
        False once the list is loaded.
    """

    venue: ClassVar[Venue] = "gate"
    bootstrap: ClassVar[tuple[Instrument, ...]] = BOOTSTRAP

    def __init__(self, instruments: InstrumentTable | None = None, *, infer: bool = True) -> None:
        super().__init__(instruments)
        self._listing = Listing(self.table, self.tally, infer=infer)
        self._replies = Replies(self._listing, self.tally)
        self._rows = FrameReader(Liquidated, Push[Liquidated | list[Liquidated]], Push[msgspec.Raw])
        self._days = FrameReader(Day, Push[Day | list[Day]], Push[msgspec.Raw])
        self._books = msgspec.json.Decoder(Push[Snapshot], strict=False)
        self._changes = FrameReader(Change, Push[Change | list[Change]], Push[msgspec.Raw])
        self._answer = msgspec.json.Decoder(Answer, strict=False)
        self.routes = (
            (b'"subscribe"', self._answers),
            (b'"unsubscribe"', self._answers),
            (b'"futures.public_liquidates"', self._liquidations),
            (b'"futures.tickers"', self._tickers),
            (b'"futures.order_book"', self._book),
            (b'"futures.pong"', self._pong),
            (b'"futures.system"', self._system),
            (b'"method"', self._retired),
        )

    def _listed(self, raw: str) -> Instrument | None:
        """Perpetual of a raw symbol: from the list, or of the bootstrap list where that is allowed."""
        return self._listing.perp(raw)

    def _liquidations(self, raw: bytes, recv_ns: int) -> Iterable[Item]:
        push = self._rows.read(raw, self.tally)
        return each(push.rows, partial(pushed, self._listing, Ordinals(), recv_ns), self.tally)

    def _tickers(self, raw: bytes, recv_ns: int) -> Iterable[Item]:
        push = self._days.read(raw, self.tally)
        ts = event_ns(push.time_ms, push.time)
        return each(push.rows, partial(ticker_facts, self._listing, recv_ns, ts, "ws"), self.tally)

    def _book(self, raw: bytes, recv_ns: int) -> Iterable[Item]:
        if b'"all"' not in raw:
            return self._changed(raw, recv_ns)
        push = self._books.decode(raw)
        snapshot = push.rows
        listed = self._listed(snapshot.contract)
        if listed is None:
            return ()
        if snapshot.t is None:
            self.tally.row_ignored("retired_api")
            return ()
        ts = checks.ms(snapshot.t) if snapshot.t else event_ns(push.time_ms, push.time)
        bids, asks = pairs(snapshot.bids, listed), pairs(snapshot.asks, listed)
        seq = snapshot.id or None
        return (book.book(recv_ns, ts, listed.symbol, "gate", snapshot.contract, "ws", seq, bids, asks),)

    def _changed(self, raw: bytes, recv_ns: int) -> Iterable[Item]:
        """Only whole books are asked for: after a change the kept one is wrong, so it ends and is asked for anew."""
        push = self._changes.read(raw, self.tally)
        ts = event_ns(push.time_ms, push.time)
        rows = push.rows if isinstance(push.rows, list) else [push.rows]
        for contract in dict.fromkeys(row.contract or row.short for row in rows):
            if contract is None:
                raise QuarantineError("schema", "a book change names no contract")
            if listed := self._listed(contract):
                yield Book(recv_ns, ts, listed.symbol, "gate", "perp", contract, "ws", None, False, [], [], valid=False)
                yield Control("book_invalid", "futures.order_book", contract, f"event {push.event}")

    def _answers(self, raw: bytes, recv_ns: int) -> Iterable[Item]:  # noqa: ARG002 - every handler has this form
        answer = self._answer.decode(raw)
        if answer.error is not None:
            return (Control("nack", answer.channel, None, f"code {answer.error.code}: {answer.error.message}"),)
        if answer.result is None or answer.result.status != "success":
            return (Control("nack", answer.channel, None, "no success"),)
        return (Control("ack", answer.channel),)

    def _pong(self, raw: bytes, recv_ns: int) -> Iterable[Item]:  # noqa: ARG002
        answer = self._answer.decode(raw)
        return (Control("pong", answer.channel),)

    def _system(self, raw: bytes, recv_ns: int) -> Iterable[Item]:  # noqa: ARG002
        answer = self._answer.decode(raw)
        if answer.result is not None and answer.result.type == "upgrade":
            return (Control("notice", answer.channel, None, answer.result.msg or "upgrade"),)
        self.tally.row_ignored("system")
        return ()

    def _retired(self, raw: bytes, recv_ns: int) -> Iterable[Item]:  # noqa: ARG002
        self.tally.row_ignored("retired_api")
        return ()

    def reply(self, path: str, raw: bytes, recv_ns: int) -> list[Item]:
        """Facts of one REST reply; `{"label":…,"message":…}` is a refusal, counted as such."""
        if REFUSED.match(raw):
            self.tally.quarantined("refused", raw)
            return []
        return super().reply(path, raw, recv_ns)

    def instruments(self, raw: bytes, recv_ns: int = 0) -> list[Instrument]:
        """Tradable perpetuals of a `/futures/usdt/contracts` reply.

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
