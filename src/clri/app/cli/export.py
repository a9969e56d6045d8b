"""`clri export`: stored rows as a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clri.app.cli.context import globals_of

if TYPE_CHECKING:
    from clri.ports import Readings

KINDS = ("readings", "observations", "market", "liquidations", "cascades")


def command(
    ctx: typer.Context,
    kind: Annotated[str, typer.Argument(help=f"One of {', '.join(KINDS)}.")],
    form: Annotated[str, typer.Option("--format", help="csv, json or parquet.")] = "csv",
    out: Annotated[Path | None, typer.Option("--out", help="File; named after kind, mode and span by default.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="ISO time, UTC; the oldest row by default.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="ISO time, UTC, exclusive; all by default.")] = None,
    symbol: Annotated[str | None, typer.Option("--symbol", help="One symbol; all by default.")] = None,
    store: Annotated[Path | None, typer.Option("--store", help="Store to read; the data folder's by default.")] = None,
) -> None:
    """Write stored rows to a CSV, JSON-lines or Parquet file."""
    from clri.app.arguments import LAST, moment_of, symbol_of
    from clri.app.storage import open_for_reading
    from clri.deliver.exports import writer_of
    from clri.deliver.exports.flat import export_rows
    from clri.model.errors import InputError
    from clri.model.timebase import iso

    said = globals_of(ctx)
    if kind not in KINDS:
        raise InputError(f"kind was {kind!r}; expected one of {', '.join(KINDS)}", code="CLRI-CFG-006")
    file_class = writer_of(form)
    start = moment_of(since, "--from") if since is not None else 0
    end = moment_of(until, "--to") if until is not None else LAST
    one = symbol_of(symbol) if symbol is not None else None
    with open_for_reading(said.settings(), store) as told:
        rows = export_rows(_items(told, kind, one, start, end))
    if not rows:
        raise InputError(f"no {kind} between {iso(start)} and {iso(end)}", code="CLRI-DATA-003")
    span = f"{str(rows[0]['ts'])[:10]}_{str(rows[-1]['ts'])[:10]}"
    path = out or Path(f"clri_{kind}_{told.mode}_{span}.{form}")
    with file_class(path, {"mode": told.mode}) as file:
        file.write([{"mode": told.mode} | row for row in rows])
    said.say(f"{len(rows)} rows written to {path}")


def _items(told: "Readings", kind: str, one: str | None, start: int, end: int) -> list[Any]:
    names = [one] if one else sorted({r.symbol for r in told.latest_readings()})
    if kind == "market":
        return list(told.market(start, end))
    if kind == "liquidations":
        return list(reversed(told.liquidations(one, start, end, limit=10_000_000)))
    if kind == "cascades":
        return list(reversed(told.cascades(one, start, end)))
    ask = told.readings if kind == "readings" else told.observations
    rows = [row for name in names for row in ask(name, start, end)]
    return sorted(rows, key=lambda row: (row.ts, row.symbol))
