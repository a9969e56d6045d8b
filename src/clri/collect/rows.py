"""Rows of a frame: decoded at once, one by one where that fails, so that a bad row costs no neighbour (VENUES 7)."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, Protocol, TypeVar, TypeVarTuple, cast, get_origin

import msgspec

from clri.collect.tally import REFUSALS, Tally, reason_of

PARTS: Final = msgspec.json.Decoder(list[msgspec.Raw])
"""Rows as they stand in the text."""


class Framed(Protocol):
    """What stands around the rows of a frame."""

    @property
    def rows(self) -> Any:  # noqa: ANN401 - one row, a list of rows, or their text
        """What the venue sent as rows."""


Row = TypeVar("Row")
Made = TypeVar("Made")
More = TypeVarTuple("More")
Frame = TypeVar("Frame", bound=Framed)


def each(rows: Sequence[Row], make: Callable[[Row, *More], list[Made]], tally: Tally, *more: *More) -> list[Made]:
    """What `make` makes of each row, in row order; a row that it refuses is counted alone.

    Parameters
    ----------
    rows
        Rows of one frame, decoded or still text.
    make
        Takes a row and `more`; raises `QuarantineError` or `ValueError` for a row that cannot be used.
    tally
        Where refused rows are counted.

    Raises
    ------
    QuarantineError, ValueError
        The first refusal, if every row is refused: then the frame is broken, not a row of it.

    Examples
    --------
    >>> from clri.collect.checks import price
    >>> tally = Tally()
    >>> each([5.0, -1.0], lambda value, m: [price(value / m)], tally, 10.0), dict(tally.rows)
    ([0.5], {'quarantined:range': 1})
    """
    if len(rows) == 1:
        return make(rows[0], *more)
    made: list[Made] = []
    refused: list[tuple[str, Row]] = []
    first: Exception | None = None
    for row in rows:
        try:
            made += make(row, *more)
        except REFUSALS as error:
            first = first or error
            refused.append((reason_of(error), row))
    if first is not None:
        if len(refused) == len(rows):
            raise first
        for reason, bad in refused:
            tally.row_quarantined(reason, msgspec.json.encode(bad))
    return made


class RowDecoder(Generic[Row]):
    """Typed decoder of a text that is one row or an array of rows.

    Parameters
    ----------
    row
        Struct of a row; an array-like one stands in an array only.
    strict
        False: numbers may come as text.

    Examples
    --------
    >>> class Pair(msgspec.Struct):
    ...     s: str
    ...     p: float
    >>> tally = Tally()
    >>> RowDecoder(Pair).decode(b'[{"s":"A","p":"1.5"},{"s":"B"}]', tally)
    [Pair(s='A', p=1.5)]
    >>> tally.rows
    Counter({'quarantined:schema': 1})
    """

    def __init__(self, row: type[Row], *, strict: bool = False) -> None:
        alone = not (issubclass(row, msgspec.Struct) and row.__struct_config__.array_like)
        whole: Any = row | list[row] if alone else list[row]  # type: ignore[valid-type]
        self._whole: Callable[[bytes | msgspec.Raw], Row | list[Row]] = msgspec.json.Decoder(
            whole, strict=strict
        ).decode
        self._row = msgspec.json.Decoder(row, strict=strict).decode

    def decode(self, raw: bytes | msgspec.Raw, tally: Tally) -> list[Row]:
        """Rows of the text; broken rows among good ones are counted in `tally`.

        Raises
        ------
        ValueError
            If the text is no JSON, or has no good row.
        """
        try:
            rows = self._whole(raw)
        except ValueError:
            if not _is_array(raw):
                raise
            return each(PARTS.decode(raw), _alone, tally, self._row)
        return rows if isinstance(rows, list) else [rows]


class FrameDecoder(Generic[Frame, Row]):
    """Typed decoder of an envelope around rows.

    Parameters
    ----------
    whole
        The envelope, generic in what its `rows` are: `Push[list[Mark]]`, or `Push[Mark | list[Mark]]` where the venue
        may send one row without an array.
    row
        Struct of a row.
    strict
        False: numbers may come as text.
    """

    def __init__(self, whole: type[Frame], row: type[Row], *, strict: bool = False) -> None:
        self._whole = msgspec.json.Decoder(whole, strict=strict).decode
        self._shell = msgspec.json.Decoder(cast("Any", get_origin(whole))[msgspec.Raw], strict=strict).decode
        self._row = msgspec.json.Decoder(row, strict=strict).decode

    def decode(self, raw: bytes | msgspec.Raw, tally: Tally) -> tuple[Frame, list[Row]]:
        """Envelope and rows; broken rows among good ones are counted in `tally`.

        Raises
        ------
        ValueError
            If the frame is no JSON, the envelope does not fit, or there is no good row.
        """
        try:
            frame = self._whole(raw)
        except ValueError:
            shell = self._shell(raw)
            if not _is_array(shell.rows):
                raise
            return shell, each(PARTS.decode(shell.rows), _alone, tally, self._row)
        rows = frame.rows
        return frame, rows if type(rows) is list else [rows]


def _alone(part: msgspec.Raw, decode: Callable[[msgspec.Raw], Row]) -> list[Row]:
    return [decode(part)]


def _is_array(text: bytes | msgspec.Raw) -> bool:
    return bytes(text).lstrip().startswith(b"[")
