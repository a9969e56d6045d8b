"""Raw frames on their way into a capture folder, within a bound of room (VENUES 11)."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import Final, Literal

from clri.collect.capture.index import drop_oldest
from clri.collect.capture.layout import Closed, Connected, Said
from clri.collect.capture.writer import CaptureWriter
from clri.collect.mapper import HEAD
from clri.model.control import FeedStatus
from clri.model.errors import StoreError
from clri.model.facts import Fact
from clri.model.names import Venue
from clri.model.timebase import MINUTE

What = Literal["events", "all"]
BOOKS: Final = (
    b"depth20",
    b"orderbook",
    b"books",
    b"order_book",
    b"l2Book",
    b"merge-depth",
    b"market/depth",
    b"v1/depth",
)
"""Words that stand in the head of an order book's frame, or in the path of its call."""
ROOM_EVERY_NS: Final = MINUTE
RETRY_NS: Final = 5_000_000_000
"""Pause after a write that failed: raw frames are what is given up first."""
HELD: Final = 64 << 20
"""Bytes that wait for `flush` at most."""


class Recorder:
    """Records one venue; implements `Tap`, and takes the facts to note states. `flush` writes, and nothing else does.

    Parameters
    ----------
    folder
        Capture folder of all venues.
    what
        `all`, or `events` = all but order books.
    most_bytes
        Room for the captured hours of all venues; the oldest go first, the hour being written never.
    adapter
        Version of the program, for the header.

    Attributes
    ----------
    frames, bytes
        Taken so far.
    lost
        Frames that could not be written; `trouble` says why.
    """

    def __init__(
        self, folder: Path, venue: Venue, *, what: What = "all", most_bytes: int | None = None, adapter: str = ""
    ) -> None:
        self._folder, self._venue, self._what, self._most = folder, venue, what, most_bytes
        self._writer = CaptureWriter(folder, venue, adapter=adapter, states=True)
        self._waiting: deque[tuple[int, int, Callable[[], None]]] = deque()
        self._held = 0
        self._writing = Lock()
        self._quiet_until = 0
        self._room_at = 0
        self.frames = self.bytes = self.lost = 0
        self.trouble: str | None = None

    def opened(self, connection: int, recv_ns: int, url: str, channels: Sequence[str]) -> None:
        """A socket was opened for these channels."""
        note = Connected(url, tuple(channels))
        self._put(recv_ns, 0, lambda: self._writer.control(recv_ns, note, connection=connection))

    def closed(self, connection: int, recv_ns: int, reason: str) -> None:
        """A socket ended."""
        self._put(recv_ns, 0, lambda: self._writer.control(recv_ns, Closed(None, reason), connection=connection))

    def frame(self, connection: int, recv_ns: int, raw: bytes) -> None:
        """A frame of a socket."""
        if self._wanted(raw[:HEAD]):
            self._put(recv_ns, len(raw), lambda: self._writer.frame(recv_ns, raw, connection=connection))

    def reply(self, recv_ns: int, path: str, raw: bytes) -> None:
        """A REST reply."""
        if self._wanted(path.encode()):
            self._put(recv_ns, len(raw), lambda: self._writer.reply(recv_ns, path, raw))

    def facts(self, facts: Iterable[Fact]) -> None:
        """Note the states among these facts: a replay then knows of each feed what was known live."""
        for fact in facts:
            if isinstance(fact, FeedStatus):
                self._put(fact.ts, 0, lambda fact=fact: self._writer.control(fact.ts, Said(fact)))  # type: ignore[misc]

    def _put(self, at: int, size: int, write: Callable[[], None]) -> None:
        self.frames += 1
        self.bytes += size
        if self._held > HELD:
            self.lost += 1
            self.trouble = f"the disk is too slow: more than {HELD >> 20} MiB of frames of {self._venue} wait for it"
            return
        self._held += size
        self._waiting.append((at, size, write))

    def flush(self, now: int) -> None:
        """Hand what was taken to the system, and keep within the room; call once a second, in any thread."""
        with self._writing:
            self._drain()
            self._try(now, self._writer.flush)
            if self._most is not None and now >= self._room_at:
                self._room_at = now + ROOM_EVERY_NS
                try:
                    drop_oldest(self._folder, self._most)
                except OSError as error:
                    self.trouble = f"cannot make room in {self._folder}: {error}"

    def close(self) -> None:
        """End the file."""
        with self._writing:
            self._drain()
            self._try(0, self._writer.close)

    def _drain(self) -> None:
        while self._waiting:
            at, size, write = self._waiting.popleft()
            self._held -= size
            if at < self._quiet_until:
                self.lost += 1
            else:
                self._try(at, write)

    def _wanted(self, head: bytes) -> bool:
        return self._what == "all" or not any(word in head for word in BOOKS)

    def _try(self, now: int, write: Callable[[], None]) -> None:
        try:
            write()
        except StoreError as error:
            self.lost += 1
            self.trouble = str(error)
            self._quiet_until = now + RETRY_NS
