"""A liquidation whose price or size cannot be: valued at the mark, or taken out (VENUES 8)."""

from typing import ClassVar, Final

import msgspec

from clri.collect.crosscheck.known import Known
from clri.model.facts import Fact, Liquidation
from clri.model.names import Venue
from clri.observe.state import to_bytes

FAR: Final = 0.50

SMALL_USD: Final = 10_000.0
"""Up to here a liquidation is not compared with open interest."""

IN_USD: Final[frozenset[Venue]] = frozenset({"bitget"})
"""Venues that tell the amount in USD: there the coins follow from the price, not the USD."""


class Liquidations:
    """Each liquidation against the mark and the open interest of its venue.

    A price more than 50 % off the venue's believed mark (else the median of the others', at most 2 min old) is replaced
    by the mark: `price_kind` becomes `mark`, the USD follow from the coins (Bitget: the coins from the USD), counted
    `valued_at_mark`. After that a value above all open interest of the venue in the coin (at most 15 min old) is
    dropped, counted `above_open_interest`. Without a mark or open interest it passes as it is.
    Values up to 10,000 USD are not compared with open interest.
    """

    name: ClassVar[str] = "liquidations"
    listens: ClassVar[frozenset[type[Fact]]] = frozenset({Liquidation})
    held: Final = 0

    def __init__(self, known: Known) -> None:
        self._known = known

    def take(self, fact: Fact, out: list[Fact]) -> Fact | None:  # noqa: ARG002 - adds nothing
        """The liquidation as it counts, or None."""
        if not isinstance(fact, Liquidation) or fact.symbol not in self._known.symbols or fact.backfill:
            return fact
        mark = self._known.price(fact.symbol, fact.venue, fact.ts)
        if mark is not None and abs(fact.price - mark) > FAR * mark:
            self._known.note(fact, "valued_at_mark")
            qty = fact.usd / mark if fact.venue in IN_USD else fact.qty
            fact = msgspec.structs.replace(fact, price=mark, price_kind="mark", qty=qty, usd=qty * mark)
        limit = self._known.oi_usd(fact.symbol, fact.venue, fact.ts) if fact.usd > SMALL_USD else None
        if limit is not None and fact.usd > limit:
            self._known.drop(fact, "above_open_interest")
            return None
        return fact

    def snapshot(self) -> bytes:
        """Nothing is kept."""
        return to_bytes(None)

    def restore(self, data: bytes) -> None:
        """Nothing was kept."""
