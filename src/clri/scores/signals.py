"""High-value signals: plain ratios of one row, before any history (SCORES 2.6).

| signal | formula | unit |
|---|---|---|
| basis_pct | (price - spot) / spot * 100; spot = spot_price, else the venues' index | %, + = contango |
| liquidation_oi_ratio | liq_1h_usd / oi_usd * 100 | % of open interest |
| funding_oi_stress | abs(f8) * oi_usd * 3 * 365 | USD per year |
| oi_price_divergence | oi_chg_1h_pct - price_chg_1h_pct | percentage points, + = leverage not carried by price |
| liq_is_spike | liq_1h_usd >= max(1M, min(50M, 0.25 % OI)), or rate/min >= max(50k, min(1M, 0.005 % OI)) | 0 or 1 |

The other columns are the terms that histories sample: abs(f8), abs(basis), ln(perp / spot volume), ln(1 + liq_1h_usd).
No history, no warm-up; a missing input makes the signal missing. liq_is_spike without open interest uses the floors.
"""

import math
from dataclasses import dataclass

from clri.engine.cadence import Cadence
from clri.engine.score import F8, Column, State
from clri.maths.kernel import kernel
from clri.maths.log import ln
from clri.maths.scale import finite


@dataclass(frozen=True, slots=True)
class Params:
    """Bounds of the liquidation event (SCORES 10).

    Parameters
    ----------
    hour_least_usd, hour_most_usd, hour_share
        Bounds in USD of the one-hour sum, and its share of open interest.
    rate_least_usd, rate_most_usd, rate_share
        The same per minute.
    """

    hour_least_usd: float = 1e6
    hour_most_usd: float = 50e6
    hour_share: float = 0.0025
    rate_least_usd: float = 5e4
    rate_most_usd: float = 1e6
    rate_share: float = 0.00005


class Signals:
    """Ratios of one row.

    Examples
    --------
    >>> import numpy as np
    >>> from clri.engine.cadence import Cadence
    >>> score = Signals(Cadence())
    >>> row = dict(price=103_120.0, spot_price=103_000.0, index_price=np.nan, funding_8h=3e-4, oi_usd=30.9e9,
    ...     oi_chg_1h_pct=4.0, price_chg_1h_pct=1.2, liq_1h_usd=9e6, liq_rate_per_min=np.nan,
    ...     perp_volume_24h_usd=np.nan, spot_volume_24h_usd=np.nan)
    >>> x = np.array([[[row[name]]] for name in score.inputs])
    >>> y = np.empty((len(score.outputs), 1, 1))
    >>> score.update(0, score.state(1), x, y)
    >>> [round(float(v), 4) for v in y[:4, 0, 0]]
    [0.1165, 0.0291, 10150650000.0, 2.8]
    """

    name = "signals"
    inputs = (
        "price",
        "spot_price",
        "index_price",
        "funding_8h",
        "oi_usd",
        "oi_chg_1h_pct",
        "price_chg_1h_pct",
        "liq_1h_usd",
        "liq_rate_per_min",
        "perp_volume_24h_usd",
        "spot_volume_24h_usd",
    )
    outputs = (
        Column("basis_pct", "%", None, None, "perpetual over spot price"),
        Column("liquidation_oi_ratio", "%", 0.0, None, "one hour of liquidations against open interest"),
        Column("funding_oi_stress", "USD/year", 0.0, None, "what crowded positions pay"),
        Column("oi_price_divergence", "pp", None, None, "new leverage that price did not carry"),
        Column("abs_funding", "1/8h", 0.0, None, "size of the funding rate"),
        Column("abs_basis_pct", "%", 0.0, None, "size of the basis"),
        Column("volume_ln", "ln", None, None, "ln of perpetual over spot turnover"),
        Column("liq_ln", "ln USD", 0.0, None, "ln(1 + liquidations of one hour)"),
        Column("liq_is_spike", "0/1", 0.0, 1.0, "the liquidation-event condition holds"),
    )

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:
        self.params = params or Params()
        self.hours = cadence.hours

    def state(self, lanes: int) -> State:  # noqa: ARG002 - no memory
        """No state."""
        return {}

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:  # noqa: ARG002 - no memory
        """Fill the columns of `outputs`."""
        p = self.params
        _signals(
            p.hour_least_usd,
            p.hour_most_usd,
            p.hour_share * self.hours,
            p.rate_least_usd,
            p.rate_most_usd,
            p.rate_share,
            x,
            y,
        )


@kernel
def _signals(
    hour_least: float,
    hour_most: float,
    hour_share: float,
    rate_least: float,
    rate_most: float,
    rate_share: float,
    x: F8,
    y: F8,
) -> None:
    for t in range(x.shape[1]):
        for lane in range(x.shape[2]):
            price = x[0, t, lane]
            spot = x[1, t, lane]
            if spot != spot:
                spot = x[2, t, lane]
            f8 = x[3, t, lane]
            oi = x[4, t, lane]
            liq = x[7, t, lane]
            rate = x[8, t, lane]
            perp_volume = x[9, t, lane]
            spot_volume = x[10, t, lane]
            basis = (price - spot) / spot * 100.0 if spot > 0.0 else math.nan
            basis = finite(basis)
            y[0, t, lane] = basis
            y[1, t, lane] = finite(liq / oi * 100.0) if oi > 0.0 else math.nan
            y[2, t, lane] = finite(abs(f8) * oi * 3.0 * 365.0)
            y[3, t, lane] = finite(x[5, t, lane] - x[6, t, lane])
            y[4, t, lane] = abs(f8)
            y[5, t, lane] = abs(basis)
            known = perp_volume > 0.0 and spot_volume > 0.0
            y[6, t, lane] = finite(ln(perp_volume / spot_volume)) if known else math.nan
            y[7, t, lane] = ln(1.0 + liq) if liq == liq else math.nan
            y[8, t, lane] = math.nan
            if liq == liq or rate == rate:
                hour_edge = hour_least
                rate_edge = rate_least
                if oi == oi:
                    hour_edge = max(hour_least, min(hour_most, hour_share * oi))
                    rate_edge = max(rate_least, min(rate_most, rate_share * oi))
                y[8, t, lane] = 1.0 if (liq >= hour_edge or rate >= rate_edge) else 0.0
