"""Contract sizes of Gate's majors, as of 2026-11-20; superseded by the venue's list.

For frames read without the list. Only sizes that more than one source confirms: BTC and ETH stand so in captures of
`/futures/usdt/contracts` of 2026, the others in that list of 2022 and in later replies or programs that trade them.
"""

from typing import Final

from clri.collect.instruments import instrument
from clri.model.instrument import Instrument

INTERVAL_H: Final = 8.0

SIZES: Final = {"BTC": 0.0001, "ETH": 0.01, "SOL": 1.0, "XRP": 10.0, "DOGE": 10.0, "ADA": 10.0}
"""Coins in one contract (`quanto_multiplier`)."""

BOOTSTRAP: Final[tuple[Instrument, ...]] = tuple(
    instrument(0, "gate", f"{coin}_USDT", coin, "USDT", contract_size=size, funding_interval_h=INTERVAL_H)
    for coin, size in SIZES.items()
)
