"""Which blocks to ask for next: a cursor per kind of event, pages, and halves where pages do not help."""

from typing import Final

import msgspec

from clri.collect.mapper import Poll
from clri.collect.providers.etherscan.tokens import CHAIN_ID, STREAMS, TOPICS, Stream

PAGE_ROWS: Final = 1000
"""Most rows of a reply; exactly so many means that there is more."""
MOST_PAGES: Final = 10
REREAD: Final = 5
"""Blocks that are read again each time: the newest may still be replaced."""
MOST_BEHIND: Final = 1200
"""Blocks (four hours) that are caught up at most; what lies before would leave every window anyway."""
MOST_CALLS: Final = 60
"""Calls of one turn; the rest waits for the next."""

EVERY_S: Final = 30.0
PACE_S: Final = 1.0
"""Between two calls; the service allows three a second, and clri uses 40 % of that."""
LONGEST_S: Final = 900.0
REFUSED_TURNS: Final = 3
"""Turns in a row in which events are refused, after which transfers are asked for in the other way."""
OTHER_TURNS: Final = 60
"""Turns (half an hour) until the first way is tried again."""

HEAD_PATH: Final = f"?chainid={CHAIN_ID}&module=proxy&action=eth_blockNumber"


class Asked(msgspec.Struct, frozen=True):
    """A call for rows: blocks `start` to `end`, both included, one page of them."""

    stream: Stream
    start: int
    end: int
    page: int
    by_account: bool = False

    @property
    def path(self) -> str:
        """Path and query below the service's URL."""
        window = f"page={self.page}&offset={PAGE_ROWS}"
        if self.by_account:
            what = f"module=account&action=tokentx&contractaddress={self.stream.contract}"
            blocks = f"startblock={self.start}&endblock={self.end}&sort=asc"
        else:
            what = f"module=logs&action=getLogs&address={self.stream.contract}&topic0={TOPICS[self.stream.kind]}"
            blocks = f"fromBlock={self.start}&toBlock={self.end}"
        return f"?chainid={CHAIN_ID}&{what}&{blocks}&{window}"


class Cursor:
    """Progress of one stream: what it has read, and what of the present turn is left.

    Attributes
    ----------
    following_block
        First block that has not been read to its end; None before the first turn.
    cut
        Blocks so full that not all of their rows could be had, n.

    Examples
    --------
    >>> cursor = Cursor(STREAMS[0])
    >>> cursor.begin(100), cursor.asked()[1:4]
    (0, (96, 100, 1))
    >>> cursor.answered(PAGE_ROWS), cursor.asked()[1:4]
    (None, (96, 100, 2))
    >>> cursor.too_much(), cursor.asked()[1:4]
    (None, (96, 98, 1))
    >>> cursor.answered(3), cursor.asked()[1:4], cursor.answered(0), cursor.asked() is None
    (None, (99, 100, 1), None, True)
    """

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.following_block: int | None = None
        self.cut = 0
        self._left: list[tuple[int, int]] = []
        self._page = 1

    def begin(self, head: int) -> int:
        """Start a turn that ends at block `head`; blocks that are too old to be caught up, n."""
        start = head + 1 if self.following_block is None else self.following_block
        skipped = max(0, head - MOST_BEHIND - start)
        start = max(1, min(start, head + 1) + skipped - REREAD)
        self._left = [(start, head)]
        self._page = 1
        return skipped

    def asked(self) -> tuple[Stream, int, int, int] | None:
        """Stream, first block, last block and page to ask for; None = the turn is done."""
        if not self._left:
            return None
        start, end = self._left[-1]
        return self.stream, start, end, self._page

    def answered(self, rows: int) -> None:
        """Take the number of rows of the page that was asked for."""
        if not self._left:
            return
        if rows >= PAGE_ROWS:
            self._page += 1
            if self._page > MOST_PAGES:
                self.too_much()
            return
        self._done()

    def too_much(self) -> None:
        """The service gives no more of this range: take it in halves; a single block stays cut."""
        if not self._left:
            return
        start, end = self._left[-1]
        if start == end:
            self.cut += 1
            self._done()
            return
        middle = (start + end) // 2
        self._left[-1:] = [(middle + 1, end), (start, middle)]
        self._page = 1

    def abandon(self) -> None:
        """The turn ends here; what was read to its end stays read."""
        self._left = []

    def _done(self) -> None:
        _, end = self._left.pop()
        self.following_block = end + 1
        self._page = 1


