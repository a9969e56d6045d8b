"""Figures as a table for people."""

from collections.abc import Sequence
from typing import Final

from clri.testing.ground_truth.maps import LEAST_BINS, SPAN_PCT
from clri.testing.ground_truth.report import STREAMS, Figures

SAYS: Final = {
    "true_stream": "every order, as it happens",
    "feeds": "through the venues' feeds",
    "told": "through the feeds, against label C of what they tell",
    "any_burst": "through the feeds, any burst from its first update",
    "by_label": "not built: label C itself looked for in what was received",
}

LABELS: Final = (
    *("stream", "labels", "within 5 s", "60 s", "p5", "p25", "p50", "p75", "p95", "late", "too small", "no burst"),
)
FALSE_STARTS: Final = (
    "stream",
    "declared",
    "false starts",
    "per week and symbol",
    "condition held again",
    "price moved < 1 %",
    "too few liquidations",
    "label outside the span, per week and symbol",
)
LEVELS: Final = (
    *("symbol", "n", "map: estimate", "distance", "yesterday", "estimate better"),
    *("n", "reached: estimate", "distance", "yesterday", "true map", "top tenth: estimate", "distance"),
)
WEEKS: Final = ("seed", "bursts", "labels", "within 5 s", "false starts", "map: estimate", "distance")


def table(found: Figures) -> str:
    """Figures in Markdown; those that miss their goal come first."""
    run, bursts, labels = found["run"], found["bursts"], found["labels"]
    goals = sorted(found["goals"], key=lambda goal: goal["met"] is True)
    lines = [*_head(("goal", "wanted", "figure", "verdict")), *map(_goal_row, goals), ""]
    lines.append(
        f"{_n(run['weeks'])} simulated weeks x {run['symbols']} symbols, each week a market of its own (seeds "
        f"{run['seeds'][0]} to {run['seeds'][1]}, scenario {run['scenario']}: nothing is done to it). "
        f"{run['orders']:,} forced orders, of which feeds tell {run['orders_told']:,}, "
        f"{_pct(run['usd_told_share'])} of the USD."
    )
    lines += [
        "",
        (
            f"**Bursts (SCORES 5).** True stream: {bursts['bursts']} bursts, {bursts['found']} found, "
            f"{bursts['extra']} cascades that are none; largest delay {_n(bursts['delay_max_s'])} s. Through the feeds "
            f"{bursts['seen_through_feeds']} of them overlap a cascade; delay {_n(bursts['feeds_delay_p50_s'])} s in "
            f"the median, {_n(bursts['feeds_delay_p95_s'])} s at 95 %."
        ),
    ]
    lines += ["", "**Label C**, delays in s over all labels (negative = declared before the label, – = never).", ""]
    lines += [*_head(LABELS), *(_label_row(name, labels[name]) for name in STREAMS), ""]
    lines += [*_head(FALSE_STARTS), *(_false_row(name, labels[name]) for name in STREAMS)]
    lines += [
        "",
        (
            f"**Levels**: mean Spearman over frozen maps, bins of 25 bp within {_n(SPAN_PCT)} % (map), and over the "
            f"bins that the price touched in 24 h, at least {LEAST_BINS} (reached)."
        ),
        "",
    ]
    lines += [*_head(LEVELS), *(_level_row(name, row) for name, row in found["levels"].items())]
    lines += ["", "**By week**, through the feeds.", ""]
    return "\n".join([*lines, *_head(WEEKS), *map(_week_row, found["by_week"])])


def _head(names: Sequence[str]) -> list[str]:
    return [_row(names), _row(["---"] * len(names))]


def _row(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _goal_row(goal: Figures) -> str:
    wanted = f"{'>=' if goal['at_least'] else '<='} {_n(goal['wanted'])}"
    return _row([goal["goal"], wanted, _n(goal["figure"]), _verdict(goal["met"])])


def _week_row(row: Figures) -> str:
    counts = row["seed"], row["bursts"], row["labels"], _pct(row["recall_5s"]), row["false_starts"]
    return _row([*counts, _n(row["map_estimated"]), _n(row["map_distance"])])


def _label_row(name: str, row: Figures) -> str:
    delays = [_n(delay) for delay in row["delay_s"].values()]
    why = row["late"], row["too_small"], row["no_burst"]
    return _row([SAYS[name], row["labels"], _pct(row["recall_5s"]), _pct(row["recall_60s"]), *delays, *why])


def _false_row(name: str, row: Figures) -> str:
    why = row["false_repeated"], row["false_unmoved"], row["false_light"]
    rates = _n(row["false_per_week_symbol"]), _n(row["outside_per_week_symbol"])
    return _row([SAYS[name], row["declared"], row["false_starts"], rates[0], *why, rates[1]])


def _level_row(name: str, row: Figures) -> str:
    over = [_n(row[f"map_{kind}"]) for kind in ("estimated", "distance", "yesterday")]
    reached = [_n(row[f"reached_{kind}"]) for kind in ("estimated", "distance", "yesterday", "true")]
    top = _pct(row["top_estimated"]), _pct(row["top_distance"])
    return _row(
        [name, row["map_estimated_n"], *over, _pct(row["map_better_share"]), row["reached_estimated_n"], *reached, *top]
    )


def _verdict(met: bool | None) -> str:  # noqa: FBT001 - one of three
    return "UNPROVEN" if met is None else "met" if met else "**MISSED**"


def _n(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}" if abs(value) < 100.0 else f"{value:.0f}"  # noqa: PLR2004 - digits


def _pct(value: float | None) -> str:
    return "–" if value is None else f"{100.0 * value:.1f} %"
