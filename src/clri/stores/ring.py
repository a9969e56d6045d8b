"""A bounded run of items in order of time."""

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Hashable
from itertools import islice
from typing import Any, Final, Generic, NamedTuple, TypeVar

T = TypeVar("T")
Place = tuple[Any, ...]
"""Time in ns first, then whatever makes the place unique."""


class Bounds(NamedTuple):
    """At most `items` of them, none more than `span` ns older than the last receipt (None = any age)."""

    items: int
    span: int | None = None


class Ring(Generic[T]):
    """Newest items, oldest first; one per identity.

    Parameters
    ----------
    bounds
        What falls out.
    place
        Where an item stands.
    identity
        What makes two items the same one.
    replaces
        Whether a new item (second argument) takes the place of a former one (first) with the same identity.

    Attributes
    ----------
    since
        From this time (ns) on nothing has fallen out; 0 at first.

    Examples
    --------
    >>> ring = Ring(Bounds(2), place=lambda n: (n,), identity=lambda n: n, replaces=lambda old, new: True)
    >>> for n in (3, 1, 2, 2): ring.put(n)
    >>> ring.between(0, 9), ring.since
    ([2, 3], 2)
    """

    def __init__(
        self,
        bounds: Bounds,
        place: Callable[[T], Place],
        identity: Callable[[T], Hashable],
        replaces: Callable[[T, T], bool],
    ) -> None:
        self.since = 0
        self._bounds: Final = bounds
        self._place: Final = place
        self._identity: Final = identity
        self._replaces: Final = replaces
        self._items: deque[T] = deque()
        self._known: dict[Hashable, T] = {}

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T, now: int | None = None) -> None:
        """Take an item; one that is older than all and has no room is forgotten at once.

        Parameters
        ----------
        item
            What to keep.
        now
            When it was received (ns): age is counted from there, since a venue's own time may be wrong.
        """
        identity = self._identity(item)
        old = self._known.get(identity)
        if old is not None:
            if not self._replaces(old, item):
                return
            del self._items[self._index(self._place(old))]
        self._known[identity] = item
        place = self._place(item)
        if not self._items or self._place(self._items[-1]) < place:
            self._items.append(item)
        else:
            self._items.insert(self._index(place), item)
        while len(self._items) > self._bounds.items:
            self._drop()
        if self._bounds.span is not None and now is not None:
            self.drop_before(now - self._bounds.span)

    def between(self, start: int, end: int) -> list[T]:
        """Items of [start, end), oldest first."""
        return list(islice(self._items, self._index((start,)), self._index((end,))))

    def last(self) -> T | None:
        """Newest item."""
        return self._items[-1] if self._items else None

    def drop_before(self, time: int) -> int:
        """Forget what is older than a time (ns); how many that were."""
        before = len(self._items)
        while self._items and self._place(self._items[0])[0] < time:
            self._drop()
        return before - len(self._items)

    def _drop(self) -> None:
        """Forget the oldest."""
        item = self._items.popleft()
        del self._known[self._identity(item)]
        self.since = max(self.since, self._place(item)[0] + 1)

    def _index(self, place: Place) -> int:
        """Number of items before a place."""
        return bisect_left(self._items, place, key=self._place)
