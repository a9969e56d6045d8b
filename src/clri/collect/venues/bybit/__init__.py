"""Bybit v5: USDT and USDC linear perpetuals, and spot turnover (VENUES 2.2)."""
