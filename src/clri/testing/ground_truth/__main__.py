"""`python -m clri.testing.ground_truth`: detectors and levels against simulated weeks."""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import msgspec

from clri.testing.ground_truth.page import page
from clri.testing.ground_truth.report import figures
from clri.testing.ground_truth.table import table
from clri.testing.ground_truth.week import BEFORE_MIN, Found, Week

WEEK: Final = 7.0


def parser() -> argparse.ArgumentParser:
    """Options of the command."""
    found = argparse.ArgumentParser(
        prog="python -m clri.testing.ground_truth",
        description="Cascade detectors and estimated levels against the truth of simulated weeks (about 70 s a week)",
    )
    found.add_argument("--weeks", type=int, default=1, help="weeks, each a market of its own (1)")
    found.add_argument("--seed", type=int, default=201, help="seed of the first week, the others follow (201)")
    found.add_argument("--days", type=float, default=7.0, help="days of each week that are played (7)")
    found.add_argument("--history-days", type=float, default=BEFORE_MIN / 1440, help="days of history before (30)")
    found.add_argument("--jobs", type=int, default=1, help="weeks played at the same time, 1 GB each (1)")
    found.add_argument("--json", action="store_true", help="print one JSON document instead of the table")
    found.add_argument("--page", type=Path, help="write the page of evidence here, e.g. docs/evidence/detection.md")
    return found


def play(seed: int, history_days: float, days: float) -> Found:
    """Play one week."""
    return Week(seed, before_min=round(1440 * history_days)).play(days)


def run(asked: argparse.Namespace) -> list[Found]:
    """Play the weeks; the result does not depend on the number of processes."""
    seeds = range(asked.seed, asked.seed + asked.weeks)
    if asked.jobs == 1:
        return [play(seed, asked.history_days, asked.days) for seed in seeds]
    count = len(seeds)
    with ProcessPoolExecutor(asked.jobs) as pool:
        return list(pool.map(play, seeds, [asked.history_days] * count, [asked.days] * count))


def main(words: list[str] | None = None) -> int:
    """Run the command; exit code 0 whatever the figures say, they are printed."""
    options = parser()
    asked = options.parse_args(words)
    counts = asked.weeks >= 1 and asked.jobs >= 1 and asked.seed >= 0
    if not (counts and 0.0 < asked.days <= WEEK and asked.history_days >= 0.0):
        options.error(
            f"weeks were {asked.weeks}, jobs {asked.jobs}, seed {asked.seed}, days {asked.days}, history "
            f"{asked.history_days} d; expected at least 1, 1 and 0, above 0 to 7, at least 0"
        )
    found = figures(run(asked), asked.history_days)
    if asked.page is not None:
        asked.page.write_text(page(found), encoding="utf-8")
    told = msgspec.json.format(msgspec.json.encode(found)).decode() if asked.json else table(found)
    sys.stdout.write(told + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
