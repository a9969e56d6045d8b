"""CoinGecko's names of coins: symbols are not unique there, so that each name is written down, never guessed."""

from typing import Final

IDS: Final[dict[str, str]] = {
    "AAVE": "aave",
    "ADA": "cardano",
    "APT": "aptos",
    "ARB": "arbitrum",
    "ATOM": "cosmos",
    "AVAX": "avalanche-2",
    "BCH": "bitcoin-cash",
    "BNB": "binancecoin",
    "BTC": "bitcoin",
    "DOGE": "dogecoin",
    "DOT": "polkadot",
    "ETC": "ethereum-classic",
    "ETH": "ethereum",
    "FIL": "filecoin",
    "HBAR": "hedera-hashgraph",
    "HYPE": "hyperliquid",
    "ICP": "internet-computer",
    "INJ": "injective-protocol",
    "LINK": "chainlink",
    "LTC": "litecoin",
    "NEAR": "near",
    "OP": "optimism",
    "PEPE": "pepe",
    "SHIB": "shiba-inu",
    "SOL": "solana",
    "SUI": "sui",
    "TIA": "celestia",
    "TON": "the-open-network",
    "TRX": "tron",
    "UNI": "uniswap",
    "XLM": "stellar",
    "XRP": "ripple",
}

COINS: Final[dict[str, str]] = {name: coin for coin, name in IDS.items()}
"""Coin of each name."""
