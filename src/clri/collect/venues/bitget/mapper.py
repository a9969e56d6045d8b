"""Bitget: frames and replies to facts (VENUES 2.5)."""

import re
from collections.abc import Iterable
from functools import partial
from typing import ClassVar, Final

from clri.collect.checks import ms, number
from clri.collect.event_id import event_id
from clri.collect.facts import liquidation
from clri.collect.instruments import InstrumentTable
from clri.collect.listing import Listing
from clri.collect.mapper import Conn, Control, Item, Poll, ReplyHandler, VenueMapper
from clri.collect.rows import each
from clri.collect.series import long_short_ratio, of_shares
from clri.collect.spelling import linear_perp, stable_pair
from clri.collect.venues.bitget import feed, symbols
from clri.collect.venues.bitget.books import Books
from clri.collect.venues.bitget.frames import (
    ANSWER,
    CONTRACTS,
    LIQUIDATIONS,
    RATIOS,
    ContractRow,
    LiquidationRow,
    RatioRow,
    checked,
)
from clri.collect.venues.bitget.tickers import Tickers
from clri.model.instrument import Instrument
from clri.model.names import Side, Venue

LATE_NS: Final = 30_000_000_000
"""A liquidation sent this long after its own time is back-fill (VENUES 8); both times are the venue's own."""
POLLED_S: Final = 300
"""Period of the ratios that the polls ask for, seconds."""
PERIODS: Final = {"5m": 300, "15m": 900, "30m": 1800, "1h": 3600, "2h": 7200, "4h": 14_400, "1d": 86_400}
_ASKED: Final = re.compile(r"[?&]period=([0-9A-Za-z]+)")


class BitgetMapper(VenueMapper):
    """Linear perpetuals of Bitget: liquidations (largest per symbol, side and second), tickers, books, and the polls.

    Parameters
    ----------
    instruments
        Contracts of the venue.
    infer
        True for frames of a file: an unlisted symbol that is spelled like a linear perpetual is taken for one (its
        contract size is one coin by definition). A live collector passes False once it has loaded the venue's list.
    """

    venue: ClassVar[Venue] = "bitget"
    pong: ClassVar[bytes | None] = b"pong"

    def __init__(self, instruments: InstrumentTable | None = None, *, infer: bool = True) -> None:
        super().__init__(instruments)
        perp_of = partial(linear_perp, venue="bitget", dated=symbols.DATED)
        spot_of = partial(stable_pair, venue="bitget", market="spot")
        self._listing = Listing(self.table, self.tally, perp_of, spot_of, infer=infer)
        self._tickers = Tickers(self._listing, self.tally)
        self._books = Books(self._listing, self.tally)
        self._period_s = POLLED_S
        self.route(
            {
                b'"event"': self._answer,
                b'"liquidation"': self._liquidations,
                b'"ticker"': self._tickers.frame,
                b'"books15"': self._books.frame,
            }
        )

    # ------------------------------------------------------------ frames
    def _liquidations(self, raw: bytes, recv_ns: int) -> list[Item]:
        push, rows = LIQUIDATIONS.decode(raw, self.tally)
        reason = symbols.market_off(push.arg.market)
        if reason is not None:
            self.tally.row_ignored(reason)
            return []
        sent = ms(push.ts) if push.ts else 0
        return each(rows, self._liquidation, self.tally, recv_ns, sent, push.action == "snapshot")

    def _liquidation(self, row: LiquidationRow, recv_ns: int, sent: int, first: bool) -> list[Item]:  # noqa: FBT001
        """One closed position: `side` is the side of the position (buy = LONG), `amount` is USD.

        The first push after a subscribe (`snapshot`), and rows much older than their frame, are back-fill.
        """
        found = self._listing.perp(row.symbol)
        if found is None:
            return []
        price, usd, ts = number(row.price), number(row.amount), ms(int(row.ts))
        side: Side = "LONG" if row.side == "buy" else "SHORT"
        identity = event_id("bitget", f"{row.symbol}|{row.ts}|{row.side}|{row.price}|{row.amount}")
        late = first or sent - ts > LATE_NS
        return [
            liquidation(
                recv_ns, ts, found, side, price, "fill", usd, "largest_1s", identity, in_usd=True, backfill=late
            )
        ]

    def _answer(self, raw: bytes, _recv_ns: int) -> list[Item]:
        answer = ANSWER.decode(raw)
        channel = answer.arg.topic or answer.arg.channel or None
        symbol = answer.arg.symbol or answer.arg.inst_id or None
        if answer.event == "subscribe":
            return [Control("ack", channel, symbol)]
        if answer.event == "error":
            return [Control("nack", channel, symbol, f"{answer.code} {answer.msg}".strip())]
        self.tally.row_ignored("unused_answer")
        return []

    # ------------------------------------------------------------ replies
    def contracts(self, raw: bytes, recv_ns: int) -> list[Instrument]:
        """Linear perpetuals of `/api/v2/mix/market/contracts`."""
        _, rows = CONTRACTS.decode(checked(raw), self.tally)
        return each(rows, self._contract, self.tally, recv_ns)

    def _contract(self, row: ContractRow, recv_ns: int) -> list[Instrument]:
        return self._listing.admit(row.symbol, symbols.contract(row, recv_ns, self.tally))

    def _ratios(self, raw: bytes, recv_ns: int, symbol: str | None) -> list[Item]:
        """Share of long accounts; the reply does not name its contract, and only its newest row is not back-fill."""
        _, rows = RATIOS.decode(checked(raw), self.tally)
        if symbol is None:
            self.tally.row_ignored("no_symbol")
            return []
        found = self._listing.perp(symbol) if rows else None
        if found is None:
            return []
        return each(rows, self._ratio, self.tally, found, recv_ns, max(row.ts for row in rows))

    def _ratio(self, row: RatioRow, found: Instrument, recv_ns: int, newest: int) -> list[Item]:
        longs, ratio = of_shares(row.longs, row.shorts)
        ts, old = ms(row.ts), row.ts < newest
        return [long_short_ratio(recv_ns, ts, found, "account", longs, ratio, self._period_s, backfill=old)]

    def reply(self, path: str, raw: bytes, recv_ns: int) -> list[Item]:
        """Facts of one REST reply; the period that the path asks for is not repeated in the reply."""
        asked = _ASKED.search(path)
        self._period_s = PERIODS.get(asked.group(1), POLLED_S) if asked else POLLED_S
        return super().reply(path, raw, recv_ns)

    def replies(self) -> tuple[tuple[str, ReplyHandler], ...]:
        """Handlers of REST replies by a part of their path."""
        return (
            ("/mix/market/tickers", self._tickers.perps),
            ("/spot/market/tickers", self._tickers.pairs),
            ("/mix/market/merge-depth", self._books.reply),
            ("/mix/market/account-long-short", self._ratios),
            ("/mix/market/contracts", self.listed),
        )

    # ------------------------------------------------------------ feed
    def _tracked(self, coins: Iterable[str]) -> list[list[str]]:
        return [[str(row.raw) for row in group] for group in self._listing.tracked(coins, "{}USDT")]

    def subscriptions(self, symbols: Iterable[str]) -> list[Conn]:
        """Sockets to open for these base coins; liquidations come for all contracts, books of one a coin."""
        groups = self._tracked(symbols)
        books = [group[0] for group in groups]
        return feed.subscriptions(books + [raw for group in groups for raw in group[1:]], books)

    def polls(self, symbols: Iterable[str]) -> list[Poll]:
        """REST calls to repeat for these base coins; ratio and depth of one contract a coin."""
        return feed.polls([group[0] for group in self._tracked(symbols)])
