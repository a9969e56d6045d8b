"""`clri catalogue`: every score, detector, output and channel, with units, ranges and parameters."""

from typing import Annotated

import typer

from clri.app.cli.context import emit_json, globals_of


def command(
    ctx: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Everything as one JSON document.")] = False,
) -> None:
    """List what is computed; --json adds units, ranges, warm-up, parameters with defaults, venues and channels."""
    said = globals_of(ctx)
    said.settings()
    from clri.app.catalogue import catalogue

    document = catalogue()
    if json:
        emit_json(document)
    else:
        from clri.serve.terminal.catalogue import catalogue_view

        said.console().print(catalogue_view(document))
