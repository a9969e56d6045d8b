"""What variables say: those of the process and those of a `.env` file, ours and the original tools'."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from clri.app.settings.aliases import ALIASES, CLIENT, original
from clri.app.settings.bundles import BUNDLES, spread
from clri.app.settings.findings import NOT_YET, TWO_VALUES, UNKNOWN_VARIABLE, UNREADABLE, Findings
from clri.app.settings.given import Given
from clri.app.settings.keys import PREFIX, keys, nearest, variables
from clri.app.settings.origins import Origin
from clri.app.settings.planned import planned

FROM_FILE: Final = "_FILE"
MOST_BYTES: Final = 65_536
ENVIRONMENT: Final = "environment"


class _Line:
    """The one line of a variable in a file."""

    def __init__(self, number: int) -> None:
        self.number = number

    def line(self, _key: str) -> int:
        return self.number


class Variables:
    """Variables of one place.

    Parameters
    ----------
    values
        Name to text; empty text counts as not set.
    place
        "environment", or the path of the file.
    lines
        Line of each name in that file.
    """

    def __init__(
        self, values: Mapping[str, str], place: str = ENVIRONMENT, lines: Mapping[str, int] | None = None
    ) -> None:
        self.place = place
        self._lines = lines or {}
        exact_last = sorted(values, key=lambda name: name.isupper())
        self._values = {name.upper() if name.upper().startswith(PREFIX) else name: values[name] for name in exact_last}

    def given(self, findings: Findings) -> dict[str, Given]:
        """Values by key; our own name wins over one of the original tools."""
        found: dict[str, Given] = {}
        for name, key in (*variables().items(), *ALIASES.items()):
            told = self._value(name, name if name in ALIASES else "", findings)
            if told and key not in found:
                found[key] = told
            elif told and found[key].alias:
                findings.warn("config.alias_used", f"{name} ({self.place}) is not used: {found[key].alias} wins")
        for name in BUNDLES:
            bundle = self._value(name, name, findings)
            for key, part in (spread(name, bundle, findings) if bundle else {}).items():
                found.setdefault(key, part)
        return found

    def strangers(self) -> Iterator[tuple[str, Origin]]:
        """CLRI_ variables that are no key and not the client's."""
        known = {*variables(), *CLIENT}
        for name, text in self._values.items():
            plain = name.removesuffix(FROM_FILE)
            if name.startswith(PREFIX) and text and not {name, plain} & known:
                yield name, self._origin(name)

    def originals(self) -> Iterator[tuple[str, str]]:
        """Variables of the original tools that set no key, and what became of them: waiting or ignored."""
        for name, text in self._values.items():
            became = original(name.removesuffix(FROM_FILE))
            if became and text:
                yield name, became

    def _origin(self, name: str, *, hidden: bool = False) -> Origin:
        number = self._lines.get(name, 0)
        if number:
            return Origin(self.place, name, _Line(number), hidden)
        return Origin(self.place, name, hidden=hidden)

    def _value(self, name: str, alias: str, findings: Findings) -> Given | None:
        """Value of NAME, or of the file that NAME_FILE names."""
        text, file = self._values.get(name, ""), self._values.get(name + FROM_FILE, "")
        if text and file:
            findings.problem(TWO_VALUES, f"{name} and {name}{FROM_FILE} are both set ({self.place}); expected one")
        elif file:
            origin = self._origin(name + FROM_FILE, hidden=True)
            content = _content(file, origin, findings)
            return Given(content, origin, text=True, alias=alias) if content else None
        return Given(text, self._origin(name), text=True, alias=alias) if text else None


def _content(path: str, origin: Origin, findings: Findings) -> str | None:
    """Text of a file that holds one value, without the line end."""
    text = ""
    try:
        with Path(path).expanduser().open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        text = data.decode().strip("\r\n")
        wrong = f"holds more than {MOST_BYTES:,} bytes" if len(data) > MOST_BYTES else "" if text else "is empty"
    except OSError as error:
        wrong = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        wrong = "is not UTF-8 text"
    except (ValueError, RuntimeError):  # a zero byte; ~ without a home folder
        wrong = "is no path here"
    if wrong:
        findings.problem(TWO_VALUES, f"{origin.name} ({origin.place}) names {path}, which {wrong}")
    return None if wrong else text


def read_dotenv(path: Path, findings: Findings) -> Variables:
    """Variables of a `.env` file, none if there is no such file. ``${NAME}`` in a value stays as it is."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return Variables({})
    except OSError as error:
        findings.problem(UNREADABLE, f"{path} cannot be read: {error.strerror}")
        return Variables({})
    except UnicodeDecodeError:
        findings.problem(UNREADABLE, f"{path} is not UTF-8 text")
        return Variables({})
    from io import StringIO

    from dotenv.parser import parse_stream

    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    for binding in parse_stream(StringIO(text)):
        said = binding.original.string
        number = binding.original.line + said[: len(said) - len(said.lstrip())].count("\n")
        if binding.error:
            findings.problem(UNREADABLE, f"{path}:{number} is not NAME=value; a quote may be open")
        elif binding.key is not None:
            values[binding.key] = binding.value or ""
            lines[binding.key] = number
    return Variables(values, str(path), lines)


def judge_strangers(variables_of: Variables, findings: Findings, *, strict: bool) -> None:
    """Note CLRI_ variables that mean nothing here: an error if planned or strict, else a warning."""
    for name, origin in variables_of.strangers():
        key = name.removeprefix(PREFIX).lower().replace("__", ".")
        part = planned(key) or planned(key.removesuffix(FROM_FILE.lower()))
        meant = nearest(key)
        if part:
            findings.problem(
                NOT_YET,
                f"{name} ({_place(origin)}) is not available in this version: {part}",
                "Unset it. What there is: clri config show --effective",
            )
            continue
        guess = f" Did you mean {keys()[meant].variable}?" if meant in keys() else ""
        words = f"Unknown setting {name} ({_place(origin)}).{guess}"
        if strict:
            findings.problem(UNKNOWN_VARIABLE, words)
        else:
            findings.warn(UNKNOWN_VARIABLE, words)


def _place(origin: Origin) -> str:
    """Where, without the name that the sentence has already."""
    return str(origin).removesuffix(f" {origin.name}")
