"""Contract sizes of majors, for files decoded without the venue's list. Superseded by the venue's list.

State of 2026-11: BTC and ETH after the venue's help pages and recorded replies; the others where at least two
independent public sources give the same size. BNB and the USDC swaps are left out because sources disagree.
"""

from typing import Final

from clri.collect.instruments import instrument
from clri.model.instrument import Instrument

SIZES: Final = {
    "BTC": 0.01,
    "ETH": 0.1,
    "SOL": 1.0,
    "XRP": 100.0,
    "DOGE": 1000.0,
    "ADA": 100.0,
    "AVAX": 1.0,
    "LINK": 1.0,
    "LTC": 1.0,
    "BCH": 0.1,
}
"""Coins per contract of `<coin>-USDT-SWAP` (ctVal × ctMult)."""

BOOTSTRAP: Final[tuple[Instrument, ...]] = tuple(
    instrument(0, "okx", f"{coin}-USDT-SWAP", coin, "USDT", contract_size=size) for coin, size in SIZES.items()
)
