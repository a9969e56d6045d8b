"""CoinGecko: prices of coins, and what derivatives exchanges without an adapter say (VENUES 3)."""
