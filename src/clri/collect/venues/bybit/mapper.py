"""Bybit: frames and replies to facts (VENUES 2.2)."""

import re
from collections.abc import Iterable
from functools import partial
from typing import ClassVar, Final

import msgspec

from clri.collect.checks import ms, number
from clri.collect.event_id import event_id, rank_of
from clri.collect.facts import liquidation
from clri.collect.instruments import InstrumentTable
from clri.collect.listing import Listing
from clri.collect.mapper import Conn, Control, Item, Poll, ReplyHandler, VenueMapper
from clri.collect.rows import each
from clri.collect.spelling import linear_perp, stable_pair
from clri.collect.venues.bybit import feed, symbols
from clri.collect.venues.bybit.books import Books
from clri.collect.venues.bybit.frames import CONTRACTS, HEAD, LIQUIDATIONS, REPLY, ContractRow, LiquidationRow, result
from clri.collect.venues.bybit.history import History
from clri.collect.venues.bybit.tickers import Tickers
from clri.model.instrument import Instrument
from clri.model.names import Side, Venue

LATE_NS: Final = 30_000_000_000
"""A liquidation sent this long after its own time is back-fill (VENUES 8); both times are the venue's own."""
_RETIRED: Final = (
    b'"liquidation.',
    b'"instrument_info.',
    b'"orderBookL2_25.',
    b'"orderBook_200.',
    b'"trade.',
    b'"params"',
    b'"request"',
)
"""Topics of v2, of spot v1 and, until 2025-02, of v5."""
_ASKED: Final = re.compile(r"[?&](?:period|intervalTime|interval)=([0-9A-Za-z]+)")


