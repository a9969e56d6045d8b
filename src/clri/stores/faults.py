"""What SQLite and the operating system report, as errors that say what, where and what to type.

| code | meaning |
|---|---|
| CLRI-STORE-001 | cannot be opened, read or written |
| CLRI-STORE-002 | another process writes to it |
| CLRI-STORE-003 | damaged, or no store of ours |
| CLRI-STORE-004 | no room on the disk |
| CLRI-STORE-005 | folder or file is read-only |
| CLRI-STORE-006 | written by a build that this one does not understand |
| CLRI-STORE-007 | some rows were refused, all others are kept |
| CLRI-CFG-030 | the store holds another mode |
| CLRI-CFG-031 | retention names a table that has none |
"""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from clri.model.errors import ConfigError, StoreError
from clri.model.names import Mode

_ROOM: Final = "free some space there; what is not yet written is kept in memory and written then"
_RIGHTS: Final = "give this user write access, or choose another folder: CLRI_GENERAL__DATA_DIR=FOLDER"
_DAMAGE: Final = "keep it for analysis and start anew: mv {path} {path}.broken; rescue: sqlite3 {path}.broken .recover"
_AGAIN: Final = "try again; if it stays, look at the disk and the folder"

_SQLITE: Final[dict[int, tuple[str, str, str, bool]]] = {
    sqlite3.SQLITE_FULL: ("CLRI-STORE-004", "no room on the disk", _ROOM, True),
    sqlite3.SQLITE_READONLY: ("CLRI-STORE-005", "it is read-only", _RIGHTS, False),
    sqlite3.SQLITE_CANTOPEN: ("CLRI-STORE-005", "it cannot be opened for this user", _RIGHTS, False),
    sqlite3.SQLITE_PERM: ("CLRI-STORE-005", "no permission", _RIGHTS, False),
    sqlite3.SQLITE_CORRUPT: ("CLRI-STORE-003", "it is damaged", _DAMAGE, False),
    sqlite3.SQLITE_NOTADB: ("CLRI-STORE-003", "it is no SQLite file", _DAMAGE, False),
    sqlite3.SQLITE_IOERR: ("CLRI-STORE-001", "the disk reports an error", _AGAIN, True),
    sqlite3.SQLITE_BUSY: ("CLRI-STORE-001", "another program holds it", _AGAIN, True),
    sqlite3.SQLITE_LOCKED: ("CLRI-STORE-001", "another program holds it", _AGAIN, True),
}
_SYSTEM: Final[dict[int, int]] = {
    errno.ENOSPC: sqlite3.SQLITE_FULL,
    errno.EDQUOT: sqlite3.SQLITE_FULL,
    errno.EROFS: sqlite3.SQLITE_READONLY,
    errno.EACCES: sqlite3.SQLITE_READONLY,
    errno.EPERM: sqlite3.SQLITE_READONLY,
}


def store_error(error: sqlite3.Error | OSError, path: Path, doing: str) -> StoreError:
    """The error to raise for what happened to a file.

    Parameters
    ----------
    error
        As SQLite or the system raised it.
    path
        The file.
    doing
        What was tried, as a verb: `open`, `read`, `write`.

    Examples
    --------
    >>> import sqlite3
    >>> store_error(OSError(28, "No space left on device"), Path("a.db"), "write").code
    'CLRI-STORE-004'
    """
    if isinstance(error, OSError):
        number = _SYSTEM.get(error.errno or 0, -1)
    else:
        number = getattr(error, "sqlite_errorcode", -1) & 0xFF
    code, what, hint, retryable = _SQLITE.get(number, ("CLRI-STORE-001", str(error), _AGAIN, False))
    text = f"cannot {doing} the store {path}: {what} ({error})"
    return StoreError(text, code=code, hint=hint.format(path=path), retryable=retryable)


@contextmanager
def faults(path: Path, doing: str) -> Iterator[None]:
    """Turn errors of SQLite and of the system into StoreError."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise store_error(error, path, doing) from error


def other_mode(place: str, held: str, wanted: str) -> ConfigError:
    """The error for a second mode in one store."""
    return ConfigError(
        f"{place} holds mode {held}; {wanted} was asked for, and one store holds one mode",
        code="CLRI-CFG-030",
        hint=f"choose another folder for {wanted}: CLRI_GENERAL__DATA_DIR=FOLDER",
    )


def version_error(path: Path, found: str, *, newer: bool) -> StoreError:
    """The error for a file of another build."""
    hint = (
        "use the newer clri that wrote it"
        if newer
        else "bring it up to date by writing to it with the release that followed it"
    )
    return StoreError(
        f"cannot open the store {path}: it has {found}, which this build does not read",
        code="CLRI-STORE-006",
        hint=hint,
    )


def check_mode(place: str, held: Mode, item: object) -> None:
    """Refuse an item of another mode.

    Raises
    ------
    ConfigError
        If the item carries a mode other than the store's.
    """
    mode = getattr(item, "mode", held)
    if mode != held:
        raise other_mode(place, held, mode)
