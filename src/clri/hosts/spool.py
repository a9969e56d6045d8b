"""What waits for a store that does not write: all that counts, within a bound (RELIABILITY R2, row 21)."""

from collections.abc import Iterable
from typing import Final

from clri.model.cascade import CascadeUpdate
from clri.model.codec import Output
from clri.model.control import FeedStatus
from clri.model.errors import ClriError
from clri.model.facts import Fact, Liquidation
from clri.model.funding_event import FundingEvent
from clri.model.observation import Observation
from clri.model.reading import MarketReading, Reading
from clri.ports import Store

SHED_FROM: Final = 100_000
"""Waiting items from which only `LASTING` ones are taken: states are told again as soon as the store writes."""
MOST: Final = 1_000_000
"""Waiting items beyond which nothing more is taken; about half a gigabyte."""
LASTING: Final = (Liquidation, CascadeUpdate, Reading, MarketReading, Observation, FundingEvent, FeedStatus)
SINGLE_ROWS: Final = "CLRI-STORE-007"
"""All other rows were written."""


class Spool:
    """The store of a live run: its errors become text in `trouble`, and what waits for it stays within a bound.

    Parameters
    ----------
    trouble
        Gets `store` and `retention` while they do not work.

    Attributes
    ----------
    shed
        Items that were not taken.

    Examples
    --------
    >>> from clri.stores.memory import MemoryStore
    >>> from clri.testing.builders import T0, liquidation
    >>> spool = Spool(store := MemoryStore("live"), trouble := {})
    >>> spool.put([liquidation(ts=T0)])
    >>> spool.flush()
    >>> len(store.liquidations(None, 0, T0 * 2)), trouble, spool.shed
    (1, {}, 0)
    """

    def __init__(self, store: Store, trouble: dict[str, str]) -> None:
        self._store, self._trouble = store, trouble
        self._waiting = 0
        self.shed = 0

    def put(self, items: Iterable[Fact | Output]) -> None:
        """Hand items to the store."""
        taken = self._lasting(items) if self._waiting >= SHED_FROM and "store" in self._trouble else list(items)
        self._waiting += len(taken)
        try:
            self._store.write(taken)
        except ClriError as error:
            self._trouble["store"] = told(error)

    def _lasting(self, items: Iterable[Fact | Output]) -> list[Fact | Output]:
        found = list(items)
        kept: list[Fact | Output] = [one for one in found if isinstance(one, LASTING)] if self._waiting < MOST else []
        self.shed += len(found) - len(kept)
        return kept

    def flush(self) -> None:
        """Make all that was put durable; may run in another thread than `put`."""
        before = self._waiting
        try:
            self._store.flush()
        except Exception as error:  # noqa: BLE001 - a disk may fail in any way; the rows wait, and it is tried again
            self._trouble["store"] = self._text(error)
            if getattr(error, "code", "") == SINGLE_ROWS:
                self._waiting = max(0, self._waiting - before)
        else:
            self._waiting = max(0, self._waiting - before)
            if self._trouble.pop("store", None) is not None:
                self.shed = 0

    def _text(self, error: Exception) -> str:
        return f"{told(error)}; {self.shed} items were given up" if self.shed else told(error)

    def retain(self, now: int) -> None:
        """Delete what is older than its retention before `now` (ns)."""
        try:
            self._store.retain(now)
        except Exception as error:  # noqa: BLE001 - as in `flush`
            self._trouble["retention"] = self._text(error)
        else:
            self._trouble.pop("retention", None)


def told(error: Exception) -> str:
    """An error in a line: with its code if it has one, else with its kind, for then it is a bug.

    Examples
    --------
    >>> from clri.model.errors import StoreError
    >>> told(StoreError("no room", code="CLRI-STORE-004")), told(KeyError("x"))
    ('CLRI-STORE-004 no room', "error in clri: KeyError: 'x'")
    """
    if isinstance(error, ClriError):
        return f"{error.code} {error}"
    return f"error in clri: {type(error).__name__}: {error}"
