"""Rows of a frame one by one: a bad row costs itself, never its neighbours (VENUES 7)."""

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar, cast

import msgspec

from clri.collect.tally import Tally
from clri.model.errors import QuarantineError

F = TypeVar("F")
R = TypeVar("R")
S = TypeVar("S")


class RowsDecoder(Generic[F, R]):
    """Decoder of a frame with a list of rows; a frame that fails is decoded again row by row.

    Parameters
    ----------
    frame
        Decodes the frame with its `rows`, all typed at once: the fast path.
    loose
        Decodes the frame with its `rows` left as text (`list[msgspec.Raw]`).
    row
        Decodes one row.

    Notes
    -----
    Rows that do not decode are counted as `schema` and kept as samples. If none decodes, the frame is what is
    broken: its own error is raised.
    """

    def __init__(
        self, frame: msgspec.json.Decoder[F], loose: msgspec.json.Decoder[Any], row: msgspec.json.Decoder[R]
    ) -> None:
        self._frame = frame
        self._loose = loose
        self._row = row

    def decode(self, raw: bytes | msgspec.Raw, tally: Tally) -> F:
        """Frame with the rows that could be decoded.

        Raises
        ------
        ValueError
            If the frame is no JSON, is broken outside its rows, or has no good row.
        """
        try:
            return self._frame.decode(raw)
        except ValueError:
            frame = self._loose.decode(raw)
            good: list[R] = []
            bad: list[msgspec.Raw] = []
            for row in frame.rows:
                try:
                    good.append(self._row.decode(row))
                except ValueError:
                    bad.append(row)
            if not good:
                raise
        for row in bad:
            tally.row_quarantined("schema", bytes(row))
        frame.rows = good
        return cast("F", frame)


def each(rows: list[R], convert: Callable[[R], Iterable[S]], tally: Tally) -> list[S]:
    """What `convert` makes of every row, in order; a row that it refuses is counted and left out.

    Parameters
    ----------
    rows
        Decoded rows of one frame.
    convert
        Facts of one row; raises `QuarantineError` or `ValueError` for a row that cannot be used.
    tally
        Where refused rows are counted.

    Raises
    ------
    QuarantineError, ValueError
        The first refusal, if every row is refused: then the frame as a whole is.

    Examples
    --------
    >>> tally = Tally()
    >>> each([4, 0, 2], lambda n: [8 // n] if n else [float("none")], tally), dict(tally.rows)
    ([2, 4], {'quarantined:malformed': 1})
    """
    if len(rows) == 1:
        return list(convert(rows[0]))
    out: list[S] = []
    refused: list[tuple[str, R]] = []
    first: Exception | None = None
    for row in rows:
        try:
            out.extend(convert(row))
        except QuarantineError as error:
            first = first or error
            refused.append((error.reason, row))
        except (ValueError, OverflowError) as error:
            first = first or error
            refused.append(("malformed", row))
    if first is not None:
        if len(refused) == len(rows):
            raise first
        for reason, row in refused:
            tally.row_quarantined(reason, msgspec.json.encode(row))
    return out
