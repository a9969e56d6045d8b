"""The venues side by side: what each told about liquidations in the last hour or day, and how much it keeps back."""

from collections.abc import Iterable
from statistics import median
from typing import Final

import msgspec

from clri.detectors.institutional import INSTITUTIONAL_USD
from clri.detectors.liquidation_window import usd_of
from clri.maths.money import from_micro, micro
from clri.model.facts import Liquidation, event_time
from clri.model.names import Completeness, Venue
from clri.model.timebase import HOUR

PERIODS_H: Final = (1, 24)
"""Look-backs that are shown, h."""


class VenueLiquidations(msgspec.Struct, frozen=True):
    """One venue in one period.

    `usd_share` and `count_share` 0..1 of what all venues told; None if nothing was told. `long_share` of the venue's
    own USD, None without any. `completeness` are the words its events carried; `lower_bound`: not all of them `all`,
    so that count and USD are at least this and shares are not comparable with those of complete feeds.
    """

    venue: Venue
    event_count: int
    total_value_usd: float
    avg_value_usd: float | None
    median_value_usd: float | None
    max_value_usd: float | None
    count_share: float | None
    usd_share: float | None
    long_count: int
    short_count: int
    long_usd: float
    short_usd: float
    long_share: float | None
    institutional_count: int
    completeness: list[Completeness]
    lower_bound: bool


def compare_venues(
    liquidations: Iterable[Liquidation],
    now: int,
    hours: int = 1,
    *,
    venues: Iterable[Venue] = (),
    symbol: str | None = None,
    institutional_usd: float = INSTITUTIONAL_USD,
) -> list[VenueLiquidations]:
    """Venues by USD, largest first, over (now - hours, now] of event time.

    Parameters
    ----------
    liquidations
        Events, each once; those outside the period are passed over.
    now
        End of the period, UTC ns.
    hours
        Length, h, >= 1; `PERIODS_H` are those that surfaces show.
    venues
        Venues that must have a row even if they told nothing.
    symbol
        Only this; None = all.
    institutional_usd
        Size from which an event is institutional, USD.

    Raises
    ------
    ValueError
        If `hours` is below 1.

    Notes
    -----
    Event time is the venue's, else our receipt. Sums are whole micro-USD; the median of an even number of sizes is
    the mean of the middle two. A venue without an event has count 0: whether it was quiet or its feed was down is
    told by the feeds' state, not here.

    Examples
    --------
    >>> from clri.testing.builders import T0, liquidation
    >>> events = [liquidation(qty=1.0), liquidation(qty=3.0, side="SHORT")]
    >>> events.append(liquidation(venue="binance", qty=1.0, completeness="largest_1s"))
    >>> for row in compare_venues(events, T0, venues=("okx",)):
    ...     print(row.venue, row.event_count, row.usd_share, row.long_share, row.median_value_usd, row.lower_bound)
    bybit 2 0.8 0.25 120000.0 False
    binance 1 0.2 1.0 60000.0 True
    okx 0 0.0 None None False
    """
    if hours < 1:
        raise ValueError(f"hours was {hours}; expected >= 1")
    start = now - hours * HOUR
    found: dict[Venue, list[tuple[int, Liquidation]]] = {venue: [] for venue in venues}
    for event in liquidations:
        t = event_time(event)
        if start < t <= now and symbol in (None, event.symbol):
            found.setdefault(event.venue, []).append((usd_of(event), event))
    count = sum(len(events) for events in found.values())
    usd = sum(amount for events in found.values() for amount, _ in events)
    least = micro(institutional_usd)
    rows = [_row(venue, events, count, usd, least) for venue, events in found.items()]
    return sorted(rows, key=lambda row: (-row.total_value_usd, row.venue))


def _row(
    venue: Venue, events: list[tuple[int, Liquidation]], all_count: int, all_usd: int, institutional: int
) -> VenueLiquidations:
    """One venue against the sums of all (n, micro-USD)."""
    amounts = [amount for amount, _ in events]
    longs = [amount for amount, event in events if event.side == "LONG"]
    usd, long_usd = sum(amounts), sum(longs)
    words = sorted({event.completeness for _, event in events})
    return VenueLiquidations(
        venue=venue,
        event_count=len(events),
        total_value_usd=from_micro(usd),
        avg_value_usd=from_micro(usd) / len(events) if events else None,
        median_value_usd=median(amounts) / 1_000_000 if events else None,
        max_value_usd=from_micro(max(amounts)) if events else None,
        count_share=len(events) / all_count if all_count else None,
        usd_share=usd / all_usd if all_usd else None,
        long_count=len(longs),
        short_count=len(events) - len(longs),
        long_usd=from_micro(long_usd),
        short_usd=from_micro(usd - long_usd),
        long_share=long_usd / usd if usd else None,
        institutional_count=sum(amount >= institutional for amount in amounts),
        completeness=words,
        lower_bound=any(word != "all" for word in words),
    )
