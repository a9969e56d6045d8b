"""What this process holds in memory, now and at most."""

import resource
import sys
from pathlib import Path
from typing import Final

STATUS: Final = Path("/proc/self/status")
RESET: Final = Path("/proc/self/clear_refs")
KIB: Final = 1024


def reset() -> None:
    """Forget the peak so far, where the system can."""
    if RESET.exists():
        RESET.write_text("5", encoding="ascii")


def held() -> int:
    """Resident bytes now (the peak, where the system tells no more)."""
    return _of("VmRSS") if STATUS.exists() else peak()


def peak() -> int:
    """Most resident bytes since `reset`."""
    if STATUS.exists():
        return _of("VmHWM")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * KIB


def _of(name: str) -> int:
    rows = STATUS.read_text(encoding="ascii").splitlines()
    return next(int(row.split()[1]) * KIB for row in rows if row.startswith(f"{name}:"))