class BybitMapper(VenueMapper):
    """Linear perpetuals of Bybit: liquidations (all of them), tickers, books, and the polls.

    Parameters
    ----------
    instruments
        Contracts of the venue.
    infer
        True for frames of a file: an unlisted symbol that is spelled like a linear perpetual is taken for one (its
        contract size is one coin by definition), and a spot book is told by the order of its keys. A live collector
        passes False once it has loaded the venue's list.
    """

    venue: ClassVar[Venue] = "bybit"

    def __init__(self, instruments: InstrumentTable | None = None, *, infer: bool = True) -> None:
        super().__init__(instruments)
        perp_of = partial(linear_perp, venue="bybit", dated=symbols.DATED)
        spot_of = partial(stable_pair, venue="bybit", market="spot")
        self._listing = Listing(self.table, self.tally, perp_of, spot_of, infer=infer)
        self._tickers = Tickers(self._listing, self.tally)
        self._books = Books(self._listing, self.tally, offline=infer)
        self._history = History(self._listing, self.tally)
        self.route(
            {
                b'"allLiquidation.': self._liquidations,
                b'"tickers.': self._tickers.frame,
                b'"orderbook.50.': self._books.frame,
                **dict.fromkeys(_RETIRED, self._retired),
                b'"op"': self._answer,
            }
        )

    # ------------------------------------------------------------ frames
    def _liquidations(self, raw: bytes, recv_ns: int) -> list[Item]:
        push, rows = LIQUIDATIONS.decode(raw, self.tally)
        seen: dict[str, int] = {}
        sent = ms(push.ts) if push.ts else 0
        if len(rows) == 1:
            return self._liquidation(rows[0], recv_ns, sent, seen)
        return each(rows, self._liquidation, self.tally, recv_ns, sent, seen)

    def _liquidation(self, row: LiquidationRow, recv_ns: int, sent: int, seen: dict[str, int]) -> list[Item]:
        """One closed position: `S` is the side of the position, so Buy is a LONG."""
        found = self._listing.perp(row.s)
        if found is None:
            return []
        raws = f"{row.s}|{row.T}|{row.S}|{row.v}|{row.p}"
        identity = event_id("bybit", raws, rank_of(raws, seen))
        ts, price, size = ms(row.T), number(row.p), number(row.v)
        side: Side = "LONG" if row.S == "Buy" else "SHORT"
        late = sent - ts > LATE_NS
        return [liquidation(recv_ns, ts, found, side, price, "bankruptcy", size, "all", identity, backfill=late)]

    def _answer(self, raw: bytes, _recv_ns: int) -> list[Item]:
        head = HEAD.decode(raw)
        if head.op == "pong" or head.ret_msg == "pong":
            return [Control("pong")]
        if head.op == "subscribe":
            return [Control("ack" if head.success else "nack", head.req_id or None, None, head.ret_msg or None)]
        self.tally.row_ignored("unused_answer")
        return []

    def _retired(self, raw: bytes, _recv_ns: int) -> list[Item]:
        msgspec.json.decode(raw, type=msgspec.Raw)
        self.tally.row_ignored("retired_api")
        return []

    # ------------------------------------------------------------ replies
    def contracts(self, raw: bytes, recv_ns: int) -> list[Instrument]:
        """Trading linear perpetuals of one page of `/v5/market/instruments-info`."""
        _, rows = CONTRACTS.decode(result(REPLY.decode(raw)), self.tally)
        return each(rows, self._contract, self.tally, recv_ns)

    def _contract(self, row: ContractRow, recv_ns: int) -> list[Instrument]:
        return self._listing.admit(row.symbol, symbols.contract(row, recv_ns, self.tally))

    def next_page(self, raw: bytes) -> str | None:
        """Path of the next page of the instrument list, or None after the last."""
        page, _ = CONTRACTS.decode(result(REPLY.decode(raw)), self.tally)
        return feed.instruments(page.next_page_cursor) if page.next_page_cursor else None

    def _unused(self, raw: bytes, _recv_ns: int, _symbol: str | None, *, reason: str) -> list[Item]:
        msgspec.json.decode(raw, type=msgspec.Raw)
        self.tally.row_ignored(reason)
        return []

    def reply(self, path: str, raw: bytes, recv_ns: int) -> list[Item]:
        """Facts of one REST reply; the period that the path asks for is not repeated in the reply."""
        asked = _ASKED.search(path)
        self._history.asked = asked.group(1) if asked else None
        return super().reply(path, raw, recv_ns)

    def history(self, symbols: Iterable[str], now: int) -> list[Poll]:
        """REST calls for the days before `now` (ns) of these base coins."""
        return feed.history([group[0] for group in self._tracked(symbols)], now)

    def hourly(self, symbols: Iterable[str]) -> list[Poll]:
        """REST calls for the last closed hour bar of these base coins."""
        return feed.hourly([group[0] for group in self._tracked(symbols)])

    def more(self, poll: Poll, raw: bytes) -> Poll | None:
        """The next page of the instrument list."""
        path = self.next_page(raw) if poll.name == "instruments" else None
        return None if path is None else msgspec.structs.replace(poll, path=path)

    def replies(self) -> tuple[tuple[str, ReplyHandler], ...]:
        """Handlers of REST replies by a part of their path."""
        return (
            ("/market/tickers", self._tickers.reply),
            ("category=spot", partial(self._unused, reason="spot_off")),
            ("category=inverse", partial(self._unused, reason="inverse_off")),
            ("category=option", partial(self._unused, reason="option_off")),
            ("/market/orderbook", self._books.reply),
            ("/market/account-ratio", self._history.ratios),
            ("/market/open-interest", self._history.interests),
            ("/market/funding/history", self._history.settled),
            ("/market/kline", self._history.klines),
            ("/market/instruments-info", self.listed),
        )

    # ------------------------------------------------------------ feed
    def _tracked(self, coins: Iterable[str]) -> list[list[str]]:
        return [[str(row.raw) for row in group] for group in self._listing.tracked(coins, "{}USDT")]

    def subscriptions(self, symbols: Iterable[str]) -> list[Conn]:
        """Sockets to open for these base coins; liquidations are of every listed contract, books of one a coin."""
        groups = self._tracked(symbols)
        books = [group[0] for group in groups]
        tickers = books + [raw for group in groups for raw in group[1:]]
        return feed.subscriptions(sorted(self.table.perps) or tickers, tickers, books)

    def polls(self, symbols: Iterable[str]) -> list[Poll]:
        """REST calls to repeat for these base coins; ratio and depth of one contract a coin."""
        return feed.polls([group[0] for group in self._tracked(symbols)])
