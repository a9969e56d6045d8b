"""How a fact reaches an accumulator: one method per kind, and one meaning of "newest" for all."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

from clri.model.control import FeedStatus
from clri.model.facts import Bar, Fact, Liquidation
from clri.model.names import MARKET

When: TypeAlias = tuple[int, int, int]
"""Rank of a value by age: (time of the value in ns, 1 for a socket and 0 for others, receipt in ns)."""

Handler: TypeAlias = Callable[[Any, When], None]
Slot = TypeVar("Slot", bound=tuple[Any, ...])


def when(fact: Fact) -> When:
    """Rank of a fact among others of its venue: the greater one is newer.

    The venue's time counts where it gives one, but never a time after receipt: a clock that runs ahead would
    otherwise keep a dead stream's last value above every later one.

    Examples
    --------
    >>> from clri.model.control import Tick
    >>> when(Tick(50, 40, "BTC", "okx", "perp", None, "ws", None, False, 60, 0))
    (40, 1, 50)
    >>> when(Tick(50, 70, "BTC", "okx", "perp", None, "rest", None, False, 60, 0))
    (50, 0, 50)
    """
    ts = fact.ts
    said = fact.ts_venue
    return (ts if said is None or said > ts else said, 1 if fact.src == "ws" else 0, ts)


def keep(slots: dict[str, Slot], venue: str, slot: Slot) -> None:
    """Keep the newest slot of a venue; a slot is a tuple that starts with what ranks it, mostly its `When`.

    The whole tuple is compared, so that of two values with one rank the same one wins in any order of arrival.

    Examples
    --------
    >>> slots = {"okx": ((40, 1, 50), 2.0)}
    >>> keep(slots, "okx", ((40, 0, 60), 3.0))
    >>> keep(slots, "gate", ((1, 0, 1), 5.0))
    >>> slots
    {'okx': ((40, 1, 50), 2.0), 'gate': ((1, 0, 1), 5.0)}
    """
    old = slots.get(venue)
    if old is None or slot > old:
        slots[venue] = slot


def speaks_of(fact: Fact, symbol: str) -> bool:
    """True if a fact belongs into the rows of `symbol`: it names it, or is the state of a venue's feed for all.

    Back-fill never does, but for bars: a closed bar is history by nature, and is kept by its opening time.
    """
    if fact.symbol != symbol and (fact.symbol != MARKET or type(fact) is not FeedStatus):
        return False
    return not fact.backfill or type(fact) is Bar


def is_second(fact: Fact) -> bool:
    """True if a fact is of a venue's second contract or pair of a coin: the one in USDC, where USDT is the first.

    A row holds one value per venue; two contracts under one name would alternate, and the open-interest index would
    jump with each. Liquidations of both count, for sums have no such trouble. Hyperliquid has but one contract.

    Examples
    --------
    >>> from clri.model.control import Tick
    >>> venues = (("okx", "BTC-USDT-SWAP"), ("okx", "BTC-USDC-SWAP"), ("bybit", "BTCPERP"), ("hyperliquid", "BTC"))
    >>> [is_second(Tick(0, 0, "BTC", venue, "perp", raw, "ws", None, False, 1, 0)) for venue, raw in venues]
    [False, True, True, False]
    """
    raw = fact.raw
    if raw is None or fact.venue == "hyperliquid" or type(fact) is Liquidation:
        return False
    return "USDC" in raw or (fact.venue == "bybit" and raw.endswith("PERP"))


class Intake:
    """Base of the accumulators: `handlers` names the method for each kind of fact it uses.

    A `RowBuilder` asks `speaks_of` and `when` once per fact and calls the handlers of all accumulators directly.

    Parameters
    ----------
    symbol
        Base coin, or MARKET.
    """

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.handlers: Mapping[type[Fact], Handler] = {}

    def add(self, fact: Fact) -> None:
        """Take one fact; kinds, symbols and history that the input does not use are passed over."""
        take = self.handlers.get(type(fact))
        if take is not None and speaks_of(fact, self.symbol):
            take(fact, when(fact))

    def second(self, boundary: int) -> None:
        """A second has passed (ns); most inputs only look at the minute."""
