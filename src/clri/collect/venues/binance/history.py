"""Binance's histories, asked for at start-up: bars, open interest, settled funding (VENUES 8); all are back-fill."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from clri.collect import checks
from clri.collect.facts import mark_funding, open_interest
from clri.collect.listing import Listing, named
from clri.collect.mapper import Item
from clri.collect.rows import each
from clri.collect.series import bar
from clri.collect.tally import Tally
from clri.collect.values import blank
from clri.collect.venues.binance.reply_frames import (
    FUNDINGS_PAST,
    INTERESTS_PAST,
    KLINES,
    FundingPast,
    InterestPast,
    Kline,
)

PERIOD_S: Final = 300
"""Period clri asks for; used where a reply holds a single row and so does not show its own."""

PERIODS_S: Final = frozenset({300, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400})

TIMEFRAMES: Final = {60_000: "1m", 300_000: "5m", 900_000: "15m", 3_600_000: "1h", 14_400_000: "4h", 86_400_000: "1d"}
"""Length of a kline, ms, to the name of its time frame."""

SETTLEMENTS_H: Final = frozenset({1.0, 2.0, 4.0, 8.0})


def spacing_s(times_ms: Sequence[int]) -> int:
    """Period of a series from its closest rows, seconds; 300 where it does not show.

    Examples
    --------
    >>> spacing_s([1_790_000_400_000, 1_790_004_000_000]), spacing_s([1_790_000_400_000])
    (3600, 300)
    """
    ordered = sorted(set(times_ms))
    gaps = [(later - former) // 1000 for former, later in pairwise(ordered)]
    closest = min(gaps, default=PERIOD_S)
    return closest if closest in PERIODS_S else PERIOD_S


class History:
    """Handlers of Binance's history endpoints."""

    def __init__(self, listing: Listing, tally: Tally) -> None:
        self._listing = listing
        self._tally = tally

    def interests(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        """Open interest in coins; without USD, because the mark of that time is not in the reply."""
        rows = INTERESTS_PAST.decode(raw, self._tally)
        return each(rows, self._interest, self._tally, recv_ns, spacing_s([row.timestamp for row in rows]))

    def _interest(self, row: InterestPast, recv_ns: int, period_s: int) -> list[Item]:
        listed = self._listing.perp(row.symbol)
        if listed is None:
            return []
        ts, size = checks.ms(row.timestamp), row.sum_open_interest
        return [open_interest(recv_ns, ts, listed, "rest", size, None, backfill=True, period_s=period_s)]

    def fundings(self, raw: bytes, recv_ns: int, _symbol: str | None) -> list[Item]:
        """Settled rates; rows without a mark are counted, a mark is not invented."""
        former: dict[str, int] = {}
        return each(FUNDINGS_PAST.decode(raw, self._tally), self._funding, self._tally, recv_ns, former)

    def _funding(self, row: FundingPast, recv_ns: int, former: dict[str, int]) -> list[Item]:
        listed = self._listing.perp(row.symbol)
        if listed is None:
            return []
        # Intervals change; the distance to the settlement before tells the one that applied then.
        hours = round((row.funding_time - former.get(row.symbol, row.funding_time)) / 3_600_000.0, 1)
        former[row.symbol] = row.funding_time
        mark = blank(row.mark_price)
        if mark is None:
            self._tally.row_ignored("no_mark")
            return []
        return [
            mark_funding(
                recv_ns,
                checks.ms(row.funding_time),
                listed,
                "rest",
                mark,
                None,
                row.funding_rate,
                None,
                interval_h=hours if hours in SETTLEMENTS_H else None,
                kind="settled",
                backfill=True,
            )
        ]

    def klines(self, raw: bytes, recv_ns: int, symbol: str | None) -> list[Item]:
        """Bars of the call's symbol; `closed` by the receipt time."""
        return each(KLINES.decode(raw, self._tally), self._kline, self._tally, recv_ns, symbol)

    def _kline(self, row: Kline, recv_ns: int, symbol: str | None) -> list[Item]:
        listed = self._listing.perp(named(symbol))
        if listed is None:
            return []
        open_ns, end_ns = checks.ms(row.open_time), checks.ms(row.close_time + 1)
        timeframe = TIMEFRAMES.get(row.close_time + 1 - row.open_time)
        if timeframe is None:
            self._tally.row_ignored("timeframe_off")
            return []
        closed = end_ns <= recv_ns
        return [
            bar(
                recv_ns,
                end_ns if closed else None,
                listed,
                timeframe,
                open_ns,
                (row.open, row.high, row.low, row.close),
                row.base,
                row.quote,
                taker_quote=row.taker_quote,
                trades=row.trades,
                closed=closed,
            )
        ]
