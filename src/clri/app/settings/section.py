"""What sections of the settings are made of: their base, and how a key is described."""

from typing import Final

import msgspec

from clri.app.settings.readers import Reader

USD_MOST: Final = 1_000_000_000_000.0


def span(least: float, most: float, unit: str, about: str) -> msgspec.Meta:
    """Description of a number with both bounds allowed."""
    return msgspec.Meta(ge=least, le=most, description=about, extra={"unit": unit})


def usd(about: str) -> msgspec.Meta:
    """Description of an amount above zero."""
    return msgspec.Meta(gt=0.0, le=USD_MOST, description=about, extra={"unit": "USD"})


def special(reader: Reader, about: str, *, unit: str = "", absent: str = "", example: str = "") -> msgspec.Meta:
    """Description of a value with its own reader; `absent` says what its default means where that is no fixed value."""
    return msgspec.Meta(description=about, extra={"reader": reader, "unit": unit, "absent": absent, "example": example})


def about(text: str) -> msgspec.Meta:
    """Description of a section."""
    return msgspec.Meta(description=text)


class Section(msgspec.Struct, frozen=True):
    """Base of all sections."""
