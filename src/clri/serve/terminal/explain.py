"""The explanation of a score as a table: components, their weight and points, the change, what is missing."""

from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from clri.serve.terminal.words import COLOURS, UNKNOWN, age, banner, share


def explain_view(document: dict[str, Any]) -> Group:
    """View of an explanation document (`clri.app.explanation`)."""
    head = Text.assemble(
        (f"{document['symbol']} ", "bold"),
        (
            f"{UNKNOWN if document['clri_score'] is None else document['clri_score']} {document['risk_level']}",
            COLOURS[document["risk_level"]],
        ),
        f"   raw {_number(document['clri_raw'])} on {document['method']}   coverage {share(document['coverage'])}",
        f"   regime {document['detected_regime']}   {document['quality']}   {document['as_of']}",
    )
    table = Table(
        title=Text(banner(document["mode"]), style="table.title"),
        title_justify="left",
        box=None,
        padding=(0, 2, 0, 0),
        header_style="bold underline",
    )
    for name in ("component", "score", "weight", "points", "change", "coverage", "age", "note"):
        table.add_column(name, justify="left" if name in {"component", "note"} else "right", no_wrap=name != "note")
    shown = document["change"]["shown"] if document["change"] else {}
    for name, part in document["components"].items():
        table.add_row(
            name,
            _number(part["score"]),
            share(part["weight"]),
            _number(part["contribution"]),
            f"{shown[name]:+.1f}" if name in shown else UNKNOWN,
            share(part["coverage"]),
            age(part["data_age_s"]),
            part["reason"] or "",
        )
    if shown:
        table.add_row("weight shift", "", "", "", f"{shown['weight_shift']:+.1f}", "", "", "")
    table.add_row(
        "total",
        "",
        "",
        _number(document["clri_exact"]),
        f"{document['change']['points']:+.1f}" if document["change"] else UNKNOWN,
        "",
        "",
        "",
        style="bold",
    )
    return Group(head, table, Text(document["sentence"]))


def _number(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.1f}"
