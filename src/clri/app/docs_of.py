"""What a class says about itself: first line, source, warm-up, parameters with their defaults; read from docstrings."""

import dataclasses
import inspect
import re
from types import ModuleType
from typing import Any, Final

from clri.engine.cadence import DAY_S
from clri.scores.track import Track

_SOURCE: Final = re.compile(r"\b(?:SCORES|EVALUATION|VENUES|CONTRACTS) \d[\d.]*(?:, \d[\d.]*)*")
_NEED: Final = re.compile(r"[Ww]arm-?up|\bneeds? \d|\bof them needed|\bNo history\b|[Nn]o memory")
_SENTENCE: Final = re.compile(r"(?<=[.;:])\s+(?=[A-Z*]|\d\. )")
_LEAD: Final = re.compile(r"^(?:\d\. )?\*?(?:Warm-up\*?\s?[:=]\s?)?")
_NAMES: Final = re.compile(r"[a-z_]\w*(?:, [a-z_]\w*)*")


def texts_of(found: type) -> str:
    """Docstring of the module that a class stands in, and of the class up to its examples."""
    module = inspect.getdoc(inspect.getmodule(found)) or ""
    own = (inspect.getdoc(found) or "").partition("\nExamples\n")[0]
    return f"{module}\n\n{own}".strip()


def about(text: str) -> str:
    """First line, without its source and full stop.

    Examples
    --------
    >>> about("Component: how far it stands (SCORES 2.2).")
    'Component: how far it stands'
    """
    first = text.partition("\n")[0]
    return re.sub(r"\s*\((?:SCORES|CONTRACTS)[^)]*\)", "", first).rstrip(".")


def source(text: str) -> str | None:
    """Design sections that a text names.

    Examples
    --------
    >>> source("A (SCORES 2.1, 2.6). Like SCORES 1."), source("no source")
    ('SCORES 2.1, 2.6; SCORES 1', None)
    """
    return "; ".join(dict.fromkeys(found.rstrip(".") for found in _SOURCE.findall(text))) or None


def warm_up(text: str, tracks: dict[str, Track]) -> str:
    """What must have been seen before a value stands: the histories, and the sentences that speak of it.

    Examples
    --------
    >>> warm_up("History 30 d, z needs 7 d; floor 1.", {}), warm_up("Sums.", {})
    ('History 30 d, z needs 7 d; floor 1', 'none stated')
    """
    found = [" ".join(part.split()) for part in _SENTENCE.split(text) if _NEED.search(part)]
    sentences = [_LEAD.sub("", part).rstrip(".;:") for part in found]
    spans = [f"{key}: {_days(track, samples=False)} of {_days(track, samples=True)}" for key, track in tracks.items()]
    return "; ".join(dict.fromkeys([*sentences, *spans])) or "none stated"


def tracks_of(score: object) -> dict[str, Track]:
    """Histories that a score keeps, by key."""
    found: list[Track] = []
    for value in vars(score).values():
        found += [part for part in (value if isinstance(value, tuple) else (value,)) if isinstance(part, Track)]
    return {track.key: track for track in found}


def _days(track: Track, *, samples: bool) -> str:
    """Span of a history, or of its need, in days of minute rows."""
    count = track.history.cap if samples else track.history.n_min
    return f"{count * track.history.every * 60 / DAY_S:g} d"


def params_of(module: ModuleType) -> list[dict[str, Any]]:
    """Parameters of the module's `Params`: name, default, and what its docstring says; none without a `Params`."""
    if not hasattr(module, "Params"):
        return []
    kind: Any = module.Params
    words = documented(inspect.getdoc(kind) or "")
    return [
        {"name": field.name, "default": getattr(kind(), field.name), "about": words.get(field.name, "")}
        for field in dataclasses.fields(kind)
    ]


def documented(text: str) -> dict[str, str]:
    """Parameters section of a numpydoc text: what it says by name.

    Examples
    --------
    >>> lines = ("Parameters", "----------", "a, b", "    Both", "    of them.", "c", "    One.", "", "Notes")
    >>> documented(chr(10).join(lines))
    {'a': 'Both of them.', 'b': 'Both of them.', 'c': 'One.'}
    """
    found: dict[str, str] = {}
    names: list[str] = []
    for line in text.partition("Parameters\n----------\n")[2].splitlines():
        if line.startswith("    "):
            found |= {name: f"{found.get(name, '')} {line.strip()}".strip() for name in names}
        elif _NAMES.fullmatch(line.strip()):
            names = line.strip().split(", ")
        else:
            break
    return found
