"""Event tier: what the stream of facts of one symbol says now. One detector per file.

    cascade             bursts of liquidations: six factors, one id from start to end
    cascade_score       its parameters, factors and risk score
    cascade_episode     the record of one burst: totals, tail, grade
    liquidation_window  exact O(1) sums of the last 60 s
    adaptive_threshold  a floor raised by the symbol's own 30-d quantile
    feed_health         which venues deliver a channel

`DETECTORS` names what the pipeline runs; nothing is imported here, so that the list costs no compiler.
"""

from typing import Final

DETECTORS: Final[dict[str, str]] = {"cascade": "clri.detectors.cascade:CascadeDetector"}
"""Name -> "module:class" of `clri.engine.operator.Operator`s, each made as ``Class(symbol, mode)``."""
