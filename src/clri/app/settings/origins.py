"""Where a value came from."""

from dataclasses import dataclass
from typing import Final, Protocol


class Lines(Protocol):
    """A text that knows in which line it says what."""

    def line(self, key: str) -> int:
        """Line of a key, from 1; 0 if unknown."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Place of a value.

    Parameters
    ----------
    place
        "default", "command line", "environment", or the path of a file.
    name
        What it is called there.
    lines
        The file's text; its line is searched only when someone asks.
    hidden
        The value came from a file of secrets: never show it.

    Examples
    --------
    >>> str(Origin("environment", "CLRI_REPLAY__SEED")), str(DEFAULT)
    ('environment CLRI_REPLAY__SEED', 'default')
    """

    place: str
    name: str = ""
    lines: Lines | None = None
    hidden: bool = False

    def __str__(self) -> str:
        line = self.lines.line(self.name) if self.lines is not None else 0
        if line:
            return f"{self.place}:{line}"
        return f"{self.place} {self.name}".rstrip()


DEFAULT: Final = Origin("default")
