"""The market table: the index, every symbol with its coverage and age, and the cascades that run."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from clri.model.cascade import CascadeUpdate
from clri.model.levels import RiskLevel, cascade_band
from clri.model.reading import MarketReading, Reading
from clri.serve.terminal.words import COLOURS, UNKNOWN, age, banner, clock, percent, price, rate_bp, share, usd

BAR_WIDTH: Final = 20
CRITICAL: Final = 1.5
"""Severity from which a 4-h episode is critical (SCORES 10)."""
_LEFT: Final = frozenset({"symbol", "CLRI", "", "crowded", "state", "side", "risk", "first venues by size"})


def market_view(
    readings: Sequence[Reading],
    market: MarketReading | None,
    cascades: Sequence[CascadeUpdate] = (),
    detail: str = "",
    width: int = 120,
) -> Group:
    """Head, symbols, cascades and notes, as one view.

    Parameters
    ----------
    readings
        Newest reading per symbol.
    market
        Newest market reading, None before the first.
    cascades
        Active or newest cascades.
    detail
        What the data are: a seed, a file, a span.
    width
        Columns of the terminal; a narrow one shows fewer numbers, never cut ones.
    """
    if market is None:
        return Group(Panel(Text("no reading yet: the first minute is still open", style="dim"), title="CLRI"))
    return Group(
        _head(market, detail), _symbols(readings, width), *_cascades(cascades, width), *_notes(readings, market)
    )


def score_text(score: int | None, level: RiskLevel) -> Text:
    """Score and level in the level's colour; a dash if unknown."""
    return Text(f"{UNKNOWN if score is None else score:>3} {level}", style=COLOURS[level])


def _head(market: MarketReading, detail: str) -> Panel:
    line = Text.assemble(
        ("MARKET ", "bold"),
        score_text(market.market_clri, market.risk_level),
        f"  {(market.market_direction or 'direction unknown').replace('_', ' ')}",
        f"  OI {usd(market.total_oi)}  coverage {share(market.coverage)}  {market.quality}",
    )
    style = "yellow" if market.mode != "live" else "green"
    title, subtitle = Text(banner(market.mode, detail)), Text(clock(market.ts))
    return Panel(line, title=title, subtitle=subtitle, border_style=style)


Cell = str | Text


def _crowded(reading: Reading) -> str:
    return (reading.direction or UNKNOWN).replace("LONG_CROWDED", "longs").replace("SHORT_CROWDED", "shorts").lower()


def _risk(cascade: CascadeUpdate) -> Text:
    if cascade.severity is not None:
        style = COLOURS["HIGH" if cascade.severity < CRITICAL else "EXTREME"]
        return Text(f"4 h x {cascade.severity:.2f}", style=style)
    risk = cascade.max_risk_score or 0.0
    band = cascade_band(min(2.0, risk))
    return Text(f"{risk:.2f} {band}", style=COLOURS[band])


def _bar(score: int | None) -> str:
    filled = 0 if score is None else round(score / 100 * BAR_WIDTH)
    return "█" * filled + "·" * (BAR_WIDTH - filled)


_SYMBOL_COLUMNS: Final[tuple[tuple[int, str, Callable[[Reading], Cell]], ...]] = (
    (0, "symbol", lambda r: Text(r.symbol, style="bold")),
    (0, "CLRI", lambda r: score_text(r.clri_score, r.risk_level)),
    (160, "", lambda r: Text(_bar(r.clri_score), style=COLOURS[r.risk_level])),
    (0, "crowded", _crowded),
    (0, "price", lambda r: price(r.price)),
    (140, "1 h", lambda r: percent(r.price_change_1h_pct)),
    (0, "funding", lambda r: rate_bp(r.funding_rate)),
    (0, "OI", lambda r: usd(r.open_interest)),
    (140, "OI 1 h", lambda r: percent(r.oi_change_1h_pct)),
    (0, "liq 1 h ≥", lambda r: usd(r.liquidations_1h_usd)),
    (120, "regime", lambda r: r.detected_regime.replace("_", " ").lower()),
    (0, "cover", lambda r: share(r.coverage)),
    (100, "age", lambda r: age(r.data_age_s)),
    (100, "quality", lambda r: r.quality),
)
"""(least terminal width, head, cell) of the symbol table."""

_CASCADE_COLUMNS: Final[tuple[tuple[int, str, Callable[[CascadeUpdate], Cell]], ...]] = (
    (0, "symbol", lambda c: Text(c.symbol, style="bold")),
    (0, "state", lambda c: Text(c.state, style="bold red" if c.state == "active" else "dim")),
    (0, "began", lambda c: clock(c.started_at)[11:16]),
    (0, "lasted", lambda c: age(c.duration_s)),
    (0, "risk", _risk),
    (0, "side", lambda c: c.side_bias),
    (100, "events", lambda c: str(c.event_count)),
    (0, "total ≥", lambda c: usd(c.total_usd)),
    (0, "venues", lambda c: str(len(c.venues))),
    (120, "first venues by size", lambda c: ", ".join(sorted(c.venues, key=lambda v: -c.venues[v])[:3])),
)
"""(least terminal width, head, cell) of the cascade table."""


def _symbols(readings: Sequence[Reading], width: int) -> Table:
    return _table(_SYMBOL_COLUMNS, readings, width)


def _cascades(cascades: Sequence[CascadeUpdate], width: int) -> list[Table]:
    if not cascades:
        return []
    title = "cascades: bursts of 60 s, episodes of 4 h; totals are lower bounds where feeds are throttled"
    return [_table(_CASCADE_COLUMNS, cascades, width, title)]


def _table(
    columns: Sequence[tuple[int, str, Callable[[Any], Cell]]], rows: Sequence[Any], width: int, title: str | None = None
) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0), header_style="bold underline")
    shown = [column for column in columns if column[0] <= width]
    for _, name, _ in shown:
        table.add_column(name, no_wrap=True, justify="left" if name in _LEFT else "right")
    for row in rows:
        table.add_row(*(cell(row) for _, _, cell in shown))
    return table


def _notes(readings: Sequence[Reading], market: MarketReading) -> list[Text]:
    lines = [f"{r.symbol}: {'; '.join(r.reasons)}" for r in readings if r.reasons]
    lines += [f"market: {'; '.join(market.reasons)}"] if market.reasons else []
    return [Text(line, style="dim") for line in lines[:8]]
