"""Event tier: what the stream of facts of one symbol says now. One detector per file.

    cascade             bursts of liquidations: six factors, one id from start to end
    velocity            events and USD per second, acceleration, jerk; per venue and over all
    signal              how strongly that looks like a cascade: six factors, 0..1, a level
    price_levels        sums by price level over 1 h, 4 h, 24 h, 7 d; clusters, heat map
    support_zones       where in the week's price range most was liquidated
    branching           share of liquidations that liquidations set off

    institutional       large liquidations as a subset with its share
    venue_comparison    the venues side by side, with what they do not tell
    sessions            Asia, Europe, US, weekend by UTC hour

    cascade_score       its parameters, factors and risk score
    cascade_episode     the record of one burst: totals, tail, grade
    liquidation_window  exact O(1) sums of the last 60 s
    adaptive_threshold  a floor raised by the symbol's own 30-d quantile
    feed_health         which venues deliver a channel
    pace                counts and sums of the last 60 whole seconds
    level_step          which width price levels have
    level_cells         sums by time and price level, windows over them

`DETECTORS` names what the pipeline runs; nothing is imported here, so that the list costs no compiler.
"""

from typing import Final

DETECTORS: Final[dict[str, str]] = {
    "cascade": "clri.detectors.cascade:CascadeDetector",
    "velocity": "clri.detectors.velocity:VelocityDetector",
    "signal": "clri.detectors.signal:SignalDetector",
    "price_levels": "clri.detectors.price_levels:PriceLevelDetector",
    "support_zones": "clri.detectors.support_zones:SupportZoneDetector",
    "branching": "clri.detectors.branching:BranchingDetector",
}
"""Name -> "module:class" of `clri.engine.operator.Operator`s, each made as ``Class(symbol, mode)``."""
