"""`python -m clri.testing.ground_truth`: detectors and levels against simulated weeks."""

import argparse
import sys
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
    found.add_argument("--json", action="store_true", help="print one JSON document instead of the table")
    found.add_argument("--page", type=Path, help="write the page of evidence here, e.g. docs/evidence/detection.md")
    return found


def run(asked: argparse.Namespace) -> list[Found]:
    """Play the weeks, one after the other."""
    return [
        Week(seed, before_min=round(1440 * asked.history_days)).play(asked.days)
        for seed in range(asked.seed, asked.seed + asked.weeks)
    ]


def main(words: list[str] | None = None) -> int:
    """Run the command; exit code 0 whatever the figures say, they are printed."""
    options = parser()
    asked = options.parse_args(words)
    if asked.weeks < 1 or asked.seed < 0 or not 0.0 < asked.days <= WEEK or asked.history_days < 0.0:
        options.error(
            f"weeks were {asked.weeks}, seed {asked.seed}, days {asked.days}, history {asked.history_days} d; "
            "expected at least 1, at least 0, above 0 to 7, at least 0"
        )
    found = figures(run(asked), asked.history_days)
    if asked.page is not None:
        asked.page.write_text(page(found), encoding="utf-8")
    told = msgspec.json.format(msgspec.json.encode(found)).decode() if asked.json else table(found)
    sys.stdout.write(told + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
