"""Tables of observations made by a walk, as files that `clri score` reads."""

from datetime import UTC, datetime

import numpy as np
import polars as pl

START = 1_735_689_600
"""2025-01-01T00:00:00Z, s."""


def walk(symbol: str, rows: int, step: int, seed: int = 1) -> pl.DataFrame:
    """One symbol: every input of the score, `rows` rows that are `step` s apart."""
    rng = np.random.default_rng([seed, *symbol.encode()])
    price = 60_000.0 * np.cumprod(1 + rng.normal(0, 0.004, rows))
    return pl.DataFrame(
        {
            "ts": [datetime.fromtimestamp(START + n * step, UTC) for n in range(rows)],
            "symbol": [symbol] * rows,
            "price": price,
            "funding_rate_8h": np.round(rng.normal(1e-4, 1e-4, rows), 6),
            "oi_usd": 5e9 * np.cumprod(1 + rng.normal(0, 0.01, rows)),
            "liq_long_usd": np.round(rng.pareto(1.2, rows) * 1e5, 2),
            "liq_short_usd": np.round(rng.pareto(1.2, rows) * 1e5, 2),
            "perp_volume_usd": rng.lognormal(20, 0.3, rows),
            "spot_volume_usd": rng.lognormal(19, 0.3, rows),
            "bid_depth_usd": rng.lognormal(17, 0.3, rows),
            "ask_depth_usd": rng.lognormal(17, 0.3, rows),
            "long_short_ratio": rng.lognormal(0.3, 0.2, rows),
        }
    )


def observations(rows: int = 60, step: int = 14_400, symbols: tuple[str, ...] = ("BTC", "ETH")) -> pl.DataFrame:
    """Several symbols below each other."""
    return pl.concat([walk(symbol, rows, step) for symbol in symbols])
