"""Binance USD-M perpetuals, and the spot turnover of the same coins (VENUES 2.1)."""
