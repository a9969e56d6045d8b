"""`clri replay`: a recording through the whole pipeline into a store; `clri demo` shows and ends the same way."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clri.app.cli.context import Globals, emit_json, globals_of

if TYPE_CHECKING:
    from clri.app.replays import Planned
    from clri.hosts.replay import Summary
    from clri.model.cascade import CascadeUpdate
    from clri.model.codec import Output


def command(
    ctx: typer.Context,
    files: Annotated[list[Path] | None, typer.Argument(help="Frame files (.jsonl, .gz) or capture folders.")] = None,
    speed: Annotated[
        float | None, typer.Option("--speed", min=0, max=600, help="Times real time; 0 = flat out.")
    ] = None,
    venue: Annotated[str | None, typer.Option("--venue", help="Venue of lines that do not name theirs.")] = None,
    symbols: Annotated[str | None, typer.Option("--symbols", help="Symbols to track, comma-separated.")] = None,
    store: Annotated[Path | None, typer.Option("--store", help="Store to write; the data folder's by default.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Final readings as one JSON document, no live table.")] = False,
) -> None:
    """Replay a recording: facts, cascades, readings; the market table moves while it runs."""
    from clri.model.errors import InputError

    said = globals_of(ctx)
    if not files:
        raise InputError("nothing to replay; name files, or see: clri demo", code="CLRI-DATA-009")
    settings = said.settings(**{"replay.speed": speed})
    from clri.app.replays import plan
    from clri.hosts.replay import replay

    planned = plan(settings, files, venue=venue, symbols=symbols, store=store)
    pace = settings.replay.speed if speed is not None else 0.0
    with planned.store:
        if json or said.plain or said.quiet:
            summary = replay(planned.source, planned.pipeline, planned.store, check=planned.check, speed=pace)
        else:
            summary = watched(said, planned, pace)
        if json:
            emit_json(document(planned, summary))
        else:
            conclude(said, planned, summary)
            said.say(f"store {planned.path}; ask it: clri status, clri explain BTC, clri export readings")


def watched(said: Globals, planned: "Planned", pace: float) -> "Summary":
    """Replay with a market table that moves."""
    from rich.live import Live

    from clri.hosts.replay import replay
    from clri.model.cascade import CascadeUpdate
    from clri.model.reading import MarketReading
    from clri.serve.terminal.market import market_view

    console = said.console()
    with Live(market_view([], None), console=console, auto_refresh=False) as live:

        def show(output: "Output") -> None:
            if isinstance(output, CascadeUpdate):
                planned.recent.write([output])
            elif isinstance(output, MarketReading):
                recent, cascades = planned.recent.latest_readings(), planned.cascades_until(output.ts)
                live.update(market_view(recent, output, cascades, planned.detail, console.width), refresh=True)
            else:
                planned.recent.write([output])

        return replay(planned.source, planned.pipeline, planned.store, check=planned.check, speed=pace, on_output=show)


def document(planned: "Planned", summary: "Summary") -> dict[str, Any]:
    """What a replay came to, as one JSON document."""
    from clri.model.codec import as_map
    from clri.model.timebase import iso

    market = planned.store.latest_market()
    return {
        "mode": planned.store.mode,
        "detail": planned.detail,
        "from": iso(summary.start),
        "to": iso(summary.end),
        "facts": summary.facts,
        "frames": {v: dict(t.frames) for v, t in planned.source.tallies().items()},
        "rows": {v: dict(t.rows) for v, t in planned.source.tallies().items()},
        "market": as_map(market) if market else None,
        "readings": [as_map(r) for r in planned.store.latest_readings()],
        "cascades": [as_map(c) for c in cascades_of(planned, summary)],
    }


def cascades_of(planned: "Planned", summary: "Summary") -> "list[CascadeUpdate]":
    """Cascades of a replay; one begins at its first event's venue time, which may lie before the first receipt."""
    from clri.model.timebase import MINUTE

    return list(planned.store.cascades(None, summary.start - MINUTE, summary.end + 1))


def conclude(said: Globals, planned: "Planned", summary: "Summary") -> None:
    """Say what a replay came to; in a pipe also the final table."""
    found = cascades_of(planned, summary)
    if said.plain:
        from clri.serve.terminal.market import market_view

        console = said.console()
        readings, market = planned.store.latest_readings(), planned.store.latest_market()
        console.print(market_view(readings, market, found[:5], planned.detail, console.width))
    rate = summary.facts / summary.took_s if summary.took_s else 0.0
    said.say(f"{summary.facts} facts, {rate:,.0f} a second, {len(found)} cascades")
    for name, tally in planned.source.tallies().items():
        bad = {reason: n for reason, n in tally.frames.items() if reason.startswith("quarantined")}
        if bad:
            said.say(f"{name}: {', '.join(f'{reason} {n}' for reason, n in sorted(bad.items()))}")
