"""`clri config`: what is set, where it came from, and whether it is right."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clri.app.cli.context import emit_json, globals_of

if TYPE_CHECKING:
    from clri.app.settings import Loaded

HIDDEN = "***"

app = typer.Typer(help="Show, check and begin the settings.", no_args_is_help=True)


@app.command()
def show(
    ctx: typer.Context,
    origin: Annotated[bool, typer.Option("--origin", help="Also where each value came from.")] = False,
    effective: Annotated[bool, typer.Option("--effective", help="All keys, defaults too.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As one JSON document.")] = False,
) -> None:
    """Show what is set, in the form of clri.toml; with --effective all that is in force."""
    from clri.app.settings.keys import keys
    from clri.app.settings.origins import DEFAULT
    from clri.app.settings.writing import as_json, as_toml

    loaded = _loaded(ctx)
    wanted = [key for key in keys().values() if effective or loaded.origins[key.name] is not DEFAULT]
    hidden = {key.name for key in wanted if loaded.origins[key.name].hidden}
    if json:
        document: dict[str, Any] = {
            key.name: HIDDEN if key.name in hidden else as_json(key, _value(loaded, key.name)) for key in wanted
        }
        if origin:
            document = {name: {"value": value, "origin": str(loaded.origins[name])} for name, value in document.items()}
        emit_json(document)
        return
    for key in wanted:
        value = _value(loaded, key.name)
        if key.name in hidden:
            written = f"# {key.name}: {HIDDEN}"
        elif as_json(key, value) is None:
            written = f"# {key.name}: {key.absent}"
        else:
            written = f"{key.name} = {as_toml(key, value)}"
        typer.echo(f"{written}  # {loaded.origins[key.name]}" if origin else written)
    if not wanted:
        globals_of(ctx).say("nothing is set: every key has its default (clri config show --effective)")


@app.command()
def validate(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="Check this file alone; else all that a run would read.")] = None,
) -> None:
    """Check settings; exit code 2 if anything is wrong."""
    from clri.app.settings.origins import DEFAULT
    from clri.app.settings.places import Places

    loaded = _loaded(ctx, None if file is None else Places.only(file))
    count = sum(origin is not DEFAULT for origin in loaded.origins.values())
    typer.echo(f"{file or 'settings'}: right, {count} of {len(loaded.origins)} keys set")


@app.command()
def init(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="File to write; that of --config, else ./clri.toml.")] = None,
) -> None:
    """Write a settings file that shows every key and its default, as comments."""
    from clri.app.settings.findings import ALREADY_THERE, UNREADABLE
    from clri.app.settings.pages import toml_template
    from clri.app.settings.places import FILE
    from clri.model.errors import ConfigError

    path = file or Path(globals_of(ctx).config_file or FILE)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as new:
            new.write(toml_template())
    except OSError as error:
        if path.is_file():
            hint = "Name another: clri config init FILE"
            raise ConfigError(f"{path} is already there; expected a new file", code=ALREADY_THERE, hint=hint) from None
        raise ConfigError(f"{path} cannot be written: {error.strerror}", code=UNREADABLE) from None
    typer.echo(str(path))


@app.command()
def schema() -> None:
    """Print the JSON schema of clri.toml."""
    from clri.app.settings.schema import json_schema

    emit_json(json_schema())


@app.command()
def path(
    ctx: typer.Context, json: Annotated[bool, typer.Option("--json", help="As one JSON document.")] = False
) -> None:
    """Print which files are read, highest rank first, and the data folder."""
    from clri.app.settings.places import Places
    from clri.model.errors import ConfigError

    places = Places.usual(globals_of(ctx).config_file)
    files = {"dotenv": places.dotenv, "project": places.project, "user": places.user}
    document = {name: {"path": str(file.absolute()), "there": file.is_file()} for name, file in files.items() if file}
    try:
        data = _loaded(ctx).settings.general.data_dir.absolute()
    except ConfigError:
        globals_of(ctx).say("the data folder is unknown, for settings are wrong: clri config validate")
    else:
        document["data_dir"] = {"path": str(data), "there": data.is_dir()}
    if json:
        emit_json(document)
        return
    for name, found in document.items():
        typer.echo(f"{name:8}  {found['path']}{'' if found['there'] else '  (absent)'}")


def _loaded(ctx: typer.Context, places: Any = None) -> "Loaded":  # noqa: ANN401 - Places, imported late
    """Settings in force; warnings go to stderr."""
    from clri.app.settings import load_settings

    said = globals_of(ctx)
    loaded = load_settings(config_file=said.config_file, strict=said.strict, places=places)
    for warning in loaded.warnings:
        said.say(warning)
    return loaded


def _value(loaded: "Loaded", name: str) -> Any:  # noqa: ANN401 - whatever the key holds
    value: Any = loaded.settings
    for part in name.split("."):
        value = getattr(value, part)
    return value
