"""`clri oi`: unified open interest of a coin over all venues and contracts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clri.app.cli.context import Globals, emit_json, globals_of

if TYPE_CHECKING:
    from clri.app.settings import Settings


def command(
    ctx: typer.Context,
    symbol: Annotated[str | None, typer.Argument(help="One symbol, any spelling; those of the settings else.")] = None,
    files: Annotated[
        list[Path] | None, typer.Option("--from", help="Recording to read: frame file or capture folder; repeatable.")
    ] = None,
    exchanges: Annotated[str | None, typer.Option("--exchanges", help="Venues to ask, comma-separated.")] = None,
    venue: Annotated[str | None, typer.Option("--venue", help="Venue of lines that do not name theirs.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the JSON document to a file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="As one JSON document.")] = False,
) -> None:
    """Add up open interest over venues: coins, USD, shares, funding per 8 h, and which venues are missing."""
    from clri.app.arguments import symbol_of

    said = globals_of(ctx)
    settings = said.settings(**{"general.venues": exchanges})
    wanted = [symbol_of(symbol)] if symbol is not None else list(settings.general.symbols)
    document = _recorded(settings, wanted, files, venue) if files else _asked(said, settings, wanted)
    known = list(document["symbols"])
    shown = document["symbols"][known[0]] if symbol is not None else document
    if out is not None:
        _write(out, shown)
        said.say(f"wrote {out}")
    if json:
        emit_json(shown)
    elif out is None:
        from clri.serve.terminal.oi import oi_view

        console = said.console()
        for reply in document["symbols"].values():
            console.print(oi_view(reply))


def _recorded(settings: "Settings", wanted: list[str], files: list[Path], venue: str | None) -> dict[str, Any]:
    from clri.app.oi_document import gather, oi_document
    from clri.collect.sources import open_source
    from clri.model.errors import InputError
    from clri.observe.unified_oi import UnifiedOpenInterest

    source = open_source(files, venue)
    keeper = UnifiedOpenInterest(wanted, settings.general.venues)
    now = gather(source.facts(), keeper)
    known = [name for name in wanted if keeper.snapshot_of(name, now).total_markets]
    if not known:
        raise InputError(f"the recording holds no open interest of {', '.join(wanted)}", code="CLRI-DATA-008")
    return oi_document(keeper, known, now, mode=source.mode)


def _asked(said: Globals, settings: "Settings", wanted: list[str]) -> dict[str, Any]:
    import asyncio

    from clri.app.oi_document import oi_document
    from clri.app.oi_live import ask
    from clri.model.errors import UpstreamError

    said.say(f"asking {len(settings.general.venues)} venues …")
    asked, now = asyncio.run(ask(settings, wanted))
    failed = asked.silent()
    document = oi_document(asked.keeper, wanted, now, failed)
    if not any(reply["total_markets"] for reply in document["symbols"].values()):
        reasons = "; ".join(f"{venue}: {why}" for venue, why in sorted(failed.items()))
        raise UpstreamError(f"no venue told any open interest ({reasons})", hint="See why: clri doctor")
    return document


def _write(path: Path, document: object) -> None:
    """The document as indented JSON.

    Raises
    ------
    clri.model.errors.InputError
        If the file cannot be written.
    """
    import msgspec

    from clri.model.errors import InputError

    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}", code="CLRI-DATA-006") from None
