"""Coinglass v4: what others count as liquidated, open and paid, per exchange (VENUES 3)."""
