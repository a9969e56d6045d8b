"""Data services beside the exchanges: optional, polled, never added to what the exchanges say themselves (VENUES 3).

coinglass   liquidations of an hour per exchange      mapper     what all of them have in common
coingecko   prices, derivatives of other exchanges    told       up and down of a service's channels
etherscan   transfers of USDT and USDC on Ethereum    elsewhere  figures of exchanges without an adapter
defillama   circulating stablecoins                   wallets    whose an address is
ccxt_polls  further exchanges, with `clri[ccxt]`      run        all of them at once
"""

from typing import Final

from clri.model.names import Venue

PROVIDERS: Final[dict[Venue, str]] = {
    "coinglass": "clri.collect.providers.coinglass.mapper:CoinglassMapper",
    "coingecko": "clri.collect.providers.coingecko.mapper:CoinGeckoMapper",
    "etherscan": "clri.collect.providers.etherscan.mapper:EtherscanMapper",
    "defillama": "clri.collect.providers.defillama.mapper:DefiLlamaMapper",
}
