"""History told by the venues, through the same rows as what they tell live: scores then begin warm (VENUES 8)."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Final

import msgspec

from clri.model.control import LISTING, FeedStatus, feed_status
from clri.model.facts import Bar, Fact, LongShortRatio, MarkFunding, OpenInterest
from clri.model.names import EXCHANGES, FeedState
from clri.model.timebase import DAY, HOUR, MINUTE

FINE: Final = 2 * HOUR
MIDDLE: Final = 8 * DAY
LONGEST: Final = 63 * DAY
"""Before the newest minute rows are built for each minute, each five minutes, and each hour, back to these ages."""

SPANS: Final = {"1m": MINUTE, "5m": 5 * MINUTE, "1h": HOUR}


def as_told_live(facts: Iterable[Fact], until: int) -> list[Fact]:
    """Back-fill as the venues would have told it at the time, in order of time, up to `until` (ns).

    A bar of one or five minutes or an hour becomes a mark at its close, that of an hour stays beside it for its
    turnover; open interest, settled rates and ratios keep their values. `ts` = venue time; what has none, is of
    another kind, or was told live, is left out: what is history does not hang on when a run began.

    Examples
    --------
    >>> head = ("BTC", "bybit", "perp", "BTCUSDT", "rest", None, True)
    >>> interest = OpenInterest(9 * HOUR, HOUR, *head, 5.0, None, None, None, 300)
    >>> [(type(f).__name__, f.ts // HOUR, f.backfill, f.period_s) for f in as_told_live([interest], 9 * HOUR)]
    [('OpenInterest', 1, False, None)]
    """
    found: list[Fact] = []
    for fact in facts:
        if isinstance(fact, Bar):
            if fact.closed and fact.tf in SPANS:
                found += _bar(fact, fact.open_ts + SPANS[fact.tf])
        elif fact.ts_venue is None or not fact.backfill:
            continue
        elif isinstance(fact, OpenInterest):
            found.append(msgspec.structs.replace(fact, ts=fact.ts_venue, period_s=None, backfill=False))
        elif isinstance(fact, LongShortRatio) or (isinstance(fact, MarkFunding) and fact.kind == "settled"):
            found.append(msgspec.structs.replace(fact, ts=fact.ts_venue, backfill=False))
    return sorted((fact for fact in found if fact.ts <= until), key=attrgetter("ts"))


def _bar(bar: Bar, end: int) -> list[Fact]:
    head = (end, end, bar.symbol, bar.venue, bar.market, bar.raw, bar.src, None, False)
    mark = MarkFunding(*head, bar.c, None, None, None, None, None, None, None, "current")
    return [mark, msgspec.structs.replace(bar, ts=end)] if bar.tf == "1h" else [mark]


def silent_venues(told: Iterable[Fact], symbols: Iterable[str], *, listed: bool, ts: int) -> list[FeedStatus]:
    """Statuses that take out of each symbol the venues without a history of it, or (`listed`) let them in again.

    Coverage of a row of history is that of the venues that tell one: most do not, and would make every input missing.
    """
    telling = {(fact.symbol, fact.venue) for fact in told if isinstance(fact, OpenInterest | MarkFunding)}
    state: FeedState = "up" if listed else "unsupported"
    return [
        feed_status(venue, LISTING, state, ts, symbol, src="rest")
        for symbol in symbols
        for venue in EXCHANGES
        if (symbol, venue) not in telling
    ]


def boundaries(first: int, after: int, until: int) -> list[int]:
    """Minute ends (ns) for which rows are built: dense where scores look closely, sparse where only bars are told.

    Parameters
    ----------
    first
        Oldest fact.
    after
        Newest row that is there already.

    Examples
    --------
    >>> at = boundaries(0, 0, 10 * DAY)
    >>> len(at), (at[1] - at[0]) // MINUTE, (at[-1] - at[-2]) // MINUTE, at[-1] == 10 * DAY
    (2446, 60, 1, True)
    """
    start = max(first - 1, after, until - LONGEST)
    found = list(range(start // HOUR * HOUR + HOUR, until - MIDDLE, HOUR))
    five = 5 * MINUTE
    found += list(range(max(start, until - MIDDLE) // five * five + five, until - FINE, five))
    found += list(range(max(start, until - FINE) // MINUTE * MINUTE + MINUTE, until + 1, MINUTE))
    return found
