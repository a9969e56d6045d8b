"""One writer per store: a lock file that names the process, held by the kernel as long as that process lives."""

import fcntl
import os
from pathlib import Path
from typing import Final

from clri.model.errors import StoreError
from clri.stores.faults import store_error


def alive(pid: int) -> bool:
    """Whether a process with this id runs, ours or another user's."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class WriterLock:
    """Held from construction to `release`.

    Parameters
    ----------
    path
        The store; the lock is the file beside it that ends in `.lock`.

    Raises
    ------
    StoreError
        If another writer holds it, or the folder cannot be written.

    Notes
    -----
    The kernel's lock decides, not the number in the file: it ends with the process however that dies, and a pid
    that another program got since then is no obstacle. A file left behind is therefore taken over.
    """

    def __init__(self, path: Path) -> None:
        self.path: Final = path.with_name(path.name + ".lock")
        try:
            self._file: int | None = self._take(path)
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            raise store_error(error, path, "lock") from error

    def _take(self, path: Path) -> int:
        """Locked descriptor of the file that now has the name."""
        while True:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._is_named(file):
                    return file
            except BlockingIOError as error:
                refusal = self._refusal(path, os.pread(file, 32, 0))
                os.close(file)
                raise refusal from error
            except OSError:
                os.close(file)
                raise
            os.close(file)

    def _is_named(self, file: int) -> bool:
        """Whether the name still leads to the file: its last holder may have removed it before we locked it."""
        try:
            return os.path.samestat(os.fstat(file), self.path.stat())
        except FileNotFoundError:
            return False

    @staticmethod
    def _refusal(path: Path, text: bytes) -> StoreError:
        """The error for a second writer."""
        pid = int(text) if text.strip().isdigit() else 0
        if pid and alive(pid):
            who, hint = f"process {pid}", f"stop it (kill {pid}), choose another folder (CLRI_GENERAL__DATA_DIR=FOLDER)"
        else:
            who, hint = "another process", f"find it (fuser {path}.lock) and stop it"
        return StoreError(
            f"{who} already writes to the store {path}; a store has one writer",
            code="CLRI-STORE-002",
            hint=f"{hint}, or only look: clri status",
        )

    def release(self) -> None:
        """Give the lock back and remove the file; a second call does nothing."""
        if self._file is not None:
            self.path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = None
