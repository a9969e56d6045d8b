"""Hyperliquid: funding per hour, liquidations only as seen in the fills of the HLP vaults (VENUES 2.6)."""
