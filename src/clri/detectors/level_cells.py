"""Sums of liquidations by time and price level, and windows over them that add and remove exactly."""

from collections import deque
from collections.abc import Iterator
from typing import Final, TypeAlias

import msgspec

from clri.model.names import Venue

COIN: Final = 100_000_000
"""Parts of a coin in which sizes are summed: whole numbers can be taken out again without a trace."""

Key: TypeAlias = tuple[float, int, bool]
"""Width of the level in USD, its number, LONG."""


class Tally:
    """Whole sums: events, micro-USD (all, complete feeds, by venue), 1e-8 coins."""

    __slots__ = ("complete", "n", "qty", "usd", "venues")

    def __init__(self) -> None:
        self.n = self.usd = self.qty = self.complete = 0
        self.venues: dict[Venue, int] = {}

    def add(self, usd: int, qty: int, venue: Venue, *, complete: bool) -> None:
        """Take one event."""
        self.n += 1
        self.usd += usd
        self.qty += qty
        if complete:
            self.complete += usd
        self.venues[venue] = self.venues.get(venue, 0) + usd

    def merge(self, other: "Tally", sign: int = 1) -> None:
        """Take (1) or take out (-1) the events of another tally."""
        self.n += sign * other.n
        self.usd += sign * other.usd
        self.qty += sign * other.qty
        self.complete += sign * other.complete
        venues = self.venues
        for venue, usd in other.venues.items():
            venues[venue] = venues.get(venue, 0) + sign * usd


class Cell(Tally):
    """Sums of one level in one span of time that ends at `end`, with the times of its first and last event (ns)."""

    __slots__ = ("end", "first", "key", "last")

    def __init__(self, end: int, key: Key, first: int, last: int) -> None:
        super().__init__()
        self.end = end
        self.key = key
        self.first = first
        self.last = last

    def seen(self, first: int, last: int) -> None:
        """Widen the range of times."""
        self.first = min(self.first, first)
        self.last = max(self.last, last)


class SavedCell(msgspec.Struct, array_like=True):
    """A cell to be saved."""

    end: int
    key: Key
    first: int
    last: int
    n: int
    usd: int
    qty: int
    complete: int
    venues: dict[Venue, int]

    @classmethod
    def of(cls, cell: Cell) -> "SavedCell":
        """State of a cell."""
        venues = dict(sorted(cell.venues.items()))
        return cls(cell.end, cell.key, cell.first, cell.last, cell.n, cell.usd, cell.qty, cell.complete, venues)

    def cell(self) -> Cell:
        """The cell back."""
        made = Cell(self.end, self.key, self.first, self.last)
        made.n, made.usd, made.qty, made.complete = self.n, self.usd, self.qty, self.complete
        made.venues = dict(self.venues)
        return made


class LevelTotal(Tally):
    """Sums of one level over a horizon, and the cells they are made of, oldest first."""

    __slots__ = ("cells",)

    def __init__(self) -> None:
        super().__init__()
        self.cells: deque[Cell] = deque()

    @property
    def first(self) -> int:
        """Time of the first event, ns."""
        return self.cells[0].first

    @property
    def last(self) -> int:
        """Time of the last event, ns."""
        return self.cells[-1].last


class Horizon:
    """Sums by level over the cells with t - length < end <= t.

    Parameters
    ----------
    length_ns
        Length, ns.

    Attributes
    ----------
    totals
        Sums by level; a level without events is not there.

    Notes
    -----
    Cells come in order of their ends, but for late ones, which find their place from the right. O(1) per cell that
    enters or leaves.

    Examples
    --------
    >>> horizon, cell = Horizon(3_600), Cell(60, (100.0, 672, True), 10, 10)
    >>> cell.add(5_000_000, COIN, "okx", complete=False)
    >>> horizon.put(cell)
    >>> horizon.totals[cell.key].usd, horizon.expire(3_660), horizon.totals
    (5000000, True, {})
    """

    def __init__(self, length_ns: int) -> None:
        self.length_ns = length_ns
        self.totals: dict[Key, LevelTotal] = {}
        self._cells: deque[Cell] = deque()

    def put(self, cell: Cell) -> None:
        """Take a cell that is not held yet."""
        total = self.totals.get(cell.key)
        if total is None:
            total = self.totals[cell.key] = LevelTotal()
        total.merge(cell)
        _insert(total.cells, cell)
        _insert(self._cells, cell)

    def grow(self, key: Key, more: Tally) -> None:
        """Count what has come to a cell that is held."""
        self.totals[key].merge(more)

    def expire(self, t: int) -> bool:
        """Drop the cells that end at or before t - length (ns); True if there were any."""
        cells, end = self._cells, t - self.length_ns
        if not cells or cells[0].end > end:
            return False
        while cells and cells[0].end <= end:
            cell = cells.popleft()
            total = self.totals[cell.key]
            total.cells.popleft()
            if total.cells:
                total.merge(cell, -1)
            else:
                del self.totals[cell.key]
        return True

    def find(self, end: int, key: Key) -> Cell | None:
        """The cell of a level that ends at `end`, if it is held; looks from the newest on."""
        total = self.totals.get(key)
        if total is not None:
            for cell in reversed(total.cells):
                if cell.end <= end:
                    return cell if cell.end == end else None
        return None

    def __iter__(self) -> Iterator[Cell]:
        """Cells, oldest first."""
        return iter(self._cells)


def _insert(cells: deque[Cell], cell: Cell) -> None:
    """Put a cell behind all that do not end later."""
    at = len(cells)
    while at and cells[at - 1].end > cell.end:
        at -= 1
    if at == len(cells):
        cells.append(cell)
    else:
        cells.insert(at, cell)
