"""`clri explain`: where a score comes from, why it changed, and what is missing."""

from pathlib import Path
from typing import Annotated

import typer

from clri.app.cli.context import emit_json, globals_of


def command(
    ctx: typer.Context,
    symbol: Annotated[str, typer.Argument(help="Symbol, any spelling.")],
    since: Annotated[float, typer.Option("--since", help="Explain the change over so many hours.")] = 1.0,
    store: Annotated[Path | None, typer.Option("--store", help="Store to read; the data folder's by default.")] = None,
    json: Annotated[bool, typer.Option("--json", help="As one JSON document.")] = False,
) -> None:
    """Explain the newest reading of a symbol."""
    from clri.app.arguments import symbol_of
    from clri.app.explanation import explanation
    from clri.app.storage import open_for_reading

    said = globals_of(ctx)
    with open_for_reading(said.settings(), store) as told:
        document = explanation(told, symbol_of(symbol), since)
    if json:
        emit_json(document)
    else:
        from clri.serve.terminal.explain import explain_view

        said.console().print(explain_view(document))
