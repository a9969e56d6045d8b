"""Five years of minutes of eight symbols through the whole minute tier, on one core: at most 30 s (T5, absolute).

History goes through `MinuteTier.warm` in blocks of 8,192 rows: every registered score, the market index and the pairs;
no `Reading` and no event is composed, and scores whose columns nobody reads then only learn (decision 010).
`columns_s` is the panel alone with every column of every score worked out, as a backtest needs them, from a tenth of
the rows.
Input is made block by block between the timed calls, so memory stays bounded: paths with the memory of hours to weeks,
noise, minutes without liquidations (ties), 0.5 % missing cells. One round makes a run: it takes minutes, and no best of
five can flatter it.

Before timing, blocks of 1 and of 64 rows give the same bytes. `--quick` takes three months and scales by rows; since
histories are still filling then, it flatters.

Then the live tick: one minute of 500 symbols from observation rows to readings, market and events, two hours of them;
the median minute takes at most 50 ms of one core. `p99_s` and `worst_s` are the slow ones, with the garbage collector
on and what stood before it frozen; `kernels_s` is the part that is not composing.
"""

import gc
from collections.abc import Iterator
from math import isfinite
from statistics import median
from time import perf_counter, process_time

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import RUNS, Line, Timing, Work
from clri.app.assemble import build_tier
from clri.engine.panel import BLOCK
from clri.model.observation import INPUTS, NUMBERS, Observation

SYMBOLS = ("BTC", "ETH", "SOL", "XRP", "DOGE", "AVAX", "LINK", "ADA")
ROWS = 2_629_440
QUICK_ROWS = ROWS // 20
TENTH = 10
FILLED = 43_200
START = 29_000_000
LIMIT_S = 30.0
MANY = ("BTC", "ETH", "SOL", *(f"C{n}" for n in range(497)))
LIVE_ROWS = 120
LIVE_WARM = 1_440
LIVE_LIMIT_S = 0.05
MISSING = 0.005

F8 = NDArray[np.float64]


class Minutes:
    """Observation blocks `[numbers, T, lanes]` that continue each other.

    Parameters
    ----------
    seed
        Same seed, same input.
    lanes
        Number of symbols.
    """

    def __init__(self, seed: int = 5, lanes: int = len(SYMBOLS)) -> None:
        self.rng = np.random.default_rng(seed)
        self.lanes = lanes
        self.last: dict[str, F8] = {}

    def path(self, name: str, rows: int, spread: float, tau: float) -> F8:
        """Path about 0 with deviation `spread` and a memory of `tau` rows, continued from the block before."""
        keep = np.exp(-np.arange(1, rows + 1) / tau)[:, None]
        push = spread * np.sqrt(1.0 - np.exp(-2.0 / tau)) * self.rng.standard_normal((rows, self.lanes))
        before = self.last.get(name, np.zeros(self.lanes))
        found: F8 = keep * (before + np.cumsum(push / keep, axis=0))
        self.last[name] = found[-1].copy()
        return found

    def block(self, rows: int) -> F8:
        """The next rows."""
        rng, shape = self.rng, (rows, self.lanes)
        price = 60_000.0 * np.exp(self.path("price", rows, 0.2, 43_200.0))
        coins = 3e5 * np.exp(self.path("coins", rows, 0.1, 2_880.0))
        ratio = self.path("ratio", rows, 0.1, 1_440.0)
        busy = self.path("busy", rows, 0.15, 1_440.0)
        thick = self.path("thick", rows, 0.2, 240.0)
        taste = self.path("taste", rows, 0.05, 720.0)
        columns = {
            "price": price,
            "index_price": price * (1.0 + 1e-4 * rng.standard_normal(shape)),
            "spot_price": price * (1.0 + self.path("basis", rows, 3e-4, 600.0)),
            "funding_8h": np.round(1e-4 + self.path("funding", rows, 2e-4, 600.0), 6),
            "oi_index": coins,
            "oi_usd": coins * price,
            "perp_volume_24h_usd": 2e10 * np.exp(busy + taste),
            "spot_volume_24h_usd": 5e9 * np.exp(busy),
            "long_short_ratio": np.exp(0.3 + ratio),
            "bid_depth_usd": 2e7 * np.exp(thick + 0.1 * rng.standard_normal(shape)),
            "ask_depth_usd": 2e7 * np.exp(thick + 0.1 * rng.standard_normal(shape)),
        }
        for side in ("long", "short"):
            columns[f"liq_{side}_usd"] = np.round(rng.pareto(1.2, shape) * 2e3, 2) * (rng.random(shape) < 0.3)
        x = np.full((len(NUMBERS), *shape), np.nan)
        for name, values in columns.items():
            values[rng.random(shape) < MISSING] = np.nan
            x[NUMBERS.index(name)] = values
        for group in INPUTS:
            x[NUMBERS.index(f"cov_{group}")] = rng.uniform(0.7, 1.0, shape)
        return x


