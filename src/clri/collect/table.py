"""Tables of observations from files: column names, time, cadence, ranges (SCORES 2.7)."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from clri.collect.table_columns import ALIASES, ROW_VOLUMES, derive, numbers
from clri.collect.table_ranges import out_of_range
from clri.collect.table_times import offset_ns, step_s, times
from clri.engine.cadence import Cadence
from clri.engine.score import F8
from clri.engine.table import ObservationTable
from clri.model.errors import ConfigError, InputError
from clri.model.names import MARKET
from clri.model.observation import NUMBERS
from clri.model.symbols import base_symbol

if TYPE_CHECKING:
    import polars as pl

LONGEST_ROWS: Final = 4_000_000
"""Rows times symbols that are taken at once, gaps included: 4 GB of memory."""


class LoadedTable(msgspec.Struct, frozen=True):
    """A table and what was found in the file: columns not used, and cells set to missing by reason."""

    table: ObservationTable
    unused: list[str]
    quarantined: Counter[str]


def load_table(path: Path) -> LoadedTable:
    """Read a `.parquet`, `.csv` or `.jsonl` table of observations.

    Parameters
    ----------
    path
        Columns `ts` (timestamp, ISO text, or integer s, ms, us or ns), `symbol` (any spelling), and fields of the
        observation row; `funding_rate_8h`, `perp_volume_usd` and `spot_volume_usd` (turnover of the row) are read too.

    Returns
    -------
    LoadedTable
        The cadence is the most common distance of rows of one symbol. Without `oi_index` the index is `oi_base`,
        without that `oi_usd` / `price`. Without `cov_` columns an input that is there counts as fully covered.
        Non-finite and impossible cells are missing and counted.

    Raises
    ------
    InputError
        If the file cannot be read, lacks `ts` or `symbol`, holds two rows of one symbol at one time, or rows off the
        grid of the cadence.
    """
    frame = _read(path)
    missing = [name for name in ("ts", "symbol") if name not in frame.columns]
    if missing:
        found = ", ".join(map(repr, frame.columns))[:300]
        raise InputError(f"{path} has no column {' and no column '.join(missing)}; found {found}", code="CLRI-DATA-004")
    ts = times(frame["ts"], path)
    if not len(ts):
        raise InputError(f"{path} has no rows", code="CLRI-DATA-003")
    names, lane = _symbols(frame["symbol"].to_list(), path)
    cadence = Cadence(step_s(ts, lane, path))
    offset = offset_ns(ts, cadence, path)
    index = ts // cadence.step_ns
    first = int(index.min())
    height = int(index.max()) - first + 1
    if height * len(names) > LONGEST_ROWS:
        raise InputError(
            f"{path} spans {height} rows of {cadence.step_s} s for {len(names)} symbols, gaps included; "
            f"the most is {LONGEST_ROWS} together",
            code="CLRI-DATA-005",
            hint="cut it into files of fewer symbols or a shorter time, and look for a wrong ts",
        )
    present = np.zeros((height, len(names)), dtype=np.bool_)
    at = index - first
    _refuse_twins(at, lane, ts, names, path)
    present[at, lane] = True
    quarantined: Counter[str] = Counter()
    columns: dict[str, F8] = {}
    unused: list[str] = []
    for name in frame.columns:
        field = ALIASES.get(name, name)
        twice = field != name and field in frame.columns
        if twice or (field not in NUMBERS and name not in ROW_VOLUMES):
            if name not in {"ts", "symbol"}:
                unused.append(name)
            continue
        cells, not_numbers = numbers(frame[name], name, path)
        bad = out_of_range(field if field in NUMBERS else ROW_VOLUMES[name], cells)
        if count := int(np.count_nonzero(bad)) + not_numbers:
            quarantined[name] += count
            cells[bad] = np.nan
        grid = np.full((height, len(names)), np.nan)
        grid[at, lane] = cells
        columns[field] = grid
    derive(columns, cadence)
    values = np.full((len(NUMBERS), height, len(names)), np.nan)
    for position, name in enumerate(NUMBERS):
        if name in columns:
            values[position] = columns[name]
    return LoadedTable(ObservationTable(names, cadence, first, offset, values, present), unused, quarantined)


def _read(path: Path) -> "pl.DataFrame":
    try:
        import polars as pl
    except ImportError as error:
        raise ConfigError("tables need polars", code="CLRI-CFG-032", hint="pip install 'clri[frames]'") from error
    readers: dict[str, Callable[[Path], pl.DataFrame]] = {
        ".parquet": partial(pl.read_parquet, glob=False),
        ".csv": partial(pl.read_csv, glob=False, infer_schema_length=None),
        ".jsonl": lambda path: pl.read_ndjson(path.read_bytes(), infer_schema_length=None),  # of a path it would glob
    }
    reader = readers.get(path.suffix)
    if reader is None:
        raise InputError(f"{path}: expected a name ending in {', '.join(readers)}", code="CLRI-DATA-004")
    if not path.is_file():
        raise InputError(f"cannot read {path}: there is no such file", code="CLRI-DATA-002")
    try:
        return reader(path)
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        raise InputError(f"cannot read {path}: {str(error).splitlines()[0]}", code="CLRI-DATA-002") from error


def _symbols(texts: list[str | None], path: Path) -> tuple[tuple[str, ...], np.ndarray]:
    spelled: dict[str | None, str] = {}
    for text in texts:
        if text not in spelled:
            if text is None:
                raise InputError(f"{path}: {texts.count(None)} rows have no symbol", code="CLRI-DATA-004")
            try:
                spelled[text] = base_symbol(str(text))
            except ValueError as error:
                raise InputError(f"{path}: {error}", code="CLRI-DATA-004") from error
    if MARKET in spelled.values():
        raise InputError(f"{path}: rows of {MARKET} are of no symbol; leave them out", code="CLRI-DATA-004")
    names = tuple(sorted(set(spelled.values())))
    lanes = {name: lane for lane, name in enumerate(names)}
    return names, np.array([lanes[spelled[text]] for text in texts], dtype=np.intp)


def _refuse_twins(at: np.ndarray, lane: np.ndarray, ts: np.ndarray, names: tuple[str, ...], path: Path) -> None:
    keys = at * len(names) + lane
    unique, first, counts = np.unique(keys, return_index=True, return_counts=True)
    if len(unique) < len(keys):
        row = int(first[np.argmax(counts > 1)])
        when = np.datetime64(int(ts[row]), "ns")
        raise InputError(f"{path}: several rows of {names[lane[row]]} fall on {when}", code="CLRI-DATA-004")
