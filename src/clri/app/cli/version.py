"""`clri version`: what runs."""

import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import Annotated

import typer

from clri.app.cli.context import emit_json


def command(json: Annotated[bool, typer.Option("--json", help="As one JSON document.")] = False) -> None:
    """Print the version, the schema and the method of the scores."""
    from clri.model.names import SCHEMA
    from clri.scores import liquidation_risk
    from clri.scores.clri import Params
    from clri.scores.reading import METHOD

    try:
        number = installed("clri")
    except PackageNotFoundError:
        number = "not installed"
    document = {
        "version": number,
        "schema": SCHEMA,
        "method": f"{METHOD}+{Params().scale_name}+{liquidation_risk.Params().scale_name}",
        "python": platform.python_version(),
    }
    if json:
        emit_json(document)
    else:
        typer.echo(" ".join(f"{name} {value}" for name, value in document.items()))
