"""Times of a table: what `ts` may be, how far rows are apart, and the grid they lie on."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from clri.engine.cadence import Cadence
from clri.model.errors import InputError
from clri.model.timebase import SECOND, iso

if TYPE_CHECKING:
    import polars as pl

I8 = NDArray[np.int64]

EARLIEST: Final = 10**18
"""2001-09-09, ns: an earlier time is a wrong unit, a wrong digit or a zero."""
_LATEST_US: Final = 9_223_372_036_854_775
_FACTORS: Final = {10: 10**9, 13: 10**6, 16: 10**3, 19: 1}
"""Digits of an integer time -> ns per unit."""


def times(column: "pl.Series", path: Path) -> I8:
    """Column `ts` as UTC ns: a timestamp or ISO text (without a zone: UTC), or integers of s, ms, us or ns.

    Raises
    ------
    InputError
        If a time is missing, is none, or lies before 2001 or after 2262.
    """
    import polars as pl

    if column.null_count():
        raise _refused(path, f"{column.null_count()} rows have no ts")
    kind = column.dtype
    try:
        if kind == pl.String:
            column = column.str.to_datetime(time_unit="us", time_zone="UTC", strict=True)
        if column.dtype == pl.Datetime("ns"):
            found = column.cast(pl.Int64).to_numpy()
        elif column.dtype.is_temporal():
            found = _from_us(column.cast(pl.Datetime("us")).cast(pl.Int64).to_numpy(), path)
        elif column.dtype.is_integer():
            found = _from_integers(column.cast(pl.Int64).to_numpy(), path)
        else:
            raise _refused(path, f"ts is {kind}; expected a timestamp, ISO text or an integer")
    except pl.exceptions.PolarsError as error:
        raise _refused(path, f"ts is no time: {str(error).splitlines()[0]}") from error
    if len(found) and found.min() < EARLIEST:
        raise _refused(path, f"a ts was {iso(int(found.min()))}; expected 2001-09-09 or later")
    return found


def _from_us(values: I8, path: Path) -> I8:
    if len(values) and values.max() > _LATEST_US:
        raise _refused(path, "a ts lies after 2262")
    return np.maximum(values, 0) * 1_000


def _from_integers(values: I8, path: Path) -> I8:
    """Integers of a known magnitude: seconds, milliseconds, microseconds or nanoseconds since 1970."""
    digits = {len(str(int(edge))) for edge in (values.min(), values.max())} if len(values) else {19}
    factor = _FACTORS.get(digits.pop())
    if factor is None or digits:
        low, high = values.min(), values.max()
        raise _refused(path, f"ts runs from {low} to {high}; expected 10 digits (s), 13 (ms), 16 (us) or 19 (ns)")
    return values * factor


def step_s(ts: I8, lane: NDArray[np.intp], path: Path) -> int:
    """Most common distance of rows of one symbol, s; 60 if no symbol has two rows.

    Raises
    ------
    InputError
        If that is not a whole number of seconds, or less than a minute.
    """
    order = np.lexsort((ts, lane))
    gaps = np.diff(ts[order])[np.diff(lane[order]) == 0]
    gaps = gaps[gaps > 0]
    if not len(gaps):
        return 60
    sizes, counts = np.unique(gaps, return_counts=True)
    step = int(sizes[np.argmax(counts)])
    if step % SECOND or step < 60 * SECOND:
        raise _refused(path, f"rows are {step / SECOND:g} s apart; expected whole seconds, at least 60")
    return step // SECOND


def offset_ns(ts: I8, cadence: Cadence, path: Path) -> int:
    """How far rows lie past the grid of their cadence, ns; the same for all, else readings would bear wrong times.

    Raises
    ------
    InputError
        If a row lies elsewhere.
    """
    past = ts % cadence.step_ns
    offsets, counts = np.unique(past, return_counts=True)
    usual = int(offsets[np.argmax(counts)])
    if len(offsets) > 1:
        strange = ts[past != usual]
        raise _refused(
            path,
            f"{len(strange)} rows lie off the grid of {cadence.step_s} s, the first at {iso(int(strange.min()))}",
            "round ts to the grid, upwards, so that no row is older than what it holds",
        )
    return usual


def _refused(path: Path, why: str, hint: str = "") -> InputError:
    return InputError(f"{path}: {why}", code="CLRI-DATA-004", hint=hint)
