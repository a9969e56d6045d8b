"""Which store a command means: the one it was told, else the live one, else the newest replay."""

from pathlib import Path
from typing import Final, get_args

from clri.app.settings.model import Settings
from clri.model.errors import StoreError
from clri.model.names import Mode
from clri.stores.sqlite_reader import SqliteReader

MODES: Final[tuple[Mode, ...]] = get_args(Mode)


def store_path(data_dir: Path, mode: Mode) -> Path:
    """File of a mode's store in the data folder: each mode has its own, so that they never mix."""
    return data_dir / f"{mode}.sqlite"


def open_for_reading(settings: Settings, told: Path | None) -> SqliteReader:
    """Store to answer questions from.

    Parameters
    ----------
    settings
        In force: `storage.url`, else the data folder.
    told
        File that the user named, or None.

    Raises
    ------
    StoreError
        If there is none.
    """
    data_dir = settings.general.data_dir
    told = told or settings.storage.path
    if told is not None:
        if not told.exists():
            raise StoreError(f"there is no store at {told}", code="CLRI-STORE-001")
        return SqliteReader(told)
    live, *replays = (store_path(data_dir, mode) for mode in MODES)
    if live.exists():
        return SqliteReader(live)
    there = sorted((path for path in replays if path.exists()), key=lambda path: path.stat().st_mtime)
    if not there:
        raise StoreError(
            f"nothing is stored yet in {data_dir}",
            code="CLRI-STORE-001",
            hint="Fill it with: clri up; a look without a network: clri demo",
        )
    return SqliteReader(there[-1])
