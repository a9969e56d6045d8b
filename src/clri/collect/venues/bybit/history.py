"""Bybit replies about the past: ratios, open interest, bars (VENUES 2.2, 8)."""

from typing import Final

from clri.collect.checks import ms, rate
from clri.collect.facts import open_interest
from clri.collect.listing import Listing
from clri.collect.mapper import Item
from clri.collect.rows import each
from clri.collect.series import bar, long_short_ratio, of_shares
from clri.collect.tally import Tally
from clri.collect.venues.bybit.frames import (
    INTERESTS,
    KLINES,
    RATIOS,
    REPLY,
    SETTLED,
    InterestRow,
    KlineRow,
    RatioRow,
    SettledRow,
    result,
)
from clri.model.instrument import Instrument

POLLED_S: Final = 300
"""Period of the ratios and open interests that the polls ask for, seconds."""
PERIODS: Final = {"5min": 300, "15min": 900, "30min": 1800, "1h": 3600, "4h": 14_400, "1d": 86_400}
BARS: Final = {"1": ("1m", 60), "5": ("5m", 300), "15": ("15m", 900), "60": ("1h", 3600), "240": ("4h", 14_400)}
BARS_AND_DAY: Final = BARS | {"D": ("1d", 86_400)}
_NS: Final = 1_000_000_000


class History:
    """Replies whose rows carry their own times.

    Parameters
    ----------
    listing
        Contracts by raw symbol.
    tally
        Where rows that yield nothing are counted.

    Attributes
    ----------
    asked
        Value of `period`, `intervalTime` or `interval` in the path of the call; replies do not repeat it.
    """

    def __init__(self, listing: Listing, tally: Tally) -> None:
        self._listing = listing
        self._tally = tally
        self.asked: str | None = None

    def ratios(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        """Share of long accounts of `/v5/market/account-ratio`; only the newest row is not back-fill."""
        _, rows = RATIOS.decode(result(REPLY.decode(raw)), self._tally)
        newest = max((row.timestamp for row in rows), default=0)
        return each(rows, self._ratio, self._tally, recv_ns, newest)

    def _ratio(self, row: RatioRow, recv_ns: int, newest: int) -> list[Item]:
        found = self._listing.perp(row.symbol)
        if found is None:
            return []
        longs, ratio = of_shares(row.buy_ratio, row.sell_ratio)
        ts, period, old = ms(row.timestamp), self._period(), row.timestamp < newest
        return [long_short_ratio(recv_ns, ts, found, "account", longs, ratio, period, backfill=old)]

    def interests(self, raw: bytes, recv_ns: int, symbol: str | None) -> list[Item]:
        """Rows of `/v5/market/open-interest`; their USD is unknown, for the mark of that time is."""
        listing, rows = INTERESTS.decode(result(REPLY.decode(raw)), self._tally)
        if rows and (found := self._listing.perp(listing.symbol or symbol or "")) is not None:
            return each(rows, self._interest, self._tally, recv_ns, found)
        return []

    def _interest(self, row: InterestRow, recv_ns: int, found: Instrument) -> list[Item]:
        ts, size, period = ms(row.timestamp), row.open_interest, self._period()
        return [open_interest(recv_ns, ts, found, "rest", size, None, backfill=True, period_s=period)]

    def _period(self) -> int:
        return PERIODS.get(self.asked or "", POLLED_S)

    def settled(self, raw: bytes, _recv_ns: int, _symbol: str | None) -> list[Item]:
        """Rows of `/v5/market/funding/history`: checked and counted; they lack the mark that a fact needs."""
        _, rows = SETTLED.decode(result(REPLY.decode(raw)), self._tally)
        return each(rows, self._settled, self._tally)

    def _settled(self, row: SettledRow) -> list[Item]:
        rate(row.funding_rate)
        ms(row.funding_rate_timestamp)
        self._tally.row_ignored("no_mark")
        return []

    def klines(self, raw: bytes, recv_ns: int, symbol: str | None) -> list[Item]:
        """Bars of `/v5/market/kline`, newest first; a bar is closed once the venue's own time has passed its end."""
        envelope = REPLY.decode(raw)
        listing, rows = KLINES.decode(result(envelope), self._tally)
        frame = BARS_AND_DAY.get(self.asked or "")
        if frame is None:
            for _ in rows:
                self._tally.row_ignored("no_interval")
            return []
        if rows and (found := self._listing.perp(listing.symbol or symbol or "")) is not None:
            return each(rows, _kline, self._tally, recv_ns, found, frame, ms(envelope.time))
        return []


def _kline(row: KlineRow, recv_ns: int, found: Instrument, frame: tuple[str, int], now: int) -> list[Item]:
    tf, seconds = frame
    start = ms(row.start)
    end = start + seconds * _NS
    closed = end <= now
    prices = row.open, row.high, row.low, row.close
    ts = end if closed else now
    return [bar(recv_ns, ts, found, tf, start, prices, row.volume, row.turnover, closed=closed)]
