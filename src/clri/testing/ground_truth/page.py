"""The page docs/evidence/detection.md: what was measured, how, and what it does not show."""

from typing import Final

import msgspec

from clri.testing.ground_truth.report import Figures
from clri.testing.ground_truth.table import table

OPEN: Final = "```json\n"
CLOSE: Final = "\n```"

HEAD: Final = """# Evidence: cascade detection and liquidation levels against the simulated market
<!-- Made by `{command}`; a test reads it back. -->
Mode `replay-simulated`. The simulated market invents its positions, so these figures say whether the *code* finds what
is there; they are no claim about real markets (SIMULATION 11).
"""

METHOD: Final = """
## How it was measured
- **Truth**: all forced orders of the market, before any venue throttles them. Bursts by SCORES 5 are computed from the
  whole list at once (`clri.evaluate.bursts`), label C at every second (`clri.evaluate.label_c`): liquidations of
  5 min against 10 bp of open interest and their own 99.5 % quantile, and a move of the median mark of 1 %.
- **True stream**: every order reaches the detector the moment it happens, with no reorder buffer.
- **Feeds**: the liquidation frames of the six venues, throttled and batched as theirs, with their latency, through the
  real mappers, removal of duplicates and the reorder buffer of 2 s. A declaration counts from the receipt at which it
  was published. Only Ticks pass between liquidations; live, other facts release the buffer sooner.
- **Thresholds** start with 30 d of history: true sums on the true stream, what the feeds would have told on the other.
- **Declared** (EVALUATION G5): a burst of at least 10 bp of open interest whose highest risk score is HIGH or EXTREME.
  It concerns a label that falls between its start and 5 min after it was last met, for the label sums 5 min.
- **Levels**: `EstimatedLevels` over minute rows of 30 d and of the week, frozen every 6 h. The baseline is a uniform
  density times distance. Realised = orders of the complete feeds (Bybit, Gate) in the next 24 h.

## What the columns mean
- *late*: declared more than 5 s after the label. *too small*: a burst was there, but it never reached 10 bp of open
  interest at band HIGH. *no burst*: liquidations were spread so evenly over the 5 min that no 60 s met the
  condition of SCORES 5: its threshold is the 99.9 % quantile of a minute, that of the label the 99.5 % quantile of 5.
- *condition held again*: no label only because another started less than 60 min before. *price moved < 1 %*: enough
  liquidations for the label within the reach. *too few liquidations*: in no 5 min enough of them; the burst lasted
  longer, or the quantile is higher than 10 bp.
- *any burst*: EVALUATION 8.4 counts to the first update of a cascade; here of any size and band.
- *not built*: the same label, looked for in what had been received by the end of each second, with the price of the
  second before. It shows what a declaration by the label's own words would give; no detector does this.

## All figures
"""


def page(found: Figures) -> str:
    """Page of the figures; `read_page` reads them back."""
    run = found["run"]
    first, last = run["seeds"]
    options = f"--weeks {last - first + 1} --seed {first} --days {run['days_a_week']:g} "
    options += f"--history-days {run['history_days']:g} --page docs/evidence/detection.md"
    command = f"python -m clri.testing.ground_truth {options}"
    numbers = msgspec.json.format(msgspec.json.encode(found)).decode()
    return f"{HEAD.format(command=command)}\n{table(found)}\n{_reading(found)}{METHOD}{OPEN}{numbers}{CLOSE}\n"


def _reading(found: Figures) -> str:
    """What the figures say about missed goals; nothing where none is missed."""
    missed = {goal["goal"].partition(":")[0] for goal in found["goals"] if goal["met"] is False}
    if "feeds" not in missed:
        return ""
    true, feeds = found["labels"]["true_stream"], found["labels"]["feeds"]
    late = [_missed(row) for row in (true, feeds)]
    return f"""
## Why goals are missed
- **Recall.** {late[1]} of {feeds["labels"]} labels are not declared within 5 s through the feeds, {late[0]} on the true
  stream. The latter are a matter of definition: a burst counts 60 s and starts its total anew, label C sums 5 min and
  has a lower quantile. The others come from the feeds: they tell {100 * found["run"]["usd_told_share"]:.0f} % of
  the USD, so totals reach 10 bp later, and latency, batches and the reorder buffer cost time.
- **False starts.** {feeds["false_unmoved"]} of {feeds["false_starts"]} bursts without a label had enough liquidations
  for it, but the price moved by less than 1 % in 5 min: the declaration does not ask for a move.
  {feeds["false_repeated"]} more met the whole condition within an hour of another label.
- **The detector itself** found {found["bursts"]["found"]} of {found["bursts"]["bursts"]} bursts of the true stream, and
  {found["bursts"]["extra"]} cascades that are none.
"""


def _missed(row: Figures) -> int:
    count: int = row["labels"]
    return round((1.0 - (row["recall_5s"] or 0.0)) * count)


def read_page(text: str) -> Figures:
    """Figures that stand in a page.

    Raises
    ------
    ValueError
        If it holds none.
    """
    _, opened, rest = text.partition(OPEN)
    numbers, closed, _ = rest.partition(CLOSE)
    if not (opened and closed):
        raise ValueError(f"the page had {len(text)} characters without figures; expected a block of JSON")
    found: Figures = msgspec.json.decode(numbers)
    return found
