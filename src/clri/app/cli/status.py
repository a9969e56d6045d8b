"""`clri status`: the newest readings of the store; exit code 3 if what was asked for is degraded or stale."""

import time
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from clri.app.cli.context import emit_json, globals_of

DEGRADED: Final = 3
HEALTHY: Final = {"ok", "warming"}


def command(
    ctx: typer.Context,
    symbol: Annotated[str | None, typer.Argument(help="One symbol, any spelling; all by default.")] = None,
    store: Annotated[Path | None, typer.Option("--store", help="Store to read; the data folder's by default.")] = None,
    json: Annotated[bool, typer.Option("--json", help="As one JSON document.")] = False,
) -> None:
    """Show the newest readings and the market index."""
    from clri.app.arguments import symbol_of
    from clri.app.storage import open_for_reading
    from clri.model.codec import as_map
    from clri.model.errors import InputError
    from clri.model.timebase import DAY

    said = globals_of(ctx)
    with open_for_reading(said.settings(), store) as told:
        readings, market = told.latest_readings(), told.latest_market()
        as_of = market.ts if market is not None else max((r.ts for r in readings), default=0)
        cascades = told.cascades(None, as_of - DAY, as_of + DAY)[:5]
    if symbol is not None:
        wanted = symbol_of(symbol)
        readings = [r for r in readings if r.symbol == wanted]
        if not readings:
            raise InputError(f"nothing is known about {symbol}", code="CLRI-DATA-007")
    late = market is not None and market.mode == "live" and time.time_ns() > market.valid_until
    if json:
        document: dict[str, Any] = {
            "mode": market.mode if market else None,
            "as_of": as_map(market)["ts"] if market else None,
            "coverage": market.coverage if market else 0.0,
            "stale": late,
            "market": as_map(market) if market else None,
            "readings": [as_map(r) for r in readings],
            "cascades": [as_map(c) for c in cascades],
        }
        emit_json(document)
    else:
        from clri.serve.terminal.market import market_view

        console = said.console()
        console.print(market_view(readings, market, cascades, "stale" if late else "", console.width))
    words = [market.quality] if market is not None else ["unknown"]
    words += [r.quality for r in readings] if symbol is not None else []
    if late or not HEALTHY.issuperset(words):
        raise typer.Exit(DEGRADED)
