"""Every key as a flat table, made from the sections: `general.symbols`, `scoring.weights.oi`, ….

The environment's name of a key is CLRI_ and the key in capitals with two underscores for each dot.
"""

from difflib import get_close_matches
from functools import cache
from typing import Any, Final, NamedTuple, get_args, get_type_hints

import msgspec

from clri.app.settings.model import Settings
from clri.app.settings.readers import Reader, plain
from clri.app.settings.section import Section

PREFIX: Final = "CLRI_"


class Key(NamedTuple):
    """One key.

    Parameters
    ----------
    name
        With dots.
    default
        Typed; None where `absent` says what that means.
    about, unit
        Words for people.
    reader
        Makes the typed value.
    absent, example
        What the default means where it is no fixed value, and a value to show instead.
    """

    name: str
    default: Any
    about: str
    unit: str
    reader: Reader
    absent: str
    example: str

    @property
    def variable(self) -> str:
        """Name in the environment."""
        return PREFIX + self.name.upper().replace(".", "__")


@cache
def sections() -> dict[str, str]:
    """Sections with their descriptions, in order; the root is "".

    Examples
    --------
    >>> list(sections())[:3]
    ['', 'general', 'scoring']
    """
    return {path: words for path, _, words in _walk(Settings(), "", "")}


@cache
def keys() -> dict[str, Key]:
    """Every key by its name, in order.

    Examples
    --------
    >>> keys()["cascade.burst.window_s"].variable
    'CLRI_CASCADE__BURST__WINDOW_S'
    """
    found = {}
    for path, section, _ in _walk(Settings(), "", ""):
        for name, hint in get_type_hints(type(section), include_extras=True).items():
            default = getattr(section, name)
            if not isinstance(default, Section):
                key = f"{path}.{name}".lstrip(".")
                found[key] = _key(key, default, hint)
    return found


@cache
def variables() -> dict[str, str]:
    """Key by its name in the environment."""
    return {key.variable: name for name, key in keys().items()}


def nearest(name: str) -> str | None:
    """Key or section that was probably meant.

    Examples
    --------
    >>> nearest("general.symbol"), nearest("symbols"), nearest("scorng"), nearest("zzz")
    ('general.symbols', 'general.symbols', 'scoring', None)
    """
    known = [*keys(), *list(sections())[1:]]
    same_end = [key for key in keys() if key.rpartition(".")[2] == name.rpartition(".")[2]]
    return next(iter([*same_end[:1], *get_close_matches(name.lower(), known, 1)]), None)


def _walk(section: Section, path: str, words: str) -> list[tuple[str, Section, str]]:
    """The section and all below it; a field's own description wins over the class's."""
    found = [(path, section, words or (type(section).__doc__ or "").partition("\n")[0])]
    for name, hint in get_type_hints(type(section), include_extras=True).items():
        below = getattr(section, name)
        if isinstance(below, Section):
            metas = [part for part in get_args(hint) if isinstance(part, msgspec.Meta)]
            described = (metas[0].description or "") if metas else ""
            found += _walk(below, f"{path}.{name}".lstrip("."), described)
    return found


def _key(name: str, default: object, hint: Any) -> Key:  # noqa: ANN401 - a type hint
    kind, meta = get_args(hint)
    extra = meta.extra or {}
    absent = extra.get("absent", "")
    return Key(
        name=name,
        default=None if absent else default,
        about=meta.description or "",
        unit=extra["unit"],
        reader=extra.get("reader") or plain(kind, meta),
        absent=absent,
        example=extra.get("example", ""),
    )
