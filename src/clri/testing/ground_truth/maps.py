"""Estimated levels from minute rows, frozen now and then and held against the market's true map."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from clri.collect.simulate.coins import COINS, PLACES, SYMBOLS
from clri.collect.simulate.market.state import BINS, WIDTH
from clri.collect.simulate.world import World
from clri.engine.cadence import Cadence
from clri.evaluate.levels import Bins, spearman, top_share
from clri.maths.kernel import F8
from clri.maths.log import exp
from clri.model.timebase import DAY, HOUR
from clri.scores.estimated_levels import EstimatedLevels

SPAN_PCT: Final = 10.0
SPAN: Final = 0.1
"""Reach of a comparison around the price: 10 %, in ln(price)."""
SAVED_PCT: Final = 20.0
EVERY: Final = 6 * HOUR
COMPLETE: Final = frozenset({"bybit", "gate"})
"""Venues whose feeds tell every liquidation: those that realised levels are counted on."""
LEAST_BINS: Final = 8
"""Reached bins below which a day ranks nothing."""

Amounts = list[tuple[float, float]]


class Hit(NamedTuple):
    """A forced order on a complete feed: time ns, price, USD."""

    at: int
    price: float
    usd: float


class Frozen(NamedTuple):
    """Maps of one symbol at a moment: price, estimate and truth as (level, USD)."""

    at: int
    coin: int
    price: float
    estimated: Amounts
    true: Amounts


class Ranking(NamedTuple):
    """Rank correlations of one frozen map, None where nothing can be ranked.

    `map_*` over all bins within 10 % against the true map: the estimate, distance alone, the estimate of a day before.
    `reached_*` over the bins that the price touched in the next 24 h against what was liquidated there on complete
    feeds: the same, and the true map itself, which is the most that any map can reach. `top_*` = share of it in the
    tenth of the reached bins with most predicted mass.
    """

    symbol: str
    map_estimated: float | None
    map_distance: float | None
    map_yesterday: float | None
    reached_estimated: float | None
    reached_distance: float | None
    reached_yesterday: float | None
    reached_true: float | None
    top_estimated: float | None
    top_distance: float | None


class Maps:
    """Estimated levels of all symbols beside the true map."""

    def __init__(self) -> None:
        self._levels = EstimatedLevels(SYMBOLS, Cadence(60))
        self._frozen: list[Frozen] = []
        self._hits: list[list[Hit]] = [[] for _ in COINS]
        self._prices: list[list[tuple[int, float, float]]] = [[] for _ in COINS]

    def rows(self, values: F8) -> None:
        """Take minute rows `[numbers, T, symbols]`."""
        self._levels.block(values)

    def path(self, end: int, low: F8, high: F8) -> None:
        """Take the lowest and highest price of each symbol in a stretch that ended at `end` (ns)."""
        for coin, ends in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
            self._prices[coin].append((end, *ends))

    def hit(self, coin: int, place: int, hit: Hit) -> None:
        """Take a forced order."""
        if PLACES[place].venue in COMPLETE:
            self._hits[coin].append(hit)

    def freeze(self, world: World, at: int) -> None:
        """Keep the maps as they stand at `at` (ns)."""
        coins = np.zeros((len(COINS), BINS))
        for (coin, _, _, _), held in world.cohorts():
            coins[coin] += held
        for coin, symbol in enumerate(SYMBOLS):
            price = self._levels.last_price(symbol)
            if price is not None:
                estimated = [(level, longs + shorts) for level, longs, shorts in self._levels.levels(symbol, SAVED_PCT)]
                self._frozen.append(Frozen(at, coin, price, estimated, _true(coins[coin], COINS[coin].price, price)))

    def rankings(self, end: int) -> list[Ranking]:
        """How every frozen map fared; maps of the last 24 h before `end` (ns) lack their realised part."""
        by_moment = {(one.at, one.coin): one for one in self._frozen}
        return [self._ranked(one, by_moment.get((one.at - DAY, one.coin)), end) for one in self._frozen]

    def _ranked(self, one: Frozen, before: Frozen | None, end: int) -> Ranking:
        bins = Bins(one.price, SPAN)
        estimated, true, distance = bins.fill(one.estimated), bins.fill(one.true), bins.distance()
        yesterday = None if before is None else bins.fill(before.estimated)
        over = spearman(estimated, true), spearman(distance, true), _of(yesterday, true)
        symbol = SYMBOLS[one.coin]
        touched = [row for row in self._prices[one.coin] if one.at < row[0] <= one.at + DAY]
        if one.at + DAY > end or not touched:
            return Ranking(symbol, *over, None, None, None, None, None, None)
        near = bins.within(min(row[1] for row in touched), max(row[2] for row in touched))
        realised = bins.fill((h.price, h.usd) for h in self._hits[one.coin] if one.at < h.at <= one.at + DAY)[near]
        if len(realised) < LEAST_BINS or not realised.any():
            return Ranking(symbol, *over, None, None, None, None, None, None)
        return Ranking(
            symbol,
            *over,
            spearman(estimated[near], realised),
            spearman(distance[near], realised),
            None if yesterday is None else spearman(yesterday[near], realised),
            spearman(true[near], realised),
            top_share(estimated[near], realised),
            top_share(distance[near], realised),
        )


def _of(found: F8 | None, true: F8) -> float | None:
    return None if found is None else spearman(found, true)


def _true(coins: F8, origin: float, price: float) -> Amounts:
    """True levels within a fifth of the price, USD; bins of 10 bp told at their middle."""
    found = []
    for at in np.flatnonzero(coins > 0.0).tolist():
        level = origin * exp((at + 0.5 - BINS // 2) * WIDTH)
        if abs(level / price - 1.0) <= SAVED_PCT / 100.0:
            found.append((level, float(coins[at]) * level))
    return found


def mean(values: Sequence[float | None]) -> tuple[float | None, int]:
    """Mean of the values that are known, and their number."""
    known = [value for value in values if value is not None]
    return (float(np.mean(known)) if known else None), len(known)
