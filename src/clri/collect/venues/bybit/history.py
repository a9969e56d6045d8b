"""Bybit replies about the past: ratios, open interest, bars (VENUES 2.2, 8)."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from clri.collect.checks import MAX_QTY, MAX_VOLUME_USD, amount, ms, price, rate, share
from clri.collect.mapper import Item
from clri.collect.rowwise import each
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
from clri.model.errors import QuarantineError
from clri.model.facts import Bar, LongShortRatio, OpenInterest
from clri.model.instrument import Instrument

POLLED_S: Final = 300
"""Period of the ratios and open interests that the polls ask for, seconds."""
PERIODS: Final = {"5min": 300, "15min": 900, "30min": 1800, "1h": 3600, "4h": 14_400, "1d": 86_400}
BARS: Final = {"1": ("1m", 60), "5": ("5m", 300), "15": ("15m", 900), "60": ("1h", 3600), "240": ("4h", 14_400)}
BARS_AND_DAY: Final = BARS | {"D": ("1d", 86_400)}
NO_ACCOUNT: Final = 1e-9
"""A share of shorts this small is nobody: no ratio."""
_NS: Final = 1_000_000_000


class History:
    """Replies whose rows carry their own times.

    Parameters
    ----------
    listed
        Perpetual of a raw symbol, or None after the row was counted.
    tally
        Where rows that yield nothing are counted.

    Attributes
    ----------
    asked
        Value of `period`, `intervalTime` or `interval` in the path of the call; replies do not repeat it.
    """

    def __init__(self, listed: Callable[[str], Instrument | None], tally: Tally) -> None:
        self._listed = listed
        self._tally = tally
        self.asked: str | None = None

    def ratios(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> list[Item]:
        """Share of long accounts of `/v5/market/account-ratio`; only the newest row is not back-fill."""
        del symbol
        listing = RATIOS.decode(result(REPLY.decode(raw)), self._tally)
        newest = max((row.timestamp for row in listing.rows), default=0)
        return each(listing.rows, partial(self._ratio, recv_ns=recv_ns, newest=newest), self._tally)

    def _ratio(self, row: RatioRow, *, recv_ns: int, newest: int) -> Iterator[Item]:
        if (found := self._listed(row.symbol)) is None:
            return
        longs, shorts = share(row.buy_ratio), share(row.sell_ratio)
        yield LongShortRatio(
            recv_ns,
            ms(row.timestamp),
            found.symbol,
            "bybit",
            "perp",
            row.symbol,
            "rest",
            None,
            row.timestamp < newest,
            "account",
            longs,
            longs / shorts if shorts > NO_ACCOUNT else None,
            self._period(),
        )

    def interests(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> list[Item]:
        """Rows of `/v5/market/open-interest`; their USD is unknown, for the mark of that time is."""
        listing = INTERESTS.decode(result(REPLY.decode(raw)), self._tally)
        name = listing.symbol or symbol or ""
        if listing.rows and (found := self._listed(name)) is not None:
            return each(listing.rows, partial(self._interest, recv_ns=recv_ns, found=found), self._tally)
        return []

    def _interest(self, row: InterestRow, *, recv_ns: int, found: Instrument) -> Iterator[Item]:
        base = amount(row.open_interest * found.multiplier, MAX_QTY, "open interest")
        ts, raw, period = ms(row.timestamp), found.raw, self._period()
        yield OpenInterest(
            recv_ns, ts, found.symbol, "bybit", "perp", raw, "rest", None, True, base, None, None, None, period
        )

    def _period(self) -> int:
        return PERIODS.get(self.asked or "", POLLED_S)

    def settled(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> list[Item]:
        """Rows of `/v5/market/funding/history`: checked and counted; they lack the mark that a fact needs."""
        del symbol, recv_ns
        listing = SETTLED.decode(result(REPLY.decode(raw)), self._tally)
        return each(listing.rows, self._settled, self._tally)

    def _settled(self, row: SettledRow) -> list[Item]:
        rate(row.funding_rate)
        ms(row.funding_rate_timestamp)
        self._tally.row_ignored("no_mark")
        return []

    def klines(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> list[Item]:
        """Bars of `/v5/market/kline`, newest first; a bar is closed once the venue's own time has passed its end."""
        envelope = REPLY.decode(raw)
        listing = KLINES.decode(result(envelope), self._tally)
        frame = BARS_AND_DAY.get(self.asked or "")
        if frame is None:
            for _ in listing.rows:
                self._tally.row_ignored("no_interval")
            return []
        name = listing.symbol or symbol or ""
        if listing.rows and (found := self._listed(name)) is not None:
            now = ms(envelope.time)
            make = partial(self._bar, recv_ns=recv_ns, found=found, tf=frame[0], span=frame[1] * _NS, now=now)
            return each(listing.rows, make, self._tally)
        return []

    def _bar(self, row: KlineRow, *, recv_ns: int, found: Instrument, tf: str, span: int, now: int) -> Iterator[Item]:
        m = found.multiplier
        first, high = price(row.open / m), price(row.high / m)
        low, last = price(row.low / m), price(row.close / m)
        if not low <= min(first, last) <= max(first, last) <= high:
            raise QuarantineError("range", f"bar was {first} {high} {low} {last}; expected low <= open, close <= high")
        start = ms(row.start)
        closed = start + span <= now
        yield Bar(
            recv_ns,
            start + span if closed else now,
            found.symbol,
            "bybit",
            "perp",
            found.raw,
            "rest",
            None,
            True,
            tf,
            start,
            first,
            high,
            low,
            last,
            amount(row.volume * m, MAX_QTY, "volume"),
            amount(row.turnover, MAX_VOLUME_USD, "turnover"),
            None,
            None,
            closed,
        )
