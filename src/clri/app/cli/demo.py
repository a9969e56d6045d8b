"""`clri demo`: leverage builds and breaks in a simulated market, offline, through everything that live data pass."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clri.app.cli.context import Globals, emit_json, globals_of

if TYPE_CHECKING:
    from clri.app.settings import Settings


def command(
    ctx: typer.Context,
    speed: Annotated[
        float | None, typer.Option("--speed", min=0, max=600, help="Times real time; 0 = flat out.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Seed of the market; 42 tells the story.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Run to the end flat out, then show the end only.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The end as one JSON document, no live table.")] = False,
    store: Annotated[Path | None, typer.Option("--store", help="Store to keep; a temporary one by default.")] = None,
    truth: Annotated[
        Path | None, typer.Option("--truth", help="Folder for what really happened: orders, cascades, state.")
    ] = None,
    about: Annotated[bool, typer.Option("--about", help="Say what is real in it and what is not.")] = False,
) -> None:
    """Watch a simulated hour: alts build leverage, the index crosses 65, a push sets off a cascade."""
    from tempfile import TemporaryDirectory

    if about:
        from clri.collect.simulate.about import ABOUT

        typer.echo(ABOUT, nl=False)
        return
    said = globals_of(ctx)
    settings = said.settings(**{"replay.seed": seed, "replay.speed": 0.0 if once else speed})
    flat = once or (speed is None and (json or said.plain))
    if store is not None:
        _show(said, settings, store, kept=True, still=once, json=json, flat=flat, truth=truth)
        return
    with TemporaryDirectory(prefix="clri-demo-") as folder:
        path = Path(folder) / "replay-simulated.sqlite"
        _show(said, settings, path, kept=False, still=once, json=json, flat=flat, truth=truth)


def _show(
    said: Globals,
    settings: "Settings",
    path: Path,
    *,
    kept: bool,
    still: bool,
    json: bool,
    flat: bool,
    truth: Path | None,
) -> None:
    from contextlib import nullcontext

    from clri.app.cli.replay import conclude, document, watched
    from clri.app.replays import plan_demo
    from clri.collect.simulate.source import SimulatedEvent
    from clri.collect.simulate.truth import Truth
    from clri.hosts.replay import replay

    with nullcontext() if truth is None else Truth(truth) as told:
        event = SimulatedEvent(settings.replay.seed, truth=told)
        said.say(event.story)
        said.say("making thirty days of history …")
        planned = plan_demo(settings, event, paced=not flat, store=path)
        with planned.store:
            if still or json or said.plain or said.quiet:
                summary = replay(planned.source, planned.pipeline, planned.store)
            else:
                summary = watched(said, planned, 0.0)
            if json:
                emit_json({"story": event.story} | document(planned, summary) | {"alerts": []})
                return
            conclude(said, planned, summary)
    said.say(
        f"store {path}; ask it: clri status --store {path}" if kept else "clri demo --about says what is real in it"
    )
