"""Summary of a scored table: per symbol, how many rows got a score, where it stood, when it was highest."""

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from clri.engine.table import ObservationTable
from clri.model.levels import BANDS, risk_level
from clri.model.names import MARKET
from clri.model.reading import MarketReading, Reading
from clri.model.timebase import iso

if TYPE_CHECKING:
    from rich.console import Console

LEVELS: Final = tuple(level for _, level in reversed(BANDS))
WIDE: Final = 120
"""Columns of a terminal that shows the bands too; a narrower one shows fewer numbers, never cut ones."""


class Tally:
    """Collects scores while they come.

    Parameters
    ----------
    table
        The table being scored.
    """

    def __init__(self, table: ObservationTable) -> None:
        self.table = table
        self.header = {"mode": "replay-recorded", "cadence_s": str(table.cadence.step_s)}
        self._scores: dict[str, list[int]] = {s: [] for s in (*table.symbols, MARKET)}
        self._times: dict[str, list[int]] = {s: [] for s in (*table.symbols, MARKET)}
        self._coverage: dict[str, list[float]] = {s: [] for s in (*table.symbols, MARKET)}
        self._rows: Counter[str] = Counter()

    def add(self, readings: list[Reading], there: np.ndarray, market: MarketReading) -> None:
        """Take the readings of one time; `there` tells for which symbols the table held a row."""
        for reading, known in zip(readings, there.tolist(), strict=True):
            if known:
                self._one(reading.symbol, reading.ts, reading.clri_score, reading.coverage)
        if there.any():
            self._one(MARKET, market.ts, market.market_clri, market.coverage)

    def _one(self, symbol: str, ts: int, score: int | None, coverage: float) -> None:
        self._rows[symbol] += 1
        self._coverage[symbol].append(coverage)
        if score is not None:
            self._scores[symbol].append(score)
            self._times[symbol].append(ts)

    def document(self, name: str, unused: list[str], quarantined: dict[str, int]) -> dict[str, Any]:
        """Everything as one document."""
        table = self.table
        return {
            "table": name,
            "mode": "replay-recorded",
            "cadence_s": table.cadence.step_s,
            "coarse": table.cadence.coarse,
            "from": iso(table.ts(0)),
            "to": iso(table.ts(table.height - 1)),
            "unused_columns": unused,
            "quarantined_cells": quarantined,
            "symbols": {symbol: self._summary(symbol) for symbol in (*table.symbols, MARKET)},
        }

    def _summary(self, symbol: str) -> dict[str, Any]:
        scores = self._scores[symbol]
        summary: dict[str, Any] = {
            "rows": self._rows[symbol],
            "scored": len(scores),
            "unknown": self._rows[symbol] - len(scores),
            "coverage_mean": float(np.mean(self._coverage[symbol])) if self._coverage[symbol] else None,
        }
        if not scores:
            return summary
        levels = Counter(risk_level(score) for score in scores)
        top = int(np.argmax(scores))
        return summary | {
            "median": float(np.median(scores)),
            "p95": float(np.quantile(scores, 0.95)),
            "max": scores[top],
            "max_at": iso(self._times[symbol][top]),
            "last": scores[-1],
            "last_level": risk_level(scores[-1]),
            "bands": {level: levels[level] / len(scores) for level in LEVELS},
        }

    def show(self, console: "Console", document: dict[str, Any]) -> None:
        """Print the summary as a table."""
        from rich.table import Table

        title = f"{document['table']}: {document['from']} to {document['to']}, rows of {document['cadence_s']} s"
        table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0), header_style="bold underline")
        table.caption, table.caption_justify = "RECORDED DATA; event-tier numbers are missing in a table", "left"
        shown = LEVELS if console.width >= WIDE else ()
        for name in ("symbol", "rows", "unknown", "coverage", "median", "95 %", "max", "at", *shown):
            table.add_column(name, justify="left" if name in {"symbol", "at"} else "right", no_wrap=True)
        for symbol, row in document["symbols"].items():
            cells = [symbol, str(row["rows"]), str(row["unknown"]), _percent(row["coverage_mean"])]
            if row["scored"]:
                cells += [f"{row['median']:.0f}", f"{row['p95']:.0f}", str(row["max"]), row["max_at"][:16]]
                cells += [_percent(row["bands"][level]) for level in shown]
            table.add_row(*cells)
        console.print(table)
        for column, cells_bad in document["quarantined_cells"].items():
            console.print(f"{cells_bad} impossible cells of {column} were taken as missing")
        if document["unused_columns"]:
            names = (name if name.isprintable() else ascii(name) for name in document["unused_columns"])
            console.print(f"columns not used: {', '.join(names)}")


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value:.0%}"
