"""Columns of a table: which field of a row each one is, its cells as numbers, and what follows from them."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from clri.collect.table_ranges import out_of_range
from clri.engine.cadence import DAY_S, Cadence
from clri.engine.score import F8
from clri.model.errors import InputError

if TYPE_CHECKING:
    import polars as pl

ALIASES: Final = {"funding_rate_8h": "funding_8h"}
"""Column of a file -> field of the observation row."""

ROW_VOLUMES: Final = {"perp_volume_usd": "perp_volume_24h_usd", "spot_volume_usd": "spot_volume_24h_usd"}
"""Turnover of one row's period -> 24-h turnover, summed over a day of rows."""

EVIDENCE: Final = {
    "price": ("price",),
    "funding": ("funding_8h",),
    "oi": ("oi_usd",),
    "volume": ("perp_volume_24h_usd",),
    "spot": ("spot_volume_24h_usd",),
    "liq": ("liq_long_usd", "liq_short_usd"),
    "book": ("bid_depth_usd", "ask_depth_usd"),
    "ls": ("long_short_ratio",),
}
"""Input group -> the columns whose presence proves it, where a table has no `cov_` column."""


def numbers(column: "pl.Series", name: str, path: Path) -> tuple[F8, int]:
    """Cells as numbers, missing as NaN; and how many cells held NaN itself, which is no way to say missing."""
    import polars as pl

    try:
        cells = column.cast(pl.Float64, strict=True)
    except pl.exceptions.PolarsError as error:
        why = str(error).splitlines()[0]
        raise InputError(
            f"{path}: column {name} holds something else than numbers: {why}", code="CLRI-DATA-004"
        ) from error
    return cells.to_numpy().astype(np.float64), int(cells.is_nan().sum())


def derive(columns: dict[str, F8], cadence: Cadence) -> None:
    """Fill what a simple table leaves out: 24-h turnover, the OI index, coverage and ages."""
    for row_name, day_name in ROW_VOLUMES.items():
        rows = columns.pop(row_name, None)
        if rows is not None and day_name not in columns:
            columns[day_name] = _day_sum(rows, cadence.rows(DAY_S))
    if "oi_base" not in columns and {"oi_usd", "price"} <= columns.keys():
        with np.errstate(over="ignore"):
            base = columns["oi_usd"] / columns["price"]
        columns["oi_base"] = np.where(out_of_range("oi_base", base), np.nan, base)
    if "oi_index" not in columns and "oi_base" in columns:
        columns["oi_index"] = columns["oi_base"]
    for group, proofs in EVIDENCE.items():
        if columns.keys() >= set(proofs):
            there = ~np.isnan([columns[name] for name in proofs]).any(axis=0)
            columns.setdefault(f"cov_{group}", np.where(there, 1.0, np.nan))
            columns.setdefault(f"age_{group}_s", np.where(there, 0.0, np.nan))


def _day_sum(rows: F8, window: int) -> F8:
    """Sum of the last `window` rows, missing unless all are there.

    Each sum is formed anew, so that no error accumulates, and per symbol, so that others do not change its last bit.
    """
    total = np.full_like(rows, np.nan)
    if window <= len(rows):
        for lane in range(rows.shape[1]):
            total[window - 1 :, lane] = sliding_window_view(np.ascontiguousarray(rows[:, lane]), window).sum(axis=-1)
    return total
