"""Bursts of 20,000 frames a second on loopback: the collector against ccxt.pro on the same streams (target T3).

Three venues in a process of their own send to one contender after the other, each a process too, with its garbage
collector on. `liquidations`: every frame tells one; `mixed`: 30 %, the others tickers or marks; `thin`: liquidations,
200 a second.

CPU is that of the contender's process from before the first frame until it rests, by frame sent. Delay is from the
write at the server to the receipt in `emit` (ours) or from `watch_...` (theirs), of the liquidations that were
received; it counts whatever else the machine does. Memory is the peak above the state before the burst.

`facts` ends where ccxt ends: a fact in the hands of the caller. `host` adds cross-checks, the pipeline with all
detectors, and scores; it is shown. Ours must tell every liquidation that was sent, and equal in venue, symbol, side,
price, size and time; what ccxt tells must have been sent. It tells the newest only of what came between two awaits, so
the figure by liquidation in the caller's hands stands beside the one by frame.
"""

from collections import Counter
from collections.abc import Iterator
from statistics import median
from typing import Any, Final, Self

from benchmarks.bursts.talk import Child
from benchmarks.harness import RUNS, Line, Timing

VENUES: Final = ("binance", "bybit", "okx")
TARGET: Final = 10.0
PER_S: Final = 20_000.0
CASES: Final = {"liquidations": (PER_S, 1.0, 1.0), "mixed": (PER_S, 1.0, 0.3), "thin": (200.0, 5.0, 1.0)}
"""Frames a second, seconds, share of liquidations."""
PIECE_MS: Final = 5
"""Time between two writes to a socket."""
ROUNDS: Final = 2
MODULES: Final = {
    "facts": ("benchmarks.bursts.ours", "facts"),
    "host": ("benchmarks.bursts.ours", "host"),
    "ccxt": ("benchmarks.bursts.theirs",),
}


def run(*, quick: bool) -> Iterator[Line]:
    with Field() as field:
        for case, (per_s, seconds, share) in CASES.items():
            first = {name: field.round(name, per_s, seconds, share, keep=True) for name in MODULES}
            for name, found in first.items():
                check(name, found)
            timing = Timing(MODULES)
            for _ in range(1 if quick else RUNS):
                for name in MODULES:
                    timing.rounds[name].append([])
                for _ in range(1 if quick else ROUNDS):
                    for name in MODULES:
                        found = field.round(name, per_s, seconds, share, keep=False)
                        timing.rounds[name][-1].append((found["cpu_s"] / found["frames"], found["wall_s"]))
                        first[name]["grown"] = max(first[name]["grown"], found["grown"])
            yield from _lines(case, first, timing)


class Field:
    """The server and the contenders, all connected; bursts go to one of them at a time."""

    def __init__(self) -> None:
        self._server = Child("benchmarks.bursts.server")
        self._open = {}
        self._lines = {}

    def __enter__(self) -> Self:
        urls = {venue: one for venue, one in self._server.ask("urls").items() if venue in VENUES}
        known: set[int] = set()
        for name, module in MODULES.items():
            self._open[name] = Child(*module)
            self._open[name].ask("open", urls=urls)
            found = self._server.ask("lines")
            self._lines[name] = {venue: [n for n in found[venue] if n not in known] for venue in VENUES}
            known.update(n for numbers in found.values() for n in numbers)
        return self

    def __exit__(self, *error: object) -> None:
        for child in (*self._open.values(), self._server):
            child.close()

    def round(self, name: str, per_s: float, seconds: float, share: float, *, keep: bool) -> dict[str, Any]:
        """One burst to one contender: what it says of itself, and `sent`, `frames` and `wall_s` of the server."""
        child = self._open[name]
        child.ask("begin", keep=keep)
        asked = {"venues": VENUES, "per_s": per_s, "seconds": seconds, "share": share, "piece_ms": PIECE_MS}
        sent = self._server.ask("burst", lines=self._lines[name], **asked)
        found = child.ask("end")
        return found | {"sent": sent["rows"], "frames": sum(sent["frames"].values()), "wall_s": sent["wall_s"]}


def key(row: list[Any]) -> tuple[Any, ...]:
    """What makes a liquidation: venue, symbol, side, price, size, time."""
    return row[0], row[1], row[2], round(row[3], 9), round(row[4], 9), row[5]


def check(name: str, found: dict[str, Any]) -> None:
    """Compare what came with what was sent; note the delays and how many came, by venue."""
    sent = {key(row): row[6] for row in found["sent"]}
    assert len(sent) == len(found["sent"]), "two liquidations of a burst are alike"
    market = [row for row in found["rows"] if key(row) not in sent]
    came = [row for row in found["rows"] if key(row) in sent]
    got = {key(row) for row in came}
    if name != "ccxt":
        assert got == set(sent), f"{name} lost {len(sent) - len(got)} of {len(sent)} liquidations"
    assert len(got) == len(came), f"{name} told {len(came) - len(got)} liquidations twice"
    assert len(market) < 1000, f"{name} told {len(market)} liquidations that were not sent, such as {market[:1]}"
    delays = sorted((row[6] - sent[key(row)]) / 1e6 for row in came)
    found["got"] = Counter(row[0] for row in came)
    found["p50_ms"] = median(delays) if delays else float("nan")
    found["p99_ms"] = delays[len(delays) * 99 // 100] if delays else float("nan")
    assert not set(found["dropped"]) & {"Liquidation", "FeedStatus"}, f"{name} dropped {found['dropped']}"


def _lines(case: str, first: dict[str, dict[str, Any]], timing: Timing) -> Iterator[Line]:
    figures = {}
    for name, found in first.items():
        got, sent = found["got"], len(found["sent"])
        figures[name] = {
            "us_per_frame": timing.seconds(name) * 1e6,
            "delay_p50_ms": found["p50_ms"],
            "delay_p99_ms": found["p99_ms"],
            "grown_mb": found["grown"] / 1e6,
            "liquidations_sent": float(sent),
            "liquidations_got": float(got.total()),
        } | {f"got_{venue}": float(got[venue]) for venue in VENUES}
    for name, target in (("facts", None if case == "thin" else TARGET), ("host", None)):
        ratio, noise = timing.ratio(name, "ccxt"), timing.noise(name, "ccxt")
        del noise["wall_ratio"]  # the server keeps the pace
        yield Line(f"live_burst.{case}.{name}", ratio, target, figures[name], figures["ccxt"], noise, ("ccxt",))
    each = {name: found["frames"] / found["got"].total() for name, found in first.items()}
    ours, theirs = (timing.seconds(name) * each[name] * 1e6 for name in ("facts", "ccxt"))
    label = {"us_per_liquidation_got": ours}, {"us_per_liquidation_got": theirs}
    yield Line(f"live_burst.{case}.by_liquidation", theirs / ours, None, *label, {}, ("ccxt",))
