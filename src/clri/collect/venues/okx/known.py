"""What OKX tells in three channels and clri in one fact: mark, index and funding of a contract, with their ages."""

from typing import Final

import msgspec

from clri.collect import checks
from clri.collect.values import blank, time_of
from clri.collect.venues.okx.frames import Funding
from clri.model.facts import MarkFunding
from clri.model.instrument import Instrument
from clri.model.names import Source

MARK_NS: Final = 60_000_000_000
"""A mark is used for 60 s: the venue repeats it at least every 10 s."""

INDEX_NS: Final = 120_000_000_000
"""An index is used for 120 s: the venue repeats it at least every minute."""

FUNDING_NS: Final = 600_000_000_000
"""A funding rate is used for 10 min, the age limit of the score."""


class Terms(msgspec.Struct, frozen=True, gc=False):
    """Funding of one contract: `rate` per interval of `interval_h` hours, `rate_8h`, `apr` per year."""

    rate: float | None
    interval_h: float | None
    rate_8h: float | None
    apr: float | None
    next_funding_ts: int | None
    predicted_8h: float | None


NO_TERMS: Final = Terms(None, None, None, None, None, None)


def terms(row: Funding, ins: Instrument) -> Terms:
    """Funding terms of a row; the interval is the distance of the next two settlements, else of the last two.

    Raises
    ------
    QuarantineError
        `range` for a rate above 5 % or an interval outside 1..24 h, `time_unit` for times that are no milliseconds.
    """
    rate, predicted = blank(row.funding_rate), blank(row.next_funding_rate)
    coming, following = time_of(row.funding_time), time_of(row.next_funding_time)
    former = time_of(row.prev_funding_time)
    interval_h = ins.funding_interval_h
    if coming is not None and following is not None:
        interval_h = checks.interval_h((following - coming) / 3.6e12)
    elif coming is not None and former is not None:
        interval_h = checks.interval_h((coming - former) / 3.6e12)
    if rate is not None:
        checks.rate(rate)
    if predicted is not None:
        checks.rate(predicted)
    return Terms(
        rate,
        interval_h,
        None if rate is None or interval_h is None else rate * 8.0 / interval_h,
        None if rate is None or interval_h is None else rate * 8760.0 / interval_h,
        coming,
        None if predicted is None or interval_h is None else predicted * 8.0 / interval_h,
    )


class Known:
    """Latest mark, index and funding of one contract, as one fact. Prices per coin, times in ns of receipt."""

    __slots__ = ("_index", "_index_at", "_mark", "_mark_at", "_mark_ts", "_terms", "_terms_at")

    def __init__(self) -> None:
        self._mark: float | None = None
        self._mark_ts: int | None = None
        self._mark_at = 0
        self._index: float | None = None
        self._index_at = 0
        self._terms = NO_TERMS
        self._terms_at = 0

    def set_mark(self, mark: float, ts_venue: int, recv_ns: int) -> None:
        """Keep a mark price."""
        self._mark = mark
        self._mark_ts = ts_venue
        self._mark_at = recv_ns

    def set_index(self, index: float, recv_ns: int) -> None:
        """Keep an index price."""
        self._index = index
        self._index_at = recv_ns

    def set_terms(self, found: Terms, recv_ns: int) -> None:
        """Keep funding terms."""
        self._terms = found
        self._terms_at = recv_ns

    def mark(self, recv_ns: int) -> float | None:
        """Mark price, or None if it is too old or was never told."""
        return self._mark if recv_ns - self._mark_at <= MARK_NS else None

    def fact(self, ins: Instrument, recv_ns: int, src: Source) -> MarkFunding | None:
        """Mark with whatever else is known and fresh, stamped with the mark's time; None without a mark."""
        mark = self.mark(recv_ns)
        if mark is None:
            return None
        found = self._terms if recv_ns - self._terms_at <= FUNDING_NS else NO_TERMS
        return MarkFunding(
            recv_ns,
            self._mark_ts,
            ins.symbol,
            "okx",
            "perp",
            ins.raw,
            src,
            None,
            False,
            mark,
            self._index if recv_ns - self._index_at <= INDEX_NS else None,
            found.rate,
            found.interval_h,
            found.rate_8h,
            found.apr,
            found.next_funding_ts,
            found.predicted_8h,
            "current",
        )
