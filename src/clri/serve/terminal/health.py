"""The health of the feeds as a table: what each delivers, how old it is, what a loss costs; words before colours."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from rich.console import Group
from rich.table import Table
from rich.text import Text

from clri.model.codec import as_map
from clri.model.health import BAD, FeedHealth
from clri.serve.terminal.words import UNKNOWN, age, banner, clock

MARKS: Final = {
    "up": ("●", "up", "green"),
    "quiet": ("●", "quiet", "green"),
    "late": ("◐", "late", "yellow"),
    "gap": ("◐", "gap", "yellow"),
    "rate_limited": ("○", "rate-limited", "yellow"),
    "stale": ("○", "SILENT", "bold red"),
    "down": ("✕", "DOWN", "bold red"),
    "geo_blocked": ("✕", "GEO-BLOCKED", "bold red"),
    "disabled": ("▨", "off", "dim"),
    "unsupported": ("▨", "not offered", "dim"),
}
"""Shape, word and colour of each state: quiet and silent differ in all three."""

_LEFT: Final = frozenset({"venue", "channel", "state", "what"})
_COUNT: Final = (
    "up",
    "quiet",
    "late",
    "gap",
    "rate_limited",
    "stale",
    "down",
    "geo_blocked",
    "disabled",
    "unsupported",
)


def health_view(rows: Sequence[FeedHealth], width: int = 120) -> Group:
    """Head, table, and below it what is wrong and what that costs.

    Parameters
    ----------
    rows
        One picture (`Readings.health`).
    width
        Columns of the terminal; a narrow one shows fewer numbers, never cut ones.
    """
    if not rows:
        return Group(Text("no health of feeds yet: nothing collects into this store", style="dim"))
    return Group(_head(rows), _table(rows, width), *_notes(rows))


def health_rows(rows: Sequence[FeedHealth]) -> list[dict[str, Any]]:
    """Rows for `--json`: every field under its own name, times as ISO text, missing as null.

    Examples
    --------
    >>> from clri.testing.builders import feed_health
    >>> health_rows([feed_health(state="quiet")])[0]["state"]
    'quiet'
    """
    return [as_map(row) for row in rows]


def _head(rows: Sequence[FeedHealth]) -> Text:
    """Counts of channels by state, all in words."""
    channels = [row for row in rows if row.symbol is None]
    counts = {state: sum(row.state == state for row in channels) for state in MARKS}
    parts = [f"{count} {MARKS[state][1]}" for state, count in counts.items() if count]
    style = "red" if any(row.state in BAD - {"disabled", "unsupported"} for row in channels) else "green"
    newest = max(row.ts for row in rows)
    said = f"{len(channels)} feeds: {', '.join(parts)}"
    return Text.assemble((f"{banner(rows[0].mode)}  ", "bold"), (said, style), f"  {clock(newest)}")


def _state(row: FeedHealth) -> Text:
    shape, word, colour = MARKS[row.state]
    since = f" {age(row.data_age_s)}" if row.state in {"quiet", "stale", "late"} and row.data_age_s is not None else ""
    return Text(f"{shape} {word}{since}", style=colour)


def _number(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.1f}" if value < 100 else f"{value:.0f}"  # noqa: PLR2004 - 3 digits


def _gaps(row: FeedHealth) -> str:
    return "0" if not row.gaps_24h else f"{row.gaps_24h} ({age(row.gap_s_24h)})"


def _skew(row: FeedHealth) -> str:
    return UNKNOWN if row.skew_ms is None else f"{row.skew_ms:+,.0f} ms"


_COLUMNS: Final[tuple[tuple[int, str, Callable[[FeedHealth], str | Text]], ...]] = (
    (0, "venue", lambda r: Text(r.venue, style="bold")),
    (0, "channel", lambda r: r.channel if r.symbol is None else f"  {r.channel} {r.symbol}"),
    (0, "state", _state),
    (0, "age", lambda r: age(r.data_age_s)),
    (80, "per min", lambda r: _number(r.events_per_min)),
    (80, "usual", lambda r: _number(r.expected_per_min)),
    (100, "gaps 24 h", _gaps),
    (120, "reconnects", lambda r: str(r.reconnects_24h)),
    (120, "skew", _skew),
    (140, "put aside", lambda r: str(r.quarantined)),
    (140, "dropped", lambda r: str(r.dropped)),
    (140, "tells", lambda r: (r.completeness or UNKNOWN).replace("_", " ")),
    (160, "calibrated", lambda r: "yes" if r.calibrated else "not yet"),
)
"""(least terminal width, head, cell) of the table."""


def _table(rows: Sequence[FeedHealth], width: int) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold underline")
    shown = [column for column in _COLUMNS if column[0] <= width]
    for _, name, _ in shown:
        table.add_column(name, no_wrap=True, justify="left" if name in _LEFT else "right")
    for row in rows:
        table.add_row(*(cell(row) for _, _, cell in shown))
    return table


def _notes(rows: Sequence[FeedHealth]) -> list[Text]:
    """A line per feed that is not simply up: code, what happened, what it costs."""
    lines = []
    for row in rows:
        if row.detail is None and row.effect is None:
            continue
        who = f"{row.venue} {row.channel}{'' if row.symbol is None else ' ' + row.symbol}"
        parts = [part for part in (row.code, f"{who}: {row.detail or MARKS[row.state][1]}", row.effect) if part]
        lines.append(Text("  ".join(parts), style="dim" if row.state in {"up", "quiet", "disabled"} else ""))
    return lines
