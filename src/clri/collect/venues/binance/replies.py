"""Binance's REST replies as facts: live polls."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from clri.collect import checks
from clri.collect.book import depth, levels
from clri.collect.facts import mark_funding, open_interest, ticker
from clri.collect.listing import Listing, named
from clri.collect.mapper import Item, ReplyHandler
from clri.collect.rows import each
from clri.collect.series import long_short_ratio
from clri.collect.tally import Tally
from clri.collect.values import blank
from clri.collect.venues.binance.history import History, spacing_s
from clri.collect.venues.binance.reply_frames import (
    ACCOUNTS,
    DAYS,
    DEPTH,
    INTERESTS,
    PREMIUMS,
    TAKERS,
    Accounts,
    DayReply,
    Interest,
    Premium,
    Takers,
)
from clri.model.errors import QuarantineError
from clri.model.names import Market, RatioKind

SHARE_SLACK: Final = 0.01
"""How far long and short share may be from 1 together; the venue rounds each to four digits."""


class Replies:
    """Handlers of Binance's replies; a reply that does not name its symbol takes it from the call."""

    def __init__(self, listing: Listing, tally: Tally) -> None:
        self._listing = listing
        self._tally = tally
        history = History(listing, tally)
        self.table: Sequence[tuple[str, ReplyHandler]] = (
            ("/fapi/v1/openInterest", self._interests),
            ("/fapi/v1/premiumIndex", self._premiums),
            ("/futures/data/globalLongShortAccountRatio", partial(self._accounts, kind="account")),
            ("/futures/data/topLongShortAccountRatio", partial(self._accounts, kind="top_account")),
            ("/futures/data/topLongShortPositionRatio", partial(self._accounts, kind="top_position")),
            ("/futures/data/takerlongshortRatio", self._takers),
            ("/fapi/v1/depth", self._depth),
            ("/fapi/v1/ticker/24hr", partial(self._days, market="perp")),
            ("/api/v3/ticker/24hr", partial(self._days, market="spot")),
            ("/fapi/v1/fundingRate", history.fundings),
            ("/futures/data/openInterestHist", history.interests),
            ("/fapi/v1/klines", history.klines),
        )
        """Handlers by a part of the path."""

    def _interests(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        return each(INTERESTS.decode(raw, self._tally), self._interest, self._tally, recv_ns)

    def _interest(self, row: Interest, recv_ns: int) -> list[Item]:
        listed = self._listing.perp(row.symbol)
        if listed is None:
            return []
        mark = self._listing.marks.get(row.symbol)
        return [open_interest(recv_ns, checks.ms(row.time), listed, "rest", row.open_interest, mark)]

    def _premiums(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        return each(PREMIUMS.decode(raw, self._tally), self._premium, self._tally, recv_ns)

    def _premium(self, row: Premium, recv_ns: int) -> list[Item]:
        listed = self._listing.perp(row.symbol)
        if listed is None:
            return []
        ts = checks.ms(row.time)
        following = checks.ms(row.next_funding_time) if row.next_funding_time else None
        fact = mark_funding(
            recv_ns, ts, listed, "rest", row.mark_price, row.index_price, row.last_funding_rate, following
        )
        self._listing.marks[row.symbol] = fact.mark
        return [fact]

    def _accounts(self, raw: bytes, recv_ns: int, symbol: str | None, *, kind: RatioKind) -> list[Item]:
        rows = ACCOUNTS.decode(raw, self._tally)
        period_s = spacing_s([row.timestamp for row in rows])
        return each(rows, self._account, self._tally, recv_ns, symbol, kind, period_s)

    def _account(self, row: Accounts, recv_ns: int, symbol: str | None, kind: RatioKind, period_s: int) -> list[Item]:
        listed = self._listing.perp(named(row.symbol or symbol))
        if listed is None:
            return []
        share = checks.share(row.long_account)
        given = blank(row.short_account)
        short = 1.0 - share if given is None else checks.share(given)
        if abs(share + short - 1.0) > SHARE_SLACK:
            raise QuarantineError("inconsistent", f"shares were {share} and {short}; expected a sum of 1")
        ratio = share / short if short > 0.0 else None
        return [long_short_ratio(recv_ns, checks.ms(row.timestamp), listed, kind, share, ratio, period_s)]

    def _takers(self, raw: bytes, recv_ns: int, symbol: str | None) -> list[Item]:
        rows = TAKERS.decode(raw, self._tally)
        return each(rows, self._taker, self._tally, recv_ns, symbol, spacing_s([row.timestamp for row in rows]))

    def _taker(self, row: Takers, recv_ns: int, symbol: str | None, period_s: int) -> list[Item]:
        listed = self._listing.perp(named(symbol))
        if listed is None:
            return []
        buys = checks.amount(row.buy_vol, checks.MAX_QTY, "buy volume")
        sells = checks.amount(row.sell_vol, checks.MAX_QTY, "sell volume")
        if buys + sells == 0.0:
            self._tally.row_ignored("no_volume")
            return []
        share, ratio = buys / (buys + sells), buys / sells if sells > 0.0 else None
        return [long_short_ratio(recv_ns, checks.ms(row.timestamp), listed, "taker", share, ratio, period_s)]

    def _depth(self, raw: bytes, recv_ns: int, symbol: str | None) -> list[Item]:
        listed = self._listing.perp(named(symbol))
        if listed is None:
            return []
        reply = DEPTH.decode(raw)
        ts = None if reply.time is None else checks.ms(reply.time)
        fact = depth(recv_ns, ts, listed, levels(reply.bids, listed), levels(reply.asks, listed))
        if fact is None:
            self._tally.row_ignored("one_sided")
            return []
        return [fact]

    def _days(self, raw: bytes, recv_ns: int, _symbol: str | None, *, market: Market) -> list[Item]:
        return each(DAYS.decode(raw, self._tally), self._day, self._tally, recv_ns, market)

    def _day(self, row: DayReply, recv_ns: int, market: Market) -> list[Item]:
        listed = self._listing.perp(row.symbol) if market == "perp" else self._listing.spot(row.symbol)
        if listed is None:
            return []
        ts, last, change = checks.ms(row.close_time), row.last_price, blank(row.price_change_percent)
        base, quote, bid, ask = row.volume, row.quote_volume, row.bid_price, row.ask_price
        return [ticker(recv_ns, ts, listed, "rest", last, base, quote, change, bid, ask)]
