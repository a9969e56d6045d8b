"""Export formats: rows as flat maps (`flat`), and one file class per format (`writers`)."""

from typing import Final

from clri.deliver.exports.writers import CsvFile, JsonFile, ParquetFile, Writer
from clri.model.errors import ConfigError

EXPORTS: Final[dict[str, type[Writer]]] = {
    "csv": CsvFile,
    "json": JsonFile,
    "jsonl": JsonFile,
    "parquet": ParquetFile,
}


def writer_of(name: str) -> type[Writer]:
    """File class of a format.

    Raises
    ------
    ConfigError
        If there is none of that name.
    """
    if name not in EXPORTS:
        raise ConfigError(f"format was {name!r}; expected one of {', '.join(EXPORTS)}", code="CLRI-CFG-006")
    return EXPORTS[name]
