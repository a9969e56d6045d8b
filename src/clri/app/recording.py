"""What a recording holds, so that a replay expects of it only what it has."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from clri.hosts.live import START_MOST_S
from clri.model.control import LISTING, FeedStatus
from clri.model.errors import InputError
from clri.model.facts import Bar, Fact, Liquidation, MarkFunding, OpenInterest
from clri.model.names import EXCHANGES, MARKET, Venue
from clri.model.timebase import SECOND

MOST_SYMBOLS: Final = 200


class Contents(msgspec.Struct, frozen=True):
    """What a recording holds.

    Attributes
    ----------
    venues
        Those that speak in it, or that it was made for.
    symbols
        Those with a price, open interest or liquidations.
    start
        Receipt of its first fact, ns.
    history
        What the venues told of the time before, as far as a live start would have waited for it.
    """

    venues: tuple[Venue, ...]
    symbols: tuple[str, ...]
    start: int
    history: tuple[Fact, ...]


def contents(facts: Iterable[Fact], wanted: Sequence[str], told: Sequence[str] | None) -> Contents:
    """Contents of a recording.

    Parameters
    ----------
    facts
        All of it.
    wanted
        Symbols of the settings: those among them that occur are tracked; if none occurs, all that occur.
    told
        Symbols that the user named; they are tracked whether they occur or not.

    Raises
    ------
    InputError
        If the recording holds no fact of an exchange.
    """
    venues: set[str] = set()
    symbols: set[str] = set()
    history: list[Fact] = []
    start = 0
    for fact in facts:
        start = start or fact.ts
        if fact.venue not in EXCHANGES:
            continue
        if isinstance(fact, MarkFunding | OpenInterest | Liquidation):
            venues.add(fact.venue)
            symbols.add(fact.symbol)
        elif isinstance(fact, FeedStatus) and fact.channel == LISTING:  # said of every venue that was collected live
            venues.add(fact.venue)
        if (fact.backfill or isinstance(fact, Bar)) and fact.ts - start <= START_MOST_S * SECOND:
            history.append(fact)
    symbols.discard(MARKET)
    if not symbols:
        raise InputError(
            "the recording holds no price, open interest or liquidation",
            code="CLRI-DATA-008",
            hint="See what became of its frames with: clri decode --venue VENUE FILE",
        )
    named = tuple(told) if told else tuple(s for s in wanted if s in symbols) or tuple(sorted(symbols)[:MOST_SYMBOLS])
    return Contents(tuple(v for v in EXCHANGES if v in venues), named, start, tuple(history))
