"""`clri context`: market context of one symbol; exit code 3 if its reading is degraded or stale."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from clri.app.cli.context import Globals, emit_json, globals_of
from clri.app.cli.status import DEGRADED, HEALTHY


def command(
    ctx: typer.Context,
    symbol: Annotated[str, typer.Argument(help="Symbol, any spelling.")],
    once: Annotated[bool, typer.Option("--once", help="Print once and end, whatever --refresh says.")] = False,
    refresh: Annotated[
        float | None, typer.Option("--refresh", min=1, help="Show anew every so many seconds, until Ctrl-C.")
    ] = None,
    store: Annotated[Path | None, typer.Option("--store", help="Store to read; the data folder's by default.")] = None,
    json: Annotated[bool, typer.Option("--json", help="As one JSON document, once.")] = False,
) -> None:
    """Show price, regimes, funding, open interest, liquidations, levels and positions of a symbol, against its past."""
    said = globals_of(ctx)
    document, late = _read(said, symbol, store)
    if json:
        emit_json(document | {"stale": late})
    elif refresh is None or once:
        from clri.serve.terminal.market_context import context_view

        said.console().print(context_view(document, "stale" if late else ""))
    else:
        _watch(said, symbol, store, refresh)
    if late or document["quality"] not in HEALTHY:
        raise typer.Exit(DEGRADED)


def _read(said: Globals, symbol: str, store: Path | None) -> tuple[dict[str, Any], bool]:
    """The document, and whether a live one has outlived its validity."""
    from clri.app.arguments import symbol_of
    from clri.app.market_context import market_context
    from clri.app.storage import open_for_reading
    from clri.model.timebase import parse_iso

    with open_for_reading(said.settings(), store) as told:
        document = market_context(told, symbol_of(symbol))
    late = document["mode"] == "live" and time.time_ns() > parse_iso(document["valid_until"])
    return document, late


def _watch(said: Globals, symbol: str, store: Path | None, every_s: float) -> None:
    """Show the newest state until the user ends it."""
    from rich.live import Live

    from clri.serve.terminal.market_context import context_view

    console = said.console()
    with Live(console=console, auto_refresh=False, screen=False) as live:
        while True:
            document, late = _read(said, symbol, store)
            view = context_view(document, "stale" if late else "")
            if console.is_terminal:
                live.update(view, refresh=True)
            else:
                console.print(view)
            time.sleep(every_s)
