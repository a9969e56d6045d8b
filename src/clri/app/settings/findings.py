"""What is wrong with settings: one line each, all of them at once, never a secret.

| code | meaning |
|---|---|
| CLRI-CFG-001 | a value of the wrong type or out of its range |
| CLRI-CFG-003 | a file holds an unknown key |
| CLRI-CFG-004 | an unknown CLRI_ variable (warning; an error with --strict) |
| CLRI-CFG-007 | known, but not available in this version |
| CLRI-CFG-008 | a settings file cannot be read or parsed |
| CLRI-CFG-009 | NAME and NAME_FILE are both set, or the file of NAME_FILE cannot be read |
| CLRI-CFG-010 | values that do not fit together: weights sum to 1, edges ascend |
| CLRI-CFG-011 | `config init` found a file already there |
"""

import re
from typing import Final

from clri.app.settings.keys import nearest
from clri.app.settings.origins import Origin
from clri.app.settings.planned import planned
from clri.model.errors import ConfigError

WRONG_VALUE: Final = "CLRI-CFG-001"
UNKNOWN_KEY: Final = "CLRI-CFG-003"
UNKNOWN_VARIABLE: Final = "CLRI-CFG-004"
NOT_YET: Final = "CLRI-CFG-007"
UNREADABLE: Final = "CLRI-CFG-008"
TWO_VALUES: Final = "CLRI-CFG-009"
ALREADY_THERE: Final = "CLRI-CFG-011"

LONGEST: Final = 60
_LOGIN: Final = re.compile(r"//[^\s'\"]*@")


class Findings:
    """Problems and warnings so far, in the order of their finding."""

    def __init__(self) -> None:
        self.problems: list[ConfigError] = []
        self.warnings: list[str] = []

    def problem(self, code: str, message: str, hint: str = "") -> None:
        """Note an error."""
        self.problems.append(ConfigError(message, code=code, hint=hint))

    def warn(self, code: str, message: str) -> None:
        """Note a warning."""
        self.warnings.append(f"{code}   {message}")

    def not_a_key(self, name: str, origin: Origin) -> None:
        """Note a key of a file, or of the command line, that is none in this version."""
        part = planned(name)
        if part:
            self.problem(
                NOT_YET,
                f"{name} ({origin}) is not available in this version: {part}",
                "Remove it. What there is: clri config show --effective",
            )
            return
        meant = nearest(name)
        guess = f". Did you mean {meant}?" if meant else "; clri config show --effective lists all keys"
        self.problem(UNKNOWN_KEY, f"Unknown setting {name} ({origin}){guess}")

    def raise_all(self) -> None:
        """Raise one error for all problems, a line each.

        Raises
        ------
        ConfigError
            With code and hint of the first.
        """
        if not self.problems:
            return
        first, *others = self.problems
        text = "\n".join([str(first), *(f"{error.code}   {error}" for error in others)])
        raise ConfigError(text, code=first.code, hint=next((e.hint for e in self.problems if e.hint), ""))


def masked(text: str) -> str:
    """Text without what stands between // and @ of an address: user and password.

    Examples
    --------
    >>> masked("postgresql://me:secret@db/clri")
    'postgresql://***@db/clri'
    """
    return _LOGIN.sub("//***@", text)


def shown(raw: object) -> str:
    r"""What was found, short and on one line.

    Examples
    --------
    >>> shown("a\nb"), shown(True), shown({"a": 1}), shown([1])
    ("'a\\nb'", 'true', 'a table', '[1]')
    """
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, dict):
        return "a table"
    return brief(repr(raw) if isinstance(raw, str | list | tuple) else str(raw))


def brief(text: str) -> str:
    r"""Text on one line, cut where it gets long, without logins.

    Examples
    --------
    >>> len(brief("x" * 99)), brief("a\nb")
    (60, 'a b')
    """
    line = " ".join(masked(text).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
