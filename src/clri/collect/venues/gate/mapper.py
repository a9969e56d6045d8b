"""Gate's frames as facts (VENUES 2.4)."""

import re
from collections.abc import Iterable
from typing import ClassVar

from clri.collect import checks
from clri.collect.book import book, levels
from clri.collect.instruments import InstrumentTable
from clri.collect.listing import Listing
from clri.collect.mapper import HEAD, MAX_FRAME, Conn, Control, Item, Poll, ReplyHandler, VenueMapper
from clri.collect.rows import each
from clri.collect.values import blank
from clri.collect.venues.gate import feed, symbols
from clri.collect.venues.gate.bootstrap import BOOTSTRAP
from clri.collect.venues.gate.frames import ANSWER, BOOK, CHANGES, DAYS, LIQUIDATED, event_ns
from clri.collect.venues.gate.liquidations import pushed
from clri.collect.venues.gate.replies import Replies
from clri.collect.venues.gate.reply_frames import CONTRACTS, Contract
from clri.collect.venues.gate.tickers import Tickers
from clri.model.errors import QuarantineError
from clri.model.instrument import Instrument
from clri.model.names import Venue
from clri.model.timebase import SECOND


class GateMapper(VenueMapper):
    """USDT perpetuals; sizes are contracts. Inverse and dated contracts are counted, not mapped.

    Parameters
    ----------
    instruments
        Contracts of `/futures/usdt/contracts`; None: the dated bootstrap list.
    infer
        Whether an unlisted contract is read by its spelling: a major takes its contract size from the bootstrap list,
        any other yields what needs no size. A live collector says False once the list is loaded.
    """

    venue: ClassVar[Venue] = "gate"
    asked_first: ClassVar[tuple[str, ...]] = ("contracts",)
    bootstrap: ClassVar[tuple[Instrument, ...]] = BOOTSTRAP
    refused: ClassVar[re.Pattern[bytes]] = re.compile(rb'\s*\{\s*"(?:label|message)"\s*:')

    def __init__(self, instruments: InstrumentTable | None = None, *, infer: bool = True) -> None:
        super().__init__(instruments)
        # Spot also lists leveraged tokens and thousands of coins without a future: their spelling tells nothing.
        self._listing = Listing(self.table, self.tally, symbols.perp_of, symbols.spot_of, infer=infer, infer_spot=False)
        self._tickers = Tickers(self._listing, self.tally)
        self._replies = Replies(self._listing, self._tickers, self.tally)
        self.route(
            {
                b'"futures.public_liquidates"': self._liquidations,
                b'"futures.tickers"': self._days,
                b'"futures.order_book"': self._book,
                b'"futures.pong"': self._pong,
                b'"futures.system"': self._system,
                b'"method"': self._retired,
            }
        )

    def decode(self, raw: bytes, recv_ns: int) -> list[Item]:
        """Facts and controls of one frame; an answer names its channel before it says `subscribe`."""
        if b'subscribe"' in raw[:HEAD] and len(raw) <= MAX_FRAME:
            return self.run(self._answer, raw, recv_ns)
        return super().decode(raw, recv_ns)

    def _liquidations(self, raw: bytes, recv_ns: int) -> list[Item]:
        _, rows = LIQUIDATED.decode(raw, self.tally)
        seen: dict[str, int] = {}
        return each(rows, pushed, self.tally, self._listing, seen, recv_ns)

    def _days(self, raw: bytes, recv_ns: int) -> list[Item]:
        push, rows = DAYS.decode(raw, self.tally)
        return each(rows, self._tickers.facts, self.tally, recv_ns, event_ns(push.time_ms, push.time), "ws")

    def _book(self, raw: bytes, recv_ns: int) -> list[Item]:
        if b'"all"' not in raw:
            return self._changed(raw, recv_ns)
        push = BOOK.decode(raw)
        snapshot = push.rows
        listed = self._listing.sized(snapshot.contract)
        if listed is None:
            return []
        if snapshot.t is None:
            self.tally.row_ignored("retired_api")
            return []
        ts = checks.ms(snapshot.t) if snapshot.t else event_ns(push.time_ms, push.time)
        bids, asks = levels(snapshot.bids, listed), levels(snapshot.asks, listed)
        return [book(recv_ns, ts, listed, snapshot.id or None, bids, asks)]

    def _changed(self, raw: bytes, recv_ns: int) -> list[Item]:
        """Only whole books are asked for: after a change the kept one is wrong, so it ends and is asked for anew."""
        push, rows = CHANGES.decode(raw, self.tally)
        ts = event_ns(push.time_ms, push.time)
        items: list[Item] = []
        for contract in dict.fromkeys(row.contract or row.short for row in rows):
            if contract is None:
                raise QuarantineError("schema", "a book change names no contract")
            if listed := self._listing.sized(contract):
                items.append(book(recv_ns, ts, listed, None, [], []))
                items.append(Control("book_invalid", "futures.order_book", contract, f"event {push.event}"))
        return items

    def _answer(self, raw: bytes, _recv_ns: int) -> list[Item]:
        answer = ANSWER.decode(raw)
        if answer.error is not None:
            return [Control("nack", answer.channel, None, f"code {answer.error.code}: {answer.error.message}")]
        if answer.result is None or answer.result.status != "success":
            return [Control("nack", answer.channel, None, "no success")]
        return [Control("ack", answer.channel)]

    def _pong(self, raw: bytes, _recv_ns: int) -> list[Item]:
        return [Control("pong", ANSWER.decode(raw).channel)]

    def _system(self, raw: bytes, _recv_ns: int) -> list[Item]:
        answer = ANSWER.decode(raw)
        if answer.result is not None and answer.result.type == "upgrade":
            return [Control("notice", answer.channel, None, answer.result.msg or "upgrade")]
        self.tally.row_ignored("system")
        return []

    def _retired(self, _raw: bytes, _recv_ns: int) -> list[Item]:
        self.tally.row_ignored("retired_api")
        return []

    def contracts(self, raw: bytes, recv_ns: int) -> list[Instrument]:
        """Tradable perpetuals of a `/futures/usdt/contracts` reply."""
        return each(CONTRACTS.decode(raw, self.tally), self._contract, self.tally, recv_ns)

    def _contract(self, row: Contract, recv_ns: int) -> list[Instrument]:
        found = symbols.contract(row, recv_ns)
        if isinstance(found, Instrument) and (following := blank(row.funding_next_apply)):
            self._tickers.next_funding[row.name] = checks.seconds(following)
        return self._listing.admit(row.name, found)

    def _tracked(self, coins: Iterable[str]) -> list[Instrument]:
        return [row for group in self._listing.tracked(coins) for row in group]

    def subscriptions(self, symbols: Iterable[str]) -> list[Conn]:
        """Sockets to open for these base coins."""
        return feed.subscriptions(self._tracked(symbols))

    def polls(self, symbols: Iterable[str]) -> list[Poll]:
        """REST calls to repeat for these base coins."""
        return feed.polls(self._tracked(symbols))

    def history(self, symbols: Iterable[str], now: int) -> list[Poll]:  # noqa: ARG002 - the newest rows
        """REST calls for the days before `now` (ns) of these base coins."""
        return feed.history(self._tracked(symbols))

    def gap(self, start: int) -> list[Poll]:
        """The call for the liquidations since `start` (ns); at most 1,000 rows come back."""
        return [feed.gap_poll(start // SECOND)]

    def replies(self) -> tuple[tuple[str, ReplyHandler], ...]:
        """Handlers of REST replies by a part of their path."""
        return (*self._replies.table, ("/futures/usdt/contracts", self.listed))
