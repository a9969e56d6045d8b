"""Decoded frames of one venue on their way to the consumer: bounded, and it says what is dropped (STYLE 33)."""

import asyncio
from collections import Counter, deque
from collections.abc import Sequence
from typing import Final

from clri.model.facts import Book, Depth, Fact, MarkFunding, Ticker

MAX_FRAMES: Final = 65_536
MAX_BYTES: Final = 64 << 20
LATEST: Final = frozenset({Book, Depth, MarkFunding, Ticker})
"""Kinds of which only the newest per symbol matters when the consumer is late; every other kind is never dropped."""

_Entry = tuple[int, int, Sequence[Fact]]  # order of arrival, bytes of the frame, facts of one lane
_NameOf = tuple[type[Fact], str, str | None]


class FactQueue:
    """Facts of a venue in order of arrival, in two lanes.

    Parameters
    ----------
    max_frames, max_bytes
        Bounds, counted in frames and in the bytes of the frames as received.

    Notes
    -----
    Frames are decoded before they queue: venues send changes of books and tickers, which cannot be thinned out, while
    the facts that they lead to are whole. When a bound is passed, books, marks and tickers keep the newest per symbol
    and market, and the rest is counted in `dropped`. Liquidations, statuses and all other kinds have their own lane,
    which is never thinned: if it alone reaches the bound, `room` makes the readers wait.

    Examples
    --------
    >>> from clri.testing.builders import liquidation, mark_funding
    >>> queue = FactQueue(max_frames=2)
    >>> for fact in (liquidation(), mark_funding(mark=1.0), mark_funding(mark=2.0)):
    ...     queue.put([fact], 100)
    >>> [type(fact).__name__ for fact in queue.take()], queue.dropped
    (['Liquidation', 'MarkFunding'], Counter({'MarkFunding': 1}))
    """

    def __init__(self, max_frames: int = MAX_FRAMES, max_bytes: int = MAX_BYTES) -> None:
        self._max_frames, self._max_bytes = max_frames, max_bytes
        self._kept: deque[_Entry] = deque()
        self._latest: deque[_Entry] = deque()
        self._bytes = 0
        self._order = 0
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._closed = False
        self.dropped: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._kept) + len(self._latest)

    def put(self, facts: Sequence[Fact], size: int) -> None:
        """Add the facts of a frame of `size` bytes; never waits and never refuses."""
        if len(facts) == 1:
            (self._latest if type(facts[0]) in LATEST else self._kept).append((self._order, size, facts))
            self._bytes += size
        else:
            self._sort(facts, size)
        self._order += 1
        self._filled.set()
        if len(self._kept) + len(self._latest) > self._max_frames or self._bytes > self._max_bytes:
            self._thin()
            if self.full:
                self._room.clear()

    def _sort(self, facts: Sequence[Fact], size: int) -> None:
        latest = [fact for fact in facts if type(fact) in LATEST]
        if latest:
            self._latest.append((self._order, size, latest))
            self._bytes += size
        if len(latest) < len(facts):
            kept = [fact for fact in facts if type(fact) not in LATEST] if latest else facts
            self._kept.append((self._order, size, kept))
            self._bytes += size

    @property
    def open(self) -> bool:
        """Whether `room` returns at once."""
        return self._room.is_set()

    @property
    def full(self) -> bool:
        """Whether a bound is passed, so that readers wait."""
        return len(self) > self._max_frames or self._bytes > self._max_bytes

    def _thin(self) -> None:
        newest: dict[_NameOf, tuple[int, Fact]] = {}
        size: dict[int, int] = {}
        for order, nbytes, facts in self._latest:
            size[order] = nbytes // len(facts)
            for fact in facts:
                name = (type(fact), fact.market, fact.raw or fact.symbol)
                if newest.pop(name, None) is not None:
                    self.dropped[type(fact).__name__] += 1
                newest[name] = (order, fact)
        self._latest = deque((order, size[order], (fact,)) for order, fact in newest.values())
        self._bytes = sum(entry[1] for lane in (self._kept, self._latest) for entry in lane)

    async def room(self) -> None:
        """Wait until there is room; returns at once if there is."""
        await self._room.wait()

    def take(self, frames: int = 1024) -> list[Fact]:
        """Facts of up to so many frames, oldest first; empty if there are none."""
        found: list[Fact] = []
        for _ in range(min(frames, len(self))):
            first = not self._latest or (bool(self._kept) and self._kept[0][0] <= self._latest[0][0])
            _, size, facts = (self._kept if first else self._latest).popleft()
            self._bytes -= size
            found += facts
        if not self:
            self._filled.clear()
        if not self.full:
            self._room.set()
        return found

    async def get(self) -> list[Fact]:
        """Facts, as soon as there are some; empty once the queue is closed and empty."""
        if not self and not self._closed:
            await self._filled.wait()
        return self.take()

    def close(self) -> None:
        """No more will come: `get` hands out the rest, then nothing."""
        self._closed = True
        self._filled.set()
