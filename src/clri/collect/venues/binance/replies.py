"""Binance's REST replies as facts: live polls."""

from collections.abc import Iterable
from functools import partial
from typing import Final

import msgspec

from clri.collect import book, checks
from clri.collect.funding import mark_funding
from clri.collect.mapper import Item, ReplyHandler
from clri.collect.rows import RowReader, each
from clri.collect.tally import Tally
from clri.collect.values import blank, coins, quoted, turnover
from clri.collect.venues.binance.frames import pairs
from clri.collect.venues.binance.history import History, spacing_s
from clri.collect.venues.binance.listing import Listing
from clri.collect.venues.binance.reply_frames import Accounts, DayReply, Depth, Interest, Premium, Takers
from clri.model.errors import QuarantineError
from clri.model.facts import Fact, LongShortRatio, OpenInterest, Ticker
from clri.model.instrument import Instrument
from clri.model.names import Market, RatioKind

MAX_RATIO: Final = 1e9

SHARE_SLACK: Final = 0.01
"""How far long and short share may be from 1 together; the venue rounds each to four digits."""


class Replies:
    """Handlers of Binance's replies; a reply that does not name its symbol takes it from the call."""

    def __init__(self, listing: Listing, tally: Tally) -> None:
        self._listing = listing
        self._tally = tally
        self._history = History(listing, tally)
        self._interest_reader = RowReader(Interest)
        self._premium_reader = RowReader(Premium)
        self._accounts_reader = RowReader(Accounts)
        self._takers_reader = RowReader(Takers)
        self._depth_reader = msgspec.json.Decoder(Depth, strict=False)
        self._day_reader = RowReader(DayReply)

        self.table: tuple[tuple[str, ReplyHandler], ...] = (
            ("/fapi/v1/openInterest", self._interest),
            ("/fapi/v1/premiumIndex", self._premium),
            ("/futures/data/globalLongShortAccountRatio", partial(self._accounts, kind="account")),
            ("/futures/data/topLongShortAccountRatio", partial(self._accounts, kind="top_account")),
            ("/futures/data/topLongShortPositionRatio", partial(self._accounts, kind="top_position")),
            ("/futures/data/takerlongshortRatio", self._takers),
            ("/fapi/v1/depth", self._depth),
            ("/fapi/v1/ticker/24hr", partial(self._day, market="perp")),
            ("/api/v3/ticker/24hr", partial(self._day, market="spot")),
            ("/fapi/v1/fundingInfo", self._intervals),
            ("/fapi/v1/exchangeInfo", self._contracts),
            ("/fapi/v1/fundingRate", self._history.funding),
            ("/futures/data/openInterestHist", self._history.interest),
            ("/fapi/v1/klines", self._history.klines),
        )
        """Handlers by a part of the path."""

    def _interest(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:  # noqa: ARG002
        return each(self._interest_reader.read(raw, self._tally), partial(self._one_interest, recv_ns), self._tally)

    def _one_interest(self, recv_ns: int, row: Interest) -> tuple[Fact, ...]:
        listed = self._listing.perp(row.symbol)
        if listed is None:
            return ()
        base = checks.amount(row.open_interest * listed.multiplier, checks.MAX_QTY, "open interest")
        mark = self._listing.marks.get(row.symbol)
        usd = None if mark is None else checks.amount(base * mark, checks.MAX_OI_USD, "open interest in USD")
        return (
            OpenInterest(
                recv_ns,
                checks.ms(row.time),
                listed.symbol,
                "binance",
                "perp",
                row.symbol,
                "rest",
                None,
                False,
                base,
                usd,
                mark,
                None,
                None,
            ),
        )

    def _premium(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:  # noqa: ARG002
        return each(self._premium_reader.read(raw, self._tally), partial(self._one_premium, recv_ns), self._tally)

    def _one_premium(self, recv_ns: int, row: Premium) -> tuple[Fact, ...]:
        listed = self._listing.perp(row.symbol)
        if listed is None:
            return ()
        ts = checks.ms(row.time)
        following = checks.ms(row.next_funding_time) if row.next_funding_time else None
        fact = mark_funding(
            recv_ns, ts, listed, "rest", row.mark_price, row.index_price, row.last_funding_rate, following
        )
        self._listing.marks[row.symbol] = fact.mark
        return (fact,)

    def _accounts(self, raw: bytes, recv_ns: int, *, symbol: str | None, kind: RatioKind = "account") -> Iterable[Item]:
        rows = self._accounts_reader.read(raw, self._tally)
        period_s = spacing_s([row.timestamp for row in rows] if isinstance(rows, list) else [])
        return each(rows, partial(self._one_account, recv_ns, symbol, kind, period_s), self._tally)

    def _one_account(
        self, recv_ns: int, symbol: str | None, kind: RatioKind, period_s: int, row: Accounts
    ) -> tuple[Fact, ...]:
        listed = self._listing.of_call(row.symbol or symbol)
        if listed is None:
            return ()
        share = checks.share(row.long_account)
        given = blank(row.short_account)
        short = 1.0 - share if given is None else checks.share(given)
        if abs(share + short - 1.0) > SHARE_SLACK:
            raise QuarantineError("inconsistent", f"shares were {share} and {short}; expected a sum of 1")
        return (_ratio(recv_ns, row.timestamp, listed, kind, share, share / short if short > 0.0 else None, period_s),)

    def _takers(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:
        rows = self._takers_reader.read(raw, self._tally)
        period_s = spacing_s([row.timestamp for row in rows] if isinstance(rows, list) else [])
        return each(rows, partial(self._one_taker, recv_ns, symbol, period_s), self._tally)

    def _one_taker(self, recv_ns: int, symbol: str | None, period_s: int, row: Takers) -> tuple[Fact, ...]:
        listed = self._listing.of_call(symbol)
        if listed is None:
            return ()
        buys = checks.amount(row.buy_vol, checks.MAX_QTY, "buy volume")
        sells = checks.amount(row.sell_vol, checks.MAX_QTY, "sell volume")
        if buys + sells == 0.0:
            self._tally.row_ignored("no_volume")
            return ()
        ratio = buys / sells if sells > 0.0 else None
        return (_ratio(recv_ns, row.timestamp, listed, "taker", buys / (buys + sells), ratio, period_s),)

    def _depth(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:
        listed = self._listing.of_call(symbol)
        if listed is None:
            return ()
        reply = self._depth_reader.decode(raw)
        bids, asks = pairs(reply.bids, listed.multiplier), pairs(reply.asks, listed.multiplier)
        ts = None if reply.time is None else checks.ms(reply.time)
        fact = book.depth(recv_ns, ts, listed.symbol, "binance", listed.raw or "", "rest", bids, asks)
        if fact is None:
            self._tally.row_ignored("one_sided")
            return ()
        return (fact,)

    def _day(self, raw: bytes, recv_ns: int, *, symbol: str | None, market: Market = "perp") -> Iterable[Item]:  # noqa: ARG002
        return each(self._day_reader.read(raw, self._tally), partial(self._one_day, recv_ns, market), self._tally)

    def _one_day(self, recv_ns: int, market: Market, row: DayReply) -> tuple[Fact, ...]:
        listed = self._listing.perp(row.symbol) if market == "perp" else self._listing.spot(row.symbol)
        if listed is None:
            return ()
        m = listed.multiplier
        return (
            Ticker(
                recv_ns,
                checks.ms(row.close_time),
                listed.symbol,
                "binance",
                market,
                row.symbol,
                "rest",
                None,
                False,
                checks.price(row.last_price / m),
                coins(row.volume, m),
                turnover(row.quote_volume),
                blank(row.price_change_percent),
                quoted(row.bid_price, m),
                quoted(row.ask_price, m),
            ),
        )

    def _contracts(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:  # noqa: ARG002
        rows = self._listing.contracts(raw, recv_ns)
        self._listing.table.update(rows)
        return rows

    def _intervals(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:  # noqa: ARG002
        rows = self._listing.intervals(raw, recv_ns)
        self._listing.table.update(rows)
        return rows


def _ratio(
    recv_ns: int, time_ms: int, listed: Instrument, kind: RatioKind, share: float, ratio: float | None, period_s: int
) -> LongShortRatio:
    if ratio is not None:
        checks.amount(ratio, MAX_RATIO, "long-short ratio")
    return LongShortRatio(
        recv_ns,
        checks.ms(time_ms),
        listed.symbol,
        "binance",
        "perp",
        listed.raw,
        "rest",
        None,
        False,
        kind,
        share,
        ratio,
        period_s,
    )
