"""Estimated levels and their what-if stress from stored rows: the map is a function of the rows, so it is made anew."""

from typing import Any, Final

import msgspec

from clri.app.assemble import MINUTE
from clri.detectors.price_levels import Params as LevelParams
from clri.engine.table import table_of
from clri.model.instrument import level_step
from clri.model.observation import Observation
from clri.model.timebase import DAY
from clri.ports import Readings
from clri.scores.estimated_levels import KIND, METHOD, EstimatedLevels
from clri.scores.what_if import MOVES, VenueDepth, what_if

DAYS: Final = 7
"""Days of rows that the map is made of; older entries have mostly left by then."""

EVERYONE: Final = "all venues"
"""Rows hold the depth of all venues together."""


def estimated_map(store: Readings, symbol: str, now: int, days: float = DAYS) -> EstimatedLevels | None:
    """Map of a symbol from the rows of the days up to `now` (ns); None if there are none."""
    rows = [row for row in store.observations(symbol, now - round(days * DAY), now + 1) if row.price is not None]
    if not rows:
        return None
    levels = EstimatedLevels([symbol], MINUTE)
    levels.block(table_of(rows, [symbol], MINUTE).values)
    return levels


def step_of(symbol: str, price: float) -> float:
    """Width of a price level, USD: that of the observed levels."""
    return dict(LevelParams().steps).get(symbol) or level_step(price)


def levels_document(levels: EstimatedLevels | None, symbol: str, span_pct: float) -> dict[str, Any]:
    """Levels as the route `levels/{sym}?kind=estimated` names them: ascending, with their distance from the price."""
    price = levels.last_price(symbol) if levels is not None else None
    if levels is None or price is None:
        return {"kind": KIND, "method": METHOD, "step": None, "price": None, "mapped_share": None, "levels": []}
    step = step_of(symbol, price)
    return {
        "kind": KIND,
        "method": METHOD,
        "step": step,
        "price": price,
        "mapped_share": levels.mapped_share(symbol),
        "levels": [
            {
                "price_level": at,
                "distance_pct": (at / price - 1.0) * 100.0,
                "long_usd": longs,
                "short_usd": shorts,
                "count": None,
                "venues": [],
            }
            for at, longs, shorts in levels.levels(symbol, span_pct, step)
        ],
    }


def what_if_document(levels: EstimatedLevels | None, symbol: str, row: Observation) -> list[dict[str, Any]]:
    """Stress of the usual moves against the depth of all venues together; empty without a price."""
    price = levels.last_price(symbol) if levels is not None else None
    if levels is None or price is None:
        return []
    share = levels.mapped_share(symbol)
    found = levels.levels(symbol, max(abs(move) for move in MOVES) + 1.0)
    depth = VenueDepth(
        EVERYONE,
        1.0,
        _bands(row.bid_depth_usd, row.bid_depth_2pct_usd),
        _bands(row.ask_depth_usd, row.ask_depth_2pct_usd),
    )
    stresses = [what_if(found, price, move, [depth], mapped=bool(share)) for move in MOVES]
    return [msgspec.to_builtins(stress) for stress in stresses]


def _bands(near: float | None, far: float | None) -> tuple[tuple[float, float], ...]:
    if near is None:
        return ()
    # The wider band may rest on fewer venues; it never holds less than the narrower one.
    return ((1.0, near), (2.0, far)) if far is not None and far >= near else ((1.0, near),)