class Sweep:
    """All streams of the service as one series of calls: the newest block first, then each stream up to it.

    Attributes
    ----------
    head
        Newest block of this turn; None before it is known.
    live_from
        Newest block when the first turn began: what lies at or before it is back-fill. None before that.
    current
        Call for rows that waits for its answer.
    """

    def __init__(self) -> None:
        self.cursors = [Cursor(stream) for stream in STREAMS]
        self.head: int | None = None
        self.live_from: int | None = None
        self.current: Asked | None = None
        self.skipped = 0
        self._calls = 0
        self._wait_s = EVERY_S
        self._refused = 0
        self._other = 0

    @property
    def every_s(self) -> float:
        """Seconds from turn to turn; they double while the service refuses."""
        return self._wait_s

    @property
    def pace_s(self) -> float:
        """Seconds between two calls."""
        return PACE_S

    def following(self) -> Poll | None:
        """Next call of this turn."""
        if self.head is None:
            return _poll("head", HEAD_PATH)
        self.current = None
        if self._calls >= MOST_CALLS:
            return None
        for cursor in self.cursors:
            asked = cursor.asked()
            if asked is not None:
                other = self._other > 0 and cursor.stream.kind == "transfer"
                self.current = Asked(*asked, by_account=other)
                self._calls += 1
                return _poll(cursor.stream.channel, self.current.path)
        return None

    def interrupted(self) -> None:
        """The turn is over."""
        self.head, self.current, self._calls = None, None, 0
        self._other = max(0, self._other - 1)
        for cursor in self.cursors:
            cursor.abandon()

    def begin(self, head: int) -> None:
        """Take the newest block: the turn's streams end there."""
        self.head = head
        if self.live_from is None:
            self.live_from = head
        self.skipped = max(cursor.begin(head) for cursor in self.cursors)

    def answered(self, rows: int) -> bool:
        """Take the number of rows of the current call; True if its stream is done for this turn."""
        self._wait_s, cursor = EVERY_S, self._cursor()
        if cursor is None:
            return False
        if self.current is not None and not self.current.by_account and cursor.stream.kind == "transfer":
            self._refused = 0
        cursor.answered(rows)
        return cursor.asked() is None

    def too_much(self) -> None:
        """The current call asked for more than the service gives."""
        cursor = self._cursor()
        if cursor is not None:
            cursor.too_much()

    def refused(self, *, slow_down: bool = False) -> None:
        """The current call was refused; `slow_down`: ask less often until it works again."""
        if slow_down:
            self._wait_s = min(LONGEST_S, 2.0 * self._wait_s)
        elif self.current is not None and self.current.stream.kind == "transfer":
            self._refused = 0 if self.current.by_account else self._refused + 1
            self._other = OTHER_TURNS if self._refused >= REFUSED_TURNS else 0

    def done(self, channel: str) -> bool:
        """Whether every stream of a channel is read up to the newest block."""
        return all(cursor.asked() is None for cursor in self.cursors if cursor.stream.channel == channel)

    def _cursor(self) -> Cursor | None:
        current = self.current
        if current is None:
            return None
        return next(cursor for cursor in self.cursors if cursor.stream == current.stream)


def _poll(name: str, path: str) -> Poll:
    return Poll(name, "rest", "GET", path, None, 1, EVERY_S, 0)
