"""Facts in, one Observation row per symbol and minute out: one accumulator per input, combined over venues.

    price open_interest funding volume liquidations depth long_short stablecoins    the inputs (SCORES 2.1)
    row         owns them, and what is late or early; the only thing that hosts use
    shares      how much of the open interest each venue holds: weights and coverage
    intake      hands a fact to the method of its kind; what "newest" means
    freshness   coverage, age and number of venues behind a value
    weighted    weighted median and mean
    state       state as bytes

Nothing here reads a clock: rows are a function of the facts and of the boundaries that hosts name.
"""

from typing import Final

ACCUMULATORS: Final[dict[str, str]] = {
    "price": "price:Price",
    "funding": "funding:Funding",
    "open_interest": "open_interest:OpenInterestTotals",
    "volume": "volume:Volume",
    "liquidations": "liquidations:Liquidations",
    "depth": "depth:BookDepth",
    "long_short": "long_short:LongShort",
    "stablecoins": "stablecoins:Stablecoins",
}
"""Name -> "module:class" below this package, in the order of `clri.model.observation.INPUTS`."""
