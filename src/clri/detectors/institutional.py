"""Large liquidations as a subset: those of at least an institution's size, and their share of the whole."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from clri.detectors.liquidation_window import usd_of
from clri.maths.money import from_micro, micro
from clri.model.facts import Liquidation
from clri.model.names import Side, Venue

INSTITUTIONAL_USD: Final = 100_000.0
"""Size from which an event is institutional, USD (`cascade.institutional_usd`)."""


class Institutional(msgspec.Struct, frozen=True):
    """Large events against all: counts, USD, and the shares of both (None if there was nothing)."""

    count: int
    usd: float
    long_usd: float
    short_usd: float
    all_count: int
    all_usd: float
    count_share: float | None
    usd_share: float | None
    lower_bound: bool


def institutional(
    liquidations: Iterable[Liquidation],
    least_usd: float = INSTITUTIONAL_USD,
    *,
    symbol: str | None = None,
    venue: Venue | None = None,
    side: Side | None = None,
) -> Iterator[Liquidation]:
    """Liquidations of at least `least_usd`, in the order given.

    Parameters
    ----------
    liquidations
        Events of any symbols and venues.
    least_usd
        Size from which an event counts, USD; compared in whole micro-USD as in the cascade's factor.
    symbol, venue, side
        Only these; None = all. `side` is that of the position.

    Raises
    ------
    ValueError
        If `least_usd` is not finite, or above 9.2e12 USD.

    Examples
    --------
    >>> from clri.testing.builders import liquidation
    >>> events = [liquidation(qty=1.0), liquidation(qty=2.0), liquidation(qty=3.0, side="SHORT")]
    >>> [event.usd for event in institutional(events)], [event.usd for event in institutional(events, side="SHORT")]
    ([120000.0, 180000.0], [180000.0])
    """
    least = micro(least_usd)
    for event in liquidations:
        if symbol not in (None, event.symbol) or venue not in (None, event.venue) or side not in (None, event.side):
            continue
        if usd_of(event) >= least:
            yield event


def institutional_share(liquidations: Iterable[Liquidation], least_usd: float = INSTITUTIONAL_USD) -> Institutional:
    """How much of a set of liquidations was institutional.

    Parameters
    ----------
    liquidations
        Events, each once.
    least_usd
        As in `institutional`.

    Notes
    -----
    Sums are whole micro-USD. `lower_bound` is True if any event came from a feed that does not tell all: the totals
    are then at least this, and the shares those of what was told (a feed that keeps the largest event of a second
    raises them).

    Examples
    --------
    >>> from clri.testing.builders import liquidation
    >>> found = institutional_share([liquidation(qty=1.0), liquidation(qty=3.0)])
    >>> found.count, found.usd, found.count_share, found.usd_share, found.lower_bound
    (1, 180000.0, 0.5, 0.75, False)
    """
    least = micro(least_usd)
    count = usd = long_usd = all_count = all_usd = 0
    lower = False
    for event in liquidations:
        amount = usd_of(event)
        all_count += 1
        all_usd += amount
        lower = lower or event.completeness != "all"
        if amount >= least:
            count += 1
            usd += amount
            if event.side == "LONG":
                long_usd += amount
    return Institutional(
        count=count,
        usd=from_micro(usd),
        long_usd=from_micro(long_usd),
        short_usd=from_micro(usd - long_usd),
        all_count=all_count,
        all_usd=from_micro(all_usd),
        count_share=count / all_count if all_count else None,
        usd_share=usd / all_usd if all_usd else None,
        lower_bound=lower,
    )
