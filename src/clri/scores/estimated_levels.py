"""Estimated liquidation levels: where positions that were probably opened would probably be closed by force.

No venue tells entries or leverage: this is a model, kept apart from observed levels (`kind` = estimated).

1. Entries. Open interest that grew from row to row, in coins of the chain-linked index (a venue that joins opens
   nothing): opened = coins * (1 - I(t-1) / I(t)), entered at the row's price.
2. Sides. Part `s` is long, 1 - s short: s = lsr / (1 + lsr) of the global accounts; without it s = 0.5 + tilt *
   clip(f8 / reference), from the sign and size of funding; without both 0.5. Each coin counts on one side only.
3. Leverage. Tiers 3, 5, 10, 25, 50, 100 with an assumed share of the notional each, spread evenly in the logarithm
   over the tier's neighbourhood. Distance d = max(0.0015, 1 / L - maintenance margin); level = entry * (1 - d) for
   longs, entry * (1 + d) for shorts.
4. Removal. A level is gone once a row's low (longs) or high (shorts) has passed the middle of its bin.
5. Decay. Open interest that fell by more than the levels just removed takes the same part of every level.

Bins are 10 bp wide in ln(price), 1,024 per side: longs down to 64 % below the price, shorts up to 178 % above.
Units: coins inside, USD at the middle of the bin outside; range >= 0, the sum never above the open interest. Warm-up:
the map starts empty and fills as positions turn over; `mapped_share` says how much of the open interest it holds.
Missing input: without price nothing moves; without the index nothing opens or decays; after more than 5 minutes
without it nothing opens for the change (its entry price is unknown), while a fall still decays. Cost: O(bins crossed).
Source: SCORES 6 names levels, EVALUATION 8.3 how they are judged; until it beats its baselines there it is an estimate.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from clri.engine.cadence import Cadence
from clri.engine.score import F8, State
from clri.engine.snapshot import pack, pack_arrays, unpack, unpack_into
from clri.maths.log import exp, ln
from clri.model.errors import ConfigError, InputError
from clri.model.observation import NUMBERS, Observation
from clri.scores.level_bins import BASE, BIN, BINS, GAP, PRICE, SCALE, bin_of, roll

KIND: Final = "estimated"
METHOD: Final = "estimated-1: entries from growing open interest x an assumed leverage mix; no venue tells them"
POINTS: Final = 5
"""Leverages that stand for one tier."""

Level = tuple[float, float, float]
"""Price, USD of longs, USD of shorts."""


@dataclass(frozen=True, slots=True)
class Params:
    """Assumptions of the map; the leverage of real positions is not public.

    Parameters
    ----------
    tiers
        Leverage.
    mix
        Share of each tier in the notional opened, sum 1: few positions are highly levered, and those are small.
    maintenance
        Maintenance margin of each tier, fraction of notional.
    spread
        Width of a tier in the logarithm of leverage; 0 = one leverage.
    least_distance
        Least distance of a level from its entry, fraction.
    funding_reference
        Rate per 8 h that moves the sides by the whole tilt.
    tilt
        Largest shift of the sides by funding, fraction.
    tolerance_s
        Longest gap in the index over which growth is still taken as entries at the present price, seconds.
    """

    tiers: tuple[float, ...] = (3.0, 5.0, 10.0, 25.0, 50.0, 100.0)
    mix: tuple[float, ...] = (0.63, 0.24, 0.105, 0.021, 0.0034, 0.0006)
    maintenance: tuple[float, ...] = (0.02, 0.015, 0.01, 0.006, 0.005, 0.004)
    spread: float = 0.8
    least_distance: float = 0.0015
    funding_reference: float = 0.001
    tilt: float = 0.2
    tolerance_s: int = 300

    def __post_init__(self) -> None:
        if not len(self.tiers) == len(self.mix) == len(self.maintenance):
            counts = f"{len(self.tiers)} tiers, {len(self.mix)} shares, {len(self.maintenance)} margins"
            raise ConfigError(f"the leverage mix had {counts}; expected as many of each")
        lowest = min(self.tiers) * exp(-0.5 * self.spread)
        if min(self.mix) < 0.0 or abs(math.fsum(self.mix) - 1.0) > 1e-9 or not lowest > 1.0:
            raise ConfigError(f"leverage was {self.tiers}, mix {self.mix}; expected above 1, shares that sum to 1")


class EstimatedLevels:
    """Estimated levels of several symbols, row by row; live rows and blocks of history give equal bytes.

    Parameters
    ----------
    symbols
        One lane each.
    cadence
        Row spacing.
    params
        Assumptions.

    Examples
    --------
    1,000 coins grow by 10 at a price of 100; half of them are longs, 63 % of those at about 3x. A fall to 60 then
    takes every long but those of the lowest leverage; the shorts stay.

    >>> from clri.testing.builders import minute, observation
    >>> flat = {"high": None, "low": None, "long_short_ratio": None, "funding_8h": None}
    >>> levels = EstimatedLevels(["BTC"])
    >>> for n, (price, coins) in enumerate([(100.0, 1000.0), (100.0, 1010.0), (60.0, 1010.0)]):
    ...     levels.row([observation(ts=minute(n), price=price, oi_index=coins, oi_base=coins, **flat)])
    ...     found = levels.levels("BTC", 170.0)
    ...     print(len(found), round(sum(usd for _, usd, _ in found)), round(sum(usd for _, _, usd in found)))
    0 0 0
    57 371 629
    29 35 629
    """

    inputs = ("price", "high", "low", "oi_index", "oi_base", "long_short_ratio", "funding_8h")

    def __init__(self, symbols: Sequence[str], cadence: Cadence | None = None, params: Params | None = None) -> None:
        self.symbols = tuple(symbols)
        self.cadence = cadence or Cadence()
        self.params = params or Params()
        self.tolerance = max(1, self.cadence.tolerance(self.params.tolerance_s))
        self.state = self._fresh(len(self.symbols))
        self._offsets = _offsets(self.params)
        self._reads = [NUMBERS.index(name) for name in self.inputs]
        self._fingerprint = f"levels-1 {self.symbols} {self.cadence} {self.params}"

    @staticmethod
    def _fresh(lanes: int) -> State:
        meta = np.full((lanes, 7), math.nan)
        meta[:, SCALE], meta[:, GAP] = 1.0, 0.0
        return {"coins": np.zeros((lanes, 2, BINS)), "meta": meta}

    def row(self, observations: Sequence[Observation]) -> None:
        """Take one row: an observation per symbol, in lane order."""
        x = np.array([[getattr(o, name) for o in observations] for name in self.inputs], dtype=np.float64)
        self._update(x[:, np.newaxis, :])

    def block(self, observed: F8) -> None:
        """Take consecutive rows `[numbers of the observation row, T, lanes]`, NaN = missing."""
        self._update(observed[self._reads])

    def levels(self, symbol: str, span_pct: float, step: float | None = None) -> list[Level]:
        """Levels within `span_pct` percent of the last price, ascending; none before the first price.

        Parameters
        ----------
        symbol
            One of the lanes.
        span_pct
            Distance on both sides, percent, > 0; at most what the bins hold.
        step
            Width of a price level in USD (`clri.model.instrument.level_step`); None = the bins of 10 bp, told at their
            middle.

        Raises
        ------
        clri.model.errors.InputError
            If the symbol is none of the lanes, or the span is not positive.
        """
        lane = self._lane(symbol)
        if not span_pct > 0.0:
            raise InputError(f"span was {span_pct} %; expected more than 0", code="CLRI-DATA-007")
        price, scale = float(self.state["meta"][lane, PRICE]), float(self.state["meta"][lane, SCALE])
        if price != price:
            return []
        here = bin_of(ln(price))
        low, high = price * max(0.0, 1.0 - span_pct / 100.0), price * (1.0 + span_pct / 100.0)
        found: dict[float, list[float]] = {}
        coins = self.state["coins"][lane]
        for at in range(here - BINS + 1, here + BINS):
            middle = exp((at + 0.5) * BIN)
            if low <= middle <= high:
                # Bins a ring apart share a slot: below the price it is a long's, above a short's.
                longs = float(coins[0, at % BINS]) if at <= here else 0.0
                shorts = float(coins[1, at % BINS]) if at >= here else 0.0
                if longs > 0.0 or shorts > 0.0:
                    key = middle if step is None else math.floor(middle / step + 1e-9) * step
                    sums = found.setdefault(key, [0.0, 0.0])
                    sums[0] += longs * scale * middle
                    sums[1] += shorts * scale * middle
        return [(key, longs, shorts) for key, (longs, shorts) in found.items()]

    def mapped_share(self, symbol: str) -> float | None:
        """Part of the last known open interest that the map holds, 0..1; None before the first."""
        lane = self._lane(symbol)
        base = float(self.state["meta"][lane, BASE])
        if not base > 0.0:
            return None
        held = math.fsum(self.state["coins"][lane].ravel().tolist()) * float(self.state["meta"][lane, SCALE])
        return min(1.0, held / base)

    def last_price(self, symbol: str) -> float | None:
        """Price that the levels are counted from, USD; None before the first."""
        price = float(self.state["meta"][self._lane(symbol), PRICE])
        return price if price == price else None

    def snapshot(self) -> bytes:
        """State as bytes."""
        return pack(self._fingerprint, {"levels": pack_arrays(self.state)})

    def restore(self, data: bytes) -> None:
        """Continue from `snapshot` bytes.

        Raises
        ------
        clri.model.errors.SnapshotError
            If they belong to other symbols, parameters or another cadence.
        """
        unpack_into(unpack(self._fingerprint, data)["levels"], self.state)

    def _lane(self, symbol: str) -> int:
        if symbol not in self.symbols:
            raise InputError(f"{symbol} has no levels; expected one of {', '.join(self.symbols)}", code="CLRI-DATA-007")
        return self.symbols.index(symbol)

    def _update(self, x: F8) -> None:
        p = self.params
        roll(self._offsets, p.funding_reference, p.tilt, self.tolerance, self.state["coins"], self.state["meta"], x)


def _offsets(p: Params) -> F8:
    """Per leverage: ln of a long's level over its entry, the same of a short's, and its share."""
    rows = []
    for tier, share, margin in zip(p.tiers, p.mix, p.maintenance, strict=True):
        for point in range(POINTS):
            leverage = tier * exp(p.spread * ((point + 0.5) / POINTS - 0.5))
            d = max(p.least_distance, 1.0 / leverage - margin)
            rows.append([ln(1.0 - d), ln(1.0 + d), share / POINTS])
    return np.array(rows)
