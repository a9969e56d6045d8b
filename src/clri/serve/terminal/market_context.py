"""Market context of one symbol as a view: head, regimes, every input with coverage and rank, levels, what-if."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from clri.serve.terminal.words import COLOURS, UNKNOWN, age, banner, percent, price, rate_bp, share, usd

TOP: Final = 5
"""Levels that are shown on each side."""

_UNITS: Final[dict[str, Callable[[float | None], str]]] = {
    "price": price,
    "%": lambda value: percent(value, 2),
    "bp": rate_bp,
    "usd": usd,
    "share": lambda value: UNKNOWN if value is None else f"{value * 100:.1f} %",
    "number": lambda value: UNKNOWN if value is None else f"{value:.2f}",
}


def context_view(document: dict[str, Any], stale: str = "") -> Group:
    """View of `clri.app.market_context.market_context`; `stale` is said in the head."""
    return Group(
        _head(document, stale),
        _regimes(document["regimes"]),
        _inputs(document),
        *_levels(document["levels"]),
        *_what_if(document["what_if"]),
        *_cascades(document["cascades"]),
        *[Text(reason, style="dim") for reason in document["reasons"][:6]],
    )


def _head(document: dict[str, Any], stale: str) -> Panel:
    score, level = document["clri_score"], document["risk_level"]
    line = Text.assemble(
        (f"{document['symbol']} ", "bold"),
        (f"{UNKNOWN if score is None else score} {level}", COLOURS[level]),
        f"  {(document['direction'] or 'direction unknown').replace('_', ' ')}",
        f"  against itself {_rank(document['pct_self'])}  against the market {_rank(document['pct_market'])}",
        f"  coverage {share(document['coverage'])}  {document['quality']}",
    )
    style = "yellow" if document["mode"] != "live" else "green"
    return Panel(line, title=Text(banner(document["mode"], stale)), subtitle=document["as_of"], border_style=style)


def _regimes(regimes: dict[str, Any]) -> Text:
    frames = "  ".join(f"{frame} {regime or UNKNOWN}" for frame, regime in regimes["mtf"].items()) or UNKNOWN
    flags = [name for name in ("funding_divergence", "oi_concentrated") if regimes[name]]
    words = [
        f"regime {regimes['detected_regime']}",
        f"volatility {regimes['vol_regime'] or UNKNOWN}",
        f"timeframes {frames}",
        f"together {regimes['mtf_regime'] or UNKNOWN} {share(regimes['mtf_confidence'])}",
        *[flag.upper() for flag in flags],
    ]
    return Text("   ".join(words))


def _inputs(document: dict[str, Any]) -> Table:
    table = _table(("", "input", "value", "against itself", "coverage", "venues", "age"), left=("", "input"))
    last = ""
    for line in document["inputs"]:
        table.add_row(
            Text(line["section"] if line["section"] != last else "", style="bold"),
            line["label"] + _aside(line, document),
            _UNITS[line["unit"]](line["value"]),
            _rank(line["percentile"]),
            share(line["coverage"]),
            UNKNOWN if line["venues"] is None else str(line["venues"]),
            age(line["age_s"]),
        )
        last = line["section"]
    return table


def _aside(line: dict[str, Any], document: dict[str, Any]) -> str:
    if line["name"] == "oi_concentration" and document["oi_top_venue"]:
        return f" ({document['oi_top_venue']})"
    if line["name"] == "funding_rate" and document["next_funding_ts"]:
        return f", next {document['next_funding_ts'][11:16]} UTC"
    return ""


def _levels(levels: dict[str, Any]) -> list[Any]:
    if not levels["levels"]:
        return [Text("estimated liquidation levels: none known yet", style="dim")]
    held = share(levels["mapped_share"])
    head = Text(f"ESTIMATED liquidation levels ({levels['method']}); the map holds {held} of the open interest")
    table = _table(("longs below", "from price", "USD", "shorts above", "from price", "USD"))
    rows = zip(_top(levels["levels"], "long_usd"), _top(levels["levels"], "short_usd"), strict=True)
    for below, above in rows:
        table.add_row(*below, *above)
    return [head, table]


def _top(levels: Sequence[dict[str, Any]], side: str) -> list[tuple[str, str, str]]:
    """Largest levels of a side, the nearest first; padded."""
    largest = sorted((row for row in levels if row[side] > 0.0), key=lambda row: -row[side])[:TOP]
    nearest = sorted(largest, key=lambda row: abs(row["distance_pct"]))
    told = [(price(row["price_level"]), percent(row["distance_pct"]), usd(row[side])) for row in nearest]
    return told + [("", "", "")] * (TOP - len(told))


def _what_if(stresses: Sequence[dict[str, Any]]) -> list[Any]:
    if not stresses:
        return []
    head = Text("WHAT IF (estimated, first round only): forced orders against the depth that was measured")
    table = _table(("move", "price", "forced", "depth", "forced / depth"))
    for stress in sorted(stresses, key=lambda stress: stress["move_pct"]):
        beyond = " beyond reach" if stress["extrapolated"] else ""
        table.add_row(
            percent(stress["move_pct"], 0),
            price(stress["price"]),
            f"{usd(stress['forced_usd'])} {'longs' if stress['side'] == 'LONG' else 'shorts'}",
            usd(stress["depth_usd"]) + beyond,
            UNKNOWN if stress["ratio"] is None else f"{stress['ratio']:.2f}",
        )
    return [head, table]


def _cascades(cascades: Sequence[dict[str, Any]]) -> list[Any]:
    if not cascades:
        return [Text("no cascade in the last 24 h", style="dim")]
    return [
        Text(
            f"{'cascade' if c['kind'] == 'burst' else '4-h cascade'} {c['state']} since {c['started_at'][11:19]} UTC: "
            f"{usd(c['total_usd'])} at least, {c['side_bias']}, {c['event_count']} events"
        )
        for c in cascades
    ]


def _rank(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.0f} of 100"


def _table(names: Sequence[str], left: Sequence[str] = ()) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold underline")
    for name in names:
        table.add_column(name, justify="left" if name in left else "right", no_wrap=True)
    return table
