"""Binance's histories, asked for at start-up: bars, open interest, settled funding (VENUES 8); all are back-fill."""

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import pairwise
from typing import Final

from clri.collect import checks
from clri.collect.funding import mark_funding
from clri.collect.mapper import Item
from clri.collect.rows import RowReader, each
from clri.collect.tally import Tally
from clri.collect.values import blank, coins, turnover
from clri.collect.venues.binance.listing import Listing
from clri.collect.venues.binance.reply_frames import FundingPast, InterestPast, Kline
from clri.model.errors import QuarantineError
from clri.model.facts import Bar, Fact, OpenInterest

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
        self._funding_reader = RowReader(FundingPast)
        self._interest_reader = RowReader(InterestPast)
        self._kline_reader = RowReader(Kline)

    def interest(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:  # noqa: ARG002
        """Open interest in coins; without USD, because the mark of that time is not in the reply."""
        rows = self._interest_reader.read(raw, self._tally)
        period_s = spacing_s([row.timestamp for row in rows] if isinstance(rows, list) else [])
        return each(rows, partial(self._one_interest, recv_ns, period_s), self._tally)

    def _one_interest(self, recv_ns: int, period_s: int, row: InterestPast) -> tuple[Fact, ...]:
        listed = self._listing.perp(row.symbol)
        if listed is None:
            return ()
        base = checks.amount(row.sum_open_interest * listed.multiplier, checks.MAX_QTY, "open interest")
        ts = checks.ms(row.timestamp)
        return (
            OpenInterest(
                recv_ns,
                ts,
                listed.symbol,
                "binance",
                "perp",
                row.symbol,
                "rest",
                None,
                True,
                base,
                None,
                None,
                None,
                period_s,
            ),
        )

    def funding(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:  # noqa: ARG002
        """Settled rates; rows without a mark are counted, a mark is not invented."""
        rows = self._funding_reader.read(raw, self._tally)
        return each(rows, partial(self._one_funding, recv_ns, {}), self._tally)

    def _one_funding(self, recv_ns: int, former: dict[str, int], row: FundingPast) -> tuple[Fact, ...]:
        listed = self._listing.perp(row.symbol)
        if listed is None:
            return ()
        # Intervals change; the distance to the settlement before tells the one that applied then.
        hours = round((row.funding_time - former.get(row.symbol, row.funding_time)) / 3_600_000.0, 1)
        former[row.symbol] = row.funding_time
        mark = blank(row.mark_price)
        if mark is None:
            self._tally.row_ignored("no_mark")
            return ()
        return (
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
            ),
        )

    def klines(self, raw: bytes, recv_ns: int, *, symbol: str | None) -> Iterable[Item]:
        """Bars of the call's symbol; `closed` by the receipt time."""
        return each(self._kline_reader.read(raw, self._tally), partial(self._bar, recv_ns, symbol), self._tally)

    def _bar(self, recv_ns: int, symbol: str | None, row: Kline) -> tuple[Fact, ...]:
        listed = self._listing.of_call(symbol)
        if listed is None:
            return ()
        open_ns, end_ns = checks.ms(row.open_time), checks.ms(row.close_time + 1)
        timeframe = TIMEFRAMES.get(row.close_time + 1 - row.open_time)
        if timeframe is None:
            self._tally.row_ignored("timeframe_off")
            return ()
        m = listed.multiplier
        o, h, low, c = (checks.price(value / m) for value in (row.open, row.high, row.low, row.close))
        if not low <= min(o, c) <= max(o, c) <= h:
            raise QuarantineError("range", f"bar was {o} {h} {low} {c}; expected low <= open, close <= high")
        closed = end_ns <= recv_ns
        return (
            Bar(
                recv_ns,
                end_ns if closed else None,
                listed.symbol,
                "binance",
                "perp",
                listed.raw,
                "rest",
                None,
                True,
                timeframe,
                open_ns,
                o,
                h,
                low,
                c,
                coins(row.base, m),
                turnover(row.quote),
                turnover(row.taker_quote),
                row.trades,
                closed,
            ),
        )
