"""Options that every verb takes, and where its words go: data on stdout, everything else on stderr."""

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
import typer

if TYPE_CHECKING:
    from rich.console import Console

    from clri.app.settings import Settings

PLAIN_WIDTH: Final = 140
"""Columns of a pipe or file, which has none of its own: every table fits, and nothing is cut."""


@dataclass(frozen=True, slots=True)
class Globals:
    """Options given before the verb."""

    config_file: str | None = None
    strict: bool = False
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False

    def settings(self, **flags: object) -> "Settings":
        """Settings in force; `flags` are the verb's own options by dotted key, None = not given."""
        from clri.app.settings import load_settings

        loaded = load_settings(config_file=self.config_file, strict=self.strict, flags=flags)
        for warning in loaded.warnings:
            self.say(warning)
        if loaded.settings.cache.dir is not None:
            os.environ["CLRI_CACHE__DIR"] = str(loaded.settings.cache.dir)  # read when the first kernel is defined
        return loaded.settings

    @property
    def plain(self) -> bool:
        """No colour, no moving parts."""
        return self.colourless or not sys.stdout.isatty()

    @property
    def colourless(self) -> bool:
        """Asked for by --no-color or NO_COLOR: neither colours nor bold or dim text."""
        return self.no_color or bool(os.environ.get("NO_COLOR"))

    def console(self, *, stderr: bool = False) -> "Console":
        """Console for tables (stdout) or progress (stderr)."""
        from rich.console import Console

        stream = sys.stderr if stderr else sys.stdout
        width = None if stream.isatty() or os.environ.get("COLUMNS") else PLAIN_WIDTH
        return Console(
            stderr=stderr,
            color_system=None if self.colourless else "auto",
            highlight=False,
            markup=False,  # names of files and columns are not ours: [red] is a name, not a colour
            emoji=False,
            quiet=stderr and self.quiet,
            width=width,
        )

    def say(self, line: str) -> None:
        """One line on stderr, unless quiet."""
        if not self.quiet:
            typer.echo(line, err=True)


def globals_of(ctx: typer.Context) -> Globals:
    """The options given before the verb."""
    return ctx.obj if isinstance(ctx.obj, Globals) else Globals()


def emit_json(document: Any) -> None:  # noqa: ANN401 - any JSON document
    """One JSON document on stdout."""
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
    sys.stdout.buffer.flush()
