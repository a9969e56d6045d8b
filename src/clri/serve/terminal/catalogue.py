"""The catalogue as a table: what is computed, where its formula stands, how many columns it fills."""

from typing import Any, Final

from rich.console import Group
from rich.table import Table
from rich.text import Text

from clri.serve.terminal.words import UNKNOWN

TITLES: Final = {
    "scores": "score",
    "market_scores": "market",
    "events": "event",
    "detectors": "detector",
    "models": "on request",
    "inputs": "input",
}


def catalogue_view(document: dict[str, Any]) -> Group:
    """View of `clri.app.catalogue.catalogue`."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold underline")
    for name in ("kind", "name", "columns", "source", "what"):
        table.add_column(name, justify="right" if name == "columns" else "left", no_wrap=name != "what")
    for key, title in TITLES.items():
        for entry in document[key]:
            columns = str(len(entry["outputs"])) if "outputs" in entry else UNKNOWN
            source = (entry["source"] or UNKNOWN).partition(";")[0]
            table.add_row(title, Text(entry["name"], style="bold"), columns, source, entry["about"])
    venues = [f"{venue['venue']}: {', '.join(c['channel'] for c in venue['channels'])}" for venue in document["venues"]]
    return Group(table, Text("\n" + "\n".join(venues), style="dim"))
