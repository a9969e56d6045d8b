"""Recordings as sources of facts: files of frames, and capture folders (ports.FactSource)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from clri.collect.batches import Batch, merged
from clri.collect.capture import Damage, Hour, hours
from clri.collect.decoders import Decoders, known_venue
from clri.collect.frame_files import FrameFile, decode_frames
from clri.collect.presence import Presence
from clri.collect.recorded_venue import RecordedVenue
from clri.collect.tally import Tally
from clri.model.errors import InputError
from clri.model.facts import Fact
from clri.model.names import Mode, Venue
from clri.model.timebase import iso

__all__ = ["CaptureSource", "FrameFileSource", "Recording", "decode_frames", "open_source"]


class Recording:
    """Frame files and captured hours as one stream of facts, in order of receipt.

    Each venue is announced by a FeedStatus (channel `liquidation`, state `up`) before its first fact; connections that
    a capture saw close, and gaps, become FeedStatus `down` and `gap`, and `up` again at the next facts.

    Parameters
    ----------
    files
        Files of frames.
    captured
        Captured hours, of any venues.
    venue
        Venue of lines that do not name theirs.
    """

    mode: ClassVar[Mode] = "replay-recorded"

    def __init__(self, files: Sequence[Path] = (), captured: Sequence[Hour] = (), venue: str | None = None) -> None:
        self._files = tuple(files)
        self._captured: dict[Venue, list[Hour]] = defaultdict(list)
        for hour in sorted(captured):
            self._captured[known_venue(hour.venue, str(hour.path))].append(hour)
        self._venue = None if venue is None else known_venue(venue, "--venue")
        self._decoders = Decoders()
        self._recorded: list[RecordedVenue] = []
        self._span: tuple[int, int] | None = None

    def facts(self) -> Iterator[Fact]:
        """Facts in order of `ts`; every call starts anew.

        Raises
        ------
        InputError
            If a file cannot be read, a line's venue is unknown, or nothing tells a time.
        """
        self._decoders, self._span = Decoders(), None
        first: int | None = None
        presence = Presence()
        for receipt, facts, origin in merged(self._streams()):
            first = receipt if first is None else first
            self._span = first, receipt
            if origin is not None:
                yield from presence.data(*origin, receipt)
            yield from facts

    def tallies(self) -> Mapping[Venue, Tally]:
        """What became of the frames read so far, by venue."""
        return self._decoders.tallies()

    def damages(self) -> list[tuple[str, Damage]]:
        """Damaged places of the captured files read so far, each with its file."""
        return [damage for recorded in self._recorded for damage in recorded.damages]

    def describe(self) -> str:
        """One line: what is replayed, and from when to when as far as known: the end is, once all was read."""
        parts = []
        if self._files:
            names = ", ".join(path.name for path in self._files[:3])
            more = f" and {len(self._files) - 3} more" if len(self._files) > 3 else ""  # noqa: PLR2004 - three names
            parts.append(f"frames of {names}{more}")
        if self._captured:
            count = sum(len(found) for found in self._captured.values())
            parts.append(f"{count} captured hours of {', '.join(sorted(self._captured))}")
        what = " and ".join(parts) or "nothing"
        if self._span is not None:
            return f"{what}, {iso(self._span[0])} to {iso(self._span[1])}"
        starts = [hour.start for found in self._captured.values() for hour in found]
        return f"{what}, from {iso(min(starts))}" if starts else what

    def _streams(self) -> list[Iterator[Batch]]:
        self._recorded = [RecordedVenue(venue, found, self._decoders) for venue, found in self._captured.items()]
        files = [
            FrameFile(path, number, self._venue, self._decoders)
            for number, path in enumerate(self._files, start=1 << 16)
        ]
        return [recorded.batches() for recorded in self._recorded] + [file.batches() for file in files]


class FrameFileSource(Recording):
    """Files of frames (`clri.collect.frames`), merged by receipt.

    Lines without a receipt count as received with the one before, or at the newest venue time of their facts if that
    is later.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "okx.jsonl")
    ...     size = path.write_text(
    ...         '{"arg":{"channel":"mark-price","instId":"BTC-USDT-SWAP"},'
    ...         '"data":[{"instId":"BTC-USDT-SWAP","markPx":"60001.5","ts":"1790000000200"}]}'
    ...     )
    ...     [(type(fact).__name__, iso(fact.ts)) for fact in FrameFileSource([path], "okx").facts()]
    [('FeedStatus', '2026-09-21T14:13:20.200Z'), ('MarkFunding', '2026-09-21T14:13:20.200Z')]
    """

    def __init__(self, paths: Sequence[Path], venue: str | None = None) -> None:
        super().__init__(files=paths, venue=venue)


class CaptureSource(Recording):
    """A capture folder (`clri.collect.capture`): of all venues, of one, of one day, or one file."""

    def __init__(self, folder: Path) -> None:
        super().__init__(captured=_captured(folder))


def open_source(paths: Sequence[Path], venue: str | None = None) -> Recording:
    """Source of what the paths hold: folders and `.clrf.*` files are captures, all else files of frames.

    Parameters
    ----------
    paths
        At least one.
    venue
        Venue of lines that do not name theirs.

    Raises
    ------
    InputError
        If a path does not exist, or a folder holds no capture.
    """
    files: list[Path] = []
    captured: list[Hour] = []
    for path in paths:
        if not path.exists():
            raise InputError(f"{path} does not exist; expected a file of frames or a capture folder")
        if path.is_dir() or ".clrf." in path.name:
            captured += _captured(path)
        else:
            files.append(path)
    if not files and not captured:
        raise InputError("nothing to read; expected a file of frames or a capture folder")
    return Recording(files, captured, venue)


def _captured(path: Path) -> list[Hour]:
    found = hours(path)
    if not found:
        raise InputError(
            f"{path} holds no capture; expected <venue>/<YYYY-MM-DD>/<HH>.clrf.zst or .clrf.gz",
            hint="name the frame files of the folder one by one",
        )
    return found
