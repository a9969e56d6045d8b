"""A bad row is counted alone and does not cost its neighbours (VENUES 7): in decoding, and in making facts."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from clri.collect.mapper import Item
from clri.collect.tally import Tally
from clri.model.errors import QuarantineError

Part = TypeVar("Part")
Row = TypeVar("Row")


def salvage(parts: Iterable[Part], decode: Callable[[Part], Row], tally: Tally) -> list[Row]:
    """Rows that decode, of a frame that failed as a whole; the others are counted as `quarantined:schema`.

    Parameters
    ----------
    parts
        The frame's rows, undecoded.
    decode
        Decoder of one row.
    tally
        Where the bad rows are counted.

    Raises
    ------
    QuarantineError
        `schema` if no row decodes: then the frame is bad, not a row of it.

    Examples
    --------
    >>> tally = Tally()
    >>> parts = [msgspec.Raw(b"1"), msgspec.Raw(b'"x"')]
    >>> salvage(parts, msgspec.json.Decoder(int).decode, tally), tally.rows
    ([1], Counter({'quarantined:schema': 1}))
    """
    good: list[Row] = []
    bad: list[Part] = []
    for part in parts:
        try:
            good.append(decode(part))
        except (ValueError, RecursionError):
            bad.append(part)
    if not good:
        raise QuarantineError("schema", f"none of {len(bad)} rows has the expected fields")
    for part in bad:
        tally.row_quarantined("schema", msgspec.json.encode(part))
    return good


def each_row(rows: Sequence[Row], make: Callable[[Row, int], Iterable[Item]], recv_ns: int, tally: Tally) -> list[Item]:
    """Facts of every row, in row order; a row whose values cannot be is counted under its reason.

    Parameters
    ----------
    rows
        Decoded rows.
    make
        Turns a row and the receipt time (ns) into facts; raises `QuarantineError` for a row that cannot be used.

    Raises
    ------
    QuarantineError
        If every row is bad: then the frame is bad, not a row of it.

    Examples
    --------
    >>> from clri.collect.checks import price
    >>> tally = Tally()
    >>> each_row([5.0, -1.0], lambda value, _: [] if price(value) else [], 0, tally), tally.rows
    ([], Counter({'quarantined:range': 1}))
    """
    if len(rows) == 1:
        return list(make(rows[0], recv_ns))
    items: list[Item] = []
    bad: list[tuple[str, Row]] = []
    first: QuarantineError | None = None
    for row in rows:
        try:
            items.extend(make(row, recv_ns))
        except QuarantineError as error:
            first = first or error
            bad.append((error.reason, row))
    if first is not None:
        if len(bad) == len(rows):
            raise first
        for reason, row in bad:
            tally.row_quarantined(reason, msgspec.json.encode(row))
    return items
