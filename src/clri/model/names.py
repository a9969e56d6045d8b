"""Closed vocabularies of the event model (CONTRACTS 1): one alias per field that takes fixed words."""

from typing import Final, Literal

Side = Literal["LONG", "SHORT"]
"""Side of the POSITION that was closed: LONG = forced selling, SHORT = forced buying."""

Venue = Literal[
    "binance",
    "bybit",
    "okx",
    "gate",
    "bitget",
    "hyperliquid",
    "coinglass",
    "coingecko",
    "etherscan",
    "defillama",
    "clri",
]
Market = Literal["perp", "spot", "future", "chain"]
Source = Literal["ws", "rest", "aggregator", "chain", "sim"]
PriceKind = Literal["fill", "bankruptcy", "order", "mark", "unknown"]
Completeness = Literal["all", "largest_1s", "sample_1s", "partial", "aggregate"]
Method = Literal["market", "backstop", "adl", "unknown"]
FundingKind = Literal["current", "settled"]
RatioKind = Literal["account", "top_account", "top_position", "taker"]
FeedState = Literal["up", "down", "stale", "gap", "geo_blocked", "rate_limited", "disabled", "unsupported"]
Flow = Literal["MINT", "BURN", "EXCHANGE_INFLOW", "EXCHANGE_OUTFLOW", "EXCHANGE_TRANSFER", "WHALE_TRANSFER"]
Mode = Literal["live", "replay-recorded", "replay-simulated"]

EXCHANGES: Final = ("binance", "bybit", "okx", "gate", "bitget", "hyperliquid")
"""The six venues, in the order of every table."""

MARKET: Final = "MARKET"
"""Symbol of market-wide rows, and of facts that concern every symbol of a venue."""

SCHEMA: Final = 1
"""Version of every struct and file; version n reads what n - 1 wrote."""
