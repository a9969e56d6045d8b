"""Minutes of the market that are over: what venues tell of their history."""

from bisect import bisect_left
from collections import defaultdict
from math import fsum
from typing import Final, NamedTuple

import numpy as np

from clri.collect.simulate.coins import COINS, PLACES
from clri.collect.simulate.tape import F8, Order, Tape
from clri.model.timebase import MILLI, MINUTE, SECOND

DAY_MIN: Final = 1440
FIVE_MINUTES: Final = 5 * MINUTE
MINUTE_MS: Final = MINUTE // MILLI
KEPT: Final = {1: 1600, 5: 2700, 60: 1600}
"""Spans that are kept, in minutes, and how many of each: a day and more, nine days, 66 days."""


class Minutes(NamedTuple):
    """A span of one coin at one venue: prices of the mark, `usd` turned over, open interest in coins, rate per 8 h."""

    open: float
    high: float
    low: float
    close: float
    usd: float
    coins: float
    rate: float


class Bar(NamedTuple):
    """Price bar from `start` (ms); `usd` turned over; `closed` False while it still runs."""

    start: int
    open: float
    high: float
    low: float
    close: float
    usd: float
    closed: bool


class Past:
    """What is known of the time before a moment, for all venues.

    Notes
    -----
    What is told at a time never depends on how far the tape was played beyond it. The turnover of a minute is the
    1440th part of the last 24 h, for a tape holds no other.
    """

    def __init__(self) -> None:
        self._tape: Tape | None = None
        self._kept: dict[int, dict[int, F8]] = {span: {} for span in KEPT}
        self._noted = 0
        self._sums: defaultdict[int, F8] = defaultdict(lambda: np.zeros((len(PLACES), len(COINS), 2)))
        self._counted = 0

    def note(self, first: int, mark: F8, perp: F8, coins: F8, rate: F8) -> None:
        """Take minutes of the days before a tape, one row each.

        Parameters
        ----------
        first
            Number (since 1970) of the first minute.
        mark, perp, coins, rate
            Values at the end of each minute, [T, venues, coins], as a tape has them.
        """
        before = mark[0] if (former := self._kept[1].get(first - 1)) is None else former[3]
        for k in range(len(mark)):
            high, low = np.maximum(before, mark[k]), np.minimum(before, mark[k])
            self._keep(first + k, np.stack([before, high, low, mark[k], perp[k] / DAY_MIN, coins[k], rate[k]]))
            before = mark[k]

    def _keep(self, minute: int, part: F8) -> None:
        """Put a minute at the end of each span that it belongs to."""
        for span, most in KEPT.items():
            number, kept = minute // span, self._kept[span]
            kept[number] = part if (held := kept.get(number)) is None else _joined(held, part)
            kept.pop(number - most, None)

    def keep(self, tape: Tape) -> None:
        """Take over a tape that has grown: note its minutes that are whole, and its orders."""
        self._tape = tape
        end = tape.start + tape.end * SECOND
        self._noted = max(self._noted, tape.start // MINUTE)
        while (self._noted + 1) * MINUTE <= end:
            if (part := self._slice(self._noted, end // MILLI)) is not None:
                self._keep(self._noted, part)
            self._noted += 1
        for order in _orders(tape, self._counted, end):
            self._sums[order.at // FIVE_MINUTES][order.place, order.coin, 0 if order.long else 1] += order.usd
        self._counted = end

    def _slice(self, minute: int, until: int) -> F8 | None:
        """Values of a minute of the tape by kind, venue and coin, up to `until` (ms); None if it holds none of it."""
        if (tape := self._tape) is None:
            return None
        start = (minute * MINUTE - tape.start) // SECOND
        low, high = max(start, tape.first), min(start + 60, tape.end, (until * MILLI - tape.start) // SECOND + 1)
        if high <= low:
            return None
        rows = slice(low - tape.first, high - tape.first)
        mark = tape.mark[rows]
        last = (tape.perp[rows][-1] / DAY_MIN, tape.coins[rows][-1], tape.rate[rows][-1])
        return np.stack([mark[0], mark.max(axis=0), mark.min(axis=0), mark[-1], *last])

    def span(self, number: int, span_min: int, place: int, i: int, until: int) -> Minutes | None:
        """Minutes `number * span_min` and following of a coin at a venue, up to `until` (ms); None if unknown."""
        first, size = number * span_min, 1
        if (first + span_min) * MINUTE_MS <= until:
            size = max(size for size in KEPT if span_min % size == 0)
        found: F8 | None = None
        for k in range(first // size, (first + span_min) // size):
            whole = (k + 1) * size * MINUTE_MS <= until
            part = self._kept[size].get(k) if whole else self._slice(k, until)
            if part is not None:
                found = part if found is None else _joined(found, part)
        return None if found is None else Minutes(*found[:, place, i].tolist())

    def bars(self, place: int, i: int, span_min: int, count: int, at: int) -> list[Bar]:
        """Newest `count` bars of `span_min` minutes at `at` (ms), oldest first; the last one still runs."""
        running = at // MINUTE_MS // span_min
        found = []
        for number in range(running - count + 1, running + 1):
            if (part := self.span(number, span_min, place, i, at)) is not None:
                start = number * span_min * MINUTE_MS
                found.append(Bar(start, *part[:5], closed=number < running))
        return found

    def at_ends(self, place: int, i: int, span_min: int, count: int, at: int) -> list[tuple[int, Minutes]]:
        """Newest `count` states at whole multiples of `span_min` minutes up to `at` (ms), oldest first."""
        size = max(size for size in KEPT if span_min % size == 0)
        last = at // MINUTE_MS // span_min
        ends = ((n * span_min * MINUTE_MS, n * span_min // size - 1) for n in range(last - count + 1, last + 1))
        states = ((end, self.span(number, size, place, i, at)) for end, number in ends)
        return [(end, state) for end, state in states if state is not None]

    def price_before(self, at: int, i: int) -> float:
        """Price a day before `at` (ms), USD; the coin's price at rest where it is not known."""
        part = self.span(at // MINUTE_MS - DAY_MIN, 1, 0, i, at)
        return COINS[i].price if part is None else part.close

    def liquidated(self, place: int, i: int, bucket: int, at: int) -> tuple[float, float]:
        """USD of longs and shorts in five minutes, `bucket` of them since 1970, up to `at` (ms)."""
        start, end = bucket * FIVE_MINUTES, (bucket + 1) * FIVE_MINUTES
        if end <= at * MILLI or self._tape is None:
            longs, shorts = self._sums[bucket][place, i].tolist() if bucket in self._sums else (0.0, 0.0)
            return longs, shorts
        orders = [one for one in _orders(self._tape, start, at * MILLI) if one.place == place and one.coin == i]
        return fsum(one.usd for one in orders if one.long), fsum(one.usd for one in orders if not one.long)


def _joined(former: F8, later: F8) -> F8:
    """A span and the one that follows as one."""
    high, low = np.maximum(former[1], later[1]), np.minimum(former[2], later[2])
    return np.stack([former[0], high, low, later[3], former[4] + later[4], later[5], later[6]])


def _orders(tape: Tape, start: int, end: int) -> list[Order]:
    """Orders of a tape from `start` to before `end`, ns."""
    low, high = (bisect_left(tape.orders, at, key=lambda order: order.at) for at in (start, end))
    return tape.orders[low:high]
