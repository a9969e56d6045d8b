"""Files of frames as facts: when each frame was received, and whose it is."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from clri.collect.batches import NO_TIME, Batch, stamped
from clri.collect.decoders import CALLS, Decoders, known_venue
from clri.collect.frames import Frame, read_frames
from clri.collect.mapper import Control, VenueMapper
from clri.collect.venues import VENUES
from clri.model.errors import InputError
from clri.model.facts import Fact
from clri.model.names import Venue
from clri.model.timebase import MILLI, SECOND

BACK_NS: Final = 5 * SECOND
"""A line may be received this long before the one above it, ns: it counts as received together with that one."""
_NS: Final = (10**18, 10**19)
_TIMES: Final = re.compile(rb"(?<!\d)1[4-9]\d{11}(?!\d)")
SCANNED: Final = 4096
"""Bytes of a frame in which times (ms, 2014 to 2033) are looked for."""


class FrameFile:
    """Frames of one file, decoded as one connection per venue.

    Parameters
    ----------
    path
        `.jsonl` or `.jsonl.gz` (`clri.collect.frames`).
    number
        Number of the file among those replayed together: the id of its connections.
    venue
        Venue of lines that do not name theirs.
    """

    def __init__(self, path: Path, number: int, venue: Venue | None, decoders: Decoders) -> None:
        self._path = path
        self._number = number
        self._venue = venue
        self._decoders = decoders
        self._last: Venue | None = None

    def batches(self) -> Iterator[Batch]:
        """Facts of each frame, by receipt; those before the first known time wait for it.

        Raises
        ------
        InputError
            If the file cannot be read, a line's venue is not known, or its receipt cannot be.
        """
        receipt = NO_TIME
        waiting: list[tuple[Venue, list[Fact]]] = []
        for frame in read_frames(self._path):
            venue = self._venue_of(frame)
            begun = _begun(frame, receipt, self._path)
            facts = self._decoders.decode(venue, self._number, call_of(frame), frame.raw, _moment(frame, begun))
            receipt = _ended(frame, begun, facts)
            if not facts:
                continue
            if receipt == NO_TIME:
                waiting.append((venue, facts))
                continue
            for early, held in waiting:
                yield Batch(receipt, stamped(held, receipt), (early, self._number))
            waiting.clear()
            yield Batch(receipt, stamped(facts, receipt), (venue, self._number))
        for early, held in waiting:
            yield Batch(NO_TIME, held, (early, self._number))

    def _venue_of(self, frame: Frame) -> Venue:
        if frame.venue is not None:
            self._last = known_venue(frame.venue, f"{self._path} line {frame.line}")
            return self._last
        if self._venue is not None:
            return self._venue
        if self._last is not None and not _is_json(frame.raw):
            return self._last  # a torn line of a file whose lines name their venue: its mapper counts it
        raise InputError(
            f'{self._path} line {frame.line} names no venue; expected "venue" in the line, or --venue',
            code="CLRI-DATA-003",
            hint=f"say whose frames these are: --venue {'|'.join(VENUES)}",
        )


def decode_frames(paths: Iterable[Path], venue: str, mapper: VenueMapper) -> Iterator[Fact]:
    """Facts of every frame of the files, file by file, by one mapper: what `clri decode` prints.

    Lines without a receipt are stamped as in a replay; `ts` is 0 until a time is known.

    Raises
    ------
    InputError
        If a file cannot be read, or a line is of another venue.
    """
    wanted = known_venue(venue, "--venue")
    for path in paths:
        receipt = NO_TIME
        for frame in read_frames(path):
            if frame.venue not in (None, wanted):
                raise InputError(f"{path} line {frame.line} is of {frame.venue}; --venue says {wanted}")
            begun = _begun(frame, receipt, path)
            call, now = call_of(frame), _moment(frame, begun)
            items = mapper.decode(frame.raw, now) if call is None else mapper.reply(call, frame.raw, now)
            facts = [item for item in items if not isinstance(item, Control)]
            receipt = _ended(frame, begun, facts)
            yield from stamped(facts, max(receipt, 0))


def call_of(frame: Frame) -> str | None:
    """Method and path if the frame is a REST reply."""
    return frame.channel if frame.channel is not None and frame.channel.startswith(CALLS) else None


def _begun(frame: Frame, before: int, path: Path) -> int:
    """Receipt as far as it is known before decoding: what the line says, or that of the line above."""
    told = frame.recv_ns
    if told is None:
        return before
    place = f"{path} line {frame.line}"
    if not _NS[0] <= told < _NS[1]:
        raise InputError(f"{place}: recv_ns was {told}; expected nanoseconds since 1970")
    if told < before - BACK_NS:
        raise InputError(
            f"{place} was received {(before - told) / SECOND:.0f} s before the line above it; expected file order",
            hint="give recordings made one after the other as separate files: they are merged by receipt",
        )
    return max(told, before)


def _moment(frame: Frame, begun: int) -> int:
    """When a frame is decoded, ns: its receipt, or, while that is not known, the earliest time that stands in it.

    Mappers leave out what has become too old, so a frame without a receipt must not seem decades older than the next.
    """
    if frame.recv_ns is not None:
        return begun
    times = (int(found) * MILLI for found in _TIMES.findall(frame.raw, 0, SCANNED))
    return max(begun, min(times, default=0), 0)


def _ended(frame: Frame, begun: int, facts: list[Fact]) -> int:
    """Receipt: as told, else not before the newest venue time of the facts."""
    if frame.recv_ns is not None:
        return begun
    return max((fact.ts_venue for fact in facts if fact.ts_venue is not None and fact.ts_venue > begun), default=begun)


def _is_json(raw: bytes) -> bool:
    try:
        msgspec.json.decode(raw, type=msgspec.Raw)
    except (ValueError, RecursionError):
        return False
    return True
