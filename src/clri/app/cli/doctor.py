"""`clri doctor`: says in words what is wrong and what to type."""

from typing import Annotated

import typer

from clri.app.cli.context import emit_json, globals_of

MARKS = {"ok": ("ok", "green"), "warn": ("look", "yellow"), "fail": ("BAD", "red")}


def command(
    ctx: typer.Context,
    exchange: Annotated[str | None, typer.Option("--exchange", help="Only these venues, comma-separated.")] = None,
    json: Annotated[bool, typer.Option("--json", help="As one JSON document.")] = False,
) -> None:
    """Examine settings, disk, clock, venues and feeds."""
    import asyncio

    import msgspec

    from clri.app.doctor import examine, exit_code

    said = globals_of(ctx)
    settings = said.settings(**{"general.venues": exchange})
    found = asyncio.run(examine(settings))
    code = exit_code(found)
    if json:
        emit_json({"ok": code == 0, "exit_code": code, "findings": msgspec.to_builtins(found)})
        raise typer.Exit(code)
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 1), show_header=False)
    for finding in found:
        word, colour = MARKS[finding.state]
        table.add_row(Text(word, style=colour), finding.name, finding.found)
        if finding.advice:
            table.add_row("", "", Text(finding.advice, style="dim"))
    said.console().print(table)
    raise typer.Exit(code)
