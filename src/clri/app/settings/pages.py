"""Pages made from the keys: `docs/configuration.md`, `docs/env.example`, and the file of `clri config init`.

``python -m clri.app.settings.pages docs`` writes the two documents; a test compares them.
"""

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

from clri.app.settings import findings
from clri.app.settings.aliases import ALIASES, CLIENT, IGNORED, WAITING
from clri.app.settings.bundles import BUNDLES
from clri.app.settings.keys import Key, keys, sections
from clri.app.settings.planned import PLANNED
from clri.app.settings.writing import as_text, as_toml, described, written_default

HEAD: Final = """\
# Configuration
<!-- Made by `python -m clri.app.settings.pages docs`; a test compares. -->
Nothing has to be set. `clri config init` writes a commented `clri.toml`, `clri config show --origin` says what is set
and where, `clri config validate` checks it, `clri config schema` prints a JSON schema for editors.

## Where values come from
The first that has a value wins:

1. options of the command
2. variables `CLRI_SECTION__KEY`; just below, the names of the original tools (with a warning)
3. the same variables in `./.env`
4. `./clri.toml`, or the file given by `--config`
5. `clri.toml` in the user's configuration folder (`clri config path` names it)
6. the default

- A list is a TOML list, or text with commas or JSON: `BTC,ETH` or `["BTC", "ETH"]`.
- `NAME_FILE` names a file that holds the value of the variable `NAME`; setting both is an error.
- An empty variable counts as not set. `${…}` in `.env` is not expanded.
- A TOML value must have its type: `"5"` and `true` are no numbers. Text of variables is parsed.
- An unknown key in a file is an error, an unknown `CLRI_` variable a warning; with `--strict` it is an error too.
- An error exits with code 2 and never shows a secret: values of `NAME_FILE` and of `storage.url` are left out, logins
  in addresses masked.
"""


def reference() -> str:
    """Text of `docs/configuration.md`."""
    return "\n".join((HEAD, "## Keys", *_key_tables(), *_alias_tables(), *_planned_table(), *_code_table())) + "\n"


def env_example() -> str:
    """Text of `docs/env.example`: every variable with its default, as a comment."""
    lines = [
        "# Variables of clri; each line shows the default. Copy to .env and take away the # of what you change.",
        "# A variable NAME may be given as NAME_FILE instead, the path of a file that holds the value.",
    ]
    for path, group in _by_section():
        lines += ["", f"# {path}: {sections()[path]}"]
        for key in group:
            default = key.example if key.absent else as_text(key, key.default)
            absent = f" Default: {key.absent}." if key.absent else ""
            lines += [f"# {described(key)}.{absent}", f"#{key.variable}={default}"]
    return "\n".join(lines) + "\n"


def toml_template() -> str:
    """Text of a new `clri.toml`: every key with its default, as a comment."""
    lines = ['# Settings of clri. Each line shows the default: take away the "#" of what you change.']
    for path, group in _by_section():
        lines += ["", f"# {sections()[path]}", f"[{path}]"]
        for key in group:
            default = f'"{key.example}"' if key.absent else as_toml(key, key.default)
            absent = f" Default: {key.absent}." if key.absent else ""
            lines += [f"# {described(key)}.{absent}", f"#{key.name.rpartition('.')[2]} = {default}"]
    return "\n".join(lines) + "\n"


def _by_section() -> Iterator[tuple[str, list[Key]]]:
    for path, group in groupby(keys().values(), key=lambda key: key.name.rpartition(".")[0]):
        yield path, list(group)


def _key_tables() -> Iterator[str]:
    for path, group in _by_section():
        yield f"### {path}"
        yield sections()[path]
        yield "\n| key | default | unit | expected | meaning |\n|---|---|---|---|---|"
        for key in group:
            default = key.absent or f"`{written_default(key)}`"
            yield f"| `{key.name}` | {default} | {key.unit or '-'} | {key.reader.expected} | {key.about} |"
        yield f"\nVariables: {', '.join(f'`{key.variable}`' for key in group)}\n"


def _alias_tables() -> Iterator[str]:
    yield "## Names of the original tools\nThese variables set a key; of several for one key the first wins.\n"
    yield "| variable | key |\n|---|---|"
    yield from (f"| `{name}` | `{key}` |" for name, key in ALIASES.items())
    for name, fields in BUNDLES.items():
        for field, (key, divisor) in fields.items():
            yield f"| `{name}`, JSON field `{field}`{' in percent' if divisor != 1 else ''} | `{key}` |"
    yield "\n`binanceusdm` means `binance`; `binanceus` is refused, it has no futures.\n"
    yield f"Not available in this version, one notice: {', '.join(f'`{name}`' for name in WAITING)}.\n"
    yield f"Without effect, one notice: {', '.join(f'`{name}`' for name in IGNORED)}.\n"
    yield f"Read by the client's factories, not here: {', '.join(f'`{name}`' for name in CLIENT)}.\n"


def _planned_table() -> Iterator[str]:
    yield "## Not in this version\nA key of these is answered with `CLRI-CFG-007` and exit code 2.\n"
    yield "| key or section | why |\n|---|---|"
    yield from (f"| `{name}` | {words} |" for name, words in PLANNED.items())
    yield ""


def _code_table() -> Iterator[str]:
    yield "## Codes of errors\n"
    yield (findings.__doc__ or "").partition("\n\n")[2].strip()


def write_documents(folder: Path) -> None:
    """Write the documents of the repository."""
    folder.joinpath("configuration.md").write_text(reference(), encoding="utf-8")
    folder.joinpath("env.example").write_text(env_example(), encoding="utf-8")


if __name__ == "__main__":
    write_documents(Path(sys.argv[1]))
