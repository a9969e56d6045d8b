"""The page made from the catalogue: `docs/reference/scores.md`.

``python -m clri.app.catalogue_page docs/reference`` writes it; a test compares.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from clri.app.catalogue import catalogue

NAME: Final = "scores.md"
HEAD: Final = """\
# Scores, detectors and channels
<!-- Made by `python -m clri.app.catalogue_page docs/reference`; a test compares. -->
Every number that is computed: what it is, where its formula comes from, what it needs, its columns and its parameters.
Missing is never 0: a number that lacks its input is absent. `clri catalogue --json` says the same to programs.
"""


def page() -> str:
    """Text of the page."""
    found = catalogue()
    lines = [HEAD]
    for title, key in (
        ("Scores of a symbol", "scores"),
        ("The market", "market_scores"),
        ("What speaks up beside the readings", "events"),
        ("Detectors", "detectors"),
        ("On request", "models"),
        ("Inputs of the minute row", "inputs"),
    ):
        lines += [f"## {title}", *(line for entry in found[key] for line in _entry(entry))]
    lines += ["## Words", *_words(found["words"]), "", "## What is published", *_outputs(found["outputs"]), ""]
    return "\n".join([*lines, "## Venues and channels", *_venues(found["venues"])]) + "\n"


def write_page(folder: Path) -> Path:
    """Write the page into a folder, which is made if absent."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    path.write_text(page(), encoding="utf-8")
    return path


def _entry(entry: dict[str, Any]) -> Iterator[str]:
    yield f"### {entry['name']}"
    yield f"{_cell(entry['about'])}."
    yield f"Source: {entry['source'] or 'this package'}. Warm-up: {_cell(entry['warm_up'])}."
    if entry.get("inputs"):
        yield f"Reads {', '.join(f'`{name}`' for name in entry['inputs'])}."
    if "listens" in entry:
        row = ", ".join(f"`{name}`" for name in entry["row"]) or "nothing"
        yield f"Hears {', '.join(entry['listens'])}; fills {row} of the minute row."
    yield ""
    if entry.get("outputs"):
        yield "| column | unit | range | meaning | in readings as |\n|---|---|---|---|---|"
        for column in entry["outputs"]:
            shown = ", ".join(f"`{place}`" for place in column["published"]) or "-"
            told = (f"`{column['name']}`", _cell(column["unit"]), _range(column), _cell(column["about"]), shown)
            yield f"| {' | '.join(told)} |"
        yield ""
    if entry["params"]:
        yield "| parameter | default | meaning |\n|---|---|---|"
        for param in entry["params"]:
            yield f"| `{param['name']}` | {_default(param['default'])} | {_cell(param['about'])} |"
        yield ""


def _words(words: dict[str, Any]) -> Iterator[str]:
    yield "| field | words |\n|---|---|"
    for name, found in words.items():
        if isinstance(found, dict):
            listed = ", ".join(f"{word} from {edge:g}" for word, edge in reversed(found.items()))
        else:
            listed = ", ".join(found)
        yield f"| `{name}` | {listed} |"


def _outputs(outputs: list[dict[str, Any]]) -> Iterator[str]:
    yield "| struct | `k` | what | fields |\n|---|---|---|---|"
    for kind in outputs:
        yield f"| {kind['name']} | `{kind['k']}` | {_cell(kind['about'])} | {', '.join(kind['fields'])} |"


def _venues(venues: list[dict[str, Any]]) -> Iterator[str]:
    yield "Sockets with the longest silence that is normal, calls with their period; sparse = silent in calm markets.\n"
    yield "| venue | channels | calls |\n|---|---|---|"
    for venue in venues:
        channels = ", ".join(f"`{c['channel']}` {_silence(c['max_silence_s'])}" for c in venue["channels"])
        calls = ", ".join(f"{poll['name']} {poll['every_s']:g} s" for poll in venue["polls"])
        yield f"| {venue['venue']} | {channels} | {calls} |"


def _silence(longest_s: float | None) -> str:
    return "sparse" if longest_s is None else f"{longest_s:g} s"


def _range(column: dict[str, Any]) -> str:
    low, high = column["low"], column["high"]
    if low is None and high is None:
        return "any"
    return f"{'' if low is None else f'{low:g}'}..{'' if high is None else f'{high:g}'}"


def _default(value: object) -> str:
    text = repr(value)
    return f"`{text}`" if len(text) <= 100 else f"`{text[:97]}…`"  # noqa: PLR2004 - tables stay readable


def _cell(text: str) -> str:
    """Text that a table cell can hold."""
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    write_page(Path(sys.argv[1]))
