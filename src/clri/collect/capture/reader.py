"""Reads a capture file; what is damaged is found, told and passed over (VENUES 11)."""

import mmap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from clri.collect.capture.codec import Codec, codec_of, inflate
from clri.collect.capture.layout import (
    FORMAT,
    HEAD,
    AnyNote,
    Header,
    Kind,
    Named,
    Record,
    header_decoder,
    note_decoder,
    unpack,
)
from clri.model.errors import InputError

MAX_DAMAGES: Final = 100


class Damage(NamedTuple):
    """One damaged place.

    `frame_at` = byte of the file where its compressed frame starts, `at` = byte within it, uncompressed; `lost` = bytes
    passed over there, as far as they could be unpacked.

    Reasons: `torn` (ends early: the process died, or still writes), `stream` (cannot be unpacked further), `crc`
    (a record does not fit its checksum), `header`, `note`, `too_large`.
    """

    reason: str
    frame_at: int
    at: int
    lost: int


class Entry(NamedTuple):
    """One record with its channel's name, and its note if it is a control record."""

    recv_ns: int
    connection: int
    channel: str | None
    kind: int
    data: bytes
    note: AnyNote | None


class CaptureFile:
    """One hour of one venue.

    Parameters
    ----------
    path
        `<HH>.clrf.zst` or `<HH>.clrf.gz`.

    Attributes
    ----------
    header
        First line, once it was read; None before, or if it is damaged.
    counts
        Damages by reason.
    damages
        The first of them, with their positions.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header: Header | None = None
        self.counts: Counter[str] = Counter()
        self.damages: list[Damage] = []

    def entries(self) -> Iterator[Entry]:
        """Sound records in file order; `channel` notes are worked in and not told.

        Raises
        ------
        InputError
            If the file cannot be opened, needs zstd which is missing, or has a newer format.
        """
        self.header, self.damages = None, []
        self.counts.clear()
        names: dict[int, str] = {}
        for frame_at, at, record in self._records():
            note = None
            if record.kind == Kind.CONTROL:
                try:
                    note = note_decoder.decode(record.data)
                except msgspec.DecodeError:
                    self._damaged("note", frame_at, at, len(record.data))
                    continue
                if isinstance(note, Named):
                    names[note.id] = note.name
                    continue
            channel = names.get(record.channel)
            yield Entry(record.recv_ns, record.connection, channel, record.kind, record.data, note)

    def _records(self) -> Iterator[tuple[int, int, Record]]:
        codec = codec_of(self.path.name)
        try:
            with self.path.open("rb") as file:
                if not self.path.stat().st_size:
                    return
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise InputError(f"cannot read {self.path}: {error}", code="CLRI-DATA-002") from error
        with data:
            yield from self._frames(codec, data)

    def _frames(self, codec: Codec, data: mmap.mmap) -> Iterator[tuple[int, int, Record]]:
        at = 0
        while at < len(data):
            start = data.find(codec.magic, at)
            if start != at:
                self._damaged("stream", at, 0, (len(data) if start < 0 else start) - at)
                if start < 0:
                    return
                at = start
            frame = inflate(codec, data, at)
            if frame.broken:
                self._damaged(frame.broken, at, len(frame.data), 0)
            yield from self._parsed(frame.data, at, whole=not frame.broken)
            if frame.size:
                at += frame.size
            else:  # the next frame starts at the next magic: inside of this one none is expected
                at = data.find(codec.magic, at + len(codec.magic))
                if at < 0:
                    return

    def _parsed(self, data: bytes, frame_at: int, *, whole: bool) -> Iterator[tuple[int, int, Record]]:
        at = self._headed(data, whole=whole) if frame_at == 0 else 0
        seen: set[Record] = set()  # broken compression may repeat bytes, and with them whole records
        while at < len(data):
            record = unpack(data, at)
            if record is not None:
                end = at + HEAD.size + len(record.data)
                if whole or record not in seen:
                    yield frame_at, at, record
                else:
                    self._damaged("crc", frame_at, at, end - at)
                if not whole:
                    seen.add(record)
                at = end
                continue
            found = _next_sound(data, at)
            if found is None:
                if whole:
                    self._damaged("crc", frame_at, at, len(data) - at)
                return
            self._damaged("crc", frame_at, at, found - at)
            at = found

    def _headed(self, data: bytes, *, whole: bool) -> int:
        """Read the header line; where the records start."""
        end = data.find(b"\n") + 1
        follows = unpack(data, end) is not None
        try:
            header = header_decoder.decode(data[:end])
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._damaged("header", 0, 0, 0)
            return end if follows else 0
        if header.format == FORMAT:
            self.header = header
        elif follows or not whole:  # the line is damaged: records of this format follow, or the checksum is wrong
            self._damaged("header", 0, 0, 0)
        else:
            raise InputError(f"{self.path} has format {header.format}; this version reads {FORMAT}")
        return end

    def _damaged(self, reason: str, frame_at: int, at: int, lost: int) -> None:
        self.counts[reason] += 1
        if len(self.damages) < MAX_DAMAGES:
            self.damages.append(Damage(reason, frame_at, at, lost))


def _next_sound(data: bytes, at: int) -> int | None:
    """Start of the next sound record behind a broken one at `at`: where its length says, else the first found."""
    if 0 <= at <= len(data) - HEAD.size:
        told = at + HEAD.size + int(HEAD.unpack_from(data, at)[0])
        if unpack(data, told) is not None:
            return told
    return next((place for place in range(at + 1, len(data) - HEAD.size + 1) if unpack(data, place)), None)
