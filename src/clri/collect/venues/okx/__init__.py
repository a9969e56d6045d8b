"""OKX v5 swaps: sizes are contracts, the first liquidation push is a replay (VENUES 2.3)."""
