"""Open interest of one base coin over all venues and contracts, as CONTRACTS 2 names it (route `oi/{sym}`).

Coins are one-sided, `_usd` US dollars (a stable quote counts 1:1), funding a fraction per 8 h, `apr` a fraction per
year, percentages of the total USD. Missing is None: a venue that failed is named in `failed_details`, never a zero.
"""

from typing import Final, Literal

import msgspec

Category = Literal["usdt_stable", "usdc_stable", "usd_inverse"]
"""What a contract settles in: USDT; USDC (Hyperliquid too); the coin itself."""

CATEGORIES: Final[tuple[Category, ...]] = ("usdt_stable", "usdc_stable", "usd_inverse")


class OiMarket(msgspec.Struct, frozen=True):
    """One contract: `price` is its own mark, `age_s` the age of its open interest in s."""

    symbol: str | None
    category: Category
    oi_tokens: float
    oi_usd: float
    price: float | None
    funding_rate: float | None
    apr: float | None
    interval_h: float | None
    volume_24h: float | None
    volume_24h_usd: float | None
    age_s: float


class OiExchange(msgspec.Struct, frozen=True):
    """One venue: the sum of its contracts; funding is weighted by their open interest."""

    exchange: str
    oi_tokens: float
    oi_usd: float
    oi_percentage: float | None
    funding_rate: float | None
    apr: float | None
    volume_24h: float | None
    volume_24h_usd: float | None
    markets: int
    market_breakdown: list[OiMarket]


class OiTotals(msgspec.Struct, frozen=True):
    """All venues that answered."""

    total_tokens: float | None
    total_usd: float | None
    total_volume_24h: float | None
    total_volume_24h_usd: float | None
    exchanges_count: int
    funding_rate: float | None
    apr: float | None


class OiCategory(msgspec.Struct, frozen=True):
    """All contracts of one category; None where no contract of it is known."""

    total_tokens: float | None
    total_usd: float | None
    percentage: float | None
    exchanges: list[str]


class OiFailure(msgspec.Struct, frozen=True):
    """A venue without an open interest, and why."""

    exchange: str
    reason: str


class OiValidation(msgspec.Struct, frozen=True):
    """How many venues answered; passed = at least four did."""

    successful_exchanges: int
    failed_exchanges: int
    total_markets: int
    validation_passed: bool
    failed_details: list[OiFailure]


class OiSnapshot(msgspec.Struct, frozen=True):
    """Unified open interest of `base_symbol`; `timestamp` (ns) is the receipt of the newest input used, None if none.

    `notes` say in words what the totals leave out.
    """

    base_symbol: str
    timestamp: int | None
    total_markets: int
    aggregated_oi: OiTotals
    exchange_breakdown: list[OiExchange]
    market_categories: dict[Category, OiCategory]
    validation_summary: OiValidation
    notes: list[str]
