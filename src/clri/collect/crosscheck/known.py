"""What the checks know in common: believed prices and open interest, books, and what became of each fact."""

from collections import Counter
from collections.abc import Iterable
from math import fsum
from statistics import median
from typing import Final

import msgspec

from clri.collect.channels import channel_of
from clri.model.control import FeedStatus, feed_status
from clri.model.facts import Fact
from clri.model.names import MARKET, FeedState, Venue
from clri.model.timebase import MINUTE, SECOND
from clri.observe.state import from_bytes, to_bytes

PRICE_NS: Final = 2 * MINUTE
"""Age at which a believed mark is forgotten, as in the rows."""
OI_NS: Final = 15 * MINUTE
"""Age at which open interest is forgotten, as in the rows."""
BOOK_NS: Final = 30 * SECOND
"""Age at which a book no longer tells where its market is."""

CODES: Final = {
    "suspect": "CLRI-FEED-002",
    "price": "CLRI-FEED-008",
    "unit": "CLRI-FEED-009",
    "clock": "CLRI-FEED-011",
    "schema": "CLRI-FEED-012",
}
"""Code of each label that a check uses; a label opens the `detail`."""

Timed = tuple[int, float]
"""Receipt (ns) and value."""
Holding = tuple[int, float, float | None]
"""Receipt (ns), coins, and USD as the venue gave them."""


class _State(msgspec.Struct, array_like=True):
    marks: dict[str, dict[str, Timed]]
    mids: dict[str, dict[str, Timed]]
    coins: dict[str, dict[str, dict[str, Holding]]]
    off: list[tuple[Venue, str | None]]
    counts: list[dict[str, int]]


class Known:
    """Facts that passed, as far as other checks need them.

    Parameters
    ----------
    symbols
        Base coins that are checked; facts of others pass unseen.

    Attributes
    ----------
    marks, mids
        Newest believed mark, and middle of the newest valid book, by symbol and venue.
    coins
        Newest believed open interest by symbol, venue and contract.
    off
        Contracts (venue, raw) that speak in another unit: none of their facts pass.
    dropped, changed, told
        Facts taken out by reason, facts that went on changed by reason, facts that were added by label.
    added
        Number of facts that were added.
    """

    def __init__(self, symbols: Iterable[str]) -> None:
        self.symbols = frozenset(symbols)
        self.marks: dict[str, dict[str, Timed]] = {symbol: {} for symbol in sorted(self.symbols)}
        self.mids: dict[str, dict[str, Timed]] = {symbol: {} for symbol in sorted(self.symbols)}
        self.coins: dict[str, dict[str, dict[str, Holding]]] = {symbol: {} for symbol in sorted(self.symbols)}
        self.off: set[tuple[Venue, str | None]] = set()
        self.dropped: Counter[str] = Counter()
        self.changed: Counter[str] = Counter()
        self.told: Counter[str] = Counter()
        self.added = 0

    def drop(self, fact: Fact, reason: str) -> None:
        """Count a fact that goes no further."""
        self.dropped[f"{fact.venue}:{reason}"] += 1

    def note(self, fact: Fact, reason: str) -> None:
        """Count a fact that goes on changed."""
        self.changed[f"{fact.venue}:{reason}"] += 1

    def price(self, symbol: str, venue: str, ts: int) -> float | None:
        """The venue's believed mark, else the median of the others'; None if all are older than 2 min."""
        marks = self.marks[symbol]
        own = marks.get(venue)
        if own is not None and ts - own[0] <= PRICE_NS:
            return own[1]
        fresh = [value for at, value in marks.values() if ts - at <= PRICE_NS]
        return median(fresh) if fresh else None

    def mid(self, symbol: str, venue: str, ts: int) -> float | None:
        """Middle of the venue's own book; None if it is older than 30 s."""
        found = self.mids[symbol].get(venue)
        return found[1] if found is not None and ts - found[0] <= BOOK_NS else None

    def oi_usd(self, symbol: str, venue: str, ts: int) -> float | None:
        """Open interest of a venue in all contracts of the coin, USD; None if all of it is older than 15 min."""
        price = self.price(symbol, venue, ts)
        known = [
            usd
            for at, coins, given in self.coins[symbol].get(venue, {}).values()
            if ts - at <= OI_NS and (usd := given if price is None else coins * price) is not None
        ]
        return fsum(known) if known else None

    def tell(
        self,
        fact: Fact,
        state: FeedState,
        label: str = "",
        detail: str = "",
        *,
        symbol: str | None = None,
        channel: str | None = None,
        venue: Venue | None = None,
    ) -> FeedStatus:
        """Status of the feed that a fact came by, stamped with its receipt; other parts as given."""
        self.told[f"{venue or fact.venue}:{label or state}"] += 1
        self.added += 1
        text = f"{label}: {detail}" if label else detail or None
        name = fact.symbol if symbol is None else symbol
        raw = fact.raw if name == fact.symbol and name != MARKET else None
        where, code = channel or channel_of(fact), CODES.get(label)
        return feed_status(
            venue or fact.venue, where, state, fact.ts, name, raw=raw, code=code, detail=text, src=fact.src
        )

    def snapshot(self) -> bytes:
        """State as bytes."""
        counts: list[dict[str, int]] = [self.dropped, self.changed, self.told]
        off = sorted(self.off, key=lambda one: (one[0], one[1] or ""))
        return to_bytes(_State(self.marks, self.mids, self.coins, off, counts))

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes."""
        state = from_bytes(data, _State)
        self.marks = {symbol: state.marks.get(symbol, {}) for symbol in sorted(self.symbols)}
        self.mids = {symbol: state.mids.get(symbol, {}) for symbol in sorted(self.symbols)}
        self.coins = {symbol: state.coins.get(symbol, {}) for symbol in sorted(self.symbols)}
        self.off = set(state.off)
        self.dropped, self.changed, self.told = (Counter(counts) for counts in state.counts)
