"""Writes what comes in, one file per venue and hour (VENUES 11)."""

from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from clri.collect.capture.codec import Codec, best
from clri.collect.capture.layout import (
    FORMAT,
    MAX_DATA,
    MAX_ID,
    Closed,
    Connected,
    Header,
    Kind,
    Named,
    Note,
    Record,
    pack,
)
from clri.model.errors import StoreError
from clri.model.names import Venue
from clri.model.timebase import HOUR, MINUTE, SECOND, iso

BUFFER: Final = 1 << 20
"""Bytes that wait for the end of their second at most."""
FRAME: Final = 8 << 20
"""Bytes of records after which a compressed frame ends before its minute does."""


class CaptureWriter:
    """Appends records of one venue; each call names the time of receipt.

    Records go to the file of the newest hour seen, in order of the calls. What a second brought is compressed and
    handed to the system when a record of a later second comes, so a crash costs the last second; call `flush` when
    nothing comes. A file that is there already is continued.

    Parameters
    ----------
    folder
        Folder of all venues.
    venue
        Whose frames these are.
    adapter
        Version of the program that records, for the header.
    states
        Whether every state of the venue's feeds will be noted.
    codec
        Compression; None = zstd if installed, else gzip.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from clri.collect.capture.reader import CaptureFile
    >>> with TemporaryDirectory() as folder:
    ...     with CaptureWriter(Path(folder), "okx") as capture:
    ...         capture.frame(1_790_000_000_000_000_000, b"pong", connection=1)
    ...     [(entry.connection, entry.data) for entry in CaptureFile(capture.path).entries()]
    [(1, b'pong')]
    """

    def __init__(
        self, folder: Path, venue: Venue, *, adapter: str = "", codec: Codec | None = None, states: bool = False
    ) -> None:
        self._folder = folder
        self._venue = venue
        self._adapter = adapter
        self._states = states
        self._codec = codec or best()
        self._open: dict[int, Connected] = {}
        self._names: dict[str, int] = {}
        self._hour: int | None = None
        self._file: Any = None
        self._stream: Any = None
        self._second = self._minute = 0
        self._framed = 0
        self._buffer = bytearray()
        self.path = folder

    def frame(
        self, recv_ns: int, data: bytes, *, connection: int = 0, channel: str | None = None, binary: bool = False
    ) -> None:
        """Take a frame of a socket; `channel` only if it is known without decoding."""
        self._enter(recv_ns)
        kind = Kind.BINARY if binary else Kind.TEXT
        self._put(Record(recv_ns, connection, self._id(channel, recv_ns), kind, data))

    def reply(self, recv_ns: int, path: str, data: bytes, *, connection: int = 0) -> None:
        """Take a REST reply; `path` = method, path, query (and body for POST), without keys."""
        self._enter(recv_ns)
        self._put(Record(recv_ns, connection, self._id(path, recv_ns), Kind.REPLY, data))

    def control(self, recv_ns: int, note: Note, *, connection: int = 0) -> None:
        """Take note of what happened to a connection."""
        self._enter(recv_ns)
        if isinstance(note, Connected):
            self._open[connection] = note
        elif isinstance(note, Closed):
            self._open.pop(connection, None)
        self._note(recv_ns, connection, note)

    def flush(self) -> None:
        """Hand everything so far to the operating system.

        Raises
        ------
        StoreError
            If the file cannot be written. What was buffered is lost; the next records begin a new compressed frame.
        """
        if not self._buffer:
            return
        if self._stream is None:
            self._stream, self._framed = self._codec.compressor(), 0
        data = self._stream.compress(bytes(self._buffer)) + self._stream.flush(self._codec.sync)
        self._framed += len(self._buffer)
        self._buffer.clear()
        self._write(data)

    def close(self) -> None:
        """End the file; a second call does nothing."""
        try:
            self.flush()
            self._end_frame()
        finally:
            if self._file is not None:
                self._file.close()
            self._file = self._hour = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _enter(self, recv_ns: int) -> None:
        """Before a record: end what its time ends."""
        hour = recv_ns // HOUR
        if self._hour is None or hour > self._hour:
            self._begin(hour, recv_ns)
            return
        if recv_ns // SECOND > self._second or len(self._buffer) >= BUFFER:
            self.flush()
            self._second = max(self._second, recv_ns // SECOND)
        if recv_ns // MINUTE > self._minute or self._framed >= FRAME:
            self.flush()
            self._end_frame()
            self._minute = max(self._minute, recv_ns // MINUTE)

    def _begin(self, hour: int, recv_ns: int) -> None:
        self.close()
        start = iso(hour * HOUR)
        self.path = self._folder / self._venue / start[:10] / f"{start[11:13]}{self._codec.suffix}"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("ab", buffering=0)
            fresh = self._file.tell() == 0
        except OSError as error:
            raise StoreError(f"cannot write {self.path}: {error}", retryable=True) from error
        self._hour, self._second, self._minute = hour, recv_ns // SECOND, recv_ns // MINUTE
        if fresh:
            self._buffer += msgspec.json.encode(Header(FORMAT, self._venue, start, self._adapter, self._states)) + b"\n"
        for connection, note in self._open.items():
            self._note(recv_ns, connection, Connected(note.url, note.channels, carried=True))

    def _id(self, name: str | None, recv_ns: int) -> int:
        if name is None:
            return 0
        found = self._names.get(name)
        if found is None:
            if len(self._names) == MAX_ID:
                self._names.clear()  # ids are given anew; a reader takes the latest meaning
            found = self._names[name] = len(self._names) + 1
            self._note(recv_ns, 0, Named(found, name))
        return found

    def _note(self, recv_ns: int, connection: int, note: Note) -> None:
        self._put(Record(recv_ns, connection, 0, Kind.CONTROL, msgspec.json.encode(note)))

    def _put(self, record: Record) -> None:
        if len(record.data) > MAX_DATA:
            raise StoreError(f"{self._venue} record has {len(record.data)} bytes; expected at most {MAX_DATA}")
        self._buffer += pack(record)

    def _end_frame(self) -> None:
        self._names.clear()  # every compressed frame names its channels itself, so that damage cannot unname others
        if self._stream is not None:
            stream, self._stream = self._stream, None
            self._write(stream.flush(self._codec.finish))

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            self._stream = None
            raise StoreError(f"cannot write {self.path}: {error}", retryable=True) from error
