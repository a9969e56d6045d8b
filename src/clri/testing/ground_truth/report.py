"""Weeks added up: figures by name."""

from collections.abc import Sequence
from math import fsum
from typing import Any, Final

from clri.collect.simulate.coins import SYMBOLS
from clri.evaluate.detection import WITHIN_S, Matched
from clri.testing.ground_truth.maps import Ranking, mean
from clri.testing.ground_truth.week import Found

BURST_S: Final = 1.0
RECALL: Final = 0.95
FALSE: Final = 1.0
STREAMS: Final = ("true_stream", "feeds", "told", "any_burst", "by_label")
Figures = dict[str, Any]


def figures(weeks: Sequence[Found], history_days: float) -> Figures:
    """All figures of some weeks, by seed, each with so many days of history before it.

    Returns
    -------
    dict
        `run` (seeds, weeks, orders), `bursts`, `labels` (one entry per stream), `levels` (all symbols together and
        each), `by_week`, `goals` (figure, goal, met). None = nothing to measure.
    """
    delays = [delay for week in weeks for delay in week.burst_delays]
    known = [delay for delay in delays if delay is not None]
    streams = {name: _joined(weeks, name) for name in STREAMS}
    rankings = [ranking for week in weeks for ranking in week.rankings]
    bursts = {
        "bursts": len(delays),
        "found": len(known),
        "extra": sum(week.extra for week in weeks),
        "delay_max_s": max(known, default=None),
        "within_1s": None if not delays else len([d for d in known if d <= BURST_S]) / len(delays),
    }
    seen = [delay for week in weeks for delay in week.seen_delays]
    bursts |= {"seen_through_feeds": len([delay for delay in seen if delay is not None])}
    bursts |= {f"feeds_delay_p{round(100 * q)}_s": Matched(delays=seen).delay(q) for q in (0.5, 0.95)}
    labels = {name: _of(matched) for name, matched in streams.items()}
    levels = {"all": _ranks(rankings)}
    levels |= {symbol: _ranks([one for one in rankings if one.symbol == symbol]) for symbol in SYMBOLS}
    return {
        "run": {
            "mode": "replay-simulated",
            "scenario": "calm",
            "seeds": [weeks[0].seed, weeks[-1].seed],
            "days_a_week": weeks[0].days,
            "history_days": history_days,
            "weeks": fsum(week.days for week in weeks) / 7.0,
            "symbols": len(SYMBOLS),
            "orders": sum(week.orders for week in weeks),
            "orders_told": sum(week.told_orders for week in weeks),
            "usd_told_share": fsum(week.seen_share for week in weeks) / len(weeks),
        },
        "bursts": bursts,
        "labels": labels,
        "levels": levels,
        "by_week": [_week(week) for week in weeks],
        "goals": _goals(bursts, labels, levels["all"]),
    }


def _joined(weeks: Sequence[Found], name: str) -> Matched:
    total = Matched()
    for week in weeks:
        total.join(getattr(week, name))
    return total


def _week(week: Found) -> Figures:
    feeds = week.feeds
    return {
        "seed": week.seed,
        "bursts": len(week.burst_delays),
        "labels": len(feeds.delays),
        "recall_5s": feeds.recall(),
        "false_starts": feeds.false,
        "map_estimated": mean([one.map_estimated for one in week.rankings])[0],
        "map_distance": mean([one.map_distance for one in week.rankings])[0],
    }


def _of(found: Matched) -> Figures:
    late = [delay for delay in found.delays if delay is not None and delay > WITHIN_S]
    return {
        "labels": len(found.delays),
        "recall_5s": found.recall(),
        "recall_60s": found.recall(60.0),
        "declared_ever": found.found,
        "late": len(late),
        "too_small": len(found.delays) - found.found - found.bare,
        "no_burst": found.bare,
        "delay_s": {f"p{round(100 * q)}": found.delay(q) for q in (0.05, 0.25, 0.5, 0.75, 0.95)},
        "declared": found.declared,
        "false_starts": found.false,
        "false_per_week_symbol": found.per_week(found.false),
        "false_repeated": found.repeated,
        "false_unmoved": found.unmoved,
        "false_light": found.false - found.repeated - found.unmoved,
        "outside_per_week_symbol": found.per_week(found.outside),
    }


def _ranks(rankings: Sequence[Ranking]) -> Figures:
    found: Figures = {}
    for name in Ranking._fields[1:]:
        found[name], found[f"{name}_n"] = mean([getattr(one, name) for one in rankings])
    both = [
        one.map_estimated > one.map_distance
        for one in rankings
        if one.map_estimated is not None and one.map_distance is not None
    ]
    found["map_better_share"] = len([better for better in both if better]) / len(both) if both else None
    return found


def _goals(bursts: Figures, labels: Figures, levels: Figures) -> list[Figures]:
    feeds = labels["feeds"]
    estimated, distance = levels["map_estimated"], levels["map_distance"]
    return [
        _goal(
            "true stream: bursts found within 1 s of meeting the definition", bursts["within_1s"], 1.0, at_least=True
        ),
        _goal("feeds: label C declared within 5 s", feeds["recall_5s"], RECALL, at_least=True),
        _goal("feeds: false starts per week and symbol", feeds["false_per_week_symbol"], FALSE, at_least=False),
        _goal(
            "levels: rank correlation with the true map, against that of distance", estimated, distance, at_least=True
        ),
    ]


def _goal(name: str, figure: float | None, goal: float | None, *, at_least: bool = True) -> Figures:
    met = None
    if figure is not None and goal is not None:
        met = figure >= goal if at_least else figure <= goal
    return {"goal": name, "figure": figure, "wanted": goal, "at_least": at_least, "met": met}
