"""Frames of rows: decoded at once, and row by row when that fails, so that a bad row costs no neighbour (VENUES 7)."""

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar, cast

import msgspec

from clri.collect.tally import Tally
from clri.model.errors import QuarantineError

Body = TypeVar("Body")


class Envelope(msgspec.Struct, Generic[Body], gc=False):
    """What stands around the rows of a frame; a venue's envelope names the field that holds them."""

    rows: Body


Row = TypeVar("Row")
Made = TypeVar("Made")
Frame = TypeVar("Frame", bound=Envelope[Any])


class RowReader(Generic[Row]):
    """Typed decoder of a frame that is one row or an array of rows.

    Parameters
    ----------
    row
        Struct of a row; an array-like one stands in an array only.

    Examples
    --------
    >>> class Pair(msgspec.Struct):
    ...     s: str
    ...     p: float
    >>> tally = Tally()
    >>> RowReader(Pair).read(b'[{"s":"A","p":"1.5"},{"s":"B"}]', tally)
    [Pair(s='A', p=1.5)]
    >>> tally.rows
    Counter({'quarantined:schema': 1})
    """

    def __init__(self, row: type[Row]) -> None:
        alone = not (issubclass(row, msgspec.Struct) and row.__struct_config__.array_like)
        self._whole: msgspec.json.Decoder[Row | list[Row]] = msgspec.json.Decoder(
            row | list[row] if alone else list[row],  # type: ignore[valid-type]
            strict=False,
        )
        self._row = msgspec.json.Decoder(row, strict=False)
        self._parts = msgspec.json.Decoder(list[msgspec.Raw])

    def read(self, raw: bytes, tally: Tally) -> Row | list[Row]:
        """Rows of the frame; broken rows among good ones are counted in `tally`.

        Raises
        ------
        msgspec.DecodeError, QuarantineError
            If the frame is no JSON, or has no good row.
        """
        try:
            return self._whole.decode(raw)
        except msgspec.DecodeError:
            return self.one_by_one(raw, tally)

    def one_by_one(self, body: bytes, tally: Tally) -> Row | list[Row]:
        """As `read`, without the attempt to decode all rows at once."""
        if not body.lstrip().startswith(b"["):
            return self._row.decode(body)
        rows, broken = [], []
        for part in self._parts.decode(body):
            try:
                rows.append(self._row.decode(part))
            except msgspec.DecodeError:
                broken.append(bytes(part))
        if broken and not rows:
            raise QuarantineError("schema", f"none of {len(broken)} rows has the expected fields")
        for text in broken:
            tally.row_quarantined("schema", text)
        return rows


class FrameReader(Generic[Frame]):
    """Typed decoder of an envelope around one row or an array of rows.

    Parameters
    ----------
    row
        Struct of a row.
    whole, shell
        The envelope with its `rows` typed, and with `rows` as `msgspec.Raw`.
    """

    def __init__(self, row: type, whole: type[Frame], shell: type[Envelope[msgspec.Raw]]) -> None:
        self._whole: msgspec.json.Decoder[Frame] = msgspec.json.Decoder(whole, strict=False)
        self._shell = msgspec.json.Decoder(shell, strict=False)
        self._rows: RowReader[Any] = RowReader(row)

    def read(self, raw: bytes, tally: Tally) -> Frame:
        """The envelope; broken rows among good ones are counted in `tally`.

        Raises
        ------
        msgspec.DecodeError, QuarantineError
            If the frame is no JSON, the envelope does not fit, or there is no good row.
        """
        try:
            return self._whole.decode(raw)
        except msgspec.DecodeError:
            frame = self._shell.decode(raw)
            rows = self._rows.one_by_one(bytes(frame.rows), tally)
            return cast("Frame", msgspec.structs.replace(frame, rows=rows))


def each(rows: Row | list[Row], make: Callable[[Row], Iterable[Made]], tally: Tally) -> list[Made]:
    """What `make` yields for each row, in row order; a row that it refuses is counted alone.

    Raises
    ------
    QuarantineError
        If `make` refused every row: then the frame is broken, not a row of it.

    Examples
    --------
    >>> from clri.collect.checks import price
    >>> tally = Tally()
    >>> each([5.0, -1.0], lambda value: [price(value)], tally), dict(tally.rows)
    ([5.0], {'quarantined:range': 1})
    """
    if not isinstance(rows, list):
        return list(make(rows))
    made: list[Made] = []
    refused: list[tuple[QuarantineError, Row]] = []
    for row in rows:
        try:
            made += make(row)
        except QuarantineError as error:
            refused.append((error, row))
    if refused:
        if len(refused) == len(rows):
            raise refused[0][0]
        for refusal, bad in refused:
            tally.row_quarantined(refusal.reason, msgspec.json.encode(bad))
    return made
