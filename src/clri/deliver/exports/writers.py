"""Files of flat rows, written piece by piece: CSV, JSON lines, Parquet. Missing is an empty cell or null, never 0."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Final, Protocol, Self

import msgspec

from clri.model.codec import TIMES
from clri.model.errors import ConfigError, InputError

if TYPE_CHECKING:
    pass

Rows = list[dict[str, Any]]
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class Writer(Protocol):
    """An open export file; `header` goes where the format has a place for it."""

    def __init__(self, path: Path, header: dict[str, str]) -> None:
        """Open the file for writing."""

    def write(self, rows: Rows) -> None:
        """Add rows; the first call fixes the columns of formats that need them at the start."""

    def __enter__(self) -> Self:
        """Open."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file."""


def columns_of(rows: Rows) -> list[str]:
    """Every column of the rows, in order of first sight.

    Examples
    --------
    >>> columns_of([{"a": 1}, {"a": 2, "b": 3}])
    ['a', 'b']
    """
    return list(dict.fromkeys(name for row in rows for name in row))


class _TextFile:
    """An open text file."""

    def __init__(self, path: Path, header: dict[str, str]) -> None:  # noqa: ARG002 - rows carry the mode themselves
        self._path = path
        with _writing(path):
            self._file: IO[str] = path.open("w", encoding="utf-8", newline="")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with _writing(self._path):
            self._file.close()


class CsvFile(_TextFile):
    """CSV; text that a spreadsheet would run as a formula gets an apostrophe, numbers never."""

    _columns: list[str] | None = None

    def write(self, rows: Rows) -> None:
        """Add rows."""
        table = csv.writer(self._file)
        with _writing(self._path):
            if self._columns is None:
                self._columns = columns_of(rows)
                table.writerow(self._columns)
            table.writerows([_safe(row.get(name)) for name in self._columns] for row in rows)


class JsonFile(_TextFile):
    """One JSON object per line."""

    def write(self, rows: Rows) -> None:
        """Add rows."""
        with _writing(self._path):
            self._file.writelines(msgspec.json.encode(row).decode() + "\n" for row in rows)


class ParquetFile:
    """Parquet; times as timestamps, `header` in the file's metadata. Needs polars.

    Raises
    ------
    ConfigError
        If polars is not installed.
    """

    def __init__(self, path: Path, header: dict[str, str]) -> None:
        try:
            import polars as pl
        except ImportError as error:
            raise ConfigError("parquet needs polars", code="CLRI-CFG-032", hint="pip install 'clri[frames]'") from error
        if not path.parent.is_dir():
            raise InputError(f"cannot write {path}: there is no folder {path.parent}", code="CLRI-DATA-006")
        self._pl = pl
        self._path = path
        self._header = header
        self._pieces: list[pl.DataFrame] = []

    def write(self, rows: Rows) -> None:
        """Add rows."""
        data = {name: [row.get(name) for row in rows] for name in columns_of(rows)}
        self._pieces.append(self._pl.DataFrame(data, strict=False, infer_schema_length=None))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            return
        pl = self._pl
        frame = pl.concat(self._pieces, how="diagonal_relaxed") if self._pieces else pl.DataFrame()
        times = [name for name in frame.columns if name in TIMES and frame[name].dtype == pl.String]
        frame = frame.with_columns(pl.col(name).str.to_datetime(time_unit="us", time_zone="UTC") for name in times)
        try:
            frame.write_parquet(self._path, metadata=self._header)
        except (OSError, pl.exceptions.PolarsError) as failure:
            raise InputError(f"cannot write {self._path}: {failure}", code="CLRI-DATA-006") from failure


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot write {path}: {error}", code="CLRI-DATA-006") from error


def _safe(value: Any) -> Any:  # noqa: ANN401 - any cell
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
