"""Bitget: frames and replies to facts (VENUES 2.5)."""

import re
from collections.abc import Iterable
from typing import ClassVar, Final

import msgspec

from clri.collect.checks import ms, notional, number, price, qty, share
from clri.collect.event_id import event_id
from clri.collect.instruments import InstrumentTable
from clri.collect.mapper import Conn, Control, Item, Poll, ReplyHandler, VenueMapper
from clri.collect.rowwise import each
from clri.collect.tracked import Coins, contracts_of
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
from clri.model.facts import Liquidation, LongShortRatio
from clri.model.instrument import Instrument
from clri.model.names import Venue

LATE_NS: Final = 30_000_000_000
"""A liquidation sent this long after its own time is back-fill (VENUES 8); both times are the venue's own."""
POLLED_S: Final = 300
"""Period of the ratios that the polls ask for, seconds."""
PERIODS: Final = {"5m": 300, "15m": 900, "30m": 1800, "1h": 3600, "2h": 7200, "4h": 14_400, "1d": 86_400}
NO_ACCOUNT: Final = 1e-9
"""A share of shorts this small is nobody: no ratio."""
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

    def __init__(self, instruments: InstrumentTable | None = None, *, infer: bool = True) -> None:
        super().__init__(instruments)
        self.infer = infer
        self._off: dict[str, str] = {}
        self._coins = Coins(self.table)
        self._period_s = POLLED_S
        self._tickers = Tickers(self._listed, self._paired, self.tally)
        self._books = Books(self._listed, self.tally)
        self.routes = (
            (b'"event"', self._answer),
            (b'"liquidation"', self._liquidations),
            (b'"ticker"', self._tickers.frame),
            (b'"books15"', self._books.frame),
            (b"pong", self._pong),
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
        reason = symbols.market_off(push.arg.market)
        if reason is not None:
            self.tally.row_ignored(reason)
            return []
        sent = ms(push.ts) if push.ts else 0
        first = push.action == "snapshot"
        if len(push.rows) == 1:
            return self._liquidation(push.rows[0], recv_ns, sent, first=first)
        return each(push.rows, lambda row: self._liquidation(row, recv_ns, sent, first=first), self.tally)

    def _liquidation(self, row: LiquidationRow, recv_ns: int, sent: int, *, first: bool) -> list[Liquidation]:
        """One closed position: `side` is the side of the position (buy = LONG), `amount` is USD.

        The first push after a subscribe (`snapshot`), and rows much older than their frame, are back-fill.
        """
        found = self._listed(row.symbol)
        if found is None:
            return []
        at, usd = price(number(row.price) / found.multiplier), notional(number(row.amount))
        ts = ms(int(row.ts))
        return [
            Liquidation(
                recv_ns,
                ts,
                found.symbol,
                "bitget",
                "perp",
                row.symbol,
                "ws",
                None,
                first or sent - ts > LATE_NS,
                "LONG" if row.side == "buy" else "SHORT",
                at,
                "fill",
                qty(usd / at),
                usd,
                "largest_1s",
                "unknown",
                event_id("bitget", f"{row.symbol}|{row.ts}|{row.side}|{row.price}|{row.amount}"),
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

    def _pong(self, raw: bytes, _recv_ns: int) -> list[Item]:
        if raw == b"pong":
            return [Control("pong")]
        msgspec.json.decode(raw, type=msgspec.Raw)
        self.tally.row_ignored("unused_channel")
        return []

    # ------------------------------------------------------------ replies
    def instruments(self, raw: bytes, recv_ns: int = 0) -> list[Instrument]:
        """Linear perpetuals of `/api/v2/mix/market/contracts`; the others are counted.

        Raises
        ------
        QuarantineError
            If the reply says failure or holds no list.
        """
        rows = CONTRACTS.decode(checked(raw), self.tally).rows
        return each(rows, lambda row: self._contract(row, recv_ns), self.tally)

    def _contract(self, row: ContractRow, recv_ns: int) -> list[Instrument]:
        found = symbols.contract(row, recv_ns, self.tally)
        if isinstance(found, str):
            self._off[row.symbol] = found
            self.tally.row_ignored(found)
            return []
        self._off.pop(row.symbol, None)
        return [found]

    def _listing(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> list[Instrument]:
        del symbol
        found = self.instruments(raw, recv_ns)
        self.table.update(found)
        return found

    def _ratios(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> list[LongShortRatio]:
        """Share of long accounts; the reply does not name its contract, and only its newest row is not back-fill."""
        rows = RATIOS.decode(checked(raw), self.tally).rows
        if symbol is None:
            self.tally.row_ignored("no_symbol")
            return []
        found = self._listed(symbol) if rows else None
        if found is None:
            return []
        newest = max(row.ts for row in rows)
        return each(rows, lambda row: self._ratio(row, found, recv_ns, newest), self.tally)

    def _ratio(self, row: RatioRow, found: Instrument, recv_ns: int, newest: int) -> list[LongShortRatio]:
        longs, shorts = share(row.longs), share(row.shorts)
        return [
            LongShortRatio(
                recv_ns,
                ms(row.ts),
                found.symbol,
                "bitget",
                "perp",
                found.raw,
                "rest",
                None,
                row.ts < newest,
                "account",
                longs,
                longs / shorts if shorts > NO_ACCOUNT else None,
                self._period_s,
            )
        ]

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
            ("/mix/market/contracts", self._listing),
        )

    # ------------------------------------------------------------ feed
    def _tracked(self, coins: Iterable[str]) -> list[list[str]]:
        return contracts_of(self.table, coins, "{}USDT".format if self.infer else None)

    def subscriptions(self, symbols: Iterable[str]) -> list[Conn]:
        """Sockets to open for these base coins; liquidations come for all contracts, books of one a coin."""
        groups = self._tracked(symbols)
        books = [group[0] for group in groups]
        return feed.subscriptions(books + [raw for group in groups for raw in group[1:]], books)

    def polls(self, symbols: Iterable[str]) -> list[Poll]:
        """REST calls to repeat for these base coins; ratio and depth of one contract a coin."""
        return feed.polls([group[0] for group in self._tracked(symbols)])
