"""Bybit: frames and replies to facts (VENUES 2.2)."""

import re
from collections.abc import Iterable
from functools import partial
from typing import ClassVar, Final

import msgspec

from clri.collect.checks import ms, notional, number, price, qty
from clri.collect.event_id import Ordinals, event_id
from clri.collect.instruments import InstrumentTable
from clri.collect.mapper import Conn, Control, Item, Poll, ReplyHandler, VenueMapper
from clri.collect.rowwise import each
from clri.collect.tracked import Coins, contracts_of
from clri.collect.venues.bybit import feed, symbols
from clri.collect.venues.bybit.books import Books
from clri.collect.venues.bybit.frames import CONTRACTS, HEAD, LIQUIDATIONS, REPLY, ContractRow, LiquidationRow, result
from clri.collect.venues.bybit.history import History
from clri.collect.venues.bybit.tickers import Tickers
from clri.model.facts import Liquidation
from clri.model.instrument import Instrument
from clri.model.names import Venue

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
        self.infer = infer
        self._off: dict[str, str] = {}
        self._coins = Coins(self.table)
        self._tickers = Tickers(self._listed, self._paired, self.tally)
        self._books = Books(self._listed, self.tally, offline=infer)
        self._history = History(self._listed, self.tally)
        self.routes = (
            (b'"allLiquidation.', self._liquidations),
            (b'"tickers.', self._tickers.frame),
            (b'"orderbook.50.', self._books.frame),
            *((word, self._retired) for word in _RETIRED),
            (b'"op"', self._answer),
        )

    def _listed(self, raw: str) -> Instrument | None:
        """Perpetual of a raw symbol; None after the row was counted under its reason."""
        found = self.table.find(raw)
        if found is not None:
            return found
        reason = self._off.get(raw)
        if reason is None:
            guess = symbols.perp_of(raw)
            if isinstance(guess, str):
                reason = guess
            elif self.infer:
                self.table.update([guess])
                return guess
        self.tally.row_ignored(reason or "unknown_symbol")
        return None

    def _paired(self, raw: str) -> Instrument | None:
        """Spot pair of a raw symbol against a dollar stablecoin, if its coin has a perpetual here (any, in a file)."""
        found = self.table.find(raw, "spot")
        if found is not None:
            return found
        guess = symbols.spot_of(raw)
        if guess is None:
            self.tally.row_ignored("spot_pair_off")
        elif self.infer or guess.symbol in self._coins:
            self.table.update([guess])
            return guess
        else:
            self.tally.row_ignored("unknown_symbol")
        return None

    # ------------------------------------------------------------ frames
    def _liquidations(self, raw: bytes, recv_ns: int) -> list[Liquidation]:
        push = LIQUIDATIONS.decode(raw, self.tally)
        sent = ms(push.ts) if push.ts else 0
        if len(push.rows) == 1:
            return self._liquidation(push.rows[0], recv_ns, sent, None)
        rank = Ordinals()
        return each(push.rows, lambda row: self._liquidation(row, recv_ns, sent, rank), self.tally)

    def _liquidation(self, row: LiquidationRow, recv_ns: int, sent: int, rank: Ordinals | None) -> list[Liquidation]:
        """One closed position: `S` is the side of the position, so Buy is a LONG."""
        found = self._listed(row.s)
        if found is None:
            return []
        raws = f"{row.s}|{row.T}|{row.S}|{row.v}|{row.p}"
        ordinal = rank.of(raws) if rank else 0
        m = found.multiplier
        at, size = price(number(row.p) / m), qty(number(row.v) * m)
        ts = ms(row.T)
        return [
            Liquidation(
                recv_ns,
                ts,
                found.symbol,
                "bybit",
                "perp",
                row.s,
                "ws",
                None,
                sent - ts > LATE_NS,
                "LONG" if row.S == "Buy" else "SHORT",
                at,
                "bankruptcy",
                size,
                notional(size * at),
                "all",
                "unknown",
                event_id("bybit", raws, ordinal),
            )
        ]

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
    def instruments(self, raw: bytes, recv_ns: int = 0) -> list[Instrument]:
        """Trading linear perpetuals of one page of `/v5/market/instruments-info`; the others are counted.

        Raises
        ------
        QuarantineError
            If the reply says failure or holds no list.
        """
        rows = CONTRACTS.decode(result(REPLY.decode(raw)), self.tally).rows
        return each(rows, partial(self._contract, recv_ns=recv_ns), self.tally)

    def _contract(self, row: ContractRow, *, recv_ns: int) -> tuple[Instrument, ...]:
        found = symbols.contract(row, recv_ns, self._leave_out, self.tally)
        if found is None:
            return ()
        self._off.pop(row.symbol, None)
        return (found,)

    def _leave_out(self, raw: str, reason: str) -> None:
        self._off[raw] = reason
        self.tally.row_ignored(reason)

    def next_page(self, raw: bytes) -> str | None:
        """Path of the next page of the instrument list, or None after the last."""
        cursor = CONTRACTS.decode(result(REPLY.decode(raw)), self.tally).next_page_cursor
        return feed.instruments(cursor) if cursor else None

    def _listing(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> list[Instrument]:
        del symbol
        found = self.instruments(raw, recv_ns)
        self.table.update(found)
        return found

    def _unused(self, raw: bytes, recv_ns: int, *, symbol: str | None, reason: str) -> list[Item]:
        del recv_ns, symbol
        msgspec.json.decode(raw, type=msgspec.Raw)
        self.tally.row_ignored(reason)
        return []

    def reply(self, path: str, raw: bytes, recv_ns: int) -> list[Item]:
        """Facts of one REST reply; the period that the path asks for is not repeated in the reply."""
        asked = _ASKED.search(path)
        self._history.asked = asked.group(1) if asked else None
        return super().reply(path, raw, recv_ns)

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
            ("/market/instruments-info", self._listing),
        )

    # ------------------------------------------------------------ feed
    def _tracked(self, coins: Iterable[str]) -> list[list[str]]:
        return contracts_of(self.table, coins, "{}USDT".format if self.infer else None)

    def subscriptions(self, symbols: Iterable[str]) -> list[Conn]:
        """Sockets to open for these base coins; liquidations are of every listed contract, books of one a coin."""
        groups = self._tracked(symbols)
        books = [group[0] for group in groups]
        tickers = books + [raw for group in groups for raw in group[1:]]
        listed = sorted({row.raw for row in self.table if row.market == "perp" and row.raw is not None})
        return feed.subscriptions(listed or tickers, tickers, books)

    def polls(self, symbols: Iterable[str]) -> list[Poll]:
        """REST calls to repeat for these base coins; ratio and depth of one contract a coin."""
        return feed.polls([group[0] for group in self._tracked(symbols)])