def run(*, quick: bool) -> Iterator[Line]:
    rows = QUICK_ROWS if quick else ROWS
    check()
    timing = Timing(["tier"])
    for _ in range(RUNS):
        timing.rounds["tier"].append([_timed(rows)])
    scaled = ROWS / rows
    seconds = timing.seconds("tier") * scaled
    noise = timing.noise("tier")
    noise["wall_s"] *= scaled
    ours = {
        "s": seconds,
        "ns_per_row_and_symbol": seconds / ROWS / len(SYMBOLS) * 1e9,
        "rows_measured": float(rows),
        "columns_s": _columns(rows // TENTH) * scaled * TENTH,
    }
    yield Line("minute_tier.5y_8_symbols", LIMIT_S / seconds, 1.0, ours, {"limit_s": LIMIT_S}, noise)
    live = [_live() for _ in range(RUNS)]
    whole, slow, worst, kernels = (median(run[k] for run in live) for k in range(4))
    ours = {"s": whole, "p99_s": slow, "worst_s": worst, "kernels_s": kernels}
    spread = {"ratio_spread": (max(run[0] for run in live) - min(run[0] for run in live)) / whole}
    name = "minute_tier.live_minute_of_500_symbols"
    yield Line(name, LIVE_LIMIT_S / whole, 1.0, ours, {"limit_s": LIVE_LIMIT_S}, spread)


def _live() -> tuple[float, float, float, float]:
    """CPU seconds of a median minute, its 99 % quantile and the slowest, and of the kernels in a median minute."""
    tier, minutes = build_tier(MANY), Minutes(lanes=len(MANY))
    for start in range(0, LIVE_WARM, 240):
        tier.warm(START + start, minutes.block(240))
    first = START + LIVE_WARM
    observed = minutes.block(LIVE_ROWS)
    rows = [_observations((first + t) * 60_000_000_000, observed[:, t]) for t in range(LIVE_ROWS)]
    gc.collect()
    gc.freeze()
    used = [_cpu(lambda row=row: tier.row(row)) for row in rows]
    gc.unfreeze()
    alone = []
    for t in range(LIVE_ROWS):
        block = minutes.block(1)
        alone.append(_cpu(lambda t=t, block=block: tier.panel.block(first + LIVE_ROWS + t, block)))
    return median(used), float(np.quantile(used, 0.99)), max(used), median(alone)


def _cpu(work: Work) -> float:
    """CPU seconds of one call."""
    began = process_time()
    work()
    return process_time() - began


def _observations(ts: int, cells: F8) -> list[Observation]:
    """Rows of one minute, `cells[numbers, lanes]`."""
    return [
        Observation(
            ts=ts, symbol=symbol, mode="live", **{n: v for n, v in zip(NUMBERS, column, strict=True) if isfinite(v)}
        )
        for symbol, column in zip(MANY, cells.T.tolist(), strict=True)
    ]


def _timed(rows: int) -> tuple[float, float]:
    """CPU and wall seconds of the calls alone."""
    tier, minutes = build_tier(SYMBOLS), Minutes()
    used = wall = 0.0
    done = 0
    while done < rows:
        height = min(BLOCK, rows - done)
        observed = minutes.block(height)
        began, cpu = perf_counter(), process_time()
        tier.warm(START + done, observed)
        used += process_time() - cpu
        wall += perf_counter() - began
        done += height
    known = np.isfinite(tier.panel.block(START + rows, minutes.block(64))[tier.panel.columns["clri_exact"]]).mean()
    assert known > 0.9, f"only {known:.0%} of the last rows have a score"
    return used, wall


def _columns(rows: int) -> float:
    """CPU seconds of all columns of all symbols' scores, after 30 days that fill their histories."""
    tier, minutes = build_tier(SYMBOLS), Minutes()
    used = 0.0
    done = 0
    while done < FILLED + rows:
        height = min(BLOCK, FILLED - done if done < FILLED else FILLED + rows - done)
        observed = minutes.block(height)
        if done < FILLED:
            tier.warm(START + done, observed)
        else:
            used += _cpu(lambda at=START + done, x=observed: tier.panel.block(at, x))
        done += height
    return used


def check() -> None:
    """Compile everything, and compare blocks of 64 rows with rows."""
    observed = Minutes().block(256)
    by_row, by_block = build_tier(SYMBOLS).panel, build_tier(SYMBOLS).panel
    for at in range(0, 256, 64):
        whole = by_block.block(START + at, observed[:, at : at + 64]).copy()
        single = np.concatenate(
            [by_row.block(START + t, observed[:, t : t + 1]).copy() for t in range(at, at + 64)], axis=1
        )
        assert whole.tobytes() == single.tobytes(), f"blocks and rows differ from row {at} on"
    build_tier(SYMBOLS).warm(START, observed)
