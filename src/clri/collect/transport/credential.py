"""A service's key: where it is put into a call, and that it shows nowhere else (VENUES 6)."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from clri.model.secret import MASK, Secret

LEAST_MASKED: Final = 8
"""Characters from which a key is looked for in replies: a shorter one would be found inside ordinary words."""


class Credential:
    """Key of one service.

    It goes into a header or, where the service takes it no other way, into the query of the URL that is called; the
    path of a poll, which recordings and errors show, never holds it.

    Parameters
    ----------
    key
        None: the service is asked without.
    header, query
        Name of the header or of the query field that carries it; exactly one is given where there is a key.

    Examples
    --------
    >>> credential = Credential(Secret("k3y-of-mine"), query="apikey")
    >>> credential.headers, credential.of("/api?chainid=1"), credential.masked(b"no such key: k3y-of-mine")
    ({}, '/api?chainid=1&apikey=k3y-of-mine', b'no such key: ***')
    """

    def __init__(self, key: Secret | None = None, *, header: str = "", query: str = "") -> None:
        if key is not None and bool(header) == bool(query):
            raise ValueError("a key had a header and a query field, or neither; expected one of them")
        self._key, self._query = key, query
        self.headers: Mapping[str, str] = {} if key is None or not header else {header: key.reveal()}

    def __repr__(self) -> str:
        return f"Credential({self._key!r})"

    def of(self, path: str) -> str:
        """Path as it is called."""
        if self._key is None or not self._query:
            return path
        return f"{path}{'&' if '?' in path else '?'}{self._query}={quote(self._key.reveal(), safe='')}"

    def masked(self, raw: bytes) -> bytes:
        """Reply without the key, which some services repeat in their errors."""
        key = b"" if self._key is None else self._key.reveal().encode()
        return raw if len(key) < LEAST_MASKED else raw.replace(key, MASK.encode())


NONE = Credential()
"""No key."""
