"""Bitget: USDT and USDC perpetuals by v3 and v2 sockets, and spot turnover (VENUES 2.5)."""
