"""A key or password that no text, log or error shows."""

from typing import Final

MASK: Final = "***"


class Secret:
    """Holds a text and shows `***` instead, whatever prints it.

    It cannot be pickled or encoded, so that it reaches no file by accident; `reveal` is the one way out.

    Examples
    --------
    >>> key = Secret("abc")
    >>> f"{key} {key!r}", [key], key.reveal(), key == Secret("abc")
    ('*** ***', [***], 'abc', True)
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")
