"""Stablecoin Pressure: coins that leave or reach exchanges, and coins made or burnt, over 4 hours (SCORES 8).

flow = k * (outflow - inflow) / 2e6 USD, supply = (mint - burn) / 1e7 USD, each limited to -50..50; pressure = their
sum, -100..100, positive = bullish. k = +1 (`outflow_bullish`: coins that leave were bought to be kept) or -1
(`inflow_bullish`: coins that come are about to buy). It reads the one lane of MARKET. At least 90 % of the rows of 4 h
must be known, and the source heard of within 10 min; else everything is missing, never 0. Sums are exact to the
micro-dollar. Where rows are further apart than 4 h they are the window, and the USD per point grow with it.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from clri.engine.cadence import HOUR_S, Cadence
from clri.engine.score import F8, Column, State
from clri.maths import sums
from clri.maths.kernel import I8, kernel
from clri.maths.scale import clip, round_half_away
from clri.maths.sums import MISSING, micro_or_missing, push, usd

BLIND: Final = "Ethereum only: stablecoins on other chains, most of USDT among them, are not seen"
"""What this pressure cannot know; it stands beside every value."""


@dataclass(frozen=True, slots=True)
class Params:
    """Parameters of the pressure (SCORES 11).

    Parameters
    ----------
    window
        Length of the window, h.
    flow_unit, supply_unit
        USD per point of flow and of supply.
    sign_convention
        Which flow is bullish.
    most
        Largest size of either part, points.
    least_known
        Share of the window's rows that must be known.
    limit_s
        Age of the source, s, above which it says nothing.
    """

    window: int = 4
    flow_unit: float = 2e6
    supply_unit: float = 1e7
    sign_convention: Literal["outflow_bullish", "inflow_bullish"] = "outflow_bullish"
    most: float = 50.0
    least_known: float = 0.9
    limit_s: float = 600.0


_IN, _OUT, _MINT, _BURN, _LARGE = range(5)
_NEVER: Final = -1


class StablecoinPressure:
    """Stablecoin Pressure.

    Examples
    --------
    148 M USD out, 236.4 M in, 130 M burnt: bearish, unless inflow counts as buying power.

    >>> x = np.array([236.4e6, 148e6, 0.0, 130e6, 31.0, 0.0])[:, None, None]
    >>> def pressure(sign):
    ...     score = StablecoinPressure(Cadence(4 * 3600), Params(sign_convention=sign))
    ...     y = np.empty((len(score.outputs), 1, 1))
    ...     score.update(0, score.state(1), x, y)
    ...     return [round(float(v), 4) for v in y[:4, 0, 0]]
    >>> pressure("outflow_bullish"), pressure("inflow_bullish")
    ([-57.0, -57.2, -44.2, -13.0], [31.0, 31.2, 44.2, -13.0])
    """

    name = "stablecoin_pressure"
    inputs = ("stable_in_usd", "stable_out_usd", "stable_mint_usd", "stable_burn_usd", "stable_large_n", "age_stable_s")
    outputs = (
        Column("stablecoin_pressure", "points", -100.0, 100.0, "exact, rounded half away from zero"),
        Column("stablecoin_exact", "points", -100.0, 100.0, "flow + supply; + = bullish"),
        Column("stablecoin_flow", "points", -50.0, 50.0, "part of the exchange flows"),
        Column("stablecoin_supply", "points", -50.0, 50.0, "part of mint and burn"),
        Column("net_exchange_flow", "USD", None, None, "inflow less outflow of 4 hours"),
        Column("mint_burn_delta", "USD", None, None, "mint less burn of 4 hours"),
        Column("large_transfers_count", "n", 0.0, None, "large transfers to and from exchanges in 4 hours"),
    )

    def __init__(self, cadence: Cadence, params: Params | None = None) -> None:
        self.params = params or Params()
        p = self.params
        self.rows = cadence.rows(p.window * HOUR_S)
        self.step_s = cadence.step_s
        longer = max(1.0, cadence.step_s / (p.window * HOUR_S))
        sign = 1.0 if p.sign_convention == "outflow_bullish" else -1.0
        limit_s = max(p.limit_s, float(cadence.step_s) if cadence.coarse else 0.0)
        least = p.least_known * self.rows
        self.limits = np.array([sign / (p.flow_unit * longer), 1.0 / (p.supply_unit * longer), p.most, least, limit_s])

    def state(self, lanes: int) -> State:
        """One exact window per flow; row of the last sign of life, and the source's age in it, s."""
        ring, total, count = sums.allocate(5 * lanes, self.rows)
        windows = {"ring": ring.reshape(5, lanes, -1), "total": total.reshape(5, lanes, 2), "held": count[:lanes]}
        return windows | {"heard": np.full(lanes, _NEVER, np.int64), "age": np.zeros(lanes)}

    def update(self, t0: int, state: State, x: F8, y: F8) -> None:
        """Fill the columns of `outputs`."""
        windows = state["ring"], state["total"], state["held"], state["heard"], state["age"]
        _pressure(*windows, t0, self.step_s, self.limits, x, y)


@kernel
def _pressure(
    ring: I8, total: I8, held: I8, heard: I8, age: F8, t0: int, step_s: int, limits: F8, x: F8, y: F8
) -> None:
    for lane in range(x.shape[2]):
        for row in range(x.shape[1]):
            t = t0 + row
            known = x[_LARGE, row, lane] == x[_LARGE, row, lane]
            for k in range(_LARGE):
                known = known and micro_or_missing(x[k, row, lane]) != MISSING
            before = held[lane]
            for k in range(_LARGE + 1):
                value = x[k, row, lane] / 1e6 if k == _LARGE else x[k, row, lane]
                held[lane] = push(
                    ring[k, lane], total[k, lane], before, t, micro_or_missing(value) if known else MISSING
                )
            if known:
                heard[lane] = t
                since = x[5, row, lane]
                age[lane] = since if since == since else 0.0
            for k in range(y.shape[0]):
                y[k, row, lane] = math.nan
            silent = float((t - heard[lane]) * step_s) + age[lane]
            if heard[lane] >= 0 and silent <= limits[4] and float(held[lane]) + 1e-9 >= limits[3]:
                net = usd(total[_IN, lane]) - usd(total[_OUT, lane])
                made = usd(total[_MINT, lane]) - usd(total[_BURN, lane])
                flow = clip(-net * limits[0], -limits[2], limits[2])
                supply = clip(made * limits[1], -limits[2], limits[2])
                y[0, row, lane] = round_half_away(flow + supply)
                y[1, row, lane] = flow + supply
                y[2, row, lane] = flow
                y[3, row, lane] = supply
                y[4, row, lane] = net
                y[5, row, lane] = made
                y[6, row, lane] = float(total[_LARGE, lane, 0]) * 4294967296.0 + float(total[_LARGE, lane, 1])
