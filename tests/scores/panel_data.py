"""Random but plausible observation rows for panel tests, and fresh tiers over them."""

import numpy as np

from clri.app.assemble import build_tier
from clri.engine.cadence import Cadence
from clri.model.observation import INPUTS, NUMBERS, Observation

AT = {name: at for at, name in enumerate(NUMBERS)}
INTEGERS = {name for name in NUMBERS if name.startswith("n_")} | {"liq_long_n", "liq_short_n", "stable_large_n"}


def matrix(rows: int, lanes: int, seed: int = 1, missing: float = 0.1) -> np.ndarray:
    """`[numbers, T, lanes]` with walks, heavy tails and holes."""
    rng = np.random.default_rng(seed)
    x = np.full((len(NUMBERS), rows, lanes), np.nan)

    def walk(start, step):
        return start * np.cumprod(1 + rng.normal(0, step, (rows, lanes)), axis=0)

    x[AT["price"]] = walk(60_000, 0.001)
    x[AT["index_price"]] = x[AT["price"]] * (1 + rng.normal(0, 1e-4, (rows, lanes)))
    x[AT["funding_8h"]] = np.round(rng.normal(1e-4, 1e-4, (rows, lanes)), 5)
    x[AT["oi_index"]] = walk(3e5, 0.002)
    x[AT["oi_usd"]] = x[AT["oi_index"]] * x[AT["price"]]
    x[AT["perp_volume_24h_usd"]] = walk(2e10, 0.01)
    x[AT["spot_volume_24h_usd"]] = walk(5e9, 0.01)
    for side in ("long", "short"):
        x[AT[f"liq_{side}_usd"]] = np.round(rng.pareto(1.2, (rows, lanes)) * 1e3, 2)
    for side in ("bid", "ask"):
        x[AT[f"{side}_depth_usd"]] = rng.lognormal(17, 0.3, (rows, lanes))
    x[AT["long_short_ratio"]] = rng.lognormal(0.4, 0.2, (rows, lanes))
    x[rng.random(x.shape) < missing] = np.nan
    for group in INPUTS:
        x[AT[f"cov_{group}"]] = rng.uniform(0.3, 1.0, (rows, lanes))
        x[AT[f"age_{group}_s"]] = rng.uniform(0, 100, (rows, lanes))
    return x


def observations(x: np.ndarray, t0: int, symbols, cadence: Cadence) -> list[list[Observation]]:
    """The same rows as structs, by time."""
    return [
        [
            Observation(
                ts=(t0 + t) * cadence.step_ns,
                symbol=symbol,
                mode="live",
                **{name: v for name, v in zip(NUMBERS, x[:, t, lane].tolist(), strict=True) if v == v},
            )
            for lane, symbol in enumerate(symbols)
        ]
        for t in range(x.shape[1])
    ]


def tier(symbols=("BTC", "ETH", "SOL"), step_s: int = 4 * 3600):
    """A fresh tier."""
    return build_tier(symbols, Cadence(step_s))
