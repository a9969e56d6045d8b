"""Where compiled code is kept between starts: the first folder that can be written (KERNELS 3).

The subfolder is named by a hash of all kernel sources, numba's version and the ``NUMBA_*`` settings. numba
itself compares only the file of the *called* kernel: after an edit of a helper in another file the caller
would silently return the old result. Caches are never shipped: the processor is part of numba's own key.
"""

import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

_CLRI: Final = Path(__file__).resolve().parent.parent
# Floors whose files may hold kernels, or constants that kernels freeze when they are compiled.
_HASHED: Final = tuple(_CLRI / floor for floor in ("maths", "model", "scores", "collect/simulate/market"))


@dataclass(frozen=True, slots=True)
class CacheState:
    """Where compiled code is kept; the application shows it and logs `warning`.

    Parameters
    ----------
    mode
        "setting", "user" or "temp": which folder was taken; "none": compiled anew at each start;
        "interpreted": nothing is compiled (``NUMBA_DISABLE_JIT=1``).
    folder
        The subfolder of this build, None without a cache.
    warning
        What is worse than it should be, in one line; None if all is well.
    """

    mode: Literal["setting", "user", "temp", "none", "interpreted"]
    folder: str | None = None
    warning: str | None = None


def choose(setting: str, compiler: str) -> CacheState:
    """First writable of `setting`, the user's cache folder, and a private temporary folder.

    Parameters
    ----------
    setting
        Folder of setting `cache.dir`, made if absent; "" = not set.
    compiler
        Name and version of the compiler, part of the hash.

    Returns
    -------
    CacheState
        Mode "none" if nothing can be written; every refused folder is named in the warning.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     choose(folder, "numba 0").mode
    'setting'
    """
    refused = []
    name = f"kernels-{build_hash(compiler)}"
    places: tuple[tuple[Literal["setting", "user", "temp"], Callable[[], Path]], ...] = (
        ("setting", lambda: Path(setting).expanduser()),
        ("user", _user_cache),
        ("temp", _private_temp),
    )
    for mode, place in places:
        if mode == "setting" and not setting:
            continue
        try:
            folder = place() / name
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except (OSError, RuntimeError) as error:  # RuntimeError: the user has no home folder
            refused.append(f"{mode} cache folder refused ({error})")
            continue
        return CacheState(mode, str(folder), "; ".join(refused) or None)
    return CacheState("none", None, "; ".join([*refused, "kernels are compiled anew at each start"]))


def build_hash(compiler: str) -> str:
    """Hash of all that decides what compiled code does, except the processor; 16 hex digits, a few ms.

    Parameters
    ----------
    compiler
        Name and version of the compiler.

    Examples
    --------
    >>> build_hash("numba 0") == build_hash("numba 1"), len(build_hash("numba 0"))
    (False, 16)
    """
    digest = hashlib.sha256(f"{compiler} python {sys.version_info[:2]}".encode())
    for name in sorted(os.environ):
        if name.startswith("NUMBA_"):
            digest.update(f"\0{name}={os.environ[name]}".encode(errors="surrogateescape"))
    for floor in _HASHED:
        for path in sorted(floor.rglob("*.py")):
            digest.update(f"\0{path.relative_to(_CLRI).as_posix()}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def covers(source: str) -> bool:
    """Whether the hash covers a source file; code of other files must not be cached.

    Parameters
    ----------
    source
        Path of the file that defines a kernel.

    Examples
    --------
    >>> covers(__file__), covers("/elsewhere/my_score.py")
    (True, False)
    """
    return any(Path(source).resolve().is_relative_to(floor) for floor in _HASHED)


def _user_cache() -> Path:
    """Folder for caches of this user on this system."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "clri"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/clri"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "clri"


def _private_temp() -> Path:
    """Folder that only this user can write: a cache holds pickles, loading it runs what it holds."""
    if sys.platform == "win32":
        return Path(tempfile.gettempdir()) / "clri"  # already one per user
    folder = Path(tempfile.gettempdir()) / f"clri-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} is not a folder of user {os.getuid()} with mode 700")
    return folder
