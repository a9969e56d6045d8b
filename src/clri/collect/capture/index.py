"""Files of a capture folder (VENUES 11: hours can be dropped)."""

import re
from pathlib import Path
from typing import Final, NamedTuple

from clri.model.timebase import parse_iso

_FILE: Final = re.compile(r"(\d{2})\.clrf\.(?:zst|gz)")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class Hour(NamedTuple):
    """One capture file: start of its hour (UTC ns), venue, size (bytes)."""

    start: int
    venue: str
    path: Path
    size: int


def hours(folder: Path) -> list[Hour]:
    """Capture files at or below a path, oldest first; other files are passed over.

    Parameters
    ----------
    folder
        Folder of all venues, of one venue or of one day, or one capture file: place and name tell venue and hour.
    """
    paths = folder.rglob("*.clrf.*") if folder.is_dir() else [folder]
    return sorted(found for path in paths if (found := _hour(path)) is not None)


def drop_oldest(folder: Path, keep_bytes: int) -> list[Path]:
    """Delete whole hours, oldest first, until the rest takes at most `keep_bytes`; the newest hour always stays.

    Returns
    -------
    list
        What was deleted.
    """
    found = hours(folder)
    total = sum(hour.size for hour in found)
    dropped = []
    for hour in found:
        if total <= keep_bytes or hour.start == found[-1].start:
            break
        hour.path.unlink(missing_ok=True)
        total -= hour.size
        dropped.append(hour.path)
    return dropped


def _hour(path: Path) -> Hour | None:
    name = _FILE.fullmatch(path.name)
    absolute = path.absolute()
    day = absolute.parent.name
    if name is None or _DAY.fullmatch(day) is None or not absolute.is_file():
        return None
    try:
        start = parse_iso(f"{day}T{name.group(1)}:00:00Z")
    except ValueError:
        return None
    return Hour(start, absolute.parent.parent.name, path, absolute.stat().st_size)
