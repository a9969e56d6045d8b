"""`clri score`: a table of observations in, readings out."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from clri.app.cli.context import Globals, emit_json, globals_of

if TYPE_CHECKING:
    from clri.collect.table import LoadedTable

PIECE: Final = 5_000
"""Rows handed to the export file at once."""


def command(
    ctx: typer.Context,
    table: Annotated[Path, typer.Argument(help="Observations: .parquet, .csv or .jsonl.")],
    out: Annotated[Path | None, typer.Option("--out", help="Write all readings: .parquet, .csv or .jsonl.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Summary as one JSON document.")] = False,
) -> None:
    """Score a table of observations and summarise what came out, symbol by symbol."""
    said = globals_of(ctx)
    settings = said.settings()
    from clri.app.assemble import build_tier
    from clri.app.score_summary import Tally
    from clri.collect.table import load_table
    from clri.deliver.exports import writer_of
    from clri.deliver.exports.flat import export_rows
    from clri.model.errors import InputError

    if out is not None and out.resolve() == table.resolve():
        raise InputError(f"--out was the table itself, {out}; expected another file", code="CLRI-DATA-006")
    file_class = writer_of(out.suffix.lstrip(".")) if out is not None else None
    loaded = load_table(table)
    tier = build_tier(loaded.table.symbols, loaded.table.cadence, settings)
    tally = Tally(loaded.table)
    with ExitStack() as stack:
        file = stack.enter_context(file_class(out, tally.header)) if out is not None and file_class else None
        piece: list[dict[str, Any]] = []
        for at, (readings, market, _) in enumerate(_scored(said, loaded, tier)):
            there = loaded.table.present[at]
            tally.add(readings, there, market)
            if file is not None and there.any():
                piece += export_rows([r for r, known in zip(readings, there, strict=True) if known] + [market])
                if len(piece) >= PIECE:
                    file.write(piece)
                    piece = []
        if file is not None and piece:
            file.write(piece)
    if out is not None:
        said.say(f"readings written to {out}")
    document = tally.document(str(table), loaded.unused, dict(loaded.quarantined))
    if json:
        emit_json(document)
    else:
        tally.show(said.console(), document)


def _scored(said: Globals, loaded: "LoadedTable", tier: Any) -> Any:  # noqa: ANN401 - rows of readings
    from rich.progress import Progress

    from clri.hosts.backtest import backtest

    with Progress(console=said.console(stderr=True), transient=True, disable=said.plain) as progress:
        task = progress.add_task("scoring", total=loaded.table.height)
        yield from backtest(
            loaded.table, tier, "replay-recorded", on_rows=lambda done: progress.advance(task, done), block=1024
        )
