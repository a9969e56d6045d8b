"""Unified open interest as a table: venues with their share and funding, categories, and what is missing."""

from typing import Any, Final

from rich.console import Group
from rich.table import Table
from rich.text import Text

from clri.serve.terminal.words import UNKNOWN, banner, rate_bp, usd

CATEGORY_NAMES: Final = {"usdt_stable": "USDT", "usdc_stable": "USDC", "usd_inverse": "inverse"}


def oi_view(reply: dict[str, Any]) -> Group:
    """View of the reply of one coin (`clri.app.oi_document.oi_reply`)."""
    totals, summary = reply["aggregated_oi"], reply["validation_summary"]
    answered = f"{summary['successful_exchanges']} of {summary['successful_exchanges'] + summary['failed_exchanges']}"
    head = Text.assemble(
        (f"{reply['base_symbol']} ", "bold"),
        f"open interest {usd(totals['total_usd'])}  {_coins(totals['total_tokens'])} coins",
        f"  funding {rate_bp(totals['funding_rate'])} / 8 h = {_yearly(totals['apr'])}",
        f"  24 h {usd(totals['total_volume_24h_usd'])}  {answered} venues  ",
        ("passed" if summary["validation_passed"] else "too few venues", _colour(passed=summary["validation_passed"])),
    )
    return Group(
        Text(f"{banner(reply['mode'])}   {reply['as_of'] or 'nothing known'}", style="dim"),
        head,
        *([_exchanges(reply)] if reply["exchange_breakdown"] else []),
        _categories(reply["market_categories"]),
        *[Text(f"{failure['exchange']}: {failure['reason']}", style="dim") for failure in summary["failed_details"]],
        *[Text(note, style="dim") for note in reply["notes"]],
    )


def _exchanges(reply: dict[str, Any]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold underline")
    for name in ("venue", "OI", "share", "coins", "funding / 8 h", "per year", "24 h", "contracts"):
        table.add_column(name, justify="left" if name in {"venue", "contracts"} else "right", no_wrap=True)
    for row in reply["exchange_breakdown"]:
        table.add_row(
            row["exchange"],
            usd(row["oi_usd"]),
            f"{row['oi_percentage']:.1f} %" if row["oi_percentage"] is not None else UNKNOWN,
            _coins(row["oi_tokens"]),
            rate_bp(row["funding_rate"]),
            _yearly(row["apr"]),
            usd(row["volume_24h_usd"]),
            ", ".join(market["symbol"] or UNKNOWN for market in row["market_breakdown"]),
        )
    return table


def _categories(categories: dict[str, Any]) -> Text:
    parts = [
        f"{CATEGORY_NAMES[name]} {usd(part['total_usd'])}"
        + (f" ({part['percentage']:.1f} %)" if part["percentage"] is not None else "")
        for name, part in categories.items()
    ]
    return Text("settled in " + " · ".join(parts))


def _coins(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"  # noqa: PLR2004 - digits


def _yearly(apr: float | None) -> str:
    return UNKNOWN if apr is None else f"{apr * 100:+.2f} %"


def _colour(*, passed: bool) -> str:
    return "green" if passed else "yellow"
