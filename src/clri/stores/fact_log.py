"""The live host's memory on disk: states, and the facts taken since (RELIABILITY R1, R8)."""

import os
from collections.abc import Iterable, Iterator
from itertools import count, takewhile
from pathlib import Path
from struct import Struct
from threading import Lock
from typing import Any, Final
from zlib import crc32

import msgspec

from clri.model.codec import decode_fact, encode
from clri.model.facts import Fact
from clri.stores.faults import faults

_HEAD: Final = Struct("<II")
STATE: Final = "state-{:012d}.clrs"
FACTS: Final = "facts-{:012d}.clrl"
MOST_BYTES: Final = 64 << 20
"""Facts that wait for a disk that does not write; beyond, the log is given up until the next state."""
MOST_RECORD: Final = 1 << 24
KEPT: Final = 2
"""Generations on disk: if the newest state is damaged, the one before and all facts since do."""


class FactLogFiles:
    """Files of numbered generations in one folder; implements `ports.FactLog`.

    `state-N` is the state before the first fact of `facts-N`. A record is its length, its crc32 and its bytes; what
    follows a record that is torn or damaged is cut off at the next start.

    Parameters
    ----------
    folder
        Made at first use. One process at a time: the caller holds the lock of the store beside it.

    Attributes
    ----------
    dropped
        Facts that found no room because the disk did not write; a restart would miss them.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from clri.testing.builders import T0, liquidation
    >>> with TemporaryDirectory() as folder:
    ...     log = FactLogFiles(Path(folder))
    ...     log.save(b"empty")
    ...     log.append([liquidation(ts=T0)])
    ...     log.close()
    ...     state, tail = FactLogFiles(Path(folder)).load()
    ...     state, len(list(tail))
    (b'empty', 1)
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with faults(folder, "open"):
            folder.mkdir(parents=True, exist_ok=True)
        self._number = max((_number(path) for path in folder.glob("*-*.clr?")), default=0) + 1
        self._inbox, self._disk = Lock(), Lock()
        self._waiting: list[tuple[int, bytes]] = []  # generation, record
        self._bytes = 0
        self._states: list[tuple[int, bytes]] = []
        self._file: Any = None
        self._at = 0
        self._given_up = False
        self._closed = False
        self.dropped = 0

    def load(self) -> tuple[bytes | None, Iterator[Fact]]:
        """Newest sound state, and the facts taken since.

        Raises
        ------
        StoreError
            If a file is there and cannot be read.
        """
        numbers = sorted({_number(path) for path in self._folder.glob("*-*.clr?")})
        for number in reversed(numbers):
            with faults(self._folder, "read"):
                records = list(_records(self._folder / STATE.format(number)))
            if len(records) == 1:
                return records[0], self._tail([n for n in numbers if n >= number])
        return None, iter(())

    def _tail(self, numbers: list[int]) -> Iterator[Fact]:
        for number in numbers:
            with faults(self._folder, "read"):
                for record in _records(self._folder / FACTS.format(number)):
                    try:
                        yield decode_fact(record)
                    except msgspec.DecodeError:
                        return

    def append(self, facts: Iterable[Fact]) -> None:
        """Take facts; they are durable after the next `sync`."""
        records = [(self._number, encode(fact)) for fact in facts]
        with self._inbox:
            if self._given_up:
                self.dropped += len(records)
                return
            self._waiting += records
            self._bytes += sum(len(record) for _, record in records)
            if self._bytes > MOST_BYTES:
                self.dropped += len(self._waiting)
                self._waiting, self._bytes, self._given_up = [], 0, True

    def save(self, state: bytes) -> None:
        """Keep this state; the facts that follow belong to it."""
        with self._inbox:
            self._number += 1
            self._states = [(self._number, state)]
            self._given_up = False

    def sync(self) -> None:
        """Make everything durable.

        Raises
        ------
        StoreError
            If the disk does not write; what was appended waits for the next call.
        """
        with self._disk:
            with self._inbox:
                waiting, self._waiting = self._waiting, []
                states, self._states = self._states, []
                self._bytes = 0
            try:
                with faults(self._folder, "write"):
                    while waiting:
                        self._write(waiting[0][0], waiting)
                        waiting = [one for one in waiting if one[0] != waiting[0][0]]
                    while states:
                        self._keep(*states[0])
                        del states[0]
            except BaseException:
                with self._inbox:
                    self._waiting = waiting + self._waiting
                    self._bytes += sum(len(record) for _, record in waiting)
                    self._states = self._states or states
                raise

    def _write(self, number: int, waiting: list[tuple[int, bytes]]) -> None:
        """Write the records of one generation; all of them or none."""
        if self._file is None or self._at != number:
            self._end()
            path = self._folder / FACTS.format(number)
            fresh = not path.exists()
            self._file = path.open("ab", buffering=0)
            self._at = number
            if fresh:
                _sync_folder(self._folder)
        data = b"".join(_HEAD.pack(len(r), crc32(r)) + r for n, r in waiting if n == number)
        start = os.fstat(self._file.fileno()).st_size
        try:
            view = memoryview(data)
            while view:
                view = view[self._file.write(view) :]
            os.fsync(self._file.fileno())
        except OSError:
            os.ftruncate(self._file.fileno(), start)  # else the next try would follow half a record
            raise

    def _keep(self, number: int, state: bytes) -> None:
        path = self._folder / STATE.format(number)
        part = path.with_suffix(".part")
        try:
            with part.open("wb") as file:
                file.write(_HEAD.pack(len(state), crc32(state)) + state)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)  # the disk may be full of it
            raise
        _sync_folder(self._folder)
        kept = sorted(_number(p) for p in self._folder.glob("state-*.clrs"))[-KEPT:]
        for old in self._folder.glob("*-*.clr?"):
            if _number(old) < kept[0]:
                old.unlink(missing_ok=True)

    def _end(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def close(self) -> None:
        """Sync and release; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        try:
            self.sync()
        finally:
            self._end()


def _number(path: Path) -> int:
    digits = "".join(takewhile(str.isdigit, path.stem.partition("-")[2]))
    return int(digits) if digits else 0


def _records(path: Path) -> Iterator[bytes]:
    """Records of a file up to the first that is not sound."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        for _ in count():
            head = file.read(_HEAD.size)
            if len(head) < _HEAD.size:
                return
            length, told = _HEAD.unpack(head)
            data = file.read(length) if path.suffix == ".clrs" or length <= MOST_RECORD else b""
            if len(data) < length or crc32(data) != told:
                return
            yield data


def _sync_folder(folder: Path) -> None:
    """Make a rename durable where folders can be synced."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
