"""DefiLlama: how many stablecoins circulate, on all chains; no key (VENUES 3)."""
