"""The four data services: what they answer about the same market, and about a chain (VENUES 3)."""

from typing import Final

from clri.testing.fake_venues.services.coingecko import CoinGecko
from clri.testing.fake_venues.services.coinglass import Coinglass
from clri.testing.fake_venues.services.defillama import DefiLlama
from clri.testing.fake_venues.services.etherscan import Etherscan
from clri.testing.fake_venues.services.service import Service

SERVICES: Final[tuple[type[Service], ...]] = (Coinglass, CoinGecko, Etherscan, DefiLlama)
