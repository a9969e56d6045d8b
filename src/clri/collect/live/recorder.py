"""Raw frames on their way into a capture folder, within a bound of room (VENUES 11)."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, Literal

from clri.collect.capture import hours
from clri.collect.capture.layout import Closed, Connected, Gap
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


class Recorder:
    """Records one venue; implements `Tap`, and takes the facts to note gaps.

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
        self._writer = CaptureWriter(folder, venue, adapter=adapter)
        self._quiet_until = 0
        self._room_at = 0
        self.frames = self.bytes = self.lost = 0
        self.trouble: str | None = None

    def opened(self, connection: int, recv_ns: int, url: str, channels: Sequence[str]) -> None:
        """A socket was opened for these channels."""
        if self._may(recv_ns):
            self._try(
                recv_ns, lambda: self._writer.control(recv_ns, Connected(url, tuple(channels)), connection=connection)
            )

    def closed(self, connection: int, recv_ns: int, reason: str) -> None:
        """A socket ended."""
        if self._may(recv_ns):
            self._try(recv_ns, lambda: self._writer.control(recv_ns, Closed(None, reason), connection=connection))

    def frame(self, connection: int, recv_ns: int, raw: bytes) -> None:
        """A frame of a socket."""
        if self._wanted(raw[:HEAD]) and self._may(recv_ns, len(raw)):
            self._try(recv_ns, lambda: self._writer.frame(recv_ns, raw, connection=connection))

    def reply(self, recv_ns: int, path: str, raw: bytes) -> None:
        """A REST reply."""
        if self._wanted(path.encode()) and self._may(recv_ns, len(raw)):
            self._try(recv_ns, lambda: self._writer.reply(recv_ns, path, raw))

    def facts(self, facts: Iterable[Fact]) -> None:
        """Note the gaps among these facts: a feed can be silent while its socket is open."""
        for fact in facts:
            if (
                isinstance(fact, FeedStatus)
                and fact.state == "gap"
                and fact.gap_from is not None
                and self._may(fact.ts)
            ):
                gap = Gap(fact.channel, fact.gap_from, fact.gap_to, fact.symbol, fact.detail)
                self._try(fact.ts, lambda gap=gap, at=fact.ts: self._writer.control(at, gap))  # type: ignore[misc]

    def flush(self, now: int) -> None:
        """Hand what was taken to the system, and keep within the room; call once a second."""
        self._try(now, self._writer.flush)
        if self._most is not None and now >= self._room_at:
            self._room_at = now + ROOM_EVERY_NS
            self._make_room(self._most)

    def close(self) -> None:
        """End the file."""
        self._try(0, self._writer.close)

    def _wanted(self, head: bytes) -> bool:
        return self._what == "all" or not any(word in head for word in BOOKS)

    def _may(self, now: int, size: int = 0) -> bool:
        if now < self._quiet_until:
            self.lost += 1
            return False
        self.frames += 1
        self.bytes += size
        return True

    def _try(self, now: int, write: Callable[[], None]) -> None:
        try:
            write()
        except StoreError as error:
            self.lost += 1
            self.trouble = str(error)
            self._quiet_until = now + RETRY_NS

    def _make_room(self, most: int) -> None:
        found = sorted(hours(self._folder), key=lambda hour: hour.start)
        sizes = {hour.path: hour.path.stat().st_size for hour in found if hour.path.exists()}
        used = sum(sizes.values())
        newest = max((hour.start for hour in found), default=0)
        for hour in found:
            if used <= most or hour.start == newest:
                return
            used -= sizes.get(hour.path, 0)
            hour.path.unlink(missing_ok=True)
