"""All verbs, and the options that stand before them."""

import sys
from typing import Annotated

import typer

from clri.app.cli import (
    catalogue,
    config,
    decode,
    demo,
    doctor,
    explain,
    export,
    market_context,
    oi,
    record,
    replay,
    score,
    status,
    up,
    version,
)
from clri.app.cli.context import Globals
from clri.app.cli.failure import run_guarded

app = typer.Typer(
    name="clri",
    help="Crypto Leverage Risk Index: how much leverage is about to break, and how sure that is.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def root(
    ctx: typer.Context,
    config_file: Annotated[str | None, typer.Option("--config", metavar="FILE", help="Settings file (TOML).")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Unknown CLRI_ variables stop the command.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Only errors on stderr.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="More on stderr; tracebacks of failures.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="Plain text (also NO_COLOR).")] = False,
) -> None:
    """Take the options of every verb."""
    ctx.obj = Globals(config_file, strict, quiet, verbose, no_color)


for verb in (up, record, demo, replay, decode, score, status, doctor, explain, export, oi, catalogue, version):
    app.command(name=verb.__name__.rsplit(".", 1)[-1])(verb.command)
app.command(name="context")(market_context.command)
app.add_typer(config.app, name="config")


def main() -> None:
    """Entry point of the command line."""
    sys.exit(run_guarded(app))
