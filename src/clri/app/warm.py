"""`python -m clri.app.warm`: compile every kernel with the layouts it will meet, and keep the code in the cache."""

import sys
import time

import numpy as np

from clri.app.assemble import build_pipeline, build_tier
from clri.collect.simulate.history import rows_of
from clri.collect.simulate.market.params import make_params
from clri.collect.simulate.world import World
from clri.hosts.ticker import with_ticks
from clri.maths.kernel import cache_state
from clri.model.facts import Liquidation
from clri.model.observation import NUMBERS
from clri.model.timebase import MINUTE, SECOND

SYMBOLS = ("BTC", "ETH")
START = 30_000_000 * MINUTE


def warm() -> float:
    """Compile or load every kernel; seconds it took."""
    began = time.monotonic()
    tier = build_tier(SYMBOLS)
    tier.warm(START // MINUTE, np.ones((len(NUMBERS), 64, len(SYMBOLS))))
    events = [
        Liquidation(
            START + n * SECOND,
            START + n * SECOND,
            "BTC",
            "bybit",
            "perp",
            "BTCUSDT",
            "sim",
            None,
            False,
            "LONG",
            60_000.0,
            "fill",
            1.0,
            60_000.0,
            "all",
            "market",
            str(n),
        )
        for n in range(1, 62)
    ]
    build_pipeline(SYMBOLS, "replay-simulated").run(with_ticks(events))
    world = World("calm", 1, START, before=1)
    rows_of(next(world.history()), make_params())
    world.advance(1)
    return time.monotonic() - began


def main() -> None:
    """Warm, and say where the code is kept."""
    took = warm()
    state = cache_state()
    sys.stderr.write(f"kernels ready in {took:.1f} s ({state.mode} cache)\n")
    if state.warning:
        sys.stderr.write(f"{state.warning}\n")


if __name__ == "__main__":
    main()
