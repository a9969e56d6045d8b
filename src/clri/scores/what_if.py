"""What if the price moved: forced orders that the estimated levels hold, against the depth that was measured.

    forced(move)  = USD of all estimated levels between the price and price * (1 + move): longs on the way down (forced
                    selling into the bids), shorts on the way up (forced buying into the asks)
    depth(move)   = USD that the books hold within the same move, venue by venue, linear between the measured bands;
                    beyond the last measured band its mean density is carried on and `extrapolated` says so
    ratio         = forced / depth; a venue's forced part is its share of open interest

Unit USD, ratio without unit, >= 0. Above 1 the books seen could not take the forced orders without a further move,
which would force more: that second round, hedges and refilled books are left out, so this is a comparison of sizes and
no forecast. Every result is `estimated`, for the levels are. Missing: no levels -> None, not 0; a venue without depth
has depth and ratio None, and a total over venues of which one lacks depth names how many it counts. Warm-up: that of
the map (`clri.scores.estimated_levels`). Source: SCORES 6 (levels), EVALUATION 8.2 (severity given a shock).
"""

from collections.abc import Sequence
from math import fsum
from typing import Final

import msgspec

from clri.model.errors import InputError
from clri.model.facts import Depth
from clri.model.names import Side
from clri.scores.estimated_levels import Level

MOVES: Final = (-1.0, -2.0, -3.0, -5.0, -10.0, 1.0, 2.0, 3.0, 5.0, 10.0)
"""Moves that are shown, percent."""

STATUS: Final = "estimated"

Bands = tuple[tuple[float, float], ...]
"""Measured depth of one side: (percent from mid, USD within it), ascending."""


class VenueDepth(msgspec.Struct, frozen=True):
    """Books of one venue; `share` = its part of the open interest, 0..1."""

    venue: str
    share: float
    bids: Bands
    asks: Bands


class VenueStress(msgspec.Struct, frozen=True):
    """One venue under a move; `reach_pct` = how far its book was measured."""

    venue: str
    forced_usd: float | None
    depth_usd: float | None
    reach_pct: float | None
    extrapolated: bool
    ratio: float | None


class Stress(msgspec.Struct, frozen=True):
    """A move of `move_pct` percent to `price`: positions of `side` are closed by force."""

    move_pct: float
    price: float
    side: Side
    forced_usd: float | None
    depth_usd: float | None
    depth_venues: int
    extrapolated: bool
    ratio: float | None
    venues: list[VenueStress]
    status: str = STATUS


def bands_of(depth: Depth) -> tuple[Bands, Bands]:
    """Measured bands of a depth fact: bids, asks; none if the book is not valid.

    Examples
    --------
    A book that ends 0.4 % from mid holds nothing beyond it that was measured.

    >>> from clri.testing.builders import depth
    >>> bands_of(depth(reach_bid_pct=0.4, bid_usd_2pct=None, ask_usd_2pct=None))[0]
    ((0.4, 12000000.0),)
    """
    reach = min(depth.reach_bid_pct, depth.reach_ask_pct)
    if not depth.valid or reach <= 0.0:
        return (), ()
    bids, asks = [(min(1.0, reach), depth.bid_usd_1pct)], [(min(1.0, reach), depth.ask_usd_1pct)]
    if depth.bid_usd_2pct is not None and depth.ask_usd_2pct is not None and reach > 1.0:
        bids.append((min(2.0, reach), depth.bid_usd_2pct))
        asks.append((min(2.0, reach), depth.ask_usd_2pct))
    return tuple(bids), tuple(asks)


def depth_within(bands: Bands, pct: float) -> tuple[float, bool] | None:
    """USD within `pct` percent of mid, and whether that is beyond what was measured; None without a band.

    Examples
    --------
    >>> bands = ((1.0, 12e6), (2.0, 20e6))
    >>> depth_within(bands, 0.5), depth_within(bands, 1.5), depth_within(bands, 4.0), depth_within((), 1.0)
    ((6000000.0, False), (16000000.0, False), (40000000.0, True), None)
    """
    if not bands:
        return None
    x_0 = y_0 = 0.0
    for x_1, y_1 in bands:
        if pct <= x_1:
            return y_0 + (y_1 - y_0) * (pct - x_0) / (x_1 - x_0), False
        x_0, y_0 = x_1, y_1
    return y_0 * pct / x_0, True


def what_if(
    levels: Sequence[Level], price: float, move_pct: float, depths: Sequence[VenueDepth], *, mapped: bool = True
) -> Stress:
    """Stress of one move.

    Parameters
    ----------
    levels
        Estimated levels around the price (`EstimatedLevels.levels`), at least as far as the move.
    price
        Present price, USD.
    move_pct
        Percent, negative = down; above -100, not 0.
    depths
        Books by venue; None of a venue: leave it out, or give no bands.
    mapped
        False: the map is still empty, so what would be forced is unknown.

    Raises
    ------
    InputError
        If the move or the price makes no sense.

    Examples
    --------
    >>> levels = [(95.0, 4e6, 0.0), (98.5, 2e6, 0.0), (103.0, 0.0, 9e6)]
    >>> books = [VenueDepth("okx", 0.75, ((1.0, 1e6), (2.0, 3e6)), ()), VenueDepth("gate", 0.25, ((1.0, 5e5),), ())]
    >>> found = what_if(levels, 100.0, -2.0, books)
    >>> found.side, found.forced_usd, found.depth_usd, found.extrapolated, found.ratio
    ('LONG', 2000000.0, 4000000.0, True, 0.5)
    >>> [(v.venue, v.forced_usd, v.depth_usd, v.extrapolated, v.ratio) for v in found.venues]
    [('okx', 1500000.0, 3000000.0, False, 0.5), ('gate', 500000.0, 1000000.0, True, 0.5)]
    """
    if not price > 0.0 or not -100.0 < move_pct <= 1000.0 or move_pct == 0.0:
        raise InputError(f"move was {move_pct} % from {price}; expected a price above 0, a move above -100 %, not 0")
    down, target = move_pct < 0.0, price * (1.0 + move_pct / 100.0)
    longs, shorts = fsum(r[1] for r in levels if r[0] >= target), fsum(r[2] for r in levels if r[0] <= target)
    forced = (longs if down else shorts) if mapped else None
    rows = [_venue(depth, depth.bids if down else depth.asks, abs(move_pct), forced) for depth in depths]
    known = [row for row in rows if row.depth_usd is not None]
    total = fsum(row.depth_usd or 0.0 for row in known) if known else None
    return Stress(
        move_pct=move_pct,
        price=target,
        side="LONG" if down else "SHORT",
        forced_usd=forced,
        depth_usd=total,
        depth_venues=len(known),
        extrapolated=any(row.extrapolated for row in known),
        ratio=_ratio(forced, total),
        venues=rows,
    )


def _venue(depth: VenueDepth, bands: Bands, pct: float, forced: float | None) -> VenueStress:
    own = None if forced is None else forced * depth.share
    found = depth_within(bands, pct)
    if found is None:
        return VenueStress(depth.venue, own, None, None, extrapolated=False, ratio=None)
    usd, extrapolated = found
    return VenueStress(depth.venue, own, usd, bands[-1][0], extrapolated, _ratio(own, usd))


def _ratio(forced: float | None, depth: float | None) -> float | None:
    return None if forced is None or depth is None or not depth > 0.0 else forced / depth
