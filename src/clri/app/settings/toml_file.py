"""What a TOML file says, key by key, and in which line."""

import re
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from clri.app.settings.findings import UNREADABLE, WRONG_VALUE, Findings, shown
from clri.app.settings.given import Given
from clri.app.settings.keys import keys, sections
from clri.app.settings.origins import Origin

_PLACE: Final = re.compile(r" ?\(at (?:line (\d+), column \d+|end of document)\)$")


class TomlText:
    r"""Text of a file whose keys know their lines.

    Parameters
    ----------
    text
        A valid document.

    Examples
    --------
    >>> text = TomlText('[general]\nsymbols = [\n  "BTC",\n]\ndata_dir = "x"')
    >>> text.line("general.symbols"), text.line("general.data_dir"), text.line("general.nothing")
    (2, 5, 0)
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def line(self, key: str) -> int:
        """Line in which a key or table begins, from 1; 0 if it is not there."""
        return self._lines.get(key, 0)

    @cached_property
    def _lines(self) -> dict[str, int]:
        """Line of every path: that before which the document was whole and did not hold it yet."""
        found: dict[str, int] = {}
        begin, lines = 1, self.text.split("\n")
        for number in range(1, len(lines) + 1):
            try:
                tree = tomllib.loads("\n".join(lines[:number]))
            except tomllib.TOMLDecodeError:
                continue  # inside a value of several lines
            for path in _paths(tree, ""):
                found.setdefault(path, begin)
            begin = number + 1
        return found


def _paths(tree: dict[str, Any], path: str) -> list[str]:
    found = []
    for name, value in tree.items():
        here = f"{path}.{name}".lstrip(".")
        found += [here, *(_paths(value, here) if isinstance(value, dict) else ())]
    return found


def read_toml(path: Path, findings: Findings, *, must_exist: bool = False) -> dict[str, Given] | None:
    """Values of a file by key; None if there is no file.

    Parameters
    ----------
    path
        The file.
    findings
        Takes unknown keys, and a file that is no TOML.
    must_exist
        An absent file is a problem.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        tree = tomllib.loads(text)
    except (FileNotFoundError, NotADirectoryError):
        if must_exist:
            findings.problem(
                UNREADABLE, f"settings file {path} is absent", f"Make one: clri --config {path} config init"
            )
        return None
    except OSError as error:
        findings.problem(UNREADABLE, f"settings file {path} cannot be read: {error.strerror}")
        return {}
    except UnicodeDecodeError:
        findings.problem(UNREADABLE, f"settings file {path} is not UTF-8 text")
        return {}
    except (ValueError, RecursionError) as error:  # ValueError: also a number of thousands of digits
        findings.problem(UNREADABLE, _not_toml(path, text, error))
        return {}
    found: dict[str, Given] = {}
    _collect(tree, "", str(path), TomlText(text), found, findings)
    return found


def _not_toml(path: Path, text: str, error: Exception) -> str:
    """Where and why; tomllib's words hold no value."""
    words = str(error)
    at = _PLACE.search(words)
    place = str(path) if at is None else f"{path}:{at[1] or text.count(chr(10)) + 1}"
    return f"{place} is not TOML: {_PLACE.sub('', words)}"


def _collect(
    tree: dict[str, Any], path: str, file: str, text: TomlText, found: dict[str, Given], findings: Findings
) -> None:
    for name, value in tree.items():
        key = f"{path}.{name}".lstrip(".")
        origin = Origin(file, key, text)
        if "." in name or not name:
            findings.not_a_key(f'{path}."{name}"'.lstrip("."), Origin(file))
        elif key in keys():
            found[key] = Given(value, origin)
        elif key not in sections():
            findings.not_a_key(key, origin)
        elif isinstance(value, dict):
            _collect(value, key, file, text, found, findings)
        else:
            findings.problem(WRONG_VALUE, f"{key} was {shown(value)} ({origin}); expected a table: [{key}]")
