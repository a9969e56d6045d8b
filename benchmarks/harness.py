"""How a comparison is made: contenders take turns in one process, best of 5 rounds, median of 3 runs (RELIABILITY 6.3).

All contenders work in one thread, so what gates is CPU time: on an idle machine it equals wall time; on a shared one
wall time counts the neighbours too, and most in the contender whose rounds are long (measured: three times as long).
What the wall clock says stands beside it.

Before the first run everything that was imported and prepared is moved out of the collector's sight (`gc.freeze`), so
that no contender pays for the size of another one's modules; the collector itself stays on.
"""

import gc
import json
import os
import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Final

ROUNDS: Final = 5
RUNS: Final = 3
RESULTS: Final = Path(__file__).parent / "results" / "latest.json"
OURS: Final = ("clri", "msgspec", "numba", "numpy")
PEERS: Final = ("ccxt", "orjson", "pandas", "river")

Work = Callable[[], object]
"""What is timed."""
Prepare = Callable[[], Work]
"""Makes fresh state for one round, untimed, and returns what is timed."""
Seconds = tuple[float, float]
"""CPU, wall."""


@dataclass(frozen=True, slots=True)
class Line:
    """One result.

    Parameters
    ----------
    name
        `file.case`.
    ratio
        How many times better than the peer, or than an absolute target.
    target
        Least ratio, or None for a figure that is only shown.
    ours, theirs
        Absolutes with their units in the names; `theirs` may be empty.
    noise
        `ratio_spread` = (largest - smallest) / median over the runs; `round_spread` = median round of ours / best;
        `wall_ratio`, `wall_s` = the same result by the wall clock.
    peers
        Distributions whose versions matter.
    """

    name: str
    ratio: float
    target: float | None
    ours: Mapping[str, float]
    theirs: Mapping[str, float]
    noise: Mapping[str, float] = field(default_factory=dict)
    peers: tuple[str, ...] = ()

    @property
    def met(self) -> bool | None:
        """True if the target is reached; None without one."""
        return None if self.target is None else self.ratio >= self.target

    def text(self) -> str:
        """The line that is printed."""
        target = "shown only" if self.target is None else f"target {self.target:g}x, {'met' if self.met else 'NOT MET'}"
        parts = [f"{who} {_figures(of)}" for who, of in (("ours", self.ours), ("theirs", self.theirs)) if of]
        if self.noise:
            parts.append("noise " + ", ".join(f"{name} {value:.2f}" for name, value in self.noise.items()))
        return f"{self.name}: {self.ratio:.3g}x ({target}) | " + " | ".join(parts)

    def row(self, *, quick: bool) -> dict[str, object]:
        """The entry of the result file."""
        kept = asdict(self) | {"met": self.met, "cpu": cpu(), "versions": versions((*OURS, *self.peers))}
        del kept["peers"]
        return kept | {"quick": quick}


class Timing:
    """CPU and wall seconds of every round: `[run][round]` by contender."""

    def __init__(self, names: Iterable[str]) -> None:
        self.rounds: dict[str, list[list[Seconds]]] = {name: [] for name in names}

    def best(self, name: str, *, wall: bool = False) -> list[float]:
        """Best round of each run, s."""
        return [min(seconds[wall] for seconds in run) for run in self.rounds[name]]

    def seconds(self, name: str, *, wall: bool = False) -> float:
        """Median of the best rounds, s."""
        return median(self.best(name, wall=wall))

    def ratio(self, ours: str, theirs: str, *, wall: bool = False) -> float:
        """How many times longer theirs takes: median of the runs' ratios."""
        return median(self._ratios(ours, theirs, wall=wall))

    def noise(self, ours: str, theirs: str | None = None) -> dict[str, float]:
        """Spread over the runs and over the rounds, and what the wall clock says."""
        rounds = [seconds[0] for run in self.rounds[ours] for seconds in run]
        found = {"round_spread": median(rounds) / min(rounds)}
        if theirs is None:
            ratios = self.best(ours)
            found["wall_s"] = self.seconds(ours, wall=True)
        else:
            ratios = self._ratios(ours, theirs)
            found["wall_ratio"] = self.ratio(ours, theirs, wall=True)
        return {"ratio_spread": (max(ratios) - min(ratios)) / median(ratios)} | found

    def _ratios(self, ours: str, theirs: str, *, wall: bool = False) -> list[float]:
        pairs = zip(self.best(ours, wall=wall), self.best(theirs, wall=wall), strict=True)
        return [b / a for a, b in pairs]


def take_turns(contenders: Mapping[str, Prepare], rounds: int = ROUNDS, runs: int = RUNS) -> Timing:
    """Time every contender in every round, one after the other."""
    timing = Timing(contenders)
    gc.collect()
    gc.freeze()
    try:
        for _ in range(runs):
            for name in contenders:
                timing.rounds[name].append([])
            for _ in range(rounds):
                for name, prepare in contenders.items():
                    work = prepare()
                    wall, used = perf_counter(), process_time()
                    work()
                    timing.rounds[name][-1].append((process_time() - used, perf_counter() - wall))
    finally:
        gc.unfreeze()
    return timing


def save(lines: Iterable[Line], path: Path = RESULTS, *, quick: bool) -> None:
    """Write the results of this call; the file always holds the latest call only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([line.row(quick=quick) for line in lines], indent=1) + "\n", encoding="utf-8")


@cache
def cpu() -> str:
    """Model of the processor, and how many this process sees."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        rows = info.read_text(encoding="utf-8").splitlines()
        model = next((row.partition(":")[2].strip() for row in rows if row.startswith("model name")), model)
    return f"{model}, {os.cpu_count()} cores"


@cache
def versions(names: tuple[str, ...]) -> dict[str, str]:
    """Versions of Python and of distributions; "absent" if not installed."""
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def per(seconds: float, count: int) -> float:
    """Nanoseconds per one of `count`."""
    return seconds / count * 1e9


def _figures(of: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:,.0f}" if value >= 100 else f"{name} {value:.3g}" for name, value in of.items())
