"""`clri record`: raw frames of the venues into a capture folder, which `clri replay` plays."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clri.app.cli.context import Globals, globals_of

if TYPE_CHECKING:
    from clri.app.recordings import Recording
    from clri.collect.live.recorder import What
    from clri.model.facts import Fact


def command(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="Capture folder; one file a venue and hour.")],
    symbols: Annotated[str | None, typer.Option("--symbols", help="Symbols to track, comma-separated.")] = None,
    exchanges: Annotated[str | None, typer.Option("--exchanges", help="Venues to record, comma-separated.")] = None,
    events: Annotated[bool, typer.Option("--events", help="Leave out order books.")] = False,
    minutes: Annotated[float | None, typer.Option("--minutes", min=0.01, help="End after so long.")] = None,
) -> None:
    """Record what the venues send, as they send it; nothing is scored."""
    from clri.app.recordings import Recording
    from clri.app.serving import serve

    said = globals_of(ctx)
    settings = said.settings(**{"general.symbols": symbols, "general.venues": exchanges})
    what: What = "events" if events else "all"
    recording = Recording(settings, out, what, on_facts=_lines(said), on_trouble=said.say)
    said.say(f"recording {', '.join(recording.venues)} into {out}; stop with Ctrl-C")
    code = serve(recording.run(minutes))
    _conclude(said, recording)
    raise typer.Exit(code)


def _lines(said: Globals) -> "Callable[[Sequence[Fact]], None]":
    def say(facts: "Sequence[Fact]") -> None:
        from clri.model.control import FeedStatus
        from clri.serve.terminal.feeds import feed_line

        for fact in facts:
            if isinstance(fact, FeedStatus) and (line := feed_line(fact)) is not None:
                said.say(line)

    return say


def _conclude(said: Globals, recording: "Recording") -> None:
    for venue, recorder in recording.recorders.items():
        lost = f", {recorder.lost} lost ({recorder.trouble})" if recorder.lost else ""
        said.say(f"{venue}: {recorder.frames} records, {recorder.bytes / 1e6:.1f} MB of frames{lost}")
    said.say(f"Play it: clri replay {recording.folder}")
