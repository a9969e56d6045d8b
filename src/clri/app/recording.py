"""What a recording holds, so that a replay expects of it only what it has."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from clri.model.errors import InputError
from clri.model.facts import Fact, Liquidation, MarkFunding, OpenInterest
from clri.model.names import EXCHANGES, MARKET, Venue

MOST_SYMBOLS: Final = 200


class Contents(msgspec.Struct, frozen=True):
    """Venues that speak in a recording, and symbols with a price, open interest or liquidations."""

    venues: tuple[Venue, ...]
    symbols: tuple[str, ...]


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
    for fact in facts:
        if fact.venue in EXCHANGES and isinstance(fact, MarkFunding | OpenInterest | Liquidation):
            venues.add(fact.venue)
            symbols.add(fact.symbol)
    symbols.discard(MARKET)
    if not venues:
        raise InputError(
            "the recording holds no price, open interest or liquidation",
            code="CLRI-DATA-008",
            hint="See what became of its frames with: clri decode --venue VENUE FILE",
        )
    named = tuple(told) if told else tuple(s for s in wanted if s in symbols) or tuple(sorted(symbols)[:MOST_SYMBOLS])
    return Contents(tuple(v for v in EXCHANGES if v in venues), named)
